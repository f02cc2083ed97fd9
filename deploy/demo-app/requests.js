// The drawer: each request of this page, its answer, and a `curl` that repeats it. Tokens and codes are masked until
// they are asked for. It is kept in memory only, and gone when the page is left.

import { element, tag } from "./element.js";
import { count } from "./words.js";

/** What opens something, wherever it stands: in a form, in JSON. */
const SECRETS = ["access_token", "refresh_token", "id_token", "token", "code", "code_verifier"];
const IN_JSON = new RegExp(`("(?:${SECRETS.join("|")})"\\s*:\\s*")([^"]+)(")`, "g");
const MASK = "••••••••";
const MOST = 20_000;

/** The requests so far. `changed` is called whenever there is another. */
export function requestLog(changed) {
  const entries = [];
  const record = ({ method, url, headers, body }) => {
    const entry = { method, url, headers, body, begun: performance.now() };
    entries.push(entry);
    changed(entries.length);
    return (answer) => {
      Object.assign(entry, answer, { milliseconds: Math.round(performance.now() - entry.begun) });
      changed(entries.length);
    };
  };
  return { entries, record };
}

function quoted(text) {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

/** The command line for a request. Masked, it takes the token from the shell's variable TOKEN. */
export function curl(entry, caFile, shown) {
  const words = ["curl", caFile ? `--cacert ${quoted(caFile)}` : ""];
  if (entry.method !== "GET") words.push(`-X ${entry.method}`);
  for (const [name, value] of Object.entries(entry.headers)) {
    const masked = name === "authorization" && !shown;
    words.push(masked ? `-H "authorization: Bearer $TOKEN"` : `-H ${quoted(`${name}: ${value}`)}`);
  }
  if (entry.body) words.push(`--data ${quoted(shown ? entry.body : maskedForm(entry.body))}`);
  words.push(quoted(entry.url));
  return words.filter(Boolean).join(" ");
}

function maskedForm(body) {
  return [...new URLSearchParams(body)].map(([name, value]) =>
    `${name}=${SECRETS.includes(name) ? MASK : encodeURIComponent(value)}`).join("&");
}

/** An answer to read: indented, with what opens something masked, and not longer than one can look at. */
export function answerOf(entry, shown) {
  if (entry.failed) return "No answer came.";
  if (entry.text === undefined) return "Waiting for the answer.";
  let text = entry.text;
  try {
    // Numbers stay as they were sent, where the browser can do that.
    const exact = (_, value, context) => (typeof value === "number" && context?.source && JSON.rawJSON ? JSON.rawJSON(context.source) : value);
    text = JSON.stringify(JSON.parse(text, exact), null, 2);
  } catch {
    // Not JSON: as it came.
  }
  if (!shown) text = text.replace(IN_JSON, `$1${MASK}$3`);
  const more = text.length - MOST;
  return more > 0 ? `${text.slice(0, MOST)}\n… ${more.toLocaleString("en-GB")} more characters: repeat the request to see all of it` : text;
}

/** Fills the drawer and opens it. */
export function openDrawer(dialog, log, caFile, say) {
  let shown = false;
  const list = element("ol", { class: "requests", reversed: true });
  const fill = () => list.replaceChildren(...log.entries.toReversed().map((entry) => element("li", {}, request(entry, caFile, () => shown, say))));
  fill();
  dialog.replaceChildren(
    element("div", { class: "drawer-head" },
      element("h2", { id: "requests-title", tabindex: "-1" }, "Requests"),
      element("button", { type: "button", class: "quiet", onclick: () => dialog.close() }, "Close")),
    element("p", {}, `${count(log.entries.length, "request")} since this page was loaded, newest first. Open one to see the answer, and a `,
      element("code", {}, "curl"), " command that repeats it."),
    element("p", { class: "tick" },
      element("input", { type: "checkbox", id: "show-tokens", onchange: (event) => { shown = event.target.checked; fill(); } }),
      element("label", { for: "show-tokens" }, "Show tokens. Whoever has them can read this record.")),
    list);
  dialog.showModal();
  dialog.querySelector("h2").focus();
}

function request(entry, caFile, shown, say) {
  const path = entry.url.replace(/^https?:\/\/[^/]+/, "");
  const good = entry.status >= 200 && entry.status < 300;
  const state = entry.failed ? "No answer" : `${entry.status ?? "…"}`;
  const made = element("details", {},
    element("summary", {},
      element("span", { class: "method" }, entry.method), " ", tag(state, good ? "good" : "bad"), " ",
      element("span", { class: "small" }, `${entry.milliseconds ?? "…"} ms`), element("span", { class: "path" }, path)));
  made.addEventListener("toggle", () => {
    if (!made.open || made.childElementCount > 1) return;
    const command = curl(entry, caFile, shown());
    made.append(
      element("h3", {}, "Repeat it"), block(command, "Command"),
      element("button", { type: "button", class: "quiet", onclick: () => copy(command, say) }, "Copy command"),
      element("h3", {}, "Answer"), block(answerOf(entry, shown()), "Answer"));
  });
  return made;
}

function block(text, name) {
  return element("pre", { tabindex: "0", role: "region", "aria-label": name }, text);
}

async function copy(text, say) {
  try {
    await navigator.clipboard.writeText(text);
    say("Copied.");
  } catch {
    say("Your browser did not allow copying. Select the command and copy it by hand.");
  }
}
