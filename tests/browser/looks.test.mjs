// Every page as it looks, wide and narrow: nothing sticks out, axe finds nothing, and pictures of it are kept.
import { after, before, test } from "node:test";
import { accessible, fits, launch, narrow, open, person, picture, ready, signedIn, view } from "./browser.mjs";

let browser;
before(async () => { browser = await launch(); });
after(async () => { await browser?.close(); });

const someone = () => person((each) => each.about.includes("everything that a conformance test"));

async function seen(page, name) {
  await fits(page, name);
  await accessible(page, name);
  await picture(page, name);
}

for (const [size, viewport] of [["wide", undefined], ["narrow", narrow]]) {
  const options = viewport && { viewport };

  test(`the pages before sign-in can be read by everybody, ${size}`, async () => {
    const page = await open(browser, options);
    await page.goto(ready.demo_app);
    await page.getByRole("button", { name: "Sign in" }).waitFor();
    await seen(page, `sign-in-${size}`);
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.locator("#user").waitFor();
    await fits(page, "the server's page");
    await accessible(page, "the server's page");
    await picture(page, `server-${size}`);
    await page.context().close();
  });

  test(`every view of a record can be read by everybody, ${size}`, async () => {
    const page = await signedIn(browser, someone(), options);
    await page.locator("svg.chart").waitFor();
    await seen(page, `results-${size}`);
    await page.getByRole("button", { name: /blood pressure/i }).first().click();
    await seen(page, `blood-pressure-${size}`);
    await view(page, "Vaccinations");
    await seen(page, `vaccinations-${size}`);
    await view(page, "Timeline");
    await seen(page, `timeline-${size}`);
    await page.getByRole("button", { name: /^Requests/ }).click();
    await page.locator("#requests details").first().locator("summary").click();
    await fits(page, "drawer");
    await accessible(page, "drawer");
    await picture(page, `drawer-${size}`, {});
    await page.context().close();
  });

  test(`a record of which nothing is shared, ${size}`, async () => {
    const page = await signedIn(browser, person((each) => each.level === "summary"), options);
    await seen(page, `nothing-${size}`);
    await page.context().close();
  });
}

test("the vaccination card on paper", async () => {
  const page = await signedIn(browser, someone());
  await view(page, "Vaccinations");
  await page.emulateMedia({ media: "print" });
  await picture(page, "vaccinations-print");
  await page.context().close();
});
