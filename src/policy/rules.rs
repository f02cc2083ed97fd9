//! What a practice decides for all its patients.

use std::collections::BTreeSet;

use jiff::civil::Date;
use record::Section;
use serde::{Deserialize, Serialize};

use crate::{Reading, Screening, Sensitivity, ThirdParties, sensitivity};

/// The switches of a practice. The default opens nothing that the national model closes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct PracticeRules {
    /// Sections that are switched off for everybody. A grant can switch off more, never fewer.
    pub sections_off: BTreeSet<Section>,
    /// Free text of feeds that carry no marks may go out where it was recorded on or after this day: from then on
    /// the practice writes for its patients' eyes. Without a day such text waits for a review of its entry.
    pub free_text_from: Option<Date>,
    /// How free text is screened before it goes out.
    pub screening: Screening,
    /// Classes of sensitive entries that patients are not shown either.
    pub withheld_from_patients: BTreeSet<Sensitivity>,
    /// Classes of sensitive entries that proxies are shown.
    pub shown_to_proxies: BTreeSet<Sensitivity>,
}

/// One switch of a practice, turned.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", rename_all_fields = "camelCase")]
pub enum RuleChange {
    /// A section is open or off for everybody.
    Section {
        /// Which.
        section: Section,
        /// Whether it is open where a grant opens it.
        open: bool,
    },
    /// The day from which free text of feeds without marks goes out, or that there is none.
    FreeTextFrom {
        /// The day.
        day: Option<Date>,
    },
    /// What becomes of a text that names a third party.
    ThirdParties {
        /// What.
        third_parties: ThirdParties,
    },
    /// What counts as a third party.
    Reading {
        /// What.
        reading: Reading,
    },
    /// A class of sensitive entries is shown to somebody or withheld from them.
    Sensitive {
        /// Which.
        class: Sensitivity,
        /// From proxies; otherwise from patients, and then from proxies too.
        proxies: bool,
        /// Whether it is shown.
        shown: bool,
    },
}

impl PracticeRules {
    /// Whether a class of sensitive entries is shown to proxies, or to patients, where nothing else speaks against it.
    #[must_use]
    pub fn shows(&self, class: Sensitivity, to_proxy: bool) -> bool {
        !sensitivity::withheld(self, to_proxy).contains(&class)
    }

    /// The rules with one switch turned.
    #[must_use]
    pub fn turned(mut self, change: RuleChange) -> Self {
        match change {
            RuleChange::Section { section, open } => put(&mut self.sections_off, section, !open),
            RuleChange::FreeTextFrom { day } => self.free_text_from = day,
            RuleChange::ThirdParties { third_parties } => self.screening.third_parties = third_parties,
            RuleChange::Reading { reading } => self.screening.reading = reading,
            RuleChange::Sensitive { class, proxies: true, shown } => {
                put(&mut self.shown_to_proxies, class, shown);
            }
            RuleChange::Sensitive { class, proxies: false, shown } => {
                put(&mut self.withheld_from_patients, class, !shown);
            }
        }
        self
    }

    /// A stable name of what records are made with because of these rules; nothing for the default. Where it changes,
    /// records must be made anew; what it does not name counts at each request.
    #[must_use]
    pub fn made_with(&self) -> String {
        let from = self.free_text_from.map(|day| format!("text from {day}"));
        let screening = Some(self.screening.code()).filter(|code| !code.is_empty());
        from.into_iter().chain(screening).collect::<Vec<_>>().join(", ")
    }
}

fn put<T: Ord>(set: &mut BTreeSet<T>, one: T, there: bool) {
    if there {
        set.insert(one);
    } else {
        set.remove(&one);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_switch_that_is_turned_back_leaves_no_trace_and_one_turned_twice_turns_once() {
        let section = Section::TestResults;
        let class = Sensitivity::GenderIdentity;
        let day = Some(Date::MAX);
        for (there, back) in [
            (RuleChange::Section { section, open: false }, RuleChange::Section { section, open: true }),
            (RuleChange::FreeTextFrom { day }, RuleChange::FreeTextFrom { day: None }),
            (
                RuleChange::ThirdParties { third_parties: ThirdParties::Mask },
                RuleChange::ThirdParties { third_parties: ThirdParties::Withhold },
            ),
            (
                RuleChange::Reading { reading: Reading::Standard },
                RuleChange::Reading { reading: Reading::Strict },
            ),
            (
                RuleChange::Sensitive { class, proxies: true, shown: true },
                RuleChange::Sensitive { class, proxies: true, shown: false },
            ),
            (
                RuleChange::Sensitive { class, proxies: false, shown: false },
                RuleChange::Sensitive { class, proxies: false, shown: true },
            ),
        ] {
            let turned = PracticeRules::default().turned(there);
            assert_ne!(turned, PracticeRules::default());
            assert_eq!(turned.clone().turned(there), turned);
            assert_eq!(turned.turned(back), PracticeRules::default());
        }
    }
}
