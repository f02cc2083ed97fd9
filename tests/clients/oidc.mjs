// oidc-provider, which is certified by the OpenID Foundation, as the identity provider of a gateway that is no sandbox:
// what this project takes a provider to be is not its own reading alone.
import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync, randomBytes } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:https";
import { createServer as listen } from "node:net";
import { join } from "node:path";
import Provider from "oidc-provider";
import { ready, token, user } from "./sandbox.mjs";

const dir = process.env.SANDBOX_DIR;
const own = (name) => readFileSync(join(dir, name));

const free = () => new Promise((done) => {
  const server = listen().listen(0, "127.0.0.1", () => {
    const { port } = server.address();
    server.close(() => done(port));
  });
});

const [issuerPort, gatewayPort] = [await free(), await free()];
const issuer = `https://127.0.0.1:${issuerPort}`;
const gateway = `https://127.0.0.1:${gatewayPort}`;
const callback = `${gateway}/oauth/callback/certified`;

// What the sandbox's own record says of the person.
const answer = await fetch(`${ready.fhir_base}/Patient/${user.patient}`, {
  headers: { authorization: `Bearer ${token(user.user)}` },
});
const { birthDate } = await answer.json();

// Who signs in, and how well their identity was proven; each test sets it.
let person;
const right = { nhs_number: user.nhs_number, birthdate: birthDate, identity_proofing_level: "P9", vot: "P9.Cp.Cd" };

const signing = generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey.export({ format: "jwk" });
const registered = createPublicKey(createPrivateKey(own("login.pem"))).export({ format: "jwk" });
const provider = new Provider(issuer, {
  jwks: { keys: [{ ...signing, kid: "certified", alg: "RS512", use: "sig" }] },
  clients: [{
    client_id: "recordgate",
    redirect_uris: [callback],
    response_types: ["code"],
    grant_types: ["authorization_code"],
    token_endpoint_auth_method: "private_key_jwt",
    token_endpoint_auth_signing_alg: "RS512",
    id_token_signed_response_alg: "RS512",
    jwks: { keys: [{ ...registered, kid: "ours", alg: "RS512", use: "sig" }] },
  }],
  enabledJWA: {
    idTokenSigningAlgValues: ["RS512"],
    clientAuthSigningAlgValues: ["RS512"],
  },
  clientAuthMethods: ["private_key_jwt"],
  pkce: { required: () => true },
  extraParams: ["vtr"],
  claims: { openid: ["sub", "vot"], profile: ["nhs_number", "birthdate", "identity_proofing_level"] },
  features: { devInteractions: { enabled: false } },
  cookies: { keys: [randomBytes(16).toString("hex")] },
  findAccount: (_, id) => ({ accountId: id, claims: () => ({ sub: id, ...person }) }),
  interactions: { url: (_, interaction) => `/interaction/${interaction.uid}` },
});

// Whoever comes is signed in and agrees.
const handle = provider.callback();
const server = createServer({ key: own("server.key"), cert: own("server.pem") }, async (request, response) => {
  if (!request.url.startsWith("/interaction/")) return handle(request, response);
  const { params } = await provider.interactionDetails(request, response);
  assert.match(params.vtr, /P9\.Cp\.Cd/);
  const grant = new provider.Grant({ accountId: "somebody", clientId: params.client_id });
  grant.addOIDCScope("openid profile");
  const grantId = await grant.save();
  const result = { login: { accountId: "somebody" }, consent: { grantId } };
  return provider.interactionFinished(request, response, result, { mergeWithLastSubmission: false });
});
await new Promise((done) => server.listen(issuerPort, "127.0.0.1", done));

// A service on the sandbox's records which takes nobody by name.
const config = join(dir, "certified.toml");
writeFileSync(config, `
[listen]
address = "127.0.0.1:${gatewayPort}"
[tls]
certificate = "server.pem"
key = "server.key"
[service]
base_url = "${gateway}"
[store]
dir = "store"
max_gib = 16
[keys]
dir = "keys"
[audit]
dir = "certified-audit"
[telemetry]
log = "info"
[[sign_in]]
id = "certified"
name = "the certified provider"
issuer = "${issuer}"
client_id = "recordgate"
key = "login.pem"
key_id = "ours"
authorities = "ca.pem"
`);
execFileSync(process.env.RECORDGATE, ["check", "--config", config], { stdio: "inherit" });
const serving = spawn(process.env.RECORDGATE, ["serve", "--config", config], { stdio: ["ignore", "inherit", "inherit"] });

// A browser: a cookie jar for each origin, and redirects one at a time.
class Browser {
  jars = new Map();

  async go(url, options = {}) {
    const { origin } = new URL(url);
    const jar = this.jars.get(origin) ?? new Map();
    this.jars.set(origin, jar);
    const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join("; ");
    const answer = await fetch(url, { ...options, redirect: "manual", headers: { ...options.headers, cookie } });
    for (const set of answer.headers.getSetCookie()) {
      const [name, ...value] = set.split(";")[0].split("=");
      jar.set(name, value.join("="));
    }
    return answer;
  }

  // Follows redirects until a page, or the app's own address.
  async to(url) {
    for (let steps = 0; steps < 12; steps += 1) {
      const answer = await this.go(url);
      const location = answer.headers.get("location");
      if (!location) return { status: answer.status, url, text: await answer.text() };
      url = new URL(location, url).href;
    }
    throw new Error(`redirected for ever, at last to ${url}`);
  }
}

const verifier = randomBytes(32).toString("base64url");
const asked = new URLSearchParams({
  response_type: "code",
  client_id: ready.client_id,
  redirect_uri: ready.redirect_uri,
  scope: "launch/patient patient/Patient.rs",
  state: "the app's own",
  aud: `${gateway}/fhir/R4`,
  code_challenge: createHash("sha256").update(verifier).digest("base64url"),
  code_challenge_method: "S256",
});

// Signs in, and ends on whatever page there is then.
const signIn = async (claims) => {
  person = claims;
  const browser = new Browser();
  const page = await browser.to(`${gateway}/oauth/sign-in/certified?${asked}`);
  return { browser, page };
};

try {
  for (let tries = 0; ; tries += 1) {
    const up = await fetch(`${gateway}/healthz`).catch(() => undefined);
    if (up?.ok) break;
    assert.ok(tries < 300 && serving.exitCode === null, "the service does not begin to serve");
    await new Promise((done) => setTimeout(done, 100));
  }

  const { browser, page } = await signIn(right);
  assert.ok(page.url.startsWith(`${gateway}/oauth/answer?ticket=`), `${page.url}: ${page.text}`);
  const ticket = new URL(page.url).searchParams.get("ticket");
  const allowed = await browser.go(`${gateway}/oauth/answer`, {
    method: "POST",
    body: new URLSearchParams({ ticket, decision: "allow" }),
    headers: { origin: gateway },
  });
  const back = new URL(allowed.headers.get("location"));
  assert.equal(back.searchParams.get("state"), "the app's own");
  const redeemed = await fetch(`${gateway}/oauth/token`, {
    method: "POST",
    body: new URLSearchParams({
      grant_type: "authorization_code", client_id: ready.client_id, code: back.searchParams.get("code"),
      redirect_uri: ready.redirect_uri, code_verifier: verifier,
    }),
  });
  const tokens = await redeemed.json();
  assert.equal(tokens.patient, user.patient, "the record of the number and the date of birth");
  const read = await fetch(`${gateway}/fhir/R4/Patient/${user.patient}`, {
    headers: { authorization: `Bearer ${tokens.access_token}` },
  });
  assert.equal(read.status, 200);

  for (const [changed, words] of [
    [{ identity_proofing_level: "P5", vot: "P5.Cp.Cd" }, "Prove who you are first"],
    [{ vot: "P5.Cp.Cd" }, "Prove who you are first"],
    [{ birthdate: "1901-01-01" }, "We cannot find your record"],
    [{ nhs_number: undefined }, "We need your NHS number and date of birth"],
  ]) {
    const { page } = await signIn({ ...right, ...changed });
    assert.ok(page.text.includes(`<h1>${words}</h1>`), `${words}: ${page.text}`);
  }
  console.log("signed in by oidc-provider, and four times refused");
} finally {
  serving.kill();
  server.close();
  server.closeAllConnections();
}
