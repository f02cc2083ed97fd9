// A person looks at their own account after an app has looked at their record, and stops the app.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { accessible, fits, launch, narrow, person, picture, ready, signedIn } from "./browser.mjs";

const account = new URL("/account", ready.fhir_base).href;
const someone = () => person((each) => each.about.includes("everything that a conformance test"));

let browser;
before(async () => { browser = await launch(); });
after(async () => { await browser?.close(); });

async function seen(page, name) {
  await fits(page, name);
  await accessible(page, name);
  await picture(page, name);
}

for (const [size, viewport] of [["wide", undefined], ["narrow", narrow]]) {
  test(`a person sees who has looked, stops the app, and it is refused at once, ${size}`, async () => {
    const user = someone();
    const app = await signedIn(browser, user, viewport && { viewport });
    const own = await app.context().newPage();
    await own.goto(account);
    await own.getByRole("heading", { level: 1, name: "Your apps, and who has looked" }).waitFor();
    await seen(own, `account-sign-in-${size}`);
    await own.locator("#user").fill(user);
    await own.getByRole("button", { name: "Sign in" }).click();
    await own.getByRole("heading", { level: 1, name: /^Your own, at / }).waitFor();
    assert.ok(await own.getByRole("cell", { name: /^Measurements, test results and other findings \(\d+\)$/ }).count() > 0);
    await seen(own, `account-${size}`);
    const [file] = await Promise.all([
      own.waitForEvent("download"),
      own.getByRole("link", { name: /as a file/ }).click(),
    ]);
    assert.equal(file.suggestedFilename(), "who-has-looked.json");
    const key = "demo-app.session";
    const token = JSON.parse(await app.evaluate((name) => sessionStorage.getItem(name), key)).accessToken;
    const asked = () => app.evaluate(async ([url, bearer]) => {
      return (await fetch(url, { headers: { authorization: `Bearer ${bearer}` } })).status;
    }, [`${ready.fhir_base}/Patient`, token]);
    assert.equal(await asked(), 200);
    // From the keyboard alone.
    const stop = own.getByRole("button", { name: /^Stop / }).first();
    await stop.focus();
    await own.keyboard.press("Enter");
    await own.getByText("No app can see this record with your permission now.").waitFor();
    assert.equal(await asked(), 401, "from the next request on");
    await own.getByRole("button", { name: "Sign out" }).click();
    await own.getByRole("heading", { level: 1, name: "You are signed out" }).waitFor();
    await own.goto(account);
    await own.locator("#user").waitFor();
    await own.context().close();
  });
}
