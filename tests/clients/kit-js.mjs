// fhir-kit-client: discovery by three ways at once, read, search by GET and by POST, paging to the end, errors.
import assert from "node:assert/strict";
import { Client } from "fhir-kit-client";
import { base, stranger, token, user } from "./sandbox.mjs";

const NHS_NUMBER = "https://fhir.nhs.uk/Id/nhs-number";
const client = new Client({ baseUrl: base, bearerToken: token(user.user) });

async function walk(options) {
  let bundle = await client.search({
    resourceType: "Observation", searchParams: { patient: user.patient, _count: "5" }, options,
  });
  const total = bundle.total;
  const ids = [];
  let pages = 0;
  for (; bundle; bundle = await client.nextPage({ bundle })) {
    pages += 1;
    const matches = (bundle.entry ?? []).filter((each) => each.search?.mode !== "outcome");
    assert.ok(matches.length <= 5, "_count is an upper bound");
    ids.push(...matches.map((each) => each.resource.id));
  }
  return { ids, pages, total };
}

async function status(request) {
  try {
    await request;
    return 200;
  } catch (error) {
    assert.equal(error.response.data.resourceType, "OperationOutcome", "an error explains itself in FHIR");
    return error.response.status;
  }
}

const discovered = await client.smartAuthMetadata();
assert.equal(discovered.authorizeUrl.pathname, "/oauth/authorize");
assert.equal(discovered.tokenUrl.pathname, "/oauth/token");

const capability = await new Client({ baseUrl: base }).capabilityStatement();
assert.equal(capability.fhirVersion, "4.0.1");
for (const type of ["Patient", "Observation", "Immunization"]) {
  const resource = capability.rest[0].resource.find((each) => each.type === type);
  assert.ok(resource, `${type} is in the CapabilityStatement`);
  const name = type === "Patient" ? "_id" : "patient";
  assert.ok(resource.searchParam.some((each) => each.name === name), `${type} lists ${name}`);
}

const patient = await client.read({ resourceType: "Patient", id: user.patient });
assert.equal(patient.id, user.patient);
const found = await client.search({ resourceType: "Patient", searchParams: { identifier: `${NHS_NUMBER}|${user.nhs_number}` } });
assert.deepEqual(found.entry.map((each) => each.resource.id), [user.patient]);

const byGet = await walk({});
const byPost = await walk({ postSearch: true });
assert.ok(byGet.pages > 1, `more than one page, not ${byGet.pages}`);
assert.equal(byGet.ids.length, byGet.total);
assert.deepEqual(byPost.ids, byGet.ids, "POST finds what GET finds, in the same order");

assert.equal(await status(client.read({ resourceType: "Observation", id: "no-such-id" })), 404);
assert.equal(await status(client.read({ resourceType: "Patient", id: stranger.patient })), 404);
assert.equal(await status(new Client({ baseUrl: base }).read({ resourceType: "Patient", id: user.patient })), 401);

console.log(`${byGet.ids.length} observations on ${byGet.pages} pages, twice`);
