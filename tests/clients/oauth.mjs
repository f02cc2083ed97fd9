// A generic OAuth library: every grant, as a public app whose tokens are bound to a key (DPoP) and as an app with keys.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { randomUUID } from "node:crypto";
import * as oauth from "oauth4webapi";
import { base, ready, signIn, user } from "./sandbox.mjs";

const issuer = new URL(new URL(base).origin);
const discovered = await oauth.discoveryRequest(issuer, { algorithm: "oauth2" });
const server = await oauth.processDiscoveryResponse(issuer, discovered);
assert.ok(server.dpop_signing_alg_values_supported.includes("ES256"));

// Pushes a request, signs somebody in, redeems the code.
async function launch(client, authentication, scope, DPoP) {
  const verifier = oauth.generateRandomCodeVerifier();
  const state = oauth.generateRandomState();
  const asked = {
    redirect_uri: client.redirect_uris[0], response_type: "code", scope, state, aud: base,
    code_challenge: await oauth.calculatePKCECodeChallenge(verifier), code_challenge_method: "S256",
  };
  const pushed = await oauth.pushedAuthorizationRequest(server, client, authentication, asked, { DPoP });
  const { request_uri } = await oauth.processPushedAuthorizationResponse(server, client, pushed);
  const authorize = new URL(server.authorization_endpoint);
  authorize.search = new URLSearchParams({ client_id: client.client_id, request_uri });
  const back = new URL(await signIn(authorize.href, user.user));
  const answer = oauth.validateAuthResponse(server, client, back, state);
  const redeem = () =>
    oauth.authorizationCodeGrantRequest(server, client, authentication, answer, asked.redirect_uri, verifier, { DPoP });
  const tokens = await oauth.processAuthorizationCodeResponse(server, client, await redeem());
  return { tokens, redeem };
}

async function patient(tokens, DPoP) {
  const url = new URL(`${base}/Patient/${tokens.patient}`);
  const answer = await oauth.protectedResourceRequest(tokens.access_token, "GET", url, undefined, null, { DPoP });
  assert.equal(answer.status, 200);
  assert.equal((await answer.json()).id, tokens.patient);
}

async function refused(tokens, DPoP) {
  await assert.rejects(patient(tokens, DPoP), (error) => error.status === 401, "a token that was revoked opens nothing");
}

async function revoke(client, authentication, token) {
  await oauth.processRevocationResponse(await oauth.revocationRequest(server, client, authentication, token));
}

const dpop = async (client) => oauth.DPoP(client, await oauth.generateKeyPair("ES256"));

{
  const client = { client_id: ready.client_id, redirect_uris: [ready.redirect_uri] };
  const [key, stolenBy] = [await dpop(client), await dpop(client)];
  const { tokens } = await launch(client, oauth.None(), "launch/patient patient/*.rs offline_access", key);
  assert.equal(tokens.token_type, "dpop");
  await patient(tokens, key);
  await patient(tokens, key);
  const bearer = await fetch(`${base}/Patient/${tokens.patient}`, { headers: { authorization: `Bearer ${tokens.access_token}` } });
  assert.equal(bearer.status, 401, "without its key the token is nothing");
  await refused(tokens, stolenBy);
  const refresh = async (DPoP) => oauth.processRefreshTokenResponse(
    server, client, await oauth.refreshTokenGrantRequest(server, client, oauth.None(), tokens.refresh_token, { DPoP }),
  );
  await assert.rejects(refresh(stolenBy), (error) => error.error === "invalid_grant");
  const next = await refresh(key);
  assert.equal(next.token_type, "dpop");
  await patient(next, key);
  await revoke(client, oauth.None(), next.access_token);
  await refused(next, key);
}

{
  const keys = await oauth.generateKeyPair("ES384", { extractable: true });
  const { kty, crv, x, y } = await crypto.subtle.exportKey("jwk", keys.publicKey);
  const kid = randomUUID();
  const registered = await oauth.dynamicClientRegistrationRequest(server, {
    client_name: "A generic client", redirect_uris: [ready.redirect_uri], token_endpoint_auth_method: "private_key_jwt",
    scope: "launch/patient patient/*.rs offline_access", jwks: { keys: [{ kty, crv, x, y, kid, use: "sig" }] },
    dpop_bound_access_tokens: true,
  });
  const client = await oauth.processDynamicClientRegistrationResponse(registered);
  assert.equal(client.dpop_bound_access_tokens, true);
  execFileSync(process.env.RECORDGATE, [
    "admin", "apps", "try", "--config", `${process.env.SANDBOX_DIR}/recordgate.toml`, "--client", client.client_id,
    "--by", "the tests", "--why", "a generic client",
  ]);
  const authentication = oauth.PrivateKeyJwt({ key: keys.privateKey, kid });
  const key = await dpop(client);
  const scope = "launch/patient patient/*.rs offline_access";
  await assert.rejects(launch(client, authentication, scope), (error) => error.error === "invalid_request", "it wants a proof");
  const { tokens } = await launch(client, authentication, scope, key);
  await patient(tokens, key);
  const asked = await oauth.introspectionRequest(server, client, authentication, tokens.access_token);
  const told = await oauth.processIntrospectionResponse(server, client, asked);
  assert.equal(told.active, true);
  assert.equal(told.cnf.jkt, await key.calculateThumbprint());
  const refreshed = await oauth.refreshTokenGrantRequest(server, client, authentication, tokens.refresh_token, { DPoP: key });
  const next = await oauth.processRefreshTokenResponse(server, client, refreshed);
  await patient(next, key);
  await revoke(client, authentication, next.refresh_token);
  await refused(next, key);
}

console.log("oauth4webapi: pushed requests, codes, refreshing, revoking, introspection; DPoP; an app with keys");
