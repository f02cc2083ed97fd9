// Asks the server, and reads FHIR: one resource, or all pages of a search. Every request is told to the drawer.

import { refreshed } from "./smart.js";
import { notUnderstood, Problem, refused, retryAfter, signInAgain, unreachable } from "./problem.js";

const PAGE = 100;
/** More pages than any record has: a server that never ends must not keep us busy for ever. */
const MOST_PAGES = 100;
const MOST_WAITS = 2;
const LONGEST_WAIT = 20;

/** A number as it was sent: in results `7.0` is not `7` (R4, datatypes.html#decimal). */
class Decimal {
  constructor(number, text) {
    this.number = number;
    this.text = text;
  }

  valueOf() {
    return this.number;
  }

  toString() {
    return this.text;
  }
}

/** JSON with exact numbers; `undefined` if it is none. */
export function parsed(text) {
  try {
    return JSON.parse(text, (_, value, context) =>
      typeof value === "number" ? new Decimal(value, context?.source ?? String(value)) : value);
  } catch {
    return undefined;
  }
}

/** A function that sends a request and returns status, headers, text and parsed body. `record` is told of each. */
export function sender(config, record) {
  return async ({ method = "GET", url, headers = {}, body }) => {
    const told = record({ method, url, headers, body });
    let response, text;
    try {
      response = await fetch(url, {
        method, headers, body, credentials: "omit", cache: "no-store", redirect: "error", referrerPolicy: "no-referrer",
      });
      text = await response.text();
    } catch {
      told({ failed: true });
      throw unreachable(url, config);
    }
    told({ status: response.status, text });
    return { status: response.status, headers: response.headers, text, body: parsed(text) };
  };
}

/**
 * Reads with a session's token: a token that has run out is renewed once, and a server that is busy is asked again when
 * it said so. `say` tells the person about waiting; `renewed` gets the new session.
 */
export function reader({ send, config, endpoints, session, say, renewed }) {
  let current = session;
  let renewing;

  // All requests that meet a 401 wait for one refresh: a second use of the same refresh token would end the session.
  function renew(of) {
    if (current !== of) return Promise.resolve(current);
    renewing ??= refreshed(send, config, endpoints, of)
      .then((next) => { current = next; renewed(next); return next; })
      .finally(() => { renewing = undefined; });
    return renewing;
  }

  async function get(url, what) {
    if (!url.startsWith(`${config.fhirBase}/`)) throw notUnderstood(what);
    let fresh = false;
    for (let waits = 0; ;) {
      const used = current;
      const answer = await send({
        url, headers: { accept: "application/fhir+json", authorization: `Bearer ${used.accessToken}` },
      });
      if (answer.status === 200) return answer.body ?? Promise.reject(notUnderstood(what));
      if (answer.status === 401) {
        if (fresh) throw signInAgain();
        await renew(used);
        fresh = true;
        continue;
      }
      const seconds = retryAfter(answer.headers);
      const busy = answer.status === 429 || answer.status === 503;
      if (!busy || seconds === undefined || seconds > LONGEST_WAIT || waits === MOST_WAITS) throw refused(answer, what);
      waits += 1;
      say(`The record service is busy. Trying again in ${seconds} second${seconds === 1 ? "" : "s"}.`);
      await new Promise((done) => { setTimeout(done, seconds * 1000); });
    }
  }

  return {
    /** One resource by type and id. */
    read: (type, id, what) => get(`${config.fhirBase}/${type}/${encodeURIComponent(id)}`, what),

    /** All resources of a type, page by page along the `next` links. `onPage` gets how many are here and the total. */
    async all(type, what, onPage) {
      const found = new Map();
      const patient = encodeURIComponent(current.patient);
      let url = `${config.fhirBase}/${type}?patient=${patient}&_count=${PAGE}`;
      for (let page = 1; url; page += 1) {
        if (page > MOST_PAGES) throw new Problem("This record is very long", `Only the first ${found.size} entries were read.`);
        const bundle = await get(url, what);
        if (bundle.resourceType !== "Bundle") throw notUnderstood(what);
        for (const { resource } of bundle.entry ?? []) {
          // A page may also hold an OperationOutcome about the search.
          if (resource?.resourceType === type) found.set(resource.id, resource);
        }
        onPage(found.size, Number(bundle.total ?? found.size));
        url = bundle.link?.find((link) => link.relation === "next")?.url;
      }
      return [...found.values()];
    },
  };
}
