//! What a released record was made with beside its facts, so that it can be told whether it may still be served.

use serde::{Deserialize, Serialize};

use crate::{PracticeRules, Screening};

/// Fingerprints of the tables and rules that a record was made with, and how its words were screened. The default is
/// that of no record: a store that says nothing of it holds nothing that may be served.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct MadeWith {
    /// Of the tables that decide whether, and in which view, something may be shown: a record with another one is not
    /// served.
    pub shown: [u8; 16],
    /// Of that and of all that decides how it is written: a record with another one is made anew when there is time.
    pub all: [u8; 16],
    /// How its words were screened: where a practice holds back more now, the record is not served.
    pub screening: Screening,
}

impl MadeWith {
    /// Whether a record that was made with this may be served where `shown` is the fingerprint of today's tables and
    /// these are the practice's rules. Of the rules only the screening is in a record's bodies; all others count at each
    /// request.
    #[must_use]
    pub fn may_be_served(&self, shown: &[u8; 16], rules: &PracticeRules) -> bool {
        self.shown == *shown && self.screening.holds_back_as_much_as(rules.screening)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Reading, ThirdParties};

    #[test]
    fn a_record_may_be_served_unless_tables_differ_or_a_practice_holds_back_more_now() {
        let screening = |reading, third_parties| Screening { reading, third_parties };
        let all = [Reading::Strict, Reading::Standard]
            .map(|reading| {
                [ThirdParties::Withhold, ThirdParties::Mask].map(|third| screening(reading, third))
            })
            .concat();
        let more = |screening: Screening| {
            (screening.reading == Reading::Standard, screening.third_parties == ThirdParties::Mask)
        };
        for made in &all {
            for now in &all {
                let made_with = MadeWith { screening: *made, ..MadeWith::default() };
                let rules = PracticeRules { screening: *now, ..PracticeRules::default() };
                let (was, is) = (more(*made), more(*now));
                let expected = was.0 <= is.0 && was.1 <= is.1;
                assert_eq!(made_with.may_be_served(&[0; 16], &rules), expected, "{made:?} {now:?}");
                assert!(!made_with.may_be_served(&[1; 16], &rules));
            }
        }
    }
}
