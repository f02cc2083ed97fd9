// Makes elements of the page. Text is only ever text: nothing here can turn data into markup, and the page's content
// security policy (trusted types) holds the whole app to that.

const SVG = "http://www.w3.org/2000/svg";

function filled(made, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else made.setAttribute(name, value === true ? "" : String(value));
  }
  made.append(...children.flat(Infinity).filter((child) => child !== undefined && child !== null && child !== false));
  return made;
}

/** An HTML element. Attributes that begin with `on` are listeners; children are elements, texts, or lists of both. */
export function element(name, attributes = {}, ...children) {
  return filled(document.createElement(name), attributes, children);
}

/** An SVG element. */
export function svg(name, attributes = {}, ...children) {
  return filled(document.createElementNS(SVG, name), attributes, children);
}

/**
 * A table that becomes a list of labelled lines where there is no room for columns. Its roles are written out, because
 * browsers forget them when a table is laid out in another way.
 */
export function table({ caption, captionUnseen = false, columns, rows }) {
  const head = columns.map((name) => element("th", { scope: "col", role: "columnheader" }, name));
  const line = (cells) => element("tr", { role: "row" }, cells.map((cell, at) => at === 0
    ? element("th", { scope: "row", role: "rowheader" }, cell)
    : element("td", { role: "cell", "data-label": columns[at] }, element("div", {}, cell))));
  return element("table", { role: "table" },
    element("caption", { class: captionUnseen ? "unseen" : undefined }, caption),
    element("thead", { role: "rowgroup" }, element("tr", { role: "row" }, head)),
    element("tbody", { role: "rowgroup" }, rows.map(line)));
}

/** Names and values, one beside the other. Pairs without a value are left out. */
export function facts(pairs) {
  const told = pairs.filter(([, value]) => value);
  return element("dl", { class: "facts" }, told.map(([name, value]) =>
    element("div", {}, element("dt", {}, name), element("dd", {}, value))));
}

/** A label that can be seen without colours. */
export function tag(words, kind = "plain") {
  return element("strong", { class: `tag ${kind}` }, words);
}
