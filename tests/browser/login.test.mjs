// Signing in as patients do, with a provider, in a real browser: its cookies, its policies, its redirects.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { accessible, fits, launch, narrow, open, picture, ready, recordRead } from "./browser.mjs";

let browser;
before(async () => { browser = await launch(); });
after(async () => { await browser?.close(); });

async function seen(page, name) {
  await fits(page, name);
  await accessible(page, name);
  await picture(page, name);
}

/** From the demo app's button to the provider's page. */
async function atProvider(page) {
  await page.goto(ready.demo_app);
  await page.getByRole("button", { name: "Sign in" }).first().click();
  await page.getByRole("link", { name: "Continue with pretend NHS login" }).click();
  await page.getByRole("heading", { name: "Pretend NHS login" }).waitFor();
  assert.ok(page.url().startsWith(`${ready.login}/authorize?`), page.url());
}

async function signIn(page, fault = "none") {
  await page.getByLabel("What goes wrong?").selectOption(fault);
  await page.getByRole("button", { name: "Sign in" }).click();
}

for (const [size, viewport] of [["wide", undefined], ["narrow", narrow]]) {
  test(`a patient signs in with a provider and chooses what the app may see, ${size}`, async () => {
    const page = await open(browser, viewport && { viewport });
    await atProvider(page);
    await seen(page, `provider-${size}`);
    await signIn(page);
    await page.getByText("You are signed in.").waitFor();
    assert.deepEqual(await page.evaluate(() => document.cookie), "", "no script reads the cookie");
    await seen(page, `consent-${size}`);
    await page.getByRole("button", { name: "Allow", exact: true }).click();
    await recordRead(page);
    assert.deepEqual(page.faults, []);
    await page.context().close();
  });

  test(`each refusal says what to do and leads back to the app, ${size}`, async () => {
    const page = await open(browser, viewport && { viewport });
    for (const [fault, title] of [
      ["p5", "Prove who you are first"],
      ["stranger", "We cannot find your record"],
      ["wrong-nonce", "We could not be sure who signed in"],
      ["down", "pretend NHS login does not answer"],
    ]) {
      await atProvider(page);
      await signIn(page, fault);
      await page.getByRole("heading", { level: 1, name: title }).waitFor();
      await seen(page, `${fault}-${size}`);
      await page.getByRole("link", { name: "Go back to the app" }).click();
      await page.waitForURL((url) => url.href.startsWith(ready.demo_app));
    }
    await page.context().close();
  });
}

test("the page of somebody who has signed in is of no use in another browser", async () => {
  const page = await open(browser);
  await atProvider(page);
  await signIn(page);
  await page.getByText("You are signed in.").waitFor();
  const other = await open(browser);
  await other.goto(page.url());
  await other.getByRole("heading", { level: 1, name: "Begin again from the app" }).waitFor();
  await page.reload();
  await page.getByText("You are signed in.").waitFor();
  await page.context().close();
  await other.context().close();
});
