//! Compositions: each consultation, and each thing that was filed outside one; headings inside them, and the links
//! between problems and what is filed under them.

use std::collections::BTreeMap;

use super::{
    message::{Context, SNOMED, fresh},
    statement,
    xml::Xml,
};
use crate::{
    day::{Moment, Precision},
    life::{Problem, Statement},
};

/// `NOPAT`: not for the patient (the code system of HL7 v3 ActCode as GP2GP names it).
pub(super) fn not_for_patient(xml: &mut Xml, hidden: bool) {
    if hidden {
        xml.empty(
            "confidentialityCode",
            &[
                ("code", "NOPAT"),
                ("codeSystem", "2.16.840.1.113883.4.642.3.47"),
                ("displayName", "no disclosure to patient, family or caregivers without attending provider's authorization"),
            ],
        );
    }
}

/// Now and then, for any patient but the first.
pub(super) fn by_chance(context: &mut Context<'_>, per_mille: usize) -> bool {
    context.dice.chance(per_mille) && context.life.who.number != 0
}

/// A SNOMED CT code element.
pub(super) fn snomed(xml: &mut Xml, name: &str, code: &str, term: &str) {
    xml.empty(name, &[("code", code), ("codeSystem", SNOMED), ("displayName", term)]);
}

/// A time that is not given.
pub(super) fn no_time(xml: &mut Xml) {
    xml.element("effectiveTime", &[], |xml| xml.empty("center", &[("nullFlavor", "NI")]));
}

/// Every composition in order of time.
pub(super) fn all(xml: &mut Xml, context: &mut Context<'_>) {
    let mut groups: BTreeMap<(Moment, Option<usize>), Vec<usize>> = BTreeMap::new();
    for (number, statement) in context.life.statements.iter().enumerate() {
        groups.entry((statement.entered, statement.consultation)).or_default().push(number);
    }
    if groups.is_empty() {
        let at = Moment { day: context.life.who.registered, minute: 600 };
        groups.insert((at, None), Vec::new());
    }
    for ((at, consultation), statements) in groups {
        xml.element("component", &[("typeCode", "COMP")], |xml| {
            xml.element("ehrComposition", &[("classCode", "COMPOSITION"), ("moodCode", "EVN")], |xml| {
                composition(xml, context, at, consultation, &statements);
            });
        });
    }
}

fn composition(
    xml: &mut Xml,
    context: &mut Context<'_>,
    at: Moment,
    consultation: Option<usize>,
    statements: &[usize],
) {
    let consultation = consultation.and_then(|number| context.life.consultations.get(number));
    match consultation {
        Some(consultation) => xml.empty("id", &[("root", &consultation.id.to_string())]),
        None => fresh(xml, &mut context.dice),
    }
    let (code, term) = match consultation.map(|consultation| consultation.place) {
        Some("Home visit" | "Nursing home visit") => ("25651000000106", "Home Visit Note"),
        Some(_) => ("25671000000102", "Surgery Consultation Note"),
        None => ("196401000000100", "Non-consultation data"),
    };
    xml.element("code", &[("code", code), ("codeSystem", SNOMED), ("displayName", term)], |xml| {
        xml.words("originalText", consultation.map_or("Data", |consultation| consultation.place));
    });
    xml.empty("statusCode", &[("code", "COMPLETE")]);
    xml.element("effectiveTime", &[], |xml| xml.empty("center", &[("value", &at.hl7())]));
    xml.empty("availabilityTime", &[("value", &at.hl7())]);
    not_for_patient(xml, consultation.is_some_and(|consultation| consultation.confidential));
    let clinician = consultation.map_or(context.life.who.usual_gp, |consultation| consultation.clinician);
    let clinician = context.practice.member(clinician).id.to_string();
    let agent = |xml: &mut Xml| {
        xml.element("agentRef", &[("classCode", "AGNT")], |xml| xml.empty("id", &[("root", &clinician)]));
    };
    xml.element("author", &[("typeCode", "AUT"), ("contextControlCode", "OP")], |xml| {
        xml.empty("time", &[("value", &at.hl7())]);
        agent(xml);
    });
    xml.element("Participant2", &[("typeCode", "RESP"), ("contextControlCode", "OP")], agent);
    if statements.is_empty() {
        part(xml, |xml| {
            xml.element("EhrEmpty", &[("classCode", "OBS"), ("moodCode", "EVN")], |xml| {
                fresh(xml, &mut context.dice);
            });
        });
    }
    topics(xml, context, at, statements);
    for number in statements {
        let problem = context.life.problems.iter().find(|problem| problem.statement == *number);
        if let Some((problem, named)) = problem.zip(context.life.statements.get(*number)) {
            part(xml, |xml| link_set(xml, context, problem, named));
        }
    }
}

/// A component of a composition.
fn part(xml: &mut Xml, content: impl FnOnce(&mut Xml)) {
    xml.element("component", &[("typeCode", "COMP")], content);
}

/// A component of a compound statement.
pub(super) fn inner(xml: &mut Xml, content: impl FnOnce(&mut Xml)) {
    xml.element("component", &[("typeCode", "COMP"), ("contextConductionInd", "true")], content);
}

/// Statements under the heading of their problem, and within it under a heading for what kind they are.
fn topics(xml: &mut Xml, context: &mut Context<'_>, at: Moment, statements: &[usize]) {
    let life = context.life;
    let mut topics: BTreeMap<Option<usize>, BTreeMap<&str, Vec<usize>>> = BTreeMap::new();
    for number in statements {
        let Some(statement) = life.statements.get(*number).filter(|statement| statement.parent.is_none())
        else {
            continue;
        };
        topics.entry(statement.problem).or_default().entry(heading(statement)).or_default().push(*number);
    }
    for (problem, categories) in topics {
        let problem = problem.and_then(|number| life.statements.get(number));
        part(xml, |xml| {
            compound(xml, "TOPIC", |xml| {
                fresh(xml, &mut context.dice);
                match problem {
                    Some(problem) => statement::code(xml, problem.code),
                    None => xml.empty(
                        "code",
                        &[
                            ("code", "Z....00"),
                            ("codeSystem", statement::READ_V2),
                            ("displayName", "UnspecifiedConditions"),
                        ],
                    ),
                }
                filed(xml, at);
                let hidden = by_chance(context, 6);
                not_for_patient(xml, hidden);
                context.marked(hidden, categories.values().flatten().copied());
                for (category, numbers) in categories {
                    inner(xml, |xml| {
                        compound(xml, "CATEGORY", |xml| self::category(xml, context, at, category, &numbers));
                    });
                }
            });
        });
    }
}

fn category(xml: &mut Xml, context: &mut Context<'_>, at: Moment, category: &str, numbers: &[usize]) {
    fresh(xml, &mut context.dice);
    let (code, term) = category.split_once('|').unwrap_or_default();
    snomed(xml, "code", code, term);
    filed(xml, at);
    let hidden = by_chance(context, 6);
    not_for_patient(xml, hidden);
    context.marked(hidden, numbers.iter().copied());
    for number in numbers {
        statement::top(xml, context, *number);
    }
}

/// A compound statement of a class.
pub(super) fn compound(xml: &mut Xml, class: &str, content: impl FnOnce(&mut Xml)) {
    xml.element("CompoundStatement", &[("classCode", class), ("moodCode", "EVN")], content);
}

/// Status and times of a heading.
pub(super) fn filed(xml: &mut Xml, at: Moment) {
    xml.empty("statusCode", &[("code", "COMPLETE")]);
    no_time(xml);
    xml.empty("availabilityTime", &[("value", &at.hl7())]);
}

/// The heading that a statement stands under: code and term.
fn heading(statement: &Statement) -> &'static str {
    match statement.code.category.as_str() {
        "Biological values" | "Symptoms and Findings" if statement.value.is_some() => "394831002|Examination",
        "Biological values" => "394831002|Examination",
        "Symptoms and Findings" => "15621000000105|History",
        "Family history" => "1502831000006106|Family History",
        "Personal Health and Social" | "Ethnicity" | "Marital status" => "160476009|Social",
        "Referral" | "Investigation requests" => "308273005|Follow up",
        "Conditions, operations and procedures" => "394830001|Additional",
        _ => "394841004|Comment",
    }
}

/// A problem, the statement that names it, and what is filed under it.
fn link_set(xml: &mut Xml, context: &mut Context<'_>, problem: &Problem, named: &Statement) {
    xml.element("LinkSet", &[("classCode", "OBS"), ("moodCode", "EVN")], |xml| {
        fresh(xml, &mut context.dice);
        let (code, term) = match problem.ended {
            Some(ended) if ended < context.options.today => ("394775005", "Inactive problem"),
            _ => ("394774009", "Active problem"),
        };
        let name = if problem.significant {
            [("code", "386134007"), ("codeSystem", SNOMED), ("displayName", "Significant")]
        } else {
            [("code", "394847000"), ("codeSystem", SNOMED), ("displayName", "Unspecified significance")]
        };
        xml.element("code", &[("code", code), ("codeSystem", SNOMED), ("displayName", term)], |xml| {
            xml.words("originalText", &named.code.term);
            xml.element("qualifier", &[("inverted", "false")], |xml| xml.empty("name", &name));
        });
        xml.empty("statusCode", &[("code", "COMPLETE")]);
        xml.element("effectiveTime", &[], |xml| {
            match statement::shown(named.day, named.precision) {
                Some(low) if named.precision != Precision::Unknown => xml.empty("low", &[("value", &low)]),
                _ => xml.empty("low", &[("nullFlavor", "UNK")]),
            }
            if let Some(ended) = problem.ended {
                xml.empty("high", &[("value", &ended.strftime("%Y%m%d").to_string())]);
            }
        });
        xml.empty("availabilityTime", &[("value", &named.entered.hl7())]);
        let hidden = problem.confidential || by_chance(context, 15);
        not_for_patient(xml, hidden);
        if hidden {
            context.written.marks.problems.insert(problem.statement);
        }
        let life = context.life;
        for filed in life.statements.iter().filter(|filed| filed.problem == Some(problem.statement)) {
            if filed.parent.is_none() {
                xml.element("component", &[("typeCode", "COMP")], |xml| {
                    reference(xml, "statementRef", filed)
                });
            }
        }
        xml.element("conditionNamed", &[("typeCode", "NAME"), ("inversionInd", "true")], |xml| {
            reference(xml, "namedStatementRef", named);
        });
    });
}

fn reference(xml: &mut Xml, name: &str, to: &Statement) {
    xml.element(name, &[("classCode", "OBS"), ("moodCode", "EVN")], |xml| {
        xml.empty("id", &[("root", &to.id.to_string())]);
    });
}
