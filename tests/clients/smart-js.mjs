// SMART's own JavaScript client, as a public app: standalone launch with PKCE, reading, paging, refreshing.
import assert from "node:assert/strict";
import smart from "fhirclient";
import { base, ready, signIn, stranger, user } from "./sandbox.mjs";

const SCOPE = "launch/patient patient/*.rs offline_access";
const PAGE = 5;

// The library works inside a web server's request; this is the least of one that it accepts.
const session = {};
const callback = new URL(ready.redirect_uri);
function inRequest(url) {
  const headers = { host: callback.host, "x-forwarded-proto": callback.protocol.replace(":", "") };
  const response = { writeHead() { assert.fail("the library redirected by itself"); }, end() {} };
  return smart({ url, headers, socket: {}, session }, response);
}

async function launch() {
  const authorizeUrl = await inRequest("/launch").authorize({
    iss: base, clientId: ready.client_id, redirectUri: ready.redirect_uri, scope: SCOPE, noRedirect: true, pkceMode: "required",
  });
  const asked = new URL(authorizeUrl).searchParams;
  assert.equal(asked.get("code_challenge_method"), "S256");
  assert.equal(asked.get("aud"), base);
  const back = new URL(await signIn(authorizeUrl, user.user));
  assert.equal(back.searchParams.get("state"), asked.get("state"), "state comes back unchanged");
  return inRequest(back.pathname + back.search).ready();
}

async function everything(client, type) {
  let pages = 0;
  const query = { url: `${type}?_count=${PAGE}` };
  await client.patient.request({ ...query }, { pageLimit: 0, onPage: () => { pages += 1; } });
  const resources = await client.patient.request({ ...query }, { pageLimit: 0, flat: true });
  const first = await client.patient.request({ ...query });
  const own = resources.filter((each) => each.resourceType === type);
  assert.equal(own.length, first.total, `${type}: as many as Bundle.total says`);
  assert.equal(new Set(own.map((each) => each.id)).size, own.length, `${type}: none twice`);
  return { own, pages };
}

const client = await launch();
assert.equal(client.patient.id, user.patient, "the patient in context is the one who signed in");
assert.equal(client.state.tokenResponse.token_type, "Bearer");
assert.equal(client.state.tokenResponse.id_token, undefined, "openid was not asked for");

const patient = await client.patient.read();
assert.equal(patient.id, user.patient);

const observations = await everything(client, "Observation");
assert.ok(observations.pages > 1, `more than one page of observations, not ${observations.pages}`);
for (const each of observations.own) assert.equal(each.subject.reference, `Patient/${user.patient}`);

const immunizations = await everything(client, "Immunization");
assert.ok(immunizations.own.length > 0, "at least one immunization");
for (const each of immunizations.own) assert.equal(each.patient.reference, `Patient/${user.patient}`);

await assert.rejects(client.request(`Patient/${stranger.patient}`), (error) => error.status === 404, "another's record is not there");

const before = { ...client.state.tokenResponse };
await client.refresh();
const after = client.state.tokenResponse;
assert.notEqual(after.access_token, before.access_token, "a refresh brings a new access token");
assert.equal((await client.patient.read()).id, user.patient, "which works");

console.log(`${observations.own.length} observations on ${observations.pages} pages, ${immunizations.own.length} immunizations`);
