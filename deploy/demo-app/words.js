// FHIR values in words. What is absent is said to be absent, with the reason that was given; nothing is guessed.

const MONTHS = ["January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
  "December"];

/** A finding such as "Backache": that it was recorded is all there is to say. */
export const NOTHING_TO_MEASURE = "Recorded without a value";

// http://terminology.hl7.org/CodeSystem/data-absent-reason
const ABSENT = {
  "not-applicable": NOTHING_TO_MEASURE,
  "unknown": "Not known",
  "asked-unknown": "Asked, and not known",
  "temp-unknown": "Not known yet",
  "not-asked": "Not asked",
  "asked-declined": "Asked, and the answer was declined",
  "masked": "Held back",
  "unsupported": "Recorded in a form that cannot be shown",
  "as-text": "See the notes",
  "error": "Lost because of an error",
  "not-a-number": "Not a number",
  "negative-infinity": "Too low to measure",
  "positive-infinity": "Too high to measure",
  "not-performed": "Not done",
  "not-permitted": "May not be shown",
};

const COMPARATORS = { "<": "less than", "<=": "at most", ">": "more than", ">=": "at least", "ad": "enough to reach" };

// http://hl7.org/fhir/observation-status; `final` needs no word.
const STATUS = {
  "registered": "No result yet",
  "preliminary": "Early result, may change",
  "amended": "Changed since it was first sent",
  "corrected": "Corrected",
  "cancelled": "Cancelled",
  "entered-in-error": "Recorded in error: do not rely on it",
  "unknown": "Status not known",
};

/** What a concept is called: its own text first. */
export function nameOf(concept) {
  const codings = concept?.coding ?? [];
  const chosen = codings.find((coding) => coding.userSelected && coding.display) ?? codings.find((coding) => coding.display);
  return concept?.text ?? chosen?.display ?? codings[0]?.code ?? "No name recorded";
}

/**
 * A FHIR date or instant: words, a time to sort and plot by, and how exact it is. A month or a year alone counts as its
 * middle, and is never told as a day.
 */
export function dateOf(text) {
  const parts = /^(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?/.exec(text ?? "");
  if (!parts) return undefined;
  const [year, month, day] = parts.slice(1).map((part) => (part ? Number(part) : undefined));
  if (day) return { words: `${day} ${MONTHS[month - 1]} ${year}`, at: Date.UTC(year, month - 1, day), exact: "day", year };
  if (month) return { words: `${MONTHS[month - 1]} ${year}`, at: Date.UTC(year, month - 1, 15), exact: "month", year };
  return { words: `${year}`, at: Date.UTC(year, 6, 1), exact: "year", year };
}

const NO_DATE = { words: "Date not recorded", at: Number.NEGATIVE_INFINITY, exact: "none", year: undefined };

/** When something was observed or given. */
export function whenOf(resource) {
  const text = resource.effectiveDateTime ?? resource.effectiveInstant ?? resource.effectivePeriod?.start ??
    resource.effectivePeriod?.end ?? resource.occurrenceDateTime;
  return dateOf(text) ?? NO_DATE;
}

/** The date in words, with what is missing of it. */
export function dateInWords(when) {
  if (when.exact === "month") return `${when.words} (day not recorded)`;
  if (when.exact === "year") return `${when.words} (day and month not recorded)`;
  return when.words;
}

function quantity({ value, comparator, unit, code } = {}) {
  if (value === undefined) return "";
  const sign = comparator ? `${COMPARATORS[comparator] ?? comparator} ` : "";
  return `${sign}${value}${unit ?? code ? ` ${unit ?? code}` : ""}`;
}

/** The value of an observation or of one of its parts, in words; empty if it has none and gives no reason. */
export function valueOf(part) {
  if (part.valueQuantity) return quantity(part.valueQuantity);
  if (part.valueCodeableConcept) return nameOf(part.valueCodeableConcept);
  if (part.valueString !== undefined) return part.valueString;
  if (part.valueBoolean !== undefined) return part.valueBoolean ? "Yes" : "No";
  if (part.valueInteger !== undefined) return `${part.valueInteger}`;
  if (part.valueRange) return betweenOf(part.valueRange);
  if (part.valueRatio) return `${quantity(part.valueRatio.numerator)} to ${quantity(part.valueRatio.denominator)}`;
  const date = dateOf(part.valueDateTime ?? part.valuePeriod?.start);
  if (date) return dateInWords(date);
  if (part.valueTime) return part.valueTime;
  if (Object.keys(part).some((key) => key.startsWith("value"))) return "A value that this app cannot show";
  return absent(part);
}

function absent({ dataAbsentReason }) {
  if (!dataAbsentReason) return "";
  const code = dataAbsentReason.coding?.find((coding) => ABSENT[coding.code])?.code;
  return dataAbsentReason.text ?? ABSENT[code] ?? nameOf(dataAbsentReason);
}

/** Whether there is something to show beside "it was recorded". */
export function hasValue(observation) {
  return [observation, ...(observation.component ?? [])].some((part) => Object.keys(part).some((key) => key.startsWith("value")));
}

/** The whole result: its value, or its parts one after the other, each named. */
export function resultOf(observation) {
  const parts = (observation.component ?? []).map((part) => `${nameOf(part.code)}: ${valueOf(part) || "No value recorded"}`);
  const own = valueOf(observation);
  const members = observation.hasMember?.length;
  if (own && !(parts.length && observation.dataAbsentReason)) return [own, ...parts];
  if (parts.length) return parts;
  return [own || (members ? "A group of results" : "No value recorded")];
}

function betweenOf({ low, high, text }) {
  if (text) return text;
  const unit = high?.unit ?? low?.unit ?? "";
  if (low && high) return `${low.value} to ${high.value} ${unit}`.trim();
  if (low) return `${quantity(low)} or more`;
  return high ? `${quantity(high)} or less` : "";
}

/** The reference ranges that came with a result; empty if none did. */
export function rangesOf(observation) {
  const of = (part, name) => (part.referenceRange ?? []).map((range) => {
    const kind = range.type ? `${nameOf(range.type)}: ` : "";
    return `${name}${kind}${betweenOf(range)}`;
  });
  return [...of(observation, ""), ...(observation.component ?? []).flatMap((part) => of(part, `${nameOf(part.code)}: `))];
}

/** What whoever made the result says of it: "High". */
export function interpretationsOf(observation) {
  const said = [observation, ...(observation.component ?? [])].flatMap((part) => part.interpretation ?? []);
  return [...new Set(said.map(nameOf))];
}

/** Everything else that must be read with a result: its status, and notes word for word. */
export function remarksOf(resource) {
  const status = resource.resourceType === "Observation" ? STATUS[resource.status] : undefined;
  return [status, ...(resource.note ?? []).map((note) => note.text)].filter(Boolean);
}

/** Who did it, as far as it is said. */
export function performersOf(resource) {
  const people = (resource.performer ?? []).map((each) => each.actor?.display ?? each.display);
  return [...new Set(people.filter(Boolean))].join(", ");
}

/** The name that a person goes by. */
export function personOf(patient) {
  const names = patient.name ?? [];
  const name = names.find((each) => each.use === "usual") ?? names.find((each) => each.use === "official") ?? names[0];
  return name?.text ?? [...(name?.prefix ?? []), ...(name?.given ?? []), name?.family].filter(Boolean).join(" ");
}

/** The NHS number as it is read out: 3, 3 and 4 digits. */
export function nhsNumberOf(patient) {
  const found = (patient.identifier ?? []).find((each) => each.system === "https://fhir.nhs.uk/Id/nhs-number")?.value;
  return /^\d{10}$/.test(found ?? "") ? found.replace(/(\d{3})(\d{3})(\d{4})/, "$1 $2 $3") : found;
}

/** The practice, by name or by its code. */
export function practiceOf(patient) {
  const practice = patient.managingOrganization;
  return practice?.display ?? practice?.identifier?.value;
}

/** "1 entry", "2 entries". */
export function count(number, one, many = `${one}s`) {
  return `${number} ${Number(number) === 1 ? one : many}`;
}
