// What the browser tests share: a browser that trusts the sandbox, pages that report what went wrong in them, sign-in.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { chromium } from "playwright-core";

export const ready = JSON.parse(readFileSync(process.env.SANDBOX_READY, "utf8"));
export const require = createRequire(import.meta.url);

const axe = require.resolve("axe-core/axe.min.js");
const wide = { width: 1280, height: 900 };
export const narrow = { width: 320, height: 640 };

/** A browser with a profile of its own, whose certificate store is the one that `run` made. */
export function launch() {
  return chromium.launch({
    executablePath: process.env.CHROMIUM,
    // Chromium's own sandbox does not run as root, which is what builds in containers run as.
    args: process.getuid() === 0 ? ["--no-sandbox"] : [],
    env: { ...process.env, HOME: process.env.BROWSER_HOME, NO_PROXY: "127.0.0.1,localhost" },
  });
}

/** A page in a context of its own. `page.faults` collects scripts' errors and breaches of the content security policy. */
export async function open(browser, options = {}) {
  const context = await browser.newContext({ viewport: wide, locale: "en-GB", ...options });
  context.setDefaultTimeout(15_000);
  await context.addInitScript({ path: axe });
  const page = await context.newPage();
  page.faults = [];
  page.on("pageerror", (error) => page.faults.push(`${error}`));
  page.on("console", (message) => {
    // What the server refused is told by the app, and is a fault only where a test says so.
    if (message.type() === "error" && !message.text().startsWith("Failed to load resource")) page.faults.push(message.text());
  });
  return page;
}

/** Somebody with this access level whose record has something in it, or somebody by what the sandbox says about them. */
export function person(find) {
  const found = ready.users.find(find);
  assert.ok(found, "the sandbox has such a user");
  return found.user;
}

/** From the app's button through the server's page and back. */
export async function signIn(page, user, answer = "allow") {
  await page.getByRole("button", { name: "Sign in" }).first().click();
  await onServersPage(page, user, answer);
}

/** What a person does on the server's own page. */
export async function onServersPage(page, user, answer = "allow") {
  await page.locator("#user").fill(user);
  await page.locator(`button[value=${answer}]`).click();
}

/** Signs in at the demo app and waits until the record is there. */
export async function signedIn(browser, user, options) {
  const page = await open(browser, options);
  await page.goto(ready.demo_app);
  await signIn(page, user);
  await recordRead(page);
  return page;
}

export async function recordRead(page) {
  await page.getByText(/^The record was read/).waitFor({ state: "attached" });
}

/** Goes to one of the views by its link. */
export async function view(page, name) {
  await page.getByRole("navigation").getByRole("link", { name }).click();
  await page.getByRole("heading", { level: 1, name }).waitFor();
}

export async function picture(page, name, options = { fullPage: true }) {
  await page.screenshot({ path: path.join(process.env.SCREENSHOTS, `${name}.png`), animations: "disabled", ...options });
}

/** WCAG 2.2 A and AA, and axe's own rules for good pages, as axe-core finds breaches of them. */
export async function accessible(page, where) {
  const { violations, passes } = await page.evaluate(() => globalThis.axe.run(document, {
    resultTypes: ["violations"],
    runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
  }));
  assert.ok(passes.length > 10, `${where}: axe looked at the page`);
  const told = violations.map((each) => `${each.impact} ${each.id}: ${each.nodes.map((node) => `${node.html.slice(0, 160)} ${node.failureSummary}`).join(" | ")}`);
  assert.deepEqual(told, [], where);
}

/** No element sticks out to the right, so that nobody has to scroll sideways to read (WCAG 2.2, 1.4.10). */
export async function fits(page, where) {
  const found = await page.evaluate(() => {
    const { scrollWidth, clientWidth } = document.documentElement;
    if (scrollWidth <= clientWidth) return [];
    const outside = [...document.querySelectorAll("body *")].filter((each) => each.getBoundingClientRect().right > clientWidth + 1);
    return [`${scrollWidth} of ${clientWidth}`, ...outside.slice(0, 5).map((each) => each.outerHTML.slice(0, 120))];
  });
  assert.deepEqual(found, [], where);
}
