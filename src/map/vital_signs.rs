//! Which measurements are vital signs, and when one may claim the profile: only if each rule that UK Core and R4 fix
//! for it holds. It knows `vital_signs.csv`.

use std::{collections::HashMap, sync::LazyLock};

use fhir::{
    types::Coding as FhirCoding,
    url::{self, Profile, profile},
};
use record::{Coded, Effective, Quantity};

use crate::{
    coding::{coding, snomed_ids},
    quantity::unit_of,
    table,
};

/// A vital sign that the table knows.
#[derive(Debug)]
pub(crate) struct VitalSign {
    profile: Profile,
    loinc: &'static str,
    loinc_display: &'static str,
    ucum: &'static str,
    unit: &'static str,
    also_r4: &'static str,
}

static VITAL_SIGNS: LazyLock<HashMap<&'static str, VitalSign>> = LazyLock::new(|| {
    let rows = table::rows(include_str!("../../profiles/codes/vital_signs.csv"));
    rows.into_iter()
        .filter_map(|row| match row[..] {
            [snomed, _, name, loinc, loinc_display, ucum, unit, also_r4] => {
                let profile = profile_of(name)?;
                Some((snomed, VitalSign { profile, loinc, loinc_display, ucum, unit, also_r4 }))
            }
            _ => None,
        })
        .collect()
});

fn profile_of(name: &str) -> Option<Profile> {
    Some(match name {
        "BMI" => profile::UK_CORE_BMI,
        "BodyHeight" => profile::UK_CORE_BODY_HEIGHT,
        "BodyTemperature" => profile::UK_CORE_BODY_TEMPERATURE,
        "BodyWeight" => profile::UK_CORE_BODY_WEIGHT,
        "HeadCircumference" => profile::UK_CORE_HEAD_CIRCUMFERENCE,
        "HeartRate" => profile::UK_CORE_HEART_RATE,
        "OxygenSaturation" => profile::UK_CORE_OXYGEN_SATURATION,
        "RespirationRate" => profile::UK_CORE_RESPIRATION_RATE,
        _ => return None,
    })
}

/// The vital sign that a code stands for.
pub(crate) fn recognise(coded: &Coded) -> Option<&'static VitalSign> {
    snomed_ids(coded).find_map(|id| VITAL_SIGNS.get(id))
}

/// What a vital sign may claim.
pub(crate) struct Claim {
    pub(crate) profiles: Vec<Profile>,
    pub(crate) loinc: FhirCoding,
    /// The UCUM code, and the words that the profile fixes for the unit.
    pub(crate) unit: Option<(&'static str, &'static str)>,
}

/// Whether a date is to the day, as R4 asks of a vital sign (vs-1).
pub(crate) fn to_the_day(effective: Option<&Effective>) -> bool {
    matches!(effective, Some(Effective::Day(_) | Effective::Instant(..)))
}

/// What an observation with this code, date and value may claim, if anything. Without it no LOINC code is added
/// either, because R4 holds whoever uses one of those codes to its profile.
pub(crate) fn claim(
    coded: &Coded,
    effective: Option<&Effective>,
    quantity: Option<&Quantity>,
) -> Option<Claim> {
    let sign = recognise(coded)?;
    // Several of the profiles allow one SNOMED CT coding only.
    if snomed_ids(coded).count() != 1 || !to_the_day(effective) {
        return None;
    }
    let sent = unit_of(quantity?)?.ucum;
    let loinc = coding(url::system::LOINC, sign.loinc, sign.loinc_display);
    if sent == sign.ucum {
        let profiles = vec![sign.profile, profile::R4_VITAL_SIGNS];
        Some(Claim { profiles, loinc, unit: Some((sign.ucum, sign.unit)) })
    } else if sign.also_r4.split(' ').any(|ucum| ucum == sent) {
        let profiles = vec![profile::UK_CORE_VITAL_SIGNS, profile::R4_VITAL_SIGNS];
        Some(Claim { profiles, loinc, unit: None })
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;
    use crate::testing::{coded, quantity, snomed};

    fn claimed(id: &str, effective: Effective, value: &str, unit: &str) -> Option<Vec<&'static str>> {
        let code = coded(vec![snomed(id, "a vital sign")]);
        let claim = claim(&code, Some(&effective), Some(&quantity(value, unit)))?;
        Some(claim.profiles.into_iter().map(|profile| profile.url.rsplit('/').next().unwrap()).collect())
    }

    const DAY: Effective = Effective::Day(date(2024, 3, 1));

    #[test]
    fn every_row_of_the_table_is_used_and_has_a_unit_that_is_known_as_sent() {
        let rows = table::rows(include_str!("../../profiles/codes/vital_signs.csv"));
        assert_eq!(rows.len(), VITAL_SIGNS.len());
        for sign in VITAL_SIGNS.values() {
            assert_eq!(crate::quantity::unit(sign.ucum).map(|unit| unit.ucum), Some(sign.ucum));
        }
    }

    #[test]
    fn a_weight_in_kilograms_claims_uk_core_and_r4() {
        let profiles = claimed("27113001", DAY, "72.50", "Kg").unwrap();
        assert_eq!(profiles, ["UKCore-Observation-VitalSigns-BodyWeight", "vitalsigns"]);
    }

    #[test]
    fn a_weight_in_pounds_claims_only_what_allows_pounds() {
        let profiles = claimed("27113001", DAY, "160", "lb").unwrap();
        assert_eq!(profiles, ["UKCore-Observation-VitalSigns", "vitalsigns"]);
    }

    #[test]
    fn a_weight_in_stones_or_in_an_unknown_unit_claims_nothing() {
        assert!(claimed("27113001", DAY, "11", "stone").is_none());
        assert!(claimed("27113001", DAY, "11", "Banana").is_none());
    }

    #[test]
    fn a_height_in_metres_is_not_what_r4_allows() {
        assert!(claimed("50373000", DAY, "1.72", "m").is_none());
        assert!(claimed("50373000", DAY, "172", "cm").is_some());
    }

    #[test]
    fn a_date_to_the_month_claims_nothing() {
        assert!(claimed("27113001", Effective::Month(2010, 5), "72", "kg").is_none());
    }

    #[test]
    fn two_snomed_codings_claim_nothing() {
        let code = coded(vec![snomed("364075005", "Heart rate"), snomed("78564009", "Pulse rate")]);
        assert!(claim(&code, Some(&DAY), Some(&quantity("72", "bpm"))).is_none());
    }
}
