// Results over time: what was measured, a chart of it, and a table that says the same and more.

import { element, table, tag } from "./element.js";
import { chart } from "./chart.js";
import { count, dateInWords, hasValue, interpretationsOf, nameOf, rangesOf, remarksOf, resultOf, valueOf, whenOf } from "./words.js";

const LOINC = "http://loinc.org";
const KINDS = [["laboratory", "Test results"], ["vital-signs", "Measurements"], ["social-history", "Lifestyle"]];
const OTHER = "Other results";

/** Observations of one kind together, newest first. What has no value at all is for the timeline alone. */
export function groupsOf(observations) {
  const groups = new Map();
  for (const observation of observations) {
    const key = keyOf(observation.code);
    if (!groups.has(key)) groups.set(key, { key, observations: [] });
    groups.get(key).observations.push({ observation, when: whenOf(observation) });
  }
  const valued = [...groups.values()].filter((group) => group.observations.some(({ observation }) => hasValue(observation)));
  for (const group of valued) {
    group.observations.sort((a, b) => b.when.at - a.when.at);
    const newest = group.observations.find(({ observation }) => hasValue(observation)).observation;
    group.name = nameOf(newest.code);
    group.kind = kindOf(newest);
    group.latest = resultOf(newest).map((words) => words.replace(/^[^:]*: /, "")).join(", ");
    group.lines = linesOf(group);
  }
  return valued.sort((a, b) => a.name.localeCompare(b.name, "en-GB"));
}

/** LOINC where there is one: it is the same code for a blood pressure however it was taken. */
function keyOf(code) {
  const codings = code?.coding ?? [];
  const coding = codings.find((each) => each.system === LOINC) ?? codings.find((each) => each.userSelected) ?? codings[0];
  return coding?.code ? `${coding.system}|${coding.code}` : nameOf(code);
}

function kindOf(observation) {
  const codes = (observation.category ?? []).flatMap((each) => each.coding ?? []).map((coding) => coding.code);
  return KINDS.find(([code]) => codes.includes(code))?.[1] ?? OTHER;
}

/** What can be drawn: numbers with a date and the unit of the newest, oldest first. */
function linesOf({ observations }) {
  const lines = new Map();
  for (const { observation, when } of observations) {
    if (when.exact === "none") continue;
    const parts = observation.component?.length ? observation.component.map((part) => [nameOf(part.code), part]) : [["", observation]];
    for (const [name, part] of parts) {
      const quantity = part.valueQuantity;
      if (quantity?.value === undefined) continue;
      const unit = quantity.unit ?? quantity.code ?? "";
      if (!lines.has(name)) lines.set(name, { name, unit, range: numbersOf(part.referenceRange), points: [] });
      const line = lines.get(name);
      line.range ??= numbersOf(part.referenceRange);
      const point = { at: when.at, when, value: Number(quantity.value), comparator: quantity.comparator, words: valueOf(part) };
      if (line.unit === unit) line.points.unshift(point);
    }
  }
  return [...lines.values()].filter((line) => line.points.length > 1);
}

function numbersOf(ranges) {
  if (ranges?.length !== 1) return undefined;
  const [low, high] = [ranges[0].low?.value, ranges[0].high?.value].map((value) => (value === undefined ? undefined : Number(value)));
  return low === undefined && high === undefined ? undefined : { low, high };
}

/** The view. `chosen` is the key of a group, or nothing; `choose` is called with another. */
export function results(observations, chosen, choose) {
  const groups = groupsOf(observations);
  const shown = groups.find((group) => group.key === chosen) ?? best(groups);
  return element("div", { class: "beside" }, list(groups, shown, choose), shown && one(shown));
}

/** What to begin with: a chart with a reference range, the longest of them. */
function best(groups) {
  const points = (group) => (group.lines.length === 1 && group.lines[0].range ? 1000 : 0) + (group.lines[0]?.points.length ?? 0);
  return groups.toSorted((a, b) => points(b) - points(a))[0];
}

function list(groups, shown, choose) {
  const found = element("div", { class: "kinds" });
  const rows = (wanted) => [...KINDS.map(([, words]) => words), OTHER].map((kind) => {
    const those = groups.filter((group) => group.kind === kind && group.name.toLowerCase().includes(wanted));
    return those.length > 0 && [element("h3", {}, kind), element("ul", {}, those.map((group) => element("li", {},
      element("button", { type: "button", "aria-current": group === shown ? "true" : undefined, onclick: () => choose(group.key) },
        element("span", { class: "name" }, group.name),
        element("span", { class: "latest" }, group.latest)))))];
  }).flat().filter(Boolean);
  const fill = (wanted) => {
    const now = rows(wanted);
    found.replaceChildren(...(now.length ? now : [element("p", { class: "hint" }, "No result has that name.")]));
  };
  fill("");
  return element("section", { class: "choose", "aria-labelledby": "choose-title" },
    element("h2", { id: "choose-title" }, "What was measured"),
    element("label", { for: "find" }, "Find a result"),
    element("input", { id: "find", type: "search", autocomplete: "off", oninput: (event) => fill(event.target.value.trim().toLowerCase()) }),
    found);
}

function one(group) {
  const several = group.observations.some(({ observation }) => rangesOf(observation).length > 0);
  const rows = group.observations.map(({ observation, when }) => {
    const said = [...interpretationsOf(observation).map((words) => tag(words, "marked")), ...remarksOf(observation).map((words) => element("p", { class: "remark" }, words))];
    const value = element("div", {}, resultOf(observation).map((words) => element("div", {}, words)), said);
    return several ? [dateInWords(when), value, rangesOf(observation).join("; ") || "Not given"] : [dateInWords(when), value];
  });
  return element("section", { class: "card one", "aria-labelledby": "one-title" },
    element("h2", { id: "one-title", tabindex: "-1" }, group.name),
    element("p", { class: "hint" }, `${count(group.observations.length, "result")}, newest first in the table.`),
    picture(group),
    table({
      caption: `${group.name}: every result`, captionUnseen: true,
      columns: several ? ["Date", "Result", "Reference range"] : ["Date", "Result"], rows,
    }),
    !several && element("p", { class: "hint" }, "No reference range came with these results."));
}

/** The chart, drawn for the room that there is, or why there is none. */
function picture(group) {
  if (group.lines.length === 0) return element("p", { class: "hint" }, "A chart needs two dated results in the same unit.");
  const lines = group.lines.slice(0, 2);
  const range = lines.length === 1 ? lines[0].range : undefined;
  const place = element("div", { class: "picture" });
  let before = 0;
  const watch = new ResizeObserver(([entry]) => {
    if (!place.isConnected) return watch.disconnect();
    const width = Math.floor(entry.contentRect.width);
    if (width === before || width < 1) return undefined;
    before = width;
    place.replaceChildren(chart({ title: group.name, unit: lines[0].unit, lines, range, width }));
    return undefined;
  });
  watch.observe(place);
  return element("figure", {}, place, element("figcaption", {}, legend(group, lines, range)));
}

function legend(group, lines, range) {
  const drawn = lines.reduce((sum, line) => sum + line.points.length, 0);
  const numbers = group.observations.flatMap(({ observation }) => [observation, ...(observation.component ?? [])]).filter((part) => hasValue({ ...part, component: [] })).length;
  const words = [];
  if (range) words.push("The shaded band is the reference range that came with the newest result. The range can differ between laboratories.");
  if (lines.some((line) => line.points.some((point) => point.comparator))) words.push("A triangle is a result that is only known to be below or above a value.");
  if (lines.some((line) => line.points.some((point) => point.when.exact !== "day"))) words.push("A result without a day is drawn in the middle of its month or year.");
  if (numbers > drawn) words.push("Some results cannot be drawn on this scale; they are in the table.");
  return words.map((each) => element("p", {}, each));
}
