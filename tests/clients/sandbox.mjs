// What the Node client scripts share: where the sandbox is, the chosen user, a token, a sign-in by form.
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import assert from "node:assert/strict";

export const ready = JSON.parse(readFileSync(process.env.SANDBOX_READY, "utf8"));
export const base = ready.fhir_base.replace(/\/+$/, "");
export const user = ready.users.find((each) => each.user === process.env.SANDBOX_USER);
export const stranger = ready.users.find((each) => each.patient !== user.patient && each.level === "full");

export function token(name) {
  const words = ["sandbox", "token", "--dir", process.env.SANDBOX_DIR, "--user", name];
  return execFileSync(process.env.RECORDGATE, words, { encoding: "utf8" }).trim();
}

const entities = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'" };

function unescape(text) {
  return text.replace(/&(?:#x([0-9a-f]+)|#(\d+)|(\w+));/gi, (whole, hex, decimal, name) =>
    name ? (entities[name] ?? whole) : String.fromCodePoint(hex ? parseInt(hex, 16) : Number(decimal)));
}

function attribute(tag, name) {
  const found = tag.match(new RegExp(`\\s${name}\\s*=\\s*(?:"([^"]*)"|'([^']*)'|([^\\s>]+))`, "i"));
  return found && unescape(found[1] ?? found[2] ?? found[3]);
}

// Does at the authorization endpoint what a person would, and returns the address that the app is called back at.
export async function signIn(authorizeUrl, name) {
  const page = await fetch(authorizeUrl);
  const html = await page.text();
  assert.equal(page.status, 200, `authorize answered ${page.status}: ${html.slice(0, 500)}`);
  const form = html.match(/<form\b[^>]*>/i)?.[0];
  assert.ok(form, `no form in the sign-in page: ${html.slice(0, 500)}`);
  const fields = new URLSearchParams();
  for (const [input] of html.matchAll(/<input\b[^>]*>/gi)) {
    const sent = attribute(input, "type") === "hidden" || / checked\b/i.test(input);
    if (sent) fields.append(attribute(input, "name"), attribute(input, "value") ?? "");
  }
  fields.append("user", name);
  fields.append("decision", "allow");
  const answer = await fetch(new URL(attribute(form, "action") ?? "", page.url), {
    method: "POST",
    body: fields,
    redirect: "manual",
    headers: { cookie: page.headers.getSetCookie().map((each) => each.split(";")[0]).join("; ") },
  });
  const location = answer.headers.get("location") ?? "";
  assert.ok([302, 303].includes(answer.status), `sign-in answered ${answer.status}: ${await answer.text()}`);
  assert.ok(location.startsWith(ready.redirect_uri), `sign-in redirected to ${location}`);
  return location;
}
