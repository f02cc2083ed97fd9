//! Which statements belong together: the parts of a panel and the readings of a blood pressure. It decides; the
//! resources are made elsewhere.

use std::collections::{BTreeMap, BTreeSet};

use record::{CodeClass, EntryId, Role};

use crate::{
    blood_pressure::{self, Readings},
    classify::Resolved,
    giving::Giving,
};

/// How deep panels may lie inside each other before the rest is left alone; real ones lie two or three deep.
const DEPTH: usize = 8;

/// The statements of a patient, by id.
pub(crate) type Statements<'a> = BTreeMap<&'a EntryId, Resolved<'a>>;

/// The parts of each heading, by its id, in the order of their ids.
pub(crate) struct Panels<'a> {
    parts: BTreeMap<&'a EntryId, BTreeSet<&'a EntryId>>,
}

impl<'a> Panels<'a> {
    pub(crate) fn of(statements: &Statements<'a>) -> Self {
        let mut parts: BTreeMap<&EntryId, BTreeSet<&EntryId>> = BTreeMap::new();
        for (&id, part) in statements {
            for header in headers(part).filter(|header| *header != id) {
                if let Some((&header, _)) = statements.get_key_value(header) {
                    parts.entry(header).or_default().insert(id);
                }
            }
        }
        Self { parts }
    }

    fn parts(&self, header: &EntryId) -> impl Iterator<Item = &'a EntryId> {
        self.parts.get(header).into_iter().flatten().copied()
    }

    /// The Observations that a heading has as members. `taken` are readings that are served inside a blood pressure.
    pub(crate) fn members(
        &self,
        header: &EntryId,
        statements: &Statements<'a>,
        taken: &BTreeSet<&'a EntryId>,
    ) -> Vec<&'a EntryId> {
        let is_observation =
            |id: &&EntryId| statements.get(id).is_some_and(|part| part.vaccination == Giving::Nothing);
        self.parts(header).filter(is_observation).filter(|id| !taken.contains(id)).collect()
    }

    /// The readings of each blood pressure, by its heading's id. A reading under two headings belongs to the first.
    pub(crate) fn blood_pressures<'r>(
        &self,
        statements: &'r Statements<'a>,
    ) -> BTreeMap<&'a EntryId, Readings<'r, 'a>> {
        let mut taken: BTreeSet<&EntryId> = BTreeSet::new();
        let mut found = BTreeMap::new();
        for &header in self.parts.keys() {
            let Some(heading) =
                statements.get(header).filter(|heading| heading.vaccination == Giving::Nothing)
            else {
                continue;
            };
            let parts: Vec<&Resolved> = self.parts(header).filter_map(|id| statements.get(id)).collect();
            let Some(readings) = blood_pressure::readings(heading, &parts) else { continue };
            let ids: Vec<&EntryId> = readings.ids().collect();
            if ids.iter().any(|id| taken.contains(id) || self.parts.contains_key(id)) {
                continue;
            }
            taken.extend(ids);
            found.insert(header, readings);
        }
        for (id, readings) in self.loose_pressures(statements) {
            found.entry(id).or_insert(readings);
        }
        found
    }

    /// The readings of blood pressures that have no heading: the only two of one event, minute and clinician.
    fn loose_pressures<'r>(
        &self,
        statements: &'r Statements<'a>,
    ) -> impl Iterator<Item = (&'a EntryId, Readings<'r, 'a>)> {
        let mut groups: BTreeMap<_, Vec<&Resolved>> = BTreeMap::new();
        for (id, half) in statements {
            let alone = headers(half).next().is_none() && !self.parts.contains_key(id);
            if alone && blood_pressure::is_half(&half.coded) && half.vaccination == Giving::Nothing {
                let moment = taken_at(half).map(|at| groups.entry(at).or_default());
                moment.into_iter().for_each(|group| group.push(half));
            }
        }
        let pairs = groups.into_values().filter_map(|group| blood_pressure::loose_readings(&group));
        pairs.map(|readings| (&readings.systolic.entry.id, readings))
    }
}

/// The events, the minute (or the day, where no time is known) and the clinician of a reading, if it has event and date.
fn taken_at<'s>(half: &'s Resolved<'_>) -> Option<(Vec<&'s EntryId>, String, Option<&'s str>)> {
    const TO_THE_MINUTE: usize = "2024-03-01T09:01".len();
    let links = half.entry.links.iter().filter(|link| link.role == Role::Consultation);
    let events: Vec<&EntryId> = links.map(|link| &link.to).collect();
    let mut at = half.statement.effective?.to_string();
    at.truncate(TO_THE_MINUTE);
    (!events.is_empty()).then_some((events, at, half.statement.performer.as_deref()))
}

fn headers<'a>(part: &Resolved<'a>) -> impl Iterator<Item = &'a EntryId> {
    part.entry.links.iter().filter(|link| link.role == Role::Panel).map(|link| &link.to)
}

/// Gives statements of which the source does not tell the class that of the test around them, so that a result is
/// switched off with the section of its panel.
pub(crate) fn inherit_classes(statements: &mut Statements<'_>) {
    let inherited: Vec<(EntryId, CodeClass)> = statements
        .iter()
        .filter(|(_, part)| part.class == CodeClass::Other)
        .filter_map(|(id, part)| Some(((*id).clone(), test_around(part, statements, DEPTH)?)))
        .collect();
    for (id, class) in inherited {
        if let Some(part) = statements.get_mut(&id) {
            part.class = class;
        }
    }
}

fn test_around(part: &Resolved, statements: &Statements, depth: usize) -> Option<CodeClass> {
    let around = headers(part).filter_map(|header| statements.get(header));
    let deeper = depth.checked_sub(1)?;
    around.into_iter().find_map(|header| match header.class {
        class @ (CodeClass::Laboratory | CodeClass::Imaging) => Some(class),
        CodeClass::Other => test_around(header, statements, deeper),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use record::{Container, Content, Section};

    use crate::testing::{Made, body, entry, find, id, map_all, mapped, patient, profiles};

    use super::*;

    fn header() -> Made {
        Made::snomed("fbc", "26604007", "Full blood count").class(CodeClass::Laboratory)
    }

    fn part(name: &str) -> Made {
        Made::snomed(name, "1022431000000105", "Haemoglobin").value("131", "g/L").part_of("fbc")
    }

    #[test]
    fn a_panel_refers_to_its_parts_and_is_a_laboratory_group() {
        let mapping = mapped(vec![header(), part("b"), part("a")]);
        let fbc = find(&mapping, "fbc");
        assert_eq!(fbc.members, [id("a"), id("b")]);
        assert_eq!(fbc.sources, [id("fbc")]);
        let body = body(fbc);
        assert_eq!(body["hasMember"][0]["reference"], "Observation/Observation-a");
        assert_eq!(profiles(&body)[0], "UKCore-Observation-Group-Lab");
        assert!(body.get("dataAbsentReason").is_none());
    }

    #[test]
    fn a_panel_never_refers_to_what_is_not_an_observation() {
        let mut gone = part("gone");
        gone.0.deleted = true;
        let relative = part("relative").class(CodeClass::FamilyHistory);
        let vaccination = Made::snomed("mmr", "38598009", "MMR vaccination").part_of("fbc");
        let mapping = mapped(vec![header(), gone, relative, vaccination]);
        let fbc = find(&mapping, "fbc");
        assert!(fbc.members.is_empty());
        assert_eq!(body(fbc)["dataAbsentReason"]["coding"][0]["code"], "not-applicable");
    }

    #[test]
    fn a_part_of_a_container_has_no_panel() {
        let cluster = entry("fbc", Some(Content::Container(Container::Heading)));
        let mapping = map_all(&[patient(), cluster, part("a").0]);
        assert_eq!(mapping.resources.len(), 2);
    }

    #[test]
    fn a_result_is_in_the_section_of_the_test_around_it() {
        let battery = Made::snomed("inner", "104177005", "Blood group").part_of("fbc");
        let leaf = Made::snomed("leaf", "365637002", "Finding of ABO blood group").part_of("inner");
        let mapping = mapped(vec![header(), battery, leaf]);
        assert_eq!(find(&mapping, "leaf").section, Section::TestResults);
        assert_eq!(body(find(&mapping, "leaf"))["category"][0]["coding"][0]["code"], "laboratory");
    }

    #[test]
    fn panels_that_contain_each_other_or_themselves_do_no_harm() {
        let a = Made::snomed("a", "1", "x").part_of("b");
        let b = Made::snomed("b", "2", "y").part_of("a").part_of("b");
        let mapping = mapped(vec![a, b]);
        assert_eq!(find(&mapping, "a").members, [id("b")]);
        assert_eq!(find(&mapping, "b").members, [id("a")]);
    }
}
