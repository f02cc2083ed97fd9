// A page of somebody else's with SMART's own JavaScript client, unmodified, as README's "own app" has it.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { after, before, test } from "node:test";
import { launch, onServersPage, open, person, ready, require } from "./browser.mjs";

const library = readFileSync(require.resolve("fhirclient/build/fhir-client.min.js"));
const pageOf = (body) => `<!doctype html><html lang="en-GB"><meta charset="utf-8"><title>Own app</title>
<script src="fhir-client.js"></script><h1>Own app</h1><p id="said">Waiting</p><script>${body}</script></html>`;

const OWN_APP = pageOf(`
  FHIR.oauth2.init({
    iss: ${JSON.stringify(ready.fhir_base)},
    clientId: "${ready.client_id}",
    scope: "launch/patient patient/*.rs offline_access",
    redirectUri: ${JSON.stringify(process.env.OWN_APP)},
    pkceMode: "required",
  }).then(async (client) => {
    const patient = await client.patient.read();
    const observations = await client.patient.request("Observation?_count=50", { pageLimit: 0, flat: true });
    const immunizations = await client.patient.request("Immunization", { pageLimit: 0, flat: true });
    globalThis.read = { patient, observations, immunizations };
    document.getElementById("said").textContent = "Read " + patient.name[0].text;
  }).catch((error) => { document.getElementById("said").textContent = "Failed: " + error.message; });
`);

let browser, server;
before(async () => {
  server = createServer((request, response) => {
    const script = new URL(request.url, process.env.OWN_APP).pathname === "/fhir-client.js";
    response.setHeader("content-type", script ? "text/javascript" : "text/html; charset=utf-8");
    response.end(script ? library : OWN_APP);
  });
  await new Promise((up) => { server.listen(Number(new URL(process.env.OWN_APP).port), "localhost", up); });
  browser = await launch();
});
after(async () => {
  await browser?.close();
  server?.closeAllConnections();
  server?.close();
});

test("a page with the unmodified fhirclient launches and reads every page of the record", async () => {
  const page = await open(browser);
  await page.goto(process.env.OWN_APP);
  const user = person((each) => each.about.includes("everything that a conformance test"));
  await onServersPage(page, user);
  await page.getByText(/^(Read|Failed)/).waitFor();
  assert.match(await page.locator("#said").textContent(), /^Read /);
  const { patient, observations, immunizations } = await page.evaluate(() => globalThis.read);
  assert.equal(patient.id, ready.users.find((each) => each.user === user).patient);
  assert.ok(observations.length > 50, "more than one page");
  assert.equal(new Set(observations.map((each) => each.id)).size, observations.length);
  assert.ok(observations.every((each) => each.subject.reference === `Patient/${patient.id}`));
  assert.ok(immunizations.length > 0);
  assert.deepEqual(page.faults, []);
  await page.context().close();
});
