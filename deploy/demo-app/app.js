// The demo patient app: signs in, reads the record, and shows one of its views. The address after # says which.

import { element, facts } from "./element.js";
import { reader, sender } from "./fhir.js";
import { Problem } from "./problem.js";
import { openDrawer, requestLog } from "./requests.js";
import { results } from "./results.js";
import { signInPage } from "./sign_in.js";
import { beginSignIn, completeSignIn, discover, forget, kept, signOut } from "./smart.js";
import { timeline } from "./timeline.js";
import { vaccinations } from "./vaccinations.js";
import { count, dateOf, nhsNumberOf, personOf, practiceOf } from "./words.js";

const SHARED_BY_PRACTICE = "Either nothing is recorded, or your GP practice does not share it with apps at your level of " +
  "access. An app cannot tell which. Ask your practice if you expected to see something.";
const VIEWS = {
  results: { title: "Results", needs: ["Observation"], none: "No test results were shared with this app" },
  vaccinations: { title: "Vaccinations", needs: ["Immunization"], none: "No vaccinations were shared with this app" },
  timeline: { title: "Timeline", needs: ["Observation", "Immunization"], none: "No entries were shared with this app" },
};
const KINDS = { Patient: "your details", Observation: "your test results", Immunization: "your vaccinations" };

const main = document.getElementById("main");
const live = document.getElementById("live");
const drawer = document.getElementById("requests");
const log = requestLog((number) => { document.getElementById("request-count").textContent = number; });

/** What is known so far. Of each kind of resource: `undefined` while it is read, then a list or a Problem. */
const state = { config: undefined, send: undefined, endpoints: undefined, session: undefined, chosen: undefined, record: {} };

function say(words) {
  live.textContent = words;
}

function view() {
  const name = location.hash.slice(1);
  return VIEWS[name] ? name : "results";
}

/**
 * Puts a page on the screen. Its heading gets the focus if it is another page, so that a screen reader begins there, and
 * if what had the focus goes away with the page before.
 */
function show(title, children, another) {
  const focus = another || main.contains(document.activeElement);
  document.title = `${title} – Demo patient app`;
  main.replaceChildren(...[children].flat(Infinity).filter(Boolean));
  if (focus) (main.querySelector("h1") ?? main).focus();
}

function warning(problem, remedies) {
  const remedy = remedies[problem.remedy];
  return element("section", { class: "problem", role: "alert", "aria-labelledby": "problem-title" },
    element("h2", { id: "problem-title" }, problem.title),
    element("p", {}, problem.message),
    remedy && element("button", { type: "button", class: "action", onclick: remedy.act }, remedy.words));
}

const REMEDIES = {
  "retry": { words: "Try again", act: () => { state.session ? read() : start(); } },
  "sign-in": { words: "Sign in again", act: () => { begin(); } },
};

function signedIn(yes) {
  document.getElementById("views").hidden = !yes;
  document.getElementById("sign-out").hidden = !yes;
}

function welcome(message, focus) {
  signedIn(false);
  show("Sign in", signInPage({ config: state.config, message, begin }), focus);
}

async function begin() {
  try {
    await beginSignIn(state.config, state.endpoints);
  } catch (error) {
    failed(error);
  }
}

/** Something went wrong where there is no view to say it in. */
function failed(error) {
  const problem = error instanceof Problem ? error : new Problem("Something went wrong in this app", error.message, "retry");
  if (problem.remedy === "sign-in") state.session = undefined;
  // The page before sign-in has the button for that already.
  if (state.endpoints && !state.session) return welcome(warning(problem, problem.remedy === "sign-in" ? {} : REMEDIES), true);
  signedIn(false);
  return show(problem.title, [element("h1", { tabindex: "-1" }, "See your GP record"), warning(problem, REMEDIES)], true);
}

/** The person, above every view. */
function person() {
  const patient = state.record.Patient;
  if (!patient || patient instanceof Problem) return undefined;
  return element("section", { class: "person", "aria-label": "Whose record this is" },
    element("p", { class: "who" }, personOf(patient)),
    facts([["Born", dateOf(patient.birthDate)?.words], ["NHS number", nhsNumberOf(patient)], ["GP practice", practiceOf(patient)]]));
}

function render(focus = false) {
  const name = view();
  const { title, needs, none } = VIEWS[name];
  for (const link of document.querySelectorAll("#views a")) {
    if (link.hash === `#${name}`) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  const { Patient } = state.record;
  const read = needs.map((kind) => state.record[kind]);
  const problem = [Patient, ...read].find((each) => each instanceof Problem);
  const heading = element("h1", { tabindex: "-1" }, title);
  let body;
  if (problem) body = warning(problem, REMEDIES);
  else if ([Patient, ...read].includes(undefined)) body = element("p", { class: "hint" }, "Reading the record…");
  else if (read.every((each) => each.length === 0)) body = nothing(none);
  else body = views[name]();
  show(title, [person(), heading, body], focus);
}

function nothing(words) {
  return element("section", { class: "card" }, element("h2", {}, words), element("p", {}, SHARED_BY_PRACTICE));
}

const views = {
  results: () => results(state.record.Observation, state.chosen, (key) => {
    state.chosen = key;
    render();
    document.getElementById("one-title").focus();
  }),
  vaccinations: () => vaccinations(state.record.Patient, state.record.Immunization, dateOf(today()).words),
  timeline: () => timeline(state.record.Observation, state.record.Immunization),
};

function today() {
  const now = new Date();
  return `${now.getFullYear()}-${String(now.getMonth() + 1).padStart(2, "0")}-${String(now.getDate()).padStart(2, "0")}`;
}

/** Reads the whole record. Each kind may fail by itself: what could be read is shown. */
async function read() {
  const { config, endpoints, send, session } = state;
  state.record = {};
  signedIn(true);
  render(true);
  say("Reading the record.");
  const renewed = (next) => { state.session = next; };
  const fhir = reader({ send, config, endpoints, session, say, renewed });
  const progress = (what) => (here, total) => { if (here < total) say(`Read ${here} of ${count(total, "entry", "entries")} of ${what}.`); };
  const reading = {
    Patient: fhir.read("Patient", session.patient, KINDS.Patient),
    Observation: fhir.all("Observation", KINDS.Observation, progress(KINDS.Observation)),
    Immunization: fhir.all("Immunization", KINDS.Immunization, progress(KINDS.Immunization)),
  };
  const found = {};
  await Promise.all(Object.entries(reading).map(async ([kind, promise]) => {
    found[kind] = await promise.catch((error) => (error instanceof Problem ? error : new Problem("Something went wrong in this app", error.message, "retry")));
  }));
  if (state.session === undefined) return;
  state.record = found;
  const over = Object.values(found).find((each) => each instanceof Problem && each.remedy === "sign-in" && each.title === "Sign in again");
  if (over) {
    forget();
    failed(over);
    return;
  }
  render();
  const [observations, immunizations] = [found.Observation, found.Immunization];
  const told = [[observations, "entry", "entries"], [immunizations, "vaccination", "vaccinations"]]
    .filter(([list]) => Array.isArray(list)).map(([list, one, many]) => count(list.length, one, many));
  say(told.length ? `The record was read: ${told.join(" and ")}.` : "The record could not be read.");
}

async function leave() {
  const session = state.session;
  state.session = undefined;
  state.record = {};
  state.chosen = undefined;
  const told = await signOut(state.send, state.config, state.endpoints, session);
  history.replaceState(null, "", "/");
  const words = told
    ? "This app has forgotten your record, and the service has ended its access."
    : "This app has forgotten your record. The service could not be told; the access ends by itself within an hour.";
  welcome(element("section", { class: "done" }, element("h2", {}, "You are signed out"), element("p", {}, words)), true);
  say("You are signed out.");
}

/** The app's own settings, which the sandbox writes. */
async function settings() {
  const response = await fetch("/config.json", { cache: "no-store" });
  if (!response.ok) throw new Problem("The demo app is not set up", "Its settings could not be read. Is the sandbox running?", "retry");
  return response.json();
}

async function start() {
  try {
    const config = state.config ?? await settings();
    const home = new URL(config.redirectUri);
    // 127.0.0.1 and localhost are two origins: a sign-in that began at one would end at the other.
    if (location.origin !== home.origin) return location.replace(home.origin);
    state.config = config;
    state.send = sender(config, log.record);
    const parameters = location.pathname === home.pathname ? new URLSearchParams(location.search) : undefined;
    // The code is gone from the address bar and the history before anything else happens.
    if (parameters) history.replaceState(null, "", "/#results");
    state.endpoints = await discover(state.send, config);
    if (parameters?.has("code") || parameters?.has("error")) {
      say("Signing in.");
      state.session = await completeSignIn(state.send, config, state.endpoints, parameters);
    } else {
      state.session = kept();
    }
    if (state.session) await read();
    else welcome(undefined, false);
  } catch (error) {
    failed(error);
  }
  return undefined;
}

document.getElementById("open-requests").addEventListener("click", () => openDrawer(drawer, log, state.config?.caFile, say));
document.getElementById("sign-out").addEventListener("click", leave);
window.addEventListener("hashchange", () => { if (state.session) render(true); });
start();
