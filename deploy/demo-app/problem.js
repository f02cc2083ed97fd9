// What went wrong, in words for a person, and what they can do. Technical details stay in the drawer.

/** A failure that can be shown. `remedy` is "retry", "sign-in" or nothing. */
export class Problem extends Error {
  constructor(title, words, remedy) {
    super(words);
    this.title = title;
    this.remedy = remedy;
  }
}

/** The browser got no answer at all, and does not tell a page why. */
export function unreachable(url, config) {
  const origin = new URL(url).origin;
  const file = config?.caFile ? ` (${config.caFile})` : "";
  return new Problem(
    "The record service did not answer",
    `Your browser could not reach ${origin}. Either the sandbox is not running, or your browser does not trust its ` +
    `certificate yet. Open ${origin}/healthz in another tab and accept the warning, or add the sandbox's own ` +
    `authority${file} to the browser. Then try again.`,
    "retry",
  );
}

/** How long the service asks us to wait, in seconds; `undefined` if it does not say. */
export function retryAfter(headers, now = Date.now()) {
  const value = headers.get("retry-after");
  if (!value) return undefined;
  if (/^\d+$/.test(value.trim())) return Number(value);
  const at = Date.parse(value);
  return Number.isNaN(at) ? undefined : Math.max(0, Math.ceil((at - now) / 1000));
}

function wait(seconds) {
  if (seconds === undefined) return "Wait a minute, then try again.";
  if (seconds < 90) return `Try again in ${seconds} second${seconds === 1 ? "" : "s"}.`;
  return `Try again in ${Math.ceil(seconds / 60)} minutes.`;
}

/** What the service's own OperationOutcome says, if it sent one. */
function saidBy(answer) {
  if (answer.body?.resourceType !== "OperationOutcome") return "";
  const words = (answer.body.issue ?? []).map((issue) => issue.details?.text ?? issue.diagnostics).filter(Boolean);
  return words.length ? ` The service says: ${words.join(" ")}` : "";
}

/** An answer that is not a success. `what` is what was asked for, as "your test results". */
export function refused(answer, what) {
  const seconds = retryAfter(answer.headers);
  switch (answer.status) {
    case 401:
      return signInAgain();
    case 403:
      return new Problem(
        `This app may not see ${what}`,
        "You did not allow it at sign-in, or the app is not approved for it. Sign in again to change what you allow." +
        saidBy(answer),
        "sign-in",
      );
    case 404:
      return new Problem(
        `Nothing was shared with this app`,
        `The service has no record for ${what} that this app may see. Your GP practice decides what is shown online: ask ` +
        "them if you expected to see something.",
      );
    case 410:
      return new Problem(`${capital(what)} changed while they were read`, "Begin again to read all of them.", "retry");
    case 429:
      return new Problem("Too many requests", `This app asked too often. ${wait(seconds)}`, "retry");
    case 503:
      return new Problem(
        "The record service is busy", `It cannot show ${what} at the moment. ${wait(seconds)}${saidBy(answer)}`, "retry",
      );
    default:
      return new Problem(
        `${capital(what)} could not be read`,
        `The service answered with an error (${answer.status}).${saidBy(answer)}`,
        "retry",
      );
  }
}

/** The sign-in is over, or was ended elsewhere. */
export function signInAgain() {
  return new Problem(
    "Sign in again",
    "Your sign-in has ended. This happens after a while, or when somebody ends it elsewhere.",
    "sign-in",
  );
}

/** An answer that is not what FHIR promises. */
export function notUnderstood(what) {
  return new Problem(
    `${capital(what)} could not be read`, "The service answered with something that this app does not understand.", "retry",
  );
}

export function capital(words) {
  return words.charAt(0).toUpperCase() + words.slice(1);
}
