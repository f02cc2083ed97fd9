//! Whether access to a record may be enabled without a person having looked at it: the control codes of NHS England
//! (`profiles/codes/access_control.csv`) and the age from which it is automatic. They count when access is given, and
//! never take away what was given (digital.nhs.uk, enhanced review SNOMED codes).

use std::{collections::HashMap, sync::LazyLock};

use jiff::civil::Date;
use record::{CodeRef, CodeSystem, Coded, Content, Dictionary, Effective, Entry, Section};

use crate::{AccessLevel, Grant, Standing, admit::age_on};

/// Why access may only be enabled by somebody who has looked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Blocked {
    /// "104": an enhanced review is indicated, and no later "106" says otherwise.
    EnhancedReview,
    /// "103": the patient declined.
    Declined,
    /// Under 16, or the date of birth is not known: access is not automatic.
    Under16,
    /// A control code that this version cannot read, or one whose entry waits for its code.
    Unclear,
}

impl Blocked {
    /// Every reason.
    pub const ALL: [Self; 4] = [Self::EnhancedReview, Self::Declined, Self::Under16, Self::Unclear];

    /// A stable code.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::EnhancedReview => "enhanced-review-104",
            Self::Declined => "declined-103",
            Self::Under16 => "under-16",
            Self::Unclear => "code-awaited",
        }
    }

    /// What it means, for the practice.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::EnhancedReview => {
                "the record says that it needs an enhanced review before access is given (104)"
            }
            Self::Declined => "the record says that the patient declined online access (103)",
            Self::Under16 => "the patient is under 16, or no date of birth is known",
            Self::Unclear => "an entry's code has not come yet, so that it may be a control code",
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Says {
    Review,
    NoReview,
    Declined,
}

/// Code to what it says; without the table, nothing is known to be clear.
static TABLE: LazyLock<HashMap<&str, Says>> = LazyLock::new(|| {
    let says = |word: &str| match word {
        "review" => Some(Says::Review),
        "no-review" => Some(Says::NoReview),
        "declined" => Some(Says::Declined),
        _ => None,
    };
    lines()
        .filter_map(|line| {
            let mut fields = line.split(',').skip(1);
            Some((fields.next()?, says(fields.next()?)?))
        })
        .collect()
});

/// The lines of the table after its header.
fn lines() -> impl Iterator<Item = &'static str> {
    let lines = include_str!("../../profiles/codes/access_control.csv").lines();
    lines.skip_while(|line| line.starts_with('#')).skip(1)
}

/// What speaks against enabling access without a look at the record.
#[must_use]
pub fn blocked(
    standing: &Standing,
    entries: &[Entry],
    dictionary: &dyn Dictionary,
    today: Date,
) -> Option<Blocked> {
    let mut said = Said::default();
    for entry in entries.iter().filter(|entry| !entry.deleted) {
        let statement = match &entry.content {
            Some(Content::Statement(statement)) => statement,
            Some(Content::WithLists(parts)) => &parts.statement,
            _ => continue,
        };
        match &statement.code {
            CodeRef::Given(coded, _) => said.take(coded, entry),
            CodeRef::Local(key) => match dictionary.code(key) {
                Some((coded, _)) => said.take(&coded, entry),
                None => said.unclear = true,
            },
        }
    }
    if said.review() {
        Some(Blocked::EnhancedReview)
    } else if said.declined {
        Some(Blocked::Declined)
    } else if said.unclear {
        Some(Blocked::Unclear)
    } else if standing.birth_date.is_none_or(|born| age_on(born, today) < 16) {
        Some(Blocked::Under16)
    } else {
        None
    }
}

/// Whether a grant opens anything to somebody that the one before did not: on any day, in any section.
#[must_use]
pub fn opens_more(grant: &Grant, before: Option<&Grant>) -> bool {
    let level = |grant: &Grant, recorded: Date, section: &Section| {
        if grant.sections_off.contains(section) {
            AccessLevel::None
        } else if recorded >= grant.effective_date {
            grant.current
        } else {
            grant.historical
        }
    };
    // Between these days no level changes.
    let days = [Some(Date::MIN), Some(grant.effective_date), before.map(|before| before.effective_date)];
    days.into_iter().flatten().any(|day| {
        Section::ALL.iter().any(|section| {
            let was = before.map_or(AccessLevel::None, |before| level(before, day, section));
            level(grant, day, section) > was
        })
    })
}

/// What the control codes of a record come to.
#[derive(Default)]
struct Said {
    /// The latest of 104 and 106.
    latest: Option<(When, Says)>,
    /// A 104 of which nobody knows when it was recorded: nothing is known to be later.
    undated_review: bool,
    declined: bool,
    unclear: bool,
}

impl Said {
    fn take(&mut self, coded: &Coded, entry: &Entry) {
        match control(coded) {
            Some(Says::Declined) => self.declined = true,
            Some(says) => {
                self.undated_review |= says == Says::Review && entry.recorded.is_none();
                let when = (entry.recorded.as_ref().map(Effective::first_day), entry.sequence);
                // Of two at the same instant the code that asks for a look counts.
                let later = self
                    .latest
                    .is_none_or(|(seen, said)| when > seen || (when == seen && said == Says::NoReview));
                if later {
                    self.latest = Some((when, says));
                }
            }
            None => {}
        }
    }

    fn review(&self) -> bool {
        self.undated_review || self.latest.is_some_and(|(_, says)| says == Says::Review)
    }
}

/// The day on which something was recorded, and the source's own order within it.
type When = (Option<Date>, u64);

fn control(coded: &Coded) -> Option<Says> {
    let snomed = coded.codings.iter().filter(|coding| coding.system == CodeSystem::SnomedCt);
    snomed.filter_map(|coding| TABLE.get(coding.code.as_str())).next().copied()
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use record::{CodeClass, Coding, EntryId, OnlineUser, Staff, Statement};

    use super::*;

    const REVIEW: &str = "1364731000000104";
    const NO_REVIEW: &str = "1364751000000106";
    const DECLINED: &str = "1290331000000103";

    struct Nothing;

    impl Dictionary for Nothing {
        fn code(&self, _: &str) -> Option<(Coded, CodeClass)> {
            None
        }

        fn staff(&self, _: &str) -> Option<Staff> {
            None
        }

        fn online_user(&self, _: &str) -> Option<OnlineUser> {
            None
        }
    }

    fn coded(code: &str) -> CodeRef {
        let coding = Coding { system: CodeSystem::SnomedCt, code: code.to_owned(), display: None };
        CodeRef::Given(Coded { codings: vec![coding], original_text: None }, None)
    }

    fn entry(code: CodeRef, recorded: Date) -> Entry {
        let statement = Statement::of_patient(code);
        Entry {
            recorded: Some(Effective::Day(recorded)),
            ..Entry::new(EntryId::new("a").unwrap(), Some(Content::Statement(Box::new(statement))))
        }
    }

    fn ask(entries: &[Entry]) -> Option<Blocked> {
        born(entries, Some(date(1980, 1, 1)))
    }

    fn born(entries: &[Entry], birth_date: Option<Date>) -> Option<Blocked> {
        let standing = Standing {
            birth_date,
            regular: true,
            dummy: false,
            sensitive: false,
            deceased: false,
            deducted_on: None,
            another_record: false,
        };
        blocked(&standing, entries, &Nothing, date(2026, 6, 15))
    }

    #[test]
    fn the_latest_of_104_and_106_counts_in_whatever_order_they_come() {
        let (first, second) = (date(2023, 1, 1), date(2024, 1, 1));
        let both = |one: &str, two: &str| {
            let mut entries = [entry(coded(one), first), entry(coded(two), second)];
            let forward = ask(&entries);
            entries.reverse();
            assert_eq!(ask(&entries), forward);
            forward
        };
        assert_eq!(both(REVIEW, NO_REVIEW), None);
        assert_eq!(both(NO_REVIEW, REVIEW), Some(Blocked::EnhancedReview));
        assert_eq!(ask(&[entry(coded(REVIEW), first)]), Some(Blocked::EnhancedReview));
        let same_day = [entry(coded(NO_REVIEW), first), entry(coded(REVIEW), first)];
        assert_eq!(ask(&same_day), Some(Blocked::EnhancedReview));
        let undated = Entry { recorded: None, ..entry(coded(REVIEW), first) };
        assert_eq!(ask(&[undated, entry(coded(NO_REVIEW), second)]), Some(Blocked::EnhancedReview));
    }

    #[test]
    fn who_declined_or_is_under_sixteen_is_not_enabled_without_a_look() {
        assert_eq!(ask(&[entry(coded(DECLINED), date(2023, 1, 1))]), Some(Blocked::Declined));
        assert_eq!(born(&[], Some(date(2010, 6, 16))), Some(Blocked::Under16));
        assert_eq!(born(&[], Some(date(2010, 6, 15))), None);
        assert_eq!(born(&[], None), Some(Blocked::Under16));
        assert_eq!(ask(&[]), None);
    }

    #[test]
    fn a_deleted_code_does_not_count_and_one_that_has_not_come_may_be_any() {
        let gone = Entry { deleted: true, ..entry(coded(REVIEW), date(2023, 1, 1)) };
        assert_eq!(ask(&[gone]), None);
        assert_eq!(ask(&[entry(CodeRef::Local("7".to_owned()), date(2023, 1, 1))]), Some(Blocked::Unclear));
    }

    #[test]
    fn more_is_opened_by_a_higher_level_an_earlier_day_or_a_section_switched_on_and_by_nothing_else() {
        let grant = |day, current, historical, off: &[Section]| Grant {
            effective_date: date(2020, 1, day),
            current,
            historical,
            sections_off: off.iter().copied().collect(),
        };
        let (none, coded, full) = (AccessLevel::None, AccessLevel::Detailed, AccessLevel::Full);
        let before = grant(2, coded, none, &[Section::TestResults]);
        assert!(!opens_more(&before, Some(&before)));
        assert!(opens_more(&before, None));
        assert!(!opens_more(&grant(1, none, none, &[]), None));
        for (more, after) in [
            (true, grant(2, full, none, &[Section::TestResults])),
            (true, grant(2, coded, AccessLevel::Summary, &[Section::TestResults])),
            (true, grant(1, coded, none, &[Section::TestResults])),
            (true, grant(2, coded, none, &[])),
            (false, grant(3, coded, none, &[Section::TestResults])),
            (false, grant(2, AccessLevel::Summary, none, &[Section::TestResults])),
            (false, grant(2, coded, none, &[Section::TestResults, Section::Immunisations])),
            (false, grant(1, none, none, &[])),
        ] {
            assert_eq!(opens_more(&after, Some(&before)), more, "{after:?}");
        }
    }

    #[test]
    fn every_line_of_the_table_is_read() {
        assert_eq!((TABLE.len(), lines().count()), (3, 3));
    }
}
