// Sign-in by SMART App Launch 2.2, as a public app: discovery, code with PKCE S256, refresh, revocation.
//
// Tokens are kept in sessionStorage. It belongs to this tab and origin and is gone when the tab is closed; it is needed
// at all because a sign-in leads away from the page and back, and so that a reload is no new sign-in. Nothing is put
// into localStorage or a cookie, where other tabs and later visitors of this machine would find it.

import { Problem, signInAgain } from "./problem.js";

const SESSION = "demo-app.session";
const PENDING = "demo-app.pending";
const STALE = "This answer does not belong to a sign-in that this tab began. Nothing was kept. Begin again.";

/** Text that nobody can guess: 256 bits. */
function secret() {
  return base64url(crypto.getRandomValues(new Uint8Array(32)));
}

function base64url(bytes) {
  return btoa(String.fromCharCode(...bytes)).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

async function challengeOf(verifier) {
  return base64url(new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(verifier))));
}

/** Where the server takes what: `.well-known/smart-configuration`. */
export async function discover(send, config) {
  const answer = await send({
    url: `${config.fhirBase}/.well-known/smart-configuration`, headers: { accept: "application/json" },
  });
  const found = answer.body;
  if (answer.status !== 200 || !found?.authorization_endpoint || !found.token_endpoint) {
    throw new Problem("No sign-in was found", `${config.fhirBase} does not say how apps sign in.`, "retry");
  }
  if (!(found.code_challenge_methods_supported ?? []).includes("S256")) {
    throw new Problem("This sign-in is not safe enough", "The server does not offer PKCE with S256, and this app insists on it.");
  }
  return found;
}

/** Leaves for the server's sign-in page. */
export async function beginSignIn(config, endpoints) {
  const pending = { state: secret(), verifier: secret() };
  sessionStorage.setItem(PENDING, JSON.stringify(pending));
  const url = new URL(endpoints.authorization_endpoint);
  const parameters = {
    response_type: "code",
    client_id: config.clientId,
    redirect_uri: config.redirectUri,
    scope: config.scope,
    state: pending.state,
    aud: config.fhirBase,
    code_challenge: await challengeOf(pending.verifier),
    code_challenge_method: "S256",
  };
  for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value);
  location.assign(url);
}

/** Takes the answer with which the person came back, and returns the session. */
export async function completeSignIn(send, config, endpoints, parameters) {
  const pending = taken(PENDING);
  if (!pending || parameters.get("state") !== pending.state) throw new Problem("Sign-in did not work", STALE, "sign-in");
  if (!comesFrom(endpoints, parameters.get("iss"))) throw new Problem("Sign-in did not work", STALE, "sign-in");
  if (parameters.has("error")) throw declined(parameters);
  return tokens(send, config, endpoints, {
    grant_type: "authorization_code",
    code: parameters.get("code") ?? "",
    redirect_uri: config.redirectUri,
    client_id: config.clientId,
    code_verifier: pending.verifier,
  });
}

/**
 * Whether the answer is of the server that was asked, so that no other gets to see the code (RFC 9207). A server that
 * does not publish who it is must be where the code will go.
 */
function comesFrom(endpoints, iss) {
  if (iss === null) return endpoints.authorization_response_iss_parameter_supported !== true;
  if (endpoints.issuer !== undefined) return iss === endpoints.issuer;
  return URL.canParse(iss) && new URL(iss).origin === new URL(endpoints.token_endpoint).origin;
}

function declined(parameters) {
  if (parameters.get("error") === "access_denied") {
    return new Problem("You did not allow it", "Nothing was shared with this app. You can change your mind.", "sign-in");
  }
  const words = parameters.get("error_description") ?? parameters.get("error");
  return new Problem("Sign-in did not work", `The sign-in page says: ${words}`, "sign-in");
}

/** A new access token for a session that has a refresh token. The old refresh token is good no longer. */
export async function refreshed(send, config, endpoints, session) {
  if (!session.refreshToken) throw signInAgain();
  const form = { grant_type: "refresh_token", refresh_token: session.refreshToken, client_id: config.clientId };
  return tokens(send, config, endpoints, form, session);
}

async function tokens(send, config, endpoints, form, before = {}) {
  const answer = await send({
    method: "POST",
    url: endpoints.token_endpoint,
    headers: { accept: "application/json", "content-type": "application/x-www-form-urlencoded" },
    body: new URLSearchParams(form).toString(),
  });
  const { body, status } = answer;
  if (status !== 200 || !body?.access_token || String(body.token_type).toLowerCase() !== "bearer") {
    if (body?.error === "invalid_grant") throw signInAgain();
    const words = body?.error_description ?? body?.error ?? `it answered ${status}`;
    throw new Problem("Sign-in did not work", `The server gave no access: ${words}.`, "sign-in");
  }
  const session = {
    accessToken: body.access_token,
    refreshToken: body.refresh_token ?? before.refreshToken,
    patient: body.patient ?? before.patient,
    scope: body.scope ?? before.scope ?? "",
  };
  if (!session.patient) throw new Problem("No record was chosen", "The server did not say whose record this is.", "sign-in");
  sessionStorage.setItem(SESSION, JSON.stringify(session));
  return session;
}

/** The session that this tab has, if any. */
export function kept() {
  return parsed(sessionStorage.getItem(SESSION));
}

/** Forgets the session here. */
export function forget() {
  sessionStorage.removeItem(SESSION);
  sessionStorage.removeItem(PENDING);
}

/** Forgets the session here and at the server. Says whether the server was told. */
export async function signOut(send, config, endpoints, session) {
  forget();
  if (!session || !endpoints?.revocation_endpoint) return false;
  const both = [[session.refreshToken, "refresh_token"], [session.accessToken, "access_token"]].filter(([token]) => token);
  const answers = await Promise.allSettled(both.map(([token, hint]) => send({
    method: "POST",
    url: endpoints.revocation_endpoint,
    headers: { "content-type": "application/x-www-form-urlencoded" },
    body: new URLSearchParams({ token, token_type_hint: hint, client_id: config.clientId }).toString(),
  })));
  return answers.every((each) => each.status === "fulfilled" && each.value.status === 200);
}

function taken(name) {
  const value = parsed(sessionStorage.getItem(name));
  sessionStorage.removeItem(name);
  return value;
}

function parsed(text) {
  try {
    return text ? JSON.parse(text) : undefined;
  } catch {
    return undefined;
  }
}
