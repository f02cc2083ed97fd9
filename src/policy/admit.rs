//! The decision that is made once for a request: may this person see anything of this patient at all?

use std::collections::BTreeSet;

use jiff::civil::Date;
use record::{ResourceType, Section};
use serde::{Deserialize, Serialize};

use crate::{AccessLevel, Grant, LegalBasis, PracticeRules, ProxyGrant, Sensitivity, sensitivity};

/// What the practice's own data say about serving a patient. Computed when the record is projected.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Standing {
    /// Date of birth, for the age rules.
    pub birth_date: Option<Date>,
    /// Registered for general medical services, not temporary, private, a single service or unknown.
    pub regular: bool,
    /// A patient for tests or training.
    pub dummy: bool,
    /// Marked sensitive as a whole.
    pub sensitive: bool,
    /// Died.
    pub deceased: bool,
    /// The registration ended on this day.
    pub deducted_on: Option<Date>,
    /// Another record of the practice has the NHS number: that one is served, or it is open whose the number is.
    pub another_record: bool,
}

/// Who looks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Actor<'a> {
    /// The patient, with their own grant if there is one.
    Patient(Option<&'a Grant>),
    /// Somebody who acts for them, with the grant that is theirs.
    Proxy(&'a ProxyGrant),
}

/// All that decides whether a request is admitted.
#[derive(Clone, Debug)]
pub struct AccessRequest<'a> {
    /// Today, in London.
    pub today: Date,
    /// Whether the practice shares its data with us.
    pub practice_shares: bool,
    /// What the practice has decided for all its patients.
    pub rules: &'a PracticeRules,
    /// The practice has decided that nothing of this record is served to anybody.
    pub suppressed: bool,
    /// What the record says.
    pub standing: &'a Standing,
    /// Who looks.
    pub actor: Actor<'a>,
    /// The resource types that the app's token opens.
    pub types: &'a BTreeSet<ResourceType>,
}

/// Why nothing of this patient is served. An app never learns which.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Refusal {
    /// The practice's sharing agreement is off.
    PracticeNotSharing,
    /// Not a regular patient of the practice.
    NotRegular,
    /// A dummy patient.
    Dummy,
    /// Sensitive as a whole.
    Sensitive,
    /// The practice serves nothing of this record to anybody.
    Suppressed,
    /// Died.
    Deceased,
    /// Left the practice.
    Deducted,
    /// Another record of the practice answers for the person, or it is open which does.
    AnotherRecord,
    /// Nobody granted anything.
    NoGrant,
    /// The proxy's time has not begun.
    ProxyNotYet,
    /// The proxy's time is over.
    ProxyEnded,
    /// The patient is 11 and the practice has not looked at the parent's access again.
    ProxySuspendedAtEleven,
    /// The patient is 16: parental access ends.
    ProxyEndedAtSixteen,
    /// A parent's access cannot be judged without the patient's date of birth.
    ProxyAgeUnknown,
}

impl Refusal {
    /// Every refusal.
    pub const ALL: [Self; 14] = [
        Self::PracticeNotSharing,
        Self::NotRegular,
        Self::Dummy,
        Self::Sensitive,
        Self::Suppressed,
        Self::Deceased,
        Self::Deducted,
        Self::AnotherRecord,
        Self::NoGrant,
        Self::ProxyNotYet,
        Self::ProxyEnded,
        Self::ProxySuspendedAtEleven,
        Self::ProxyEndedAtSixteen,
        Self::ProxyAgeUnknown,
    ];

    /// A stable code for audit and metrics.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::PracticeNotSharing => "practice-not-sharing",
            Self::NotRegular => "not-regular",
            Self::Dummy => "dummy-patient",
            Self::Sensitive => "sensitive-patient",
            Self::Suppressed => "suppressed",
            Self::Deceased => "deceased",
            Self::Deducted => "deducted",
            Self::AnotherRecord => "another-record",
            Self::NoGrant => "no-grant",
            Self::ProxyNotYet => "proxy-not-yet",
            Self::ProxyEnded => "proxy-ended",
            Self::ProxySuspendedAtEleven => "proxy-suspended-at-11",
            Self::ProxyEndedAtSixteen => "proxy-ended-at-16",
            Self::ProxyAgeUnknown => "proxy-age-unknown",
        }
    }

    /// What people of a practice read beside the code.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::PracticeNotSharing => "the practice's sharing agreement is not in force",
            Self::NotRegular => "the patient is not registered for regular services, or how is not known",
            Self::Dummy => "it is the record of a patient for tests or training",
            Self::Sensitive => "the whole record is marked as sensitive",
            Self::Suppressed => "the practice serves nothing of this record to anybody",
            Self::Deceased => "the patient has died",
            Self::Deducted => "the patient has left the practice",
            Self::AnotherRecord => {
                "another record of the practice has the NHS number: that one is served, or it is open whose the number is"
            }
            Self::NoGrant => "no access was granted, or access at level none",
            Self::ProxyNotYet => "the time for which this person acts for the patient has not begun",
            Self::ProxyEnded => "the time for which this person acted for the patient is over",
            Self::ProxySuspendedAtEleven => {
                "the patient is 11 or older, and the practice has not looked at the parent's access since"
            }
            Self::ProxyEndedAtSixteen => "the patient is 16 or older: access as a parent has ended",
            Self::ProxyAgeUnknown => {
                "the patient's date of birth is not known, so that nobody can act as a parent"
            }
        }
    }
}

/// Proof that this person may see something of this patient today, and what decides the rest.
#[derive(Clone, Debug)]
pub struct Admission {
    pub(crate) effective_date: Date,
    pub(crate) current: AccessLevel,
    pub(crate) historical: AccessLevel,
    pub(crate) sections_off: BTreeSet<Section>,
    /// Classes of sensitive entries that whoever looks is not shown.
    pub(crate) sensitive: BTreeSet<Sensitivity>,
    pub(crate) free_text_from: Option<Date>,
    pub(crate) types: BTreeSet<ResourceType>,
}

/// Decides whether this person may see anything of this patient.
///
/// # Errors
/// The first reason for which nothing is served.
pub fn admit(request: &AccessRequest<'_>) -> Result<Admission, Refusal> {
    if !request.practice_shares {
        return Err(Refusal::PracticeNotSharing);
    }
    stands(request.standing, request.today)?;
    if request.suppressed {
        return Err(Refusal::Suppressed);
    }
    let grant = match &request.actor {
        Actor::Patient(grant) => grant.ok_or(Refusal::NoGrant)?,
        Actor::Proxy(proxy) => current_proxy(proxy, request.standing, request.today)?,
    };
    if grant.current == AccessLevel::None && grant.historical == AccessLevel::None {
        return Err(Refusal::NoGrant);
    }
    Ok(Admission {
        effective_date: grant.effective_date,
        current: grant.current,
        historical: grant.historical,
        sections_off: grant.sections_off.union(&request.rules.sections_off).copied().collect(),
        sensitive: sensitivity::withheld(request.rules, matches!(request.actor, Actor::Proxy(_))),
        free_text_from: request.rules.free_text_from,
        types: request.types.clone(),
    })
}

fn stands(standing: &Standing, today: Date) -> Result<(), Refusal> {
    if standing.sensitive {
        Err(Refusal::Sensitive)
    } else if standing.dummy {
        Err(Refusal::Dummy)
    } else if !standing.regular {
        Err(Refusal::NotRegular)
    } else if standing.deceased {
        Err(Refusal::Deceased)
    } else if standing.deducted_on.is_some_and(|day| day <= today) {
        Err(Refusal::Deducted)
    } else if standing.another_record {
        Err(Refusal::AnotherRecord)
    } else {
        Ok(())
    }
}

/// England's age rules for parents (RCGP): at 11 access stops until the practice has looked again, at 16 it ends.
/// They are applied on each request, because a grant's own end may be missing or later than a birthday.
fn current_proxy<'a>(proxy: &'a ProxyGrant, standing: &Standing, today: Date) -> Result<&'a Grant, Refusal> {
    if today < proxy.starts {
        return Err(Refusal::ProxyNotYet);
    }
    if proxy.ends.is_some_and(|last| last < today) {
        return Err(Refusal::ProxyEnded);
    }
    let as_a_parent = |born: Date| match proxy.legal_basis {
        LegalBasis::ParentalResponsibility => true,
        // Whoever was let in while the patient was a child may be a parent; whoever came later is not there as one.
        LegalBasis::Unstated => age_on(born, proxy.starts) < 16,
        LegalBasis::Consent
        | LegalBasis::BestInterest
        | LegalBasis::CourtAppointedPersonalWelfareDeputy
        | LegalBasis::HealthAndWelfareLastingPowerOfAttorney => false,
    };
    match standing.birth_date {
        Some(born) if as_a_parent(born) => parent(age_on(born, today), proxy.reviewed_since_eleven)?,
        None if matches!(proxy.legal_basis, LegalBasis::ParentalResponsibility | LegalBasis::Unstated) => {
            return Err(Refusal::ProxyAgeUnknown);
        }
        Some(_) | None => {}
    }
    Ok(&proxy.grant)
}

fn parent(age: i16, reviewed_since_eleven: bool) -> Result<(), Refusal> {
    match age {
        16.. => Err(Refusal::ProxyEndedAtSixteen),
        11.. if !reviewed_since_eleven => Err(Refusal::ProxySuspendedAtEleven),
        _ => Ok(()),
    }
}

/// A person's age in whole years; somebody born on 29 February has their birthday on 1 March in other years (English
/// law).
#[must_use]
pub fn age_on(born: Date, today: Date) -> i16 {
    let had_birthday = (today.month(), today.day()) >= (born.month(), born.day());
    today.year() - born.year() - i16::from(!had_birthday)
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use record::ResourceType;

    use super::*;

    fn standing() -> Standing {
        Standing {
            birth_date: Some(date(2014, 2, 28)),
            regular: true,
            dummy: false,
            sensitive: false,
            deceased: false,
            deducted_on: None,
            another_record: false,
        }
    }

    fn grant() -> Grant {
        Grant {
            effective_date: date(2020, 1, 1),
            current: AccessLevel::Full,
            historical: AccessLevel::None,
            sections_off: BTreeSet::new(),
        }
    }

    fn ask(standing: &Standing, actor: Actor<'_>, today: Date, shares: bool) -> Result<Admission, Refusal> {
        admit(&AccessRequest {
            today,
            practice_shares: shares,
            rules: &PracticeRules::default(),
            suppressed: false,
            standing,
            actor,
            types: &ResourceType::ALL.into_iter().collect(),
        })
    }

    #[test]
    fn each_standing_that_is_not_served_is_refused_whatever_the_grant() {
        let today = date(2026, 1, 1);
        let grant = grant();
        let cases = [
            (Standing { dummy: true, ..standing() }, Refusal::Dummy),
            (Standing { sensitive: true, ..standing() }, Refusal::Sensitive),
            (Standing { regular: false, ..standing() }, Refusal::NotRegular),
            (Standing { deceased: true, ..standing() }, Refusal::Deceased),
            (Standing { another_record: true, ..standing() }, Refusal::AnotherRecord),
            (Standing { deducted_on: Some(today), ..standing() }, Refusal::Deducted),
        ];
        for (standing, refusal) in cases {
            assert_eq!(ask(&standing, Actor::Patient(Some(&grant)), today, true).unwrap_err(), refusal);
        }
        assert_eq!(
            ask(&standing(), Actor::Patient(Some(&grant)), today, false).unwrap_err(),
            Refusal::PracticeNotSharing
        );
        assert_eq!(ask(&standing(), Actor::Patient(None), today, true).unwrap_err(), Refusal::NoGrant);
        assert!(ask(&standing(), Actor::Patient(Some(&grant)), today, true).is_ok());
    }

    #[test]
    fn a_parent_is_suspended_at_eleven_until_reviewed_and_ends_at_sixteen() {
        let mut proxy = ProxyGrant {
            grant: grant(),
            legal_basis: LegalBasis::ParentalResponsibility,
            relationship: Some("MTH".into()),
            starts: date(2015, 1, 1),
            ends: None,
            reviewed_since_eleven: false,
        };
        let on = |proxy: &ProxyGrant, today| ask(&standing(), Actor::Proxy(proxy), today, true).map(|_| ());
        assert_eq!(on(&proxy, date(2025, 2, 27)), Ok(()));
        assert_eq!(on(&proxy, date(2025, 2, 28)), Err(Refusal::ProxySuspendedAtEleven));
        proxy.reviewed_since_eleven = true;
        assert_eq!(on(&proxy, date(2030, 2, 27)), Ok(()));
        assert_eq!(on(&proxy, date(2030, 2, 28)), Err(Refusal::ProxyEndedAtSixteen));
        assert_eq!(on(&proxy, date(2014, 12, 31)), Err(Refusal::ProxyNotYet));
        proxy.ends = Some(date(2024, 12, 31));
        assert_eq!(on(&proxy, date(2025, 1, 1)), Err(Refusal::ProxyEnded));
    }

    #[test]
    fn a_parent_of_a_child_without_birth_date_is_refused_and_a_consented_carer_is_not() {
        let mut proxy = ProxyGrant {
            grant: grant(),
            legal_basis: LegalBasis::ParentalResponsibility,
            relationship: Some("FTH".into()),
            starts: date(2015, 1, 1),
            ends: None,
            reviewed_since_eleven: false,
        };
        let unborn = Standing { birth_date: None, ..standing() };
        let ask = |proxy: &ProxyGrant| ask(&unborn, Actor::Proxy(proxy), date(2026, 1, 1), true).map(|_| ());
        assert_eq!(ask(&proxy), Err(Refusal::ProxyAgeUnknown));
        proxy.legal_basis = LegalBasis::Consent;
        assert_eq!(ask(&proxy), Ok(()));
    }

    #[test]
    fn a_proxy_without_a_basis_is_held_to_the_rule_of_a_parent_unless_let_in_after_sixteen() {
        let born = date(2014, 2, 28);
        let on = |starts: Date, today: Date, reviewed: bool| {
            let proxy = ProxyGrant {
                grant: grant(),
                legal_basis: LegalBasis::Unstated,
                relationship: None,
                starts,
                ends: None,
                reviewed_since_eleven: reviewed,
            };
            let standing = Standing { birth_date: Some(born), ..standing() };
            ask(&standing, Actor::Proxy(&proxy), today, true).map(|_| ())
        };
        let (suspended, ended) = (Err(Refusal::ProxySuspendedAtEleven), Err(Refusal::ProxyEndedAtSixteen));
        for (starts, today, reviewed, answer) in [
            (date(2015, 1, 1), date(2025, 2, 27), false, Ok(())),
            (date(2015, 1, 1), date(2025, 2, 28), false, suspended),
            (date(2015, 1, 1), date(2025, 2, 28), true, Ok(())),
            (date(2015, 1, 1), date(2030, 2, 28), true, ended),
            (date(2026, 1, 1), date(2026, 1, 2), false, suspended),
            (date(2030, 2, 27), date(2040, 1, 1), false, ended),
            (date(2030, 2, 28), date(2030, 2, 28), false, Ok(())),
            (date(2030, 2, 28), date(2030, 2, 27), false, Err(Refusal::ProxyNotYet)),
        ] {
            assert_eq!(on(starts, today, reviewed), answer, "{starts} {today} {reviewed}");
        }
        let proxy = ProxyGrant {
            grant: grant(),
            legal_basis: LegalBasis::Unstated,
            relationship: None,
            starts: date(2015, 1, 1),
            ends: None,
            reviewed_since_eleven: true,
        };
        let unknown = Standing { birth_date: None, ..standing() };
        let answer = ask(&unknown, Actor::Proxy(&proxy), date(2026, 1, 1), true).map(|_| ());
        assert_eq!(answer, Err(Refusal::ProxyAgeUnknown));
    }

    #[test]
    fn a_leap_day_child_is_a_year_older_on_the_first_of_march() {
        assert_eq!(age_on(date(2012, 2, 29), date(2023, 2, 28)), 10);
        assert_eq!(age_on(date(2012, 2, 29), date(2023, 3, 1)), 11);
    }
}
