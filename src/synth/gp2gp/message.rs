//! The message around a record: transmission wrapper, extract, folder and the directory of staff.

use super::{compose, meant::Written, xml::Xml};
use crate::{
    Options,
    day::{Moment, plus},
    dice::Dice,
    life::Life,
    practice::Practice,
};

const NHS_NUMBER: &str = "2.16.840.1.113883.2.1.4.1";
const SDS_ORGANISATION: &str = "1.2.826.0.1285.0.1.10";
const SDS_DEVICE: &str = "1.2.826.0.1285.0.2.0.107";
/// SNOMED CT.
pub(super) const SNOMED: &str = "2.16.840.1.113883.2.1.3.2.4.15";
const INTERACTION: &str = "RCMR_IN030000UK07";

/// What everything in a message is written with.
pub(super) struct Context<'a> {
    pub(super) life: &'a Life,
    pub(super) practice: &'a Practice,
    pub(super) options: &'a Options,
    pub(super) dice: Dice,
    pub(super) written: Written,
}

impl Context<'_> {
    /// Notes that what these stand in is marked, if it is.
    pub(super) fn marked(&mut self, hidden: bool, statements: impl IntoIterator<Item = usize>) {
        if hidden {
            self.written.marks.statements.extend(statements);
        }
    }
}

/// The message about a patient, and what of it the record does not say.
pub(super) fn write(life: &Life, options: &Options, practice: &Practice, dice: Dice) -> (String, Written) {
    let written = Written::default();
    let mut context = Context { life, practice, options, dice, written };
    let mut xml = Xml::default();
    xml.declare();
    let namespaces =
        [("xmlns", "urn:hl7-org:v3"), ("xmlns:xsi", "http://www.w3.org/2001/XMLSchema-instance")];
    xml.element(INTERACTION, &namespaces, |xml| wrapper(xml, &mut context));
    (xml.finish(), context.written)
}

/// When the message is made.
fn made(options: &Options) -> String {
    Moment { day: options.today, minute: 65 }.hl7()
}

/// A new identifier, as an element.
pub(super) fn fresh(xml: &mut Xml, dice: &mut Dice) {
    let id = dice.guid().to_string();
    xml.empty("id", &[("root", &id)]);
}

fn wrapper(xml: &mut Xml, context: &mut Context<'_>) {
    fresh(xml, &mut context.dice);
    xml.empty("creationTime", &[("value", &made(context.options))]);
    xml.empty("versionCode", &[("code", "V3NPfIT3.1.10")]);
    xml.empty("interactionId", &[("root", "2.16.840.1.113883.2.1.3.2.4.12"), ("extension", INTERACTION)]);
    xml.empty("processingCode", &[("code", "P")]);
    xml.empty("processingModeCode", &[("code", "T")]);
    xml.empty("acceptAckCode", &[("code", "NE")]);
    for (name, kind, device) in [
        ("communicationFunctionRcv", "RCV", "990000000002"),
        ("communicationFunctionSnd", "SND", "990000000001"),
    ] {
        xml.element(name, &[("typeCode", kind)], |xml| {
            xml.element("device", &[("classCode", "DEV"), ("determinerCode", "INSTANCE")], |xml| {
                xml.empty("id", &[("root", SDS_DEVICE), ("extension", device)]);
            });
        });
    }
    xml.element("ControlActEvent", &[("classCode", "CACT"), ("moodCode", "EVN")], |xml| {
        xml.element("author1", &[("typeCode", "AUT")], |xml| {
            xml.element("AgentSystemSDS", &[("classCode", "AGNT")], |xml| {
                xml.element(
                    "agentSystemSDS",
                    &[("classCode", "DEV"), ("determinerCode", "INSTANCE")],
                    |xml| {
                        xml.empty("id", &[("root", SDS_DEVICE), ("extension", "990000000001")]);
                    },
                );
            });
        });
        xml.element("subject", &[("typeCode", "SUBJ"), ("contextConductionInd", "false")], |xml| {
            xml.element("EhrExtract", &[("classCode", "EXTRACT"), ("moodCode", "EVN")], |xml| {
                extract(xml, context)
            });
        });
    });
}

fn extract(xml: &mut Xml, context: &mut Context<'_>) {
    fresh(xml, &mut context.dice);
    xml.empty("statusCode", &[("code", "COMPLETE")]);
    xml.empty("availabilityTime", &[("value", &made(context.options))]);
    xml.element("recordTarget", &[("typeCode", "RCT")], |xml| {
        xml.element("patient", &[("classCode", "PAT")], |xml| {
            xml.empty("id", &[("root", NHS_NUMBER), ("extension", &context.life.who.nhs)]);
        });
    });
    author(xml, context);
    xml.element("destination", &[("typeCode", "DST")], |xml| organisation(xml, "Y99999"));
    xml.element("component", &[("typeCode", "COMP")], |xml| {
        xml.element("ehrFolder", &[("classCode", "FOLDER"), ("moodCode", "EVN")], |xml| folder(xml, context));
    });
    xml.element("inFulfillmentOf", &[("typeCode", "FLFS")], |xml| {
        xml.element("priorEhrRequest", &[("classCode", "EXTRACT"), ("moodCode", "RQO")], |xml| {
            fresh(xml, &mut context.dice);
        });
    });
    xml.element("limitation", &[("typeCode", "LIMIT"), ("inversionInd", "true")], |xml| {
        xml.element("limitingEhrExtractSpecification", &[("classCode", "OBS"), ("moodCode", "DEF")], |xml| {
            fresh(xml, &mut context.dice);
            xml.empty(
                "code",
                &[
                    ("code", "37241000000102"),
                    ("codeSystem", SNOMED),
                    ("displayName", "Entire record available to originator (administrative concept)"),
                ],
            );
        });
    });
}

fn organisation(xml: &mut Xml, ods: &str) {
    xml.element("AgentOrgSDS", &[("classCode", "AGNT")], |xml| {
        xml.element("agentOrganizationSDS", &[("classCode", "ORG"), ("determinerCode", "INSTANCE")], |xml| {
            xml.empty("id", &[("root", SDS_ORGANISATION), ("extension", ods)]);
        });
    });
}

fn author(xml: &mut Xml, context: &Context<'_>) {
    xml.element("author", &[("typeCode", "AUT")], |xml| {
        xml.empty("time", &[("value", &made(context.options))]);
        xml.empty("signatureCode", &[("code", "S")]);
        xml.words("signatureText", "X");
        organisation(xml, &context.practice.ods);
    });
}

fn folder(xml: &mut Xml, context: &mut Context<'_>) {
    fresh(xml, &mut context.dice);
    xml.empty("statusCode", &[("code", "COMPLETE")]);
    xml.element("effectiveTime", &[], |xml| {
        xml.empty("low", &[("value", &context.life.who.registered.strftime("%Y%m%d").to_string())]);
        xml.empty("high", &[("value", &plus(context.options.today, 0).strftime("%Y%m%d").to_string())]);
    });
    xml.empty("availabilityTime", &[("value", &made(context.options))]);
    author(xml, context);
    xml.element("responsibleParty", &[("typeCode", "RESP")], |xml| {
        xml.element("agentDirectory", &[("classCode", "AGNT")], |xml| directory(xml, context));
    });
    compose::all(xml, context);
}

fn directory(xml: &mut Xml, context: &mut Context<'_>) {
    for member in &context.practice.staff {
        xml.element("part", &[("typeCode", "PART")], |xml| {
            xml.element("Agent", &[("classCode", "AGNT")], |xml| {
                xml.empty("id", &[("root", &member.id.to_string())]);
                if !member.registration.is_empty() {
                    xml.empty(
                        "id",
                        &[("root", "2.16.840.1.113883.2.1.4.2"), ("extension", &member.registration)],
                    );
                }
                xml.element("code", &[("nullFlavor", "UNK")], |xml| {
                    xml.words("originalText", member.job_name)
                });
                xml.element("agentPerson", &[("classCode", "PSN"), ("determinerCode", "INSTANCE")], |xml| {
                    xml.element("name", &[], |xml| {
                        xml.words("prefix", member.title);
                        xml.words("given", member.given);
                        xml.words("family", member.surname);
                    });
                });
                xml.element(
                    "representedOrganization",
                    &[("classCode", "ORG"), ("determinerCode", "INSTANCE")],
                    |xml| {
                        xml.empty("id", &[("root", SDS_ORGANISATION), ("extension", &context.practice.ods)]);
                        xml.words("name", &context.practice.name);
                    },
                );
            });
        });
    }
}
