// Results over time as SVG. Shapes and words carry what colours do, and the table beside it holds every figure: the
// drawing is one picture for a screen reader, with a title and a description.

import { svg } from "./element.js";
import { count, dateInWords } from "./words.js";

const HEIGHT = 300;
const EDGE = { top: 26, right: 18, bottom: 34, left: 52 };
const DAY = 86_400_000;

/**
 * Draws lines of points: `{ name, points: [{ at, value, comparator, when }] }`, at most a few. `range` has `low` and
 * `high`, either of which may be missing.
 */
export function chart({ title, unit, lines, range, width }) {
  const points = lines.flatMap((line) => line.points);
  const x = scale(spread(points.map((point) => point.at), 30 * DAY), EDGE.left, width - EDGE.right);
  const heights = [...points.map((point) => point.value), ...limits(range)];
  const steps = ticks(heights, lines.some((line) => line.name));
  const y = scale([steps[0], steps.at(-1)], HEIGHT - EDGE.bottom, EDGE.top);
  return svg("svg", { class: "chart", viewBox: `0 0 ${width} ${HEIGHT}`, width, height: HEIGHT, role: "img", "aria-labelledby": "chart-title chart-text" },
    svg("title", { id: "chart-title" }, `${title} over time`),
    svg("desc", { id: "chart-text" }, described({ lines, range, unit })),
    range && band(range, y, width, steps),
    steps.map((step) => across(step, y, width)),
    years(x, width),
    svg("text", { class: "unit", x: 6, y: 14 }, unit || "No unit recorded"),
    lines.map((line, at) => drawn(line, at, x, y)));
}

function limits(range) {
  return [range?.low, range?.high].filter((value) => value !== undefined);
}

function scale([from, to], start, end) {
  return Object.assign((value) => start + ((value - from) / (to - from || 1)) * (end - start), { from, to });
}

function spread(values, least) {
  const [from, to] = [Math.min(...values), Math.max(...values)];
  const more = Math.max(0, least - (to - from)) / 2;
  return [from - more, to + more];
}

/** Round values from just below the least to just above the most, with more room if lines have names. */
export function ticks(values, named = false) {
  const [low, high] = spread(values, 0);
  const room = (high - low || Math.abs(high) || 1) * (named ? 0.25 : 0.08);
  const from = low >= 0 ? Math.max(0, low - room) : low - room;
  const rough = (high + room - from) / 4;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 2.5, 5, 10].find((each) => each * power >= rough) * power;
  const begin = Math.floor(from / step);
  const end = Math.ceil((high + room) / step);
  return Array.from({ length: end - begin + 1 }, (_, at) => Number(((begin + at) * step).toPrecision(12)));
}

function band(range, y, width, steps) {
  const top = y(Math.min(range.high ?? steps.at(-1), steps.at(-1)));
  const bottom = y(Math.max(range.low ?? steps[0], steps[0]));
  return svg("g", { class: "range" },
    svg("rect", { x: EDGE.left, width: width - EDGE.left - EDGE.right, y: top, height: Math.max(1, bottom - top) }),
    limits(range).map((limit) => svg("line", { x1: EDGE.left, x2: width - EDGE.right, y1: y(limit), y2: y(limit) })));
}

function across(step, y, width) {
  return svg("g", { class: "grid" },
    svg("line", { x1: EDGE.left, x2: width - EDGE.right, y1: y(step), y2: y(step) }),
    svg("text", { x: EDGE.left - 8, y: y(step) + 4, "text-anchor": "end" }, `${step}`));
}

/** The turns of years, as many as there is room for; the day of the first and last result where no year turns. */
function years(x, width) {
  const [from, to] = [x.from, x.to].map((at) => new Date(at).getUTCFullYear());
  const every = Math.ceil((to - from) / Math.max(1, Math.floor((width - EDGE.left) / 72)));
  const found = Array.from({ length: to - from }, (_, at) => from + 1 + at).filter((_, at) => at % every === 0);
  const base = HEIGHT - EDGE.bottom;
  const mark = (at, words, anchor = "middle") => svg("g", { class: "time" },
    svg("line", { x1: x(at), x2: x(at), y1: base, y2: base + 5 }),
    svg("text", { x: x(at), y: base + 20, "text-anchor": anchor }, words));
  if (found.length > 1) return found.map((year) => mark(Date.UTC(year, 0, 1), `${year}`));
  const day = (at) => new Date(at).toISOString().slice(0, 10).split("-").reverse().join("/");
  return [mark(x.from, day(x.from), "start"), mark(x.to, day(x.to), "end")];
}

function drawn({ name, points }, at, x, y) {
  const path = points.map((point, number) => `${number ? "L" : "M"}${x(point.at).toFixed(1)} ${y(point.value).toFixed(1)}`).join("");
  // The name stands at the right end, above whatever of the line is there.
  const end = points.filter((point) => x(point.at) > x(x.to) - 9 * name.length);
  return svg("g", { class: `line line-${at}` },
    svg("path", { d: path }),
    points.map((point) => marker(point, at, x(point.at), y(point.value))),
    name && svg("text", { class: "name", x: x(x.to), y: Math.min(...end.map((point) => y(point.value))) - 10, "text-anchor": "end" }, name));
}

/** Round for the first line, square for the second; "less than" and "more than" are triangles that point there. */
function marker(point, line, x, y) {
  const words = svg("title", {}, `${dateInWords(point.when)}: ${point.words}`);
  if (point.comparator) {
    const up = point.comparator.startsWith(">") ? -1 : 1;
    return svg("path", { class: "open", d: `M${x - 6} ${y - 5 * up}h12l-6 ${10 * up}z` }, words);
  }
  if (line === 1) return svg("rect", { x: x - 4.5, y: y - 4.5, width: 9, height: 9 }, words);
  return svg("circle", { cx: x, cy: y, r: 5 }, words);
}

function described({ lines, range, unit }) {
  const each = lines.map(({ name, points }) => {
    const [first, last] = [points[0], points.at(-1)];
    const least = points.reduce((low, point) => (point.value < low.value ? point : low));
    const most = points.reduce((high, point) => (point.value > high.value ? point : high));
    return `${name ? `${name}: ` : ""}${count(points.length, "result")} from ${first.when.words} (${first.words}) to ` +
      `${last.when.words} (${last.words}). Lowest ${least.words}, highest ${most.words}.`;
  });
  const [low, high] = [range?.low, range?.high];
  const between = low !== undefined && high !== undefined ? `${low} to ${high}` : low !== undefined ? `${low} or more` : `${high} or less`;
  return `${each.join(" ")} ${range ? `The shaded band is the reference range: ${between} ${unit}.` : "No reference range was given."}`;
}
