//! Statements: results, blood pressures and panels as batteries, vaccinations with their text, narrative, requests.

use jiff::civil::Date;

use super::{
    compose::{by_chance, compound, filed, inner, not_for_patient, snomed},
    message::{Context, fresh},
    xml::Xml,
};
use crate::{
    codes::Code,
    day::{Precision, worded},
    life::{Statement, Vaccination},
};

/// Read codes version 2.
pub(super) const READ_V2: &str = "2.16.840.1.113883.2.1.6.2";
const INTERPRETATION: &str = "2.16.840.1.113883.2.1.6.5";

/// A statement that is no part of another, with its parts.
pub(super) fn top(xml: &mut Xml, context: &mut Context<'_>, number: usize) {
    let life = context.life;
    let Some(statement) = life.statements.get(number) else { return };
    let after = life.statements.iter().skip(number + 1);
    let parts: Vec<&Statement> = after.take_while(|part| part.parent == Some(number)).collect();
    if !parts.is_empty() {
        inner(xml, |xml| grouped(xml, context, (number, statement), &parts));
    } else if statement.code.category == "Referral" {
        inner(xml, |xml| request(xml, context, (number, statement)));
    } else {
        // Some of what was typed stands beside the code instead of on it.
        let beside = statement.code.category == "Symptoms and Findings" && context.dice.chance(250);
        inner(xml, |xml| observation(xml, context, statement, !beside));
        if beside && !statement.text.is_empty() {
            let hidden = by_chance(context, 40);
            inner(xml, |xml| narrative(xml, context, statement, &statement.text, hidden));
        }
    }
}

/// A battery; one from a laboratory inside its report and its specimen.
fn grouped(
    xml: &mut Xml,
    context: &mut Context<'_>,
    (number, header): (usize, &Statement),
    parts: &[&Statement],
) {
    if !["Haematology", "Biochemistry"].contains(&header.code.category.as_str()) {
        compound(xml, "BATTERY", |xml| battery(xml, context, (number, header), parts));
        return;
    }
    compound(xml, "CLUSTER", |xml| {
        fresh(xml, &mut context.dice);
        snomed(xml, "code", "16488004", "laboratory reporting");
        filed(xml, header.entered);
        let hidden = by_chance(context, 5);
        not_for_patient(xml, hidden);
        context.marked(hidden, [number]);
        inner(xml, |xml| {
            compound(xml, "CLUSTER", |xml| {
                fresh(xml, &mut context.dice);
                snomed(xml, "code", "123038009", "specimen (specimen)");
                filed(xml, header.entered);
                inner(xml, |xml| {
                    compound(xml, "BATTERY", |xml| battery(xml, context, (number, header), parts));
                });
            });
        });
    });
}

fn battery(
    xml: &mut Xml,
    context: &mut Context<'_>,
    (number, header): (usize, &Statement),
    parts: &[&Statement],
) {
    xml.empty("id", &[("root", &header.id.to_string())]);
    code(xml, header.code);
    times(xml, context, header);
    let hidden = header.confidential || by_chance(context, 8);
    not_for_patient(xml, hidden);
    context.marked(hidden, [number]);
    for part in parts {
        inner(xml, |xml| observation(xml, context, part, true));
    }
    if header.code.category != "Biological values" && context.dice.chance(120) {
        let text = format!(
            "CommentType:LABORATORY RESULT COMMENT(E141)\nCommentDate:{}\n\nNon-fasting sample.",
            header.entered.hl7()
        );
        let hidden = by_chance(context, 40);
        inner(xml, |xml| narrative(xml, context, header, &text, hidden));
        context.marked(hidden, [number]);
    }
}

fn observation(xml: &mut Xml, context: &mut Context<'_>, statement: &Statement, with_text: bool) {
    xml.element("ObservationStatement", &[("classCode", "OBS"), ("moodCode", "EVN")], |xml| {
        xml.empty("id", &[("root", &statement.id.to_string())]);
        code(xml, statement.code);
        times(xml, context, statement);
        not_for_patient(xml, statement.confidential);
        value(xml, statement);
        interpretation(xml, statement);
        if let Some(relative) = &statement.relative {
            xml.element("subject", &[("typeCode", "SBJ")], |xml| {
                xml.element("personalRelationship", &[("classCode", "PRS")], |xml| {
                    snomed(xml, "code", relative.snomed, relative.term);
                });
            });
        }
        let words = annotation(statement, with_text);
        if !words.is_empty() {
            xml.element("pertinentInformation", &[("typeCode", "PERT")], |xml| {
                xml.empty("sequenceNumber", &[("value", "+1")]);
                xml.element("pertinentAnnotation", &[("classCode", "OBS"), ("moodCode", "EVN")], |xml| {
                    xml.words("text", &words);
                });
            });
        }
        range(xml, statement);
        performer(xml, context, statement);
    });
}

fn request(xml: &mut Xml, context: &mut Context<'_>, (number, statement): (usize, &Statement)) {
    xml.element("RequestStatement", &[("classCode", "OBS"), ("moodCode", "RQO")], |xml| {
        xml.empty("id", &[("root", &statement.id.to_string())]);
        code(xml, statement.code);
        if !statement.text.is_empty() {
            xml.words("text", &statement.text);
        }
        times(xml, context, statement);
        let hidden = statement.confidential || by_chance(context, 30);
        not_for_patient(xml, hidden);
        context.marked(hidden, [number]);
        performer(xml, context, statement);
    });
}

fn narrative(xml: &mut Xml, context: &mut Context<'_>, about: &Statement, text: &str, hidden: bool) {
    xml.element("NarrativeStatement", &[("classCode", "OBS"), ("moodCode", "EVN")], |xml| {
        fresh(xml, &mut context.dice);
        xml.words("text", text);
        xml.empty("statusCode", &[("code", "COMPLETE")]);
        xml.empty("availabilityTime", &[("value", &about.entered.hl7())]);
        not_for_patient(xml, hidden);
    });
}

fn performer(xml: &mut Xml, context: &Context<'_>, statement: &Statement) {
    let clinician = context.practice.member(statement.clinician).id.to_string();
    xml.element("Participant", &[("typeCode", "PPRF"), ("contextControlCode", "OP")], |xml| {
        xml.element("agentRef", &[("classCode", "AGNT")], |xml| xml.empty("id", &[("root", &clinician)]));
    });
}

/// A code: Read with its SNOMED CT translation, or SNOMED CT alone where no Read code is known.
pub(super) fn code(xml: &mut Xml, code: &Code) {
    if code.read.is_empty() {
        return snomed(xml, "code", &code.snomed, &code.term);
    }
    let read = format!("{:.<5}00", code.read);
    let attributes = [("code", read.as_str()), ("codeSystem", READ_V2), ("displayName", code.term.as_str())];
    xml.element("code", &attributes, |xml| {
        match code.key.as_str() {
            "systolic" => xml.words("originalText", "Systolic blood pressure"),
            "diastolic" => xml.words("originalText", "Diastolic blood pressure"),
            _ => {}
        }
        snomed(xml, "translation", &code.snomed, &code.term);
    });
}

/// A date as far as it is known: the precision is the length.
pub(super) fn shown(day: Date, precision: Precision) -> Option<String> {
    let format = match precision {
        Precision::Unknown => return None,
        Precision::Year => "%Y",
        Precision::Month => "%Y%m",
        Precision::Day | Precision::Time => "%Y%m%d",
    };
    Some(day.strftime(format).to_string())
}

/// Status, when it was true, and when it was written down. Where these are the same day, the first is often left
/// out; where nothing is known, both are.
fn times(xml: &mut Xml, context: &mut Context<'_>, statement: &Statement) {
    xml.empty("statusCode", &[("code", "COMPLETE")]);
    let same_day = statement.day == statement.entered.day && statement.precision == Precision::Day;
    let left_out = same_day && context.dice.chance(500);
    if left_out {
        context.written.undated.insert(statement.id);
    }
    xml.element("effectiveTime", &[], |xml| match shown(statement.day, statement.precision) {
        Some(when) if !left_out => xml.empty("center", &[("value", &when)]),
        Some(_) => xml.empty("center", &[("nullFlavor", "NI")]),
        None => xml.empty("center", &[("nullFlavor", "UNK")]),
    });
    if statement.precision == Precision::Unknown {
        xml.empty("availabilityTime", &[("nullFlavor", "UNK")]);
    } else {
        xml.empty("availabilityTime", &[("value", &statement.entered.hl7())]);
    }
}

/// The number, with `1` for its unit and the real one in the translation.
fn value(xml: &mut Xml, statement: &Statement) {
    let Some(number) = &statement.value else { return };
    let unit = |xml: &mut Xml| {
        if !statement.unit.is_empty() {
            xml.element("translation", &[("value", number)], |xml| xml.words("originalText", statement.unit));
        }
    };
    let bound = [("value", number.as_str()), ("unit", "1"), ("inclusive", "false")];
    match statement.operator {
        ">" => xml.element("value", &[("xsi:type", "IVL_PQ")], |xml| xml.element("low", &bound, unit)),
        "<" => xml.element("value", &[("xsi:type", "IVL_PQ")], |xml| xml.element("high", &bound, unit)),
        _ => xml.element("value", &[("xsi:type", "PQ"), ("value", number), ("unit", "1")], unit),
    }
}

fn interpretation(xml: &mut Xml, statement: &Statement) {
    let term = match statement.abnormal {
        "HI" => "Above high reference limit",
        "LO" => "Below low reference limit",
        _ => return,
    };
    let attributes = [("code", statement.abnormal), ("codeSystem", INTERPRETATION), ("displayName", term)];
    xml.empty("interpretationCode", &attributes);
}

fn range(xml: &mut Xml, statement: &Statement) {
    let words = match (&statement.low, &statement.high) {
        (Some(low), Some(high)) => format!("{low} - {high}"),
        (Some(low), None) => format!("> {low}"),
        (None, Some(high)) => format!("< {high}"),
        (None, None) => return,
    };
    xml.element("referenceRange", &[("typeCode", "REFV")], |xml| {
        let kind = [("classCode", "OBS"), ("moodCode", "EVN.CRT")];
        xml.element("referenceInterpretationRange", &kind, |xml| {
            xml.words("text", &words);
            xml.element("value", &[], |xml| {
                for (name, bound) in [("low", &statement.low), ("high", &statement.high)] {
                    if let Some(bound) = bound {
                        xml.empty(name, &[("value", bound), ("unit", "1")]);
                    }
                }
            });
        });
    });
}

/// What is typed beside the code; a vaccination's details come first, as the supplier writes them.
fn annotation(statement: &Statement, with_text: bool) -> String {
    let mut words = statement.vaccination.as_ref().map(vaccination).unwrap_or_default();
    if with_text && !statement.text.is_empty() {
        words += if words.is_empty() { "" } else { ", " };
        words += &statement.text;
    }
    words
}

fn vaccination(details: &Vaccination) -> String {
    let Vaccination { manufacturer, batch, expires, site } = details;
    let expires = worded(*expires);
    let mut words = format!(
        "[Manufacturer: {manufacturer}], [Expiry Date: {expires}], [Batch Number: {batch}], GMS: GMS"
    );
    if !site.is_empty() {
        words += &format!(", Injection site: {site}");
    }
    words
}
