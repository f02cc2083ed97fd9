// Everything that was recorded, by day, newest first. A group of results is one entry that opens.

import { element, tag } from "./element.js";
import { count, dateInWords, interpretationsOf, nameOf, NOTHING_TO_MEASURE, performersOf, remarksOf, resultOf, whenOf } from "./words.js";

const DAYS = 20;

/** The view. */
export function timeline(observations, immunizations) {
  const days = daysOf(observations, immunizations);
  const list = element("ol", { class: "days" });
  const more = element("button", { type: "button", class: "action quiet" });
  let shown = 0;
  const show = (focus) => {
    const next = days.slice(shown, shown + DAYS).map(day);
    list.append(...next);
    shown += next.length;
    more.hidden = shown === days.length;
    more.textContent = `Show earlier entries (${count(days.length - shown, "more day")})`;
    if (focus) next[0]?.querySelector("h2")?.focus();
  };
  more.addEventListener("click", () => show(true));
  show(false);
  return element("div", {}, list, more);
}

function daysOf(observations, immunizations) {
  const byId = new Map(observations.map((each) => [`Observation/${each.id}`, each]));
  const inside = new Set();
  for (const panel of observations) {
    for (const { reference } of panel.hasMember ?? []) if (byId.has(reference)) inside.add(reference);
  }
  const entries = [
    ...immunizations.map((each) => ({ resource: each, members: [] })),
    ...observations.filter((each) => !inside.has(`Observation/${each.id}`)).map((each) => ({
      resource: each, members: (each.hasMember ?? []).map(({ reference }) => byId.get(reference)).filter(Boolean),
    })),
  ];
  const days = new Map();
  for (const entry of entries) {
    const when = whenOf(entry.resource);
    const key = `${when.at} ${when.exact}`;
    if (!days.has(key)) days.set(key, { when, entries: [] });
    days.get(key).entries.push(entry);
  }
  return [...days.values()].sort((a, b) => b.when.at - a.when.at);
}

function day({ when, entries }) {
  return element("li", {},
    element("h2", { tabindex: "-1" }, dateInWords(when)),
    element("ul", { class: "entries" }, entries.map((entry) => element("li", {}, entryOf(entry)))));
}

function entryOf({ resource, members }) {
  const by = performersOf(resource);
  const vaccination = resource.resourceType === "Immunization";
  const name = nameOf(vaccination ? resource.vaccineCode : resource.code);
  const remarks = remarksOf(resource).map((words) => element("p", { class: "remark" }, words));
  const marks = interpretationsOf(resource).map((words) => tag(words, "marked"));
  const who = by && element("p", { class: "small" }, by);
  if (members.length > 0) {
    return element("details", {},
      element("summary", {}, element("span", { class: "what" }, name), " ", element("span", { class: "small" }, count(members.length, "result"))),
      element("ul", {}, members.map((member) => element("li", {}, `${nameOf(member.code)}: ${resultOf(member).join("; ")} `,
        interpretationsOf(member).map((words) => tag(words, "marked"))))), remarks, who);
  }
  if (vaccination) {
    const given = resource.status === "completed" ? "Vaccination" : "Vaccination not given";
    return [element("p", {}, tag(given, "vaccine"), " ", element("span", { class: "what" }, name)), remarks, who];
  }
  const result = resultOf(resource).filter((words) => words !== NOTHING_TO_MEASURE).join("; ");
  return [element("p", {}, element("span", { class: "what" }, name), result && `: ${result}`, " ", marks), remarks, who];
}
