//! Blood pressures: a heading with a systolic and perhaps a diastolic reading becomes one Observation with components, and
//! so do two readings without a heading that were plainly taken together.
//! The halves are told apart by code, never by size, and whatever is not certain stays as it was sent.

use std::sync::LazyLock;

use fhir::{
    Observation, ObservationComponent, ObservationComponentValue,
    types::CodeableConcept,
    url::{self, profile},
};
use record::{CodeSystem, Coded, Dictionary, EntryId, Quantity, Value};

use crate::{
    classify::Resolved,
    coding::{coding, concept, snomed_ids},
    observation::{Category, frame, note},
    quantity::{interpretation, quantity_in, ranges, unit_of},
    table::CodeTable,
    vital_signs::to_the_day,
};

/// Blood pressure, and the LOINC panel that R4 and UK Core fix for it.
const BLOOD_PRESSURE: (&str, &str) = ("75367002", "Blood pressure");
const PANEL: (&str, &str) = ("85354-9", "Blood pressure panel with all children optional");
/// LOINC and SNOMED CT of the components, and the words by which UK Core tells them apart, which are both lists' own.
const SYSTOLIC: Half = Half { loinc: "8480-6", snomed: "271649006", words: "Systolic blood pressure" };
const DIASTOLIC: Half = Half { loinc: "8462-4", snomed: "271650006", words: "Diastolic blood pressure" };
const UNIT: (&str, &str) = ("mm[Hg]", "millimeter of mercury");

struct Half {
    loinc: &'static str,
    snomed: &'static str,
    words: &'static str,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    Header,
    Systolic,
    Diastolic,
    /// About a blood pressure, but never put together: an average, a judgement, or codings that disagree.
    Related,
}

static PARTS: LazyLock<CodeTable> =
    LazyLock::new(|| CodeTable::parse(include_str!("../../profiles/codes/blood_pressure.csv")));

/// Where the code does not say in which position of the body.
const ANY: &str = "any";

/// The part that a code stands for, and in which position of the body; and whether the table names that very code, not
/// only its chapter.
fn part_of(system: &CodeSystem, code: &str) -> Option<(Part, &'static str, bool)> {
    let (cells, exact) = PARTS.find(system, code)?;
    let (&name, &position) = (cells.first()?, cells.get(1)?);
    let part = match name {
        "header" => Part::Header,
        "systolic" => Part::Systolic,
        "diastolic" => Part::Diastolic,
        _ => Part::Related,
    };
    Some((part, position, exact))
}

/// The part that a concept stands for. A chapter counts only where the table names none of the codings; where those
/// disagree it is only related.
fn part(coded: &Coded) -> Option<(Part, &'static str)> {
    let found = || coded.codings.iter().filter_map(|coding| part_of(&coding.system, &coding.code));
    let named = found().any(|(.., exact)| exact);
    let mut parts = found().filter(|(.., exact)| *exact == named).map(|(part, position, _)| (part, position));
    let first = parts.next()?;
    Some(parts.fold(first, |(part, position), (other, there)| match (position, there) {
        _ if part != other => (Part::Related, ANY),
        (_, ANY) => (part, position),
        (ANY, there) => (part, there),
        (position, there) if position == there => (part, position),
        _ => (Part::Related, ANY),
    }))
}

/// Whether a code stands for a blood pressure or half of one.
pub(crate) fn is_part(coded: &Coded) -> bool {
    matches!(part(coded), Some((Part::Header | Part::Systolic | Part::Diastolic, _)))
}

/// Whether one of these codings is about a blood pressure or half of one: what is hidden with its heading.
#[must_use]
pub fn is_blood_pressure(concepts: &[(CodeSystem, String)]) -> bool {
    concepts.iter().any(|(system, code)| part_of(system, code).is_some())
}

/// The readings of one blood pressure.
pub(crate) struct Readings<'r, 'a> {
    pub(crate) systolic: &'r Resolved<'a>,
    pub(crate) diastolic: Option<&'r Resolved<'a>>,
}

impl<'r, 'a> Readings<'r, 'a> {
    /// The statements, systolic first.
    pub(crate) fn statements(&self) -> impl Iterator<Item = &'r Resolved<'a>> {
        std::iter::once(self.systolic).chain(self.diastolic)
    }

    /// Their entries.
    pub(crate) fn ids(&self) -> impl Iterator<Item = &'a EntryId> {
        self.statements().map(|half| &half.entry.id)
    }
}

/// The readings under a heading, if they are certain: one systolic, at most one diastolic, in the heading's position,
/// on its day, each a number in millimetres of mercury. Other things under the heading do not matter.
pub(crate) fn readings<'r, 'a>(
    header: &Resolved<'a>,
    children: &[&'r Resolved<'a>],
) -> Option<Readings<'r, 'a>> {
    let (Part::Header, position) = part(&header.coded)? else { return None };
    if header.statement.value.is_some() {
        return None;
    }
    let (mut systolic, mut diastolic) = (None, None);
    for child in children {
        let (half, found) = match part(&child.coded) {
            Some((Part::Systolic, of)) => (&mut systolic, of),
            Some((Part::Diastolic, of)) => (&mut diastolic, of),
            Some((Part::Header, _)) => return None,
            Some((Part::Related, _)) | None => continue,
        };
        let fits = found == position && pressure(child).is_some() && same_day(header, child);
        if !fits || half.replace(*child).is_some() {
            return None;
        }
    }
    Some(Readings { systolic: systolic?, diastolic })
}

/// Two readings that came without a heading and were taken together, if they are certain: one systolic and one diastolic
/// in one position, each a number in millimetres of mercury.
pub(crate) fn loose_readings<'r, 'a>(group: &[&'r Resolved<'a>]) -> Option<Readings<'r, 'a>> {
    let [one, other] = group else { return None };
    let (systolic, diastolic) = match (part(&one.coded)?, part(&other.coded)?) {
        ((Part::Systolic, here), (Part::Diastolic, there)) if here == there => (*one, *other),
        ((Part::Diastolic, here), (Part::Systolic, there)) if here == there => (*other, *one),
        _ => return None,
    };
    let both = pressure(systolic).is_some() && pressure(diastolic).is_some();
    both.then_some(Readings { systolic, diastolic: Some(diastolic) })
}

/// Whether a statement is half of a blood pressure.
pub(crate) fn is_half(coded: &Coded) -> bool {
    matches!(part(coded), Some((Part::Systolic | Part::Diastolic, _)))
}

fn pressure<'r>(half: &'r Resolved<'_>) -> Option<&'r Quantity> {
    match &half.statement.value {
        Some(Value::Quantity(quantity)) if unit_of(quantity)?.ucum == UNIT.0 => Some(quantity),
        _ => None,
    }
}

fn same_day(header: &Resolved, half: &Resolved) -> bool {
    match (header.statement.effective, half.statement.effective) {
        (Some(header), Some(half)) => header.first_day() == half.first_day(),
        _ => true,
    }
}

/// The Observation of a heading with its readings.
pub(crate) fn observation(
    id: &str,
    patient: &str,
    header: &Resolved,
    readings: &Readings,
    dictionary: &dyn Dictionary,
) -> Observation {
    let dated = to_the_day(header.statement.effective.as_ref());
    let mut profiles = Vec::new();
    let mut added = vec![coding(url::system::SNOMED, BLOOD_PRESSURE.0, BLOOD_PRESSURE.1)];
    if dated {
        profiles.extend([profile::UK_CORE_BLOOD_PRESSURE, profile::R4_VITAL_SIGNS]);
        // R4's own profile wants both readings.
        profiles.extend(readings.diastolic.map(|_| profile::R4_BLOOD_PRESSURE));
        added.push(coding(url::system::LOINC, PANEL.0, PANEL.1));
    }
    // Without a heading the systolic reading stands in its place, but does not say what the whole is.
    let heading = Some(header).filter(|header| !std::ptr::eq(header.entry, readings.systolic.entry));
    let code = match heading {
        Some(heading) => concept(&heading.coded, added),
        None => CodeableConcept { coding: added, text: Some(BLOOD_PRESSURE.1.into()), ..Default::default() },
    };
    let texts = heading.into_iter().chain(readings.statements()).flat_map(|part| &part.statement.text);
    let systolic = component(readings.systolic, SYSTOLIC);
    let diastolic = readings.diastolic.and_then(|half| component(half, DIASTOLIC));
    Observation {
        category: vec![Category::VitalSigns.concept()],
        code: Box::new(code),
        interpretation: heading
            .and_then(|heading| heading.statement.interpretation)
            .map(interpretation)
            .into_iter()
            .collect(),
        note: texts.filter_map(note).collect(),
        component: systolic.into_iter().chain(diastolic).collect(),
        ..frame(id, patient, header, profiles, dictionary)
    }
}

fn component(half: &Resolved, of: Half) -> Option<ObservationComponent> {
    let quantity = quantity_in(pressure(half)?, UNIT.0, UNIT.1);
    Some(ObservationComponent {
        code: Box::new(half_code(&half.coded, &of)),
        value: Some(ObservationComponentValue::Quantity(Box::new(quantity))),
        interpretation: half.statement.interpretation.map(interpretation).into_iter().collect(),
        reference_range: ranges(&half.statement.ranges, half.statement.value.as_ref()),
        ..Default::default()
    })
}

/// The Observation of a row with both readings, if it is certain: the code is not that of one reading, and the readings
/// are in millimetres of mercury.
pub(crate) fn of_one_row(
    id: &str,
    patient: &str,
    row: &Resolved,
    dictionary: &dyn Dictionary,
) -> Option<Observation> {
    let Some(Value::BloodPressure(systolic, diastolic)) = &row.statement.value else { return None };
    let in_unit = |reading: &Quantity| unit_of(reading).is_some_and(|unit| unit.ucum == UNIT.0);
    let whole = part(&row.coded).is_none_or(|(part, _)| matches!(part, Part::Header | Part::Related));
    if !whole || !std::iter::once(systolic).chain(diastolic).all(in_unit) {
        return None;
    }
    let dated = to_the_day(row.statement.effective.as_ref());
    let mut profiles = Vec::new();
    let mut added = vec![coding(url::system::SNOMED, BLOOD_PRESSURE.0, BLOOD_PRESSURE.1)];
    if dated {
        profiles.extend([profile::UK_CORE_BLOOD_PRESSURE, profile::R4_VITAL_SIGNS]);
        profiles.extend(diastolic.as_ref().map(|_| profile::R4_BLOOD_PRESSURE));
        added.push(coding(url::system::LOINC, PANEL.0, PANEL.1));
    }
    let reading = |quantity: &Quantity, of: Half| ObservationComponent {
        code: Box::new(half_code(&Coded::default(), &of)),
        value: Some(ObservationComponentValue::Quantity(Box::new(quantity_in(quantity, UNIT.0, UNIT.1)))),
        ..Default::default()
    };
    let systolic = reading(systolic, SYSTOLIC);
    let diastolic = diastolic.as_ref().map(|low| reading(low, DIASTOLIC));
    Some(Observation {
        category: vec![Category::VitalSigns.concept()],
        code: Box::new(concept(&row.coded, added)),
        note: row.statement.text.iter().filter_map(note).collect(),
        component: std::iter::once(systolic).chain(diastolic).collect(),
        ..frame(id, patient, row, profiles, dictionary)
    })
}

/// UK Core slices the components by this very text, and wants LOINC and SNOMED CT in each.
fn half_code(coded: &Coded, of: &Half) -> CodeableConcept {
    let without_snomed = snomed_ids(coded).next().is_none();
    let snomed = without_snomed.then(|| coding(url::system::SNOMED, of.snomed, of.words));
    let added = snomed.into_iter().chain([coding(url::system::LOINC, of.loinc, of.words)]).collect();
    CodeableConcept { text: Some(of.words.into()), ..concept(coded, added) }
}

/// The concept that every blood pressure also has.
pub(crate) fn normalised() -> (CodeSystem, String) {
    (CodeSystem::SnomedCt, BLOOD_PRESSURE.0.to_owned())
}

#[cfg(test)]
mod tests;
