// Vaccinations as a card that can be printed for travel or work. It says what it is: a copy, not a certificate.

import { element, facts, table, tag } from "./element.js";
import { count, dateInWords, dateOf, nameOf, nhsNumberOf, performersOf, personOf, practiceOf, remarksOf, whenOf } from "./words.js";

const NOT_GIVEN = { "not-done": "Not given", "entered-in-error": "Recorded in error: do not rely on it" };

/** The view. */
export function vaccinations(patient, immunizations, today) {
  const sorted = immunizations.map((immunization) => ({ immunization, when: whenOf(immunization) })).sort((a, b) => b.when.at - a.when.at);
  return element("div", {},
    element("p", { class: "no-print" },
      element("button", { type: "button", class: "action", onclick: () => window.print() }, "Print this card")),
    element("section", { class: "card vaccination-card", "aria-labelledby": "card-title" },
      element("h2", { id: "card-title" }, "Vaccination record"),
      facts([
        ["Name", personOf(patient)], ["Date of birth", dateOf(patient.birthDate)?.words], ["NHS number", nhsNumberOf(patient)],
        ["GP practice", practiceOf(patient)],
      ]),
      table({
        caption: `${count(sorted.length, "vaccination")}, newest first`,
        columns: ["Vaccine", "Date given", "Batch", "Given by"],
        rows: sorted.map(row),
      }),
      element("p", { class: "hint" },
        `A copy of what the GP practice has recorded, made on ${today} by the patient. It is not a certificate. ` +
        "Vaccinations given elsewhere may be missing.")));
}

function row({ immunization, when }) {
  const not = NOT_GIVEN[immunization.status];
  const reason = immunization.statusReason && `Reason: ${nameOf(immunization.statusReason)}`;
  const dose = (immunization.protocolApplied ?? []).map((each) => each.doseNumberPositiveInt ?? each.doseNumberString).filter(Boolean);
  const expires = dateOf(immunization.expirationDate)?.words;
  return [
    element("div", {}, nameOf(immunization.vaccineCode), dose.map((number) => element("div", { class: "small" }, `Dose ${number}`)),
      immunization.manufacturer?.display && element("div", { class: "small" }, immunization.manufacturer.display),
      not && tag(not, "marked"), not && reason && element("div", { class: "small" }, reason),
      remarksOf(immunization).map((words) => element("p", { class: "remark" }, words))),
    given(immunization, when),
    element("div", {}, immunization.lotNumber ?? "Not recorded", expires && element("div", { class: "small" }, `Expires ${expires}`)),
    performersOf(immunization) || "Not recorded",
  ];
}

/** The day; where the practice wrote words in its place, they are shown as they are. */
function given(immunization, when) {
  const words = immunization.occurrenceString;
  return words && !/^unknown$/i.test(words) ? words : dateInWords(when);
}
