//! Numbers with units, ranges and the source's judgement as FHIR data types. Values keep their digits and are never
//! converted; a unit has a UCUM code only where `units.csv` knows the very spelling that was sent.

use std::{
    collections::{HashMap, HashSet},
    sync::LazyLock,
};

use fhir::{
    ObservationReferenceRange, ObservationValue,
    types::{self, CodeableConcept},
    url,
};
use record::{Comparator, Decimal, Interpretation, Quantity, ReferenceRange, Value};

use crate::{
    coding::{clean, concept, concept_in_words, concept_of, is_nothing},
    table,
};

/// A unit that the table knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Unit {
    /// Its UCUM code.
    pub(crate) ucum: &'static str,
    /// Its name for people.
    pub(crate) display: &'static str,
}

static UNITS: LazyLock<HashMap<&'static str, Unit>> = LazyLock::new(|| {
    let rows = table::rows(include_str!("../../profiles/codes/units.csv"));
    rows.into_iter()
        .filter_map(|row| match row[..] {
            [sent, ucum, display, _] => Some((sent, Unit { ucum, display })),
            _ => None,
        })
        .collect()
});

/// The unit of a spelling. Case counts: `mU` is not `MU`.
pub(crate) fn unit(sent: &str) -> Option<Unit> {
    UNITS.get(sent.trim()).copied()
}

/// The UCUM code of a spelling, where the table knows it.
#[must_use]
pub fn ucum(sent: &str) -> Option<&'static str> {
    unit(sent).map(|unit| unit.ucum)
}

/// The words of which the table's spellings are made, in small letters.
static WORDS: LazyLock<HashSet<String>> =
    LazyLock::new(|| UNITS.keys().flat_map(|sent| words(sent)).collect());

fn words(text: &str) -> impl Iterator<Item = String> {
    text.split(|c: char| !c.is_alphabetic()).filter(|word| !word.is_empty()).map(str::to_lowercase)
}

/// Whether a spelling that the table does not know is made of the table's own words, short numbers and signs, so that
/// it can be shown: anything else may be words of a person.
#[must_use]
pub fn looks_like_a_unit(sent: &str) -> bool {
    let known = |word: String| {
        WORDS.contains(&word) || word.strip_suffix('s').is_some_and(|word| WORDS.contains(word))
    };
    let digits = sent.split(|c: char| !c.is_ascii_digit()).map(str::len).max().unwrap_or(0);
    sent.len() <= 30 && digits <= 3 && words(sent).next().is_some() && words(sent).all(known)
}

/// What a spelling that the table does not know may have been meant to be, for a person to decide: it differs from
/// known ones in capitals, blanks and plurals only, and those are of one unit. None for milli-units and their like,
/// which a capital makes a thousand million times as large.
#[must_use]
pub fn perhaps_ucum(sent: &str) -> Option<&'static str> {
    let singular =
        |part: &str| part.strip_suffix('s').filter(|rest| rest.len() > 1).unwrap_or(part).to_owned();
    let plain = |text: &str| {
        let kept = text.to_lowercase().replace([' ', '.'], "");
        kept.split('/').map(singular).collect::<Vec<_>>().join("/")
    };
    let meant = plain(sent);
    let mut found = UNITS.iter().filter(|(known, _)| plain(known) == meant).map(|(_, unit)| unit.ucum);
    let first = found.next().filter(|ucum| !ucum.starts_with("mU") && !ucum.starts_with("m[IU]"))?;
    found.all(|other| other == first).then_some(first)
}

/// The unit of a quantity, where it has one that is known.
pub(crate) fn unit_of(quantity: &Quantity) -> Option<Unit> {
    quantity.unit.as_deref().and_then(unit)
}

/// A quantity with its unit's name for people.
pub(crate) fn quantity(of: &Quantity) -> types::Quantity {
    let known = unit_of(of);
    let words = known.map(|unit| unit.display.to_owned()).or_else(|| of.unit.as_deref().and_then(clean));
    types::Quantity {
        value: Some(of.value.as_str().into()),
        comparator: of.comparator.map(|comparator| comparator.sign().into()),
        unit: words.map(Into::into),
        system: known.map(|_| url::system::UCUM.into()),
        code: known.map(|unit| unit.ucum.into()),
        ..Default::default()
    }
}

/// A quantity in a unit's UCUM code, with the words that a profile fixes for it.
pub(crate) fn quantity_in(of: &Quantity, ucum: &str, words: &str) -> types::Quantity {
    types::Quantity {
        unit: Some(words.into()),
        system: Some(url::system::UCUM.into()),
        code: Some(ucum.into()),
        ..quantity(of)
    }
}

/// A result as `value[x]`.
pub(crate) fn value(of: &Value) -> Option<ObservationValue> {
    Some(match of {
        Value::Quantity(of) => ObservationValue::Quantity(Box::new(quantity(of))),
        Value::Range(low, high) if inclusive(low, high) => ObservationValue::Range(Box::new(types::Range {
            low: Some(Box::new(bare(low))),
            high: Some(Box::new(bare(high))),
            ..Default::default()
        })),
        Value::Range(low, high) => {
            ObservationValue::String(format!("{} - {}", in_words(low), in_words(high)).into())
        }
        Value::Coded(coded) if is_nothing(coded) => return None,
        Value::Unread => return None,
        Value::Coded(coded) => ObservationValue::CodeableConcept(Box::new(concept(coded, vec![]))),
        Value::Text(text) => ObservationValue::String(clean(text.expose())?.into()),
        // Only where the readings could not be served as components.
        Value::BloodPressure(systolic, diastolic) => {
            let readings: Vec<String> = std::iter::once(systolic).chain(diastolic).map(in_words).collect();
            ObservationValue::String(readings.join(" / ").into())
        }
    })
}

/// Whether both bounds belong to the interval, as FHIR's Range means it.
fn inclusive(low: &Quantity, high: &Quantity) -> bool {
    matches!(low.comparator, None | Some(Comparator::GreaterOrEqual))
        && matches!(high.comparator, None | Some(Comparator::LessOrEqual))
}

/// A quantity without a comparator: FHIR's SimpleQuantity.
fn bare(of: &Quantity) -> types::Quantity {
    types::Quantity { comparator: None, ..quantity(of) }
}

fn in_words(of: &Quantity) -> String {
    let sign = of.comparator.map_or("", Comparator::sign);
    let unit = of.unit.as_deref().and_then(clean).map_or(String::new(), |unit| format!(" {unit}"));
    format!("{sign}{}{unit}", of.value)
}

/// Reference ranges; one without bounds and words is left out (R4, obs-3). A range without a unit of its own is in
/// the value's.
pub(crate) fn ranges(of: &[ReferenceRange], value: Option<&Value>) -> Vec<ObservationReferenceRange> {
    let values_unit = match value {
        Some(Value::Quantity(quantity) | Value::Range(quantity, _)) => quantity.unit.as_ref(),
        _ => None,
    };
    let range = |range: &ReferenceRange| {
        let unit = range.unit.as_ref().or(values_unit);
        let bound = |value: &Decimal| {
            Box::new(quantity(&Quantity { value: value.clone(), comparator: None, unit: unit.cloned() }))
        };
        ObservationReferenceRange {
            low: range.low.as_ref().map(bound),
            high: range.high.as_ref().map(bound),
            text: range.text.as_ref().and_then(|text| clean(text.expose())).map(Into::into),
            ..Default::default()
        }
    };
    let says = |range: &ObservationReferenceRange| {
        range.low.is_some() || range.high.is_some() || range.text.is_some()
    };
    of.iter().map(range).filter(says).collect()
}

/// The source's judgement. `OR` and `PA` have no code in HL7's list, so they are words.
pub(crate) fn interpretation(of: Interpretation) -> CodeableConcept {
    let coded = |code, display| concept_of(url::system::INTERPRETATION, code, display);
    match of {
        Interpretation::High => coded("H", "High"),
        Interpretation::Low => coded("L", "Low"),
        Interpretation::Abnormal => coded("A", "Abnormal"),
        Interpretation::OutsideRange => concept_in_words("Outside reference range"),
        Interpretation::PotentiallyAbnormal => concept_in_words("Potentially abnormal"),
    }
}

#[cfg(test)]
mod ucum;

#[cfg(test)]
mod tests {
    use super::{ucum::is_ucum, *};

    #[test]
    fn every_unit_has_a_ucum_code_that_is_one_and_a_name() {
        assert!(UNITS.len() >= 1_000);
        for (sent, unit) in UNITS.iter() {
            assert!(is_ucum(unit.ucum), "{sent}: {}", unit.ucum);
            assert!(!unit.display.is_empty(), "{sent}");
            assert_eq!(*sent, sent.trim());
        }
    }

    #[test]
    fn a_code_that_is_sent_as_ucum_stays_that_code() {
        for code in UNITS.values().map(|unit| unit.ucum).filter(|code| !matches!(*code, "1" | "a")) {
            assert_eq!(unit(code).map(|unit| unit.ucum), Some(code));
        }
        // EMIS sends this where the unit itself is elsewhere: it stands for nothing.
        assert_eq!(unit("1"), None);
    }

    #[test]
    fn each_spelling_counted_in_samples_is_known() {
        for sent in [
            "mmol/L",
            "10*9/L",
            "mmHg",
            "umol/L",
            "g/L",
            "L/min",
            "g/dL",
            "mg/L",
            "U/L",
            "fL",
            "10*12/L",
            "pg",
            "iu/L",
            "IU/L 37C",
            "cm",
            "kg",
            "ng/L",
            "mU/L",
            "/day",
            "m",
            "U/week",
            "ug/L",
            "/L",
            "pmol/L",
            "ng/mL",
            "%",
            "cP",
            "oz/week",
            "Cigarettes/day",
            "s",
            "mm[Hg]",
            "{units}/wk",
            "kg/m2",
            "mL/min",
            "deg",
            "[iU]/L",
            "{cigarettes}/d",
            "{cigars}/d",
            "[pH]",
            "nmol/L",
            "mPas",
            "Beats",
            "seizures",
        ] {
            assert!(unit(sent).is_some(), "{sent}");
        }
    }

    #[test]
    fn a_units_case_is_never_guessed() {
        assert_eq!(unit("mU/L").map(|unit| unit.ucum), Some("mU/L"));
        assert_eq!(unit("MU/L"), None);
        assert_eq!(unit("MMOL/L"), None);
        assert_eq!(unit("Banana"), None);
        assert_eq!(unit("Unk UoM"), None);
        // Each is another unit in UCUM, or none: what was meant is for a person to say.
        for trap in
            ["Mmol/L", "MG/L", "Mg/L", "MU/mL", "MIU/L", "PG", "G/L", "l/m", "L/m", "KPA", "HZ", "rpm", "mM"]
        {
            assert_eq!(unit(trap), None, "{trap}");
        }
    }

    #[test]
    fn spellings_of_one_unit_that_samples_show_mean_the_same() {
        for (sent, ucum) in [
            ("10^9/L", "10*9/L"),
            ("x10 9/L", "10*9/L"),
            ("x 10^9/L", "10*9/L"),
            ("×10⁹/L", "10*9/L"),
            ("mmol/l", "mmol/L"),
            ("IU/L 37C", "[IU]/L{37C}"),
            ("/day", "/d"),
            ("units per week", "{units}/wk"),
            ("mls", "mL"),
            ("milliliter", "mL"),
            ("ml/min/1.73 m²", "mL/min/{1.73_m2}"),
        ] {
            assert_eq!(unit(sent).map(|unit| unit.ucum), Some(ucum), "{sent}");
        }
    }

    #[test]
    fn no_spelling_of_small_letters_stands_for_a_unit_a_million_times_as_large() {
        for (sent, unit) in UNITS.iter().filter(|(sent, _)| sent.starts_with('m')) {
            assert!(!unit.ucum.starts_with('M'), "{sent}");
        }
        for (sent, unit) in UNITS.iter() {
            assert!(!unit.ucum.starts_with('M'), "{sent}: no GP result is in mega-units");
        }
    }

    #[test]
    fn units_of_alcohol_are_not_enzyme_units() {
        assert_eq!(unit("U/week").map(|unit| unit.ucum), Some("{units}/wk"));
    }

    #[test]
    fn an_unknown_unit_is_words_without_a_system() {
        let made = quantity(&Quantity {
            value: "15".parse().unwrap(),
            comparator: None,
            unit: Some("Banana".into()),
        });
        assert_eq!(made.unit.and_then(|unit| unit.value).as_deref(), Some("Banana"));
        assert_eq!((made.system, made.code), (None, None));
    }

    #[test]
    fn an_interval_with_an_open_end_is_not_a_range() {
        let of =
            |comparator, number: &str| Quantity { value: number.parse().unwrap(), comparator, unit: None };
        let open = Value::Range(of(Some(Comparator::Greater), "1.0"), of(None, "2.50"));
        assert!(matches!(value(&open), Some(ObservationValue::String(_))));
        let closed = Value::Range(of(Some(Comparator::GreaterOrEqual), "1.0"), of(None, "2.50"));
        let Some(ObservationValue::Range(range)) = value(&closed) else { panic!("no range") };
        assert_eq!(
            range.high.and_then(|high| high.value).and_then(|high| high.value).as_deref(),
            Some("2.50")
        );
    }
}
