// The demo app as a person uses it: sign in, look, page on, see what was asked, sign out; and what it says when
// something does not work.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { launch, open, person, ready, recordRead, signedIn, signIn, view } from "./browser.mjs";

const KEY = "demo-app.session";
const full = () => person((each) => each.about.includes("everything that a conformance test"));

let browser;
before(async () => { browser = await launch(); });
after(async () => { await browser?.close(); });

async function done(page) {
  assert.deepEqual(page.faults, [], "no script failed and nothing broke the content security policy");
  await page.context().close();
}

async function session(page) {
  return JSON.parse(await page.evaluate((key) => sessionStorage.getItem(key), KEY));
}

async function drawer(page) {
  await page.getByRole("button", { name: /^Requests/ }).click();
  return page.getByRole("dialog");
}

/** What the API itself answers to the token that the app has. */
async function asked(page, path) {
  const { accessToken } = await session(page);
  return page.evaluate(async ([url, token]) => {
    const response = await fetch(url, { headers: { authorization: `Bearer ${token}` } });
    return { status: response.status, body: await response.json() };
  }, [`${ready.fhir_base}/${path}`, accessToken]);
}

test("a person signs in and sees results over time with their reference range, and a table that says the same", async () => {
  const page = await signedIn(browser, full());
  assert.ok(!page.url().includes("code="), "no code stays in the address");
  const chart = page.locator("svg.chart");
  await chart.waitFor();
  assert.match(await chart.locator("desc").textContent(), /shaded band is the reference range/);
  const rows = await page.locator("table tbody tr").count();
  assert.equal(await chart.locator(".line circle, .line .open").count(), rows, "as many points as rows");
  const total = (await asked(page, "Observation?_summary=count")).body.total;
  assert.match(await page.locator("#live").textContent(), new RegExp(`^The record was read: ${total} entries`));
  await done(page);
});

test("a result that is only known to be above or below a value says so", async () => {
  const page = await signedIn(browser, full());
  const bundle = (await asked(page, "Observation?_count=200&code=http://snomed.info/sct|1020291000000106")).body;
  const compared = (bundle.entry ?? []).map((each) => each.resource).find((each) => each.valueQuantity?.comparator);
  assert.ok(compared, "the sandbox has a filtration rate above what can be measured");
  await page.getByLabel("Find a result").fill(compared.code.text.slice(0, 12));
  await page.getByRole("button", { name: compared.code.text }).click();
  const { value, unit } = compared.valueQuantity;
  await page.getByRole("cell", { name: `more than ${value} ${unit}` }).first().waitFor();
  await page.locator(".line .open").first().waitFor();
  await done(page);
});

test("the vaccination card holds every vaccination and whose they are", async () => {
  const page = await signedIn(browser, full());
  await view(page, "Vaccinations");
  const { total } = (await asked(page, "Immunization?_summary=count")).body;
  assert.ok(total > 0);
  assert.equal(await page.locator(".vaccination-card tbody tr").count(), total);
  const card = await page.locator(".vaccination-card").innerText();
  assert.match(card, /NHS number\s+999 \d{3} \d{4}/);
  assert.match(card, /\(day not recorded\)/, "a month is not told as a day");
  assert.match(card, /It is not a certificate/);
  await done(page);
});

test("the timeline goes back day by day, with the focus on what is new", async () => {
  const page = await signedIn(browser, full());
  await view(page, "Timeline");
  const days = page.locator(".days > li");
  assert.equal(await days.count(), 20);
  await page.getByRole("button", { name: /^Show earlier entries/ }).press("Enter");
  assert.ok(await days.count() > 20);
  assert.ok(await days.nth(20).locator("h2").evaluate((each) => each === document.activeElement));
  await done(page);
});

test("the drawer has every request and answer, and no token until it is asked for", async () => {
  const page = await signedIn(browser, full());
  const { accessToken, refreshToken } = await session(page);
  const open = await drawer(page);
  const paths = await open.locator(".path").allTextContents();
  assert.ok(paths.filter((path) => path.startsWith("/fhir/R4/Observation")).length > 2, "all pages were read");
  for (const wanted of ["/.well-known/smart-configuration", "/oauth/token", "/fhir/R4/Patient/", "/fhir/R4/Immunization"]) {
    assert.ok(paths.some((path) => path.includes(wanted)), `${wanted} in ${paths.join(" ")}`);
  }
  const all = async () => {
    for (const summary of await open.locator("summary").all()) await summary.click();
    return open.innerText();
  };
  const masked = await all();
  for (const secret of [accessToken, refreshToken]) assert.ok(!masked.includes(secret));
  assert.match(masked, /curl --cacert '.*ca\.pem' .*-H "authorization: Bearer \$TOKEN" 'https:\/\/127\.0\.0\.1/);
  await open.getByLabel(/^Show tokens/).check();
  const shown = await all();
  for (const secret of [accessToken, refreshToken]) assert.ok(shown.includes(secret));
  await page.keyboard.press("Escape");
  await open.waitFor({ state: "hidden" });
  await done(page);
});

test("after signing out nothing is kept, and the tokens are good no longer", async () => {
  const page = await signedIn(browser, full());
  const { accessToken } = await session(page);
  await page.getByRole("button", { name: "Sign out" }).click();
  await page.getByRole("heading", { name: "You are signed out" }).waitFor();
  await page.getByText("the service has ended its access").waitFor();
  assert.equal(await page.evaluate(() => sessionStorage.length + localStorage.length), 0);
  const status = await page.evaluate(async ([url, token]) => (await fetch(url, { headers: { authorization: `Bearer ${token}` } })).status,
    [`${ready.fhir_base}/Patient`, accessToken]);
  assert.equal(status, 401);
  await page.reload();
  await page.getByRole("button", { name: "Sign in" }).waitFor();
  await done(page);
});

test("who has a summary only sees no results and is told why that may be", async () => {
  const page = await signedIn(browser, person((each) => each.level === "summary"));
  for (const [name, words] of [["Results", "No test results were shared"], ["Vaccinations", "No vaccinations were shared"], ["Timeline", "No entries were shared"]]) {
    await view(page, name);
    await page.getByRole("heading", { name: words }).waitFor();
    await page.getByText("your GP practice does not share it").waitFor();
  }
  assert.equal(await page.locator("table, svg.chart").count(), 0);
  await done(page);
});

test("who does not allow it is told that nothing was shared", async () => {
  const page = await open(browser);
  await page.goto(ready.demo_app);
  await signIn(page, full(), "deny");
  await page.getByRole("heading", { name: "You did not allow it" }).waitFor();
  assert.equal(await page.evaluate((key) => sessionStorage.getItem(key), KEY), null);
  await done(page);
});

test("an answer to a sign-in that this tab did not begin is refused", async () => {
  const page = await open(browser);
  for (const query of ["code=stolen&state=guessed", "error=access_denied&state=guessed", "code=stolen"]) {
    await page.goto(`${ready.demo_app}/callback?${query}`);
    await page.getByText("does not belong to a sign-in that this tab began").waitFor();
    assert.ok(!page.url().includes("stolen"));
  }
  await done(page);
});

test("an access token that has run out is renewed once, however many requests meet it", async () => {
  const page = await signedIn(browser, full());
  const before = await session(page);
  await page.evaluate(([key, value]) => sessionStorage.setItem(key, value), [KEY, JSON.stringify({ ...before, accessToken: "run-out" })]);
  await page.reload();
  await recordRead(page);
  const after = await session(page);
  assert.notEqual(after.refreshToken, before.refreshToken);
  const open = await drawer(page);
  assert.equal((await open.locator(".path").allTextContents()).filter((path) => path === "/oauth/token").length, 1);
  await done(page);
});

test("a sign-in that has ended asks for another, and forgets the old one", async () => {
  const page = await signedIn(browser, full());
  const { patient } = await session(page);
  const ended = { accessToken: "run-out", refreshToken: "revoked", patient, scope: "" };
  await page.evaluate(([key, value]) => sessionStorage.setItem(key, value), [KEY, JSON.stringify(ended)]);
  await page.reload();
  await page.getByRole("heading", { name: "Sign in again" }).waitFor();
  assert.equal(await page.evaluate(() => sessionStorage.length), 0);
  await signIn(page, full());
  await recordRead(page);
  await done(page);
});

test("a service that is busy is asked again when it said, and one that stays busy is told in words", async () => {
  const page = await signedIn(browser, full());
  await page.addInitScript(() => {
    globalThis.said = [];
    new MutationObserver(() => { globalThis.said.push(document.getElementById("live")?.textContent); })
      .observe(document, { subtree: true, childList: true, characterData: true });
  });
  let refusals = 1;
  await page.route("**/Immunization?*", (route) => (refusals-- > 0
    ? route.fulfill({ status: 429, headers: { "retry-after": "1", "access-control-allow-origin": "*", "access-control-expose-headers": "retry-after" } })
    : route.continue()));
  await page.reload();
  await recordRead(page);
  const said = await page.evaluate(() => globalThis.said);
  assert.ok(said.includes("The record service is busy. Trying again in 1 second."), `${said}`);
  await view(page, "Vaccinations");
  await page.locator(".vaccination-card").waitFor();
  const words = "This record is being made anew.";
  const outcome = { resourceType: "OperationOutcome", issue: [{ severity: "error", code: "transient", diagnostics: words }] };
  await page.unroute("**/Immunization?*");
  await page.route("**/Immunization?*", (route) => route.fulfill({
    status: 503, headers: { "retry-after": "120", "access-control-allow-origin": "*", "access-control-expose-headers": "retry-after" },
    contentType: "application/fhir+json", body: JSON.stringify(outcome),
  }));
  await page.reload();
  const told = page.getByRole("alert");
  await told.getByRole("heading", { name: "The record service is busy" }).waitFor();
  assert.match(await told.innerText(), /Try again in 2 minutes\. The service says: This record is being made anew\./);
  await view(page, "Results");
  await page.locator("svg.chart").waitFor();
  await page.unroute("**/Immunization?*");
  await view(page, "Vaccinations");
  await page.getByRole("button", { name: "Try again" }).click();
  await page.locator(".vaccination-card").waitFor();
  await done(page);
});

test("what the person did not allow is said, and the rest is shown", async () => {
  const page = await open(browser);
  // As if the person, or the register, had left out the observations.
  await page.route("**/config.json", async (route) => {
    const response = await route.fetch();
    const config = await response.json();
    await route.fulfill({ response, json: { ...config, scope: "launch/patient patient/Patient.rs patient/Immunization.rs" } });
  });
  await page.goto(ready.demo_app);
  await signIn(page, full());
  await page.getByRole("heading", { name: "This app may not see your test results" }).waitFor();
  await view(page, "Vaccinations");
  await page.locator(".vaccination-card").waitFor();
  await done(page);
});

test("a browser that does not trust the sandbox is told what to do", async () => {
  const page = await open(browser);
  await page.route("**/.well-known/smart-configuration", (route) => route.abort("failed"));
  await page.goto(ready.demo_app);
  const told = page.getByRole("alert");
  await told.getByRole("heading", { name: "The record service did not answer" }).waitFor();
  assert.ok((await told.innerText()).includes(ready.ca_file));
  await page.unroute("**/.well-known/smart-configuration");
  await told.getByRole("button", { name: "Try again" }).click();
  await page.getByRole("button", { name: "Sign in" }).waitFor();
  await done(page);
});

test("the other name of this machine leads to the one that is registered", async () => {
  const page = await open(browser);
  await page.goto(ready.demo_app.replace("localhost", "127.0.0.1"));
  await page.getByRole("button", { name: "Sign in" }).waitFor();
  assert.ok(page.url().startsWith(ready.demo_app));
  await done(page);
});

test("the whole of it can be used by keyboard", async () => {
  const page = await open(browser);
  await page.goto(ready.demo_app);
  await page.getByRole("button", { name: "Sign in" }).waitFor();
  await page.keyboard.press("Tab");
  assert.equal(await page.evaluate(() => document.activeElement.textContent), "Skip to main content");
  await page.getByRole("button", { name: "Sign in" }).press("Enter");
  await page.locator("#user").fill(full());
  await page.locator("button[value=allow]").press("Enter");
  await recordRead(page);
  assert.equal(await page.evaluate(() => document.activeElement.tagName), "H1", "a screen reader begins at the heading");
  await page.getByRole("link", { name: "Timeline" }).press("Enter");
  await page.getByRole("heading", { level: 1, name: "Timeline" }).waitFor();
  assert.equal(await page.evaluate(() => document.activeElement.textContent), "Timeline");
  await page.getByRole("button", { name: /^Requests/ }).press("Enter");
  await page.getByRole("dialog").getByRole("button", { name: "Close" }).press("Enter");
  await page.getByRole("dialog").waitFor({ state: "hidden" });
  await done(page);
});
