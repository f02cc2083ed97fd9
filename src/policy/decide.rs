//! The decision for each resource: total, from tables, under a microsecond.

use jiff::civil::Date;
use record::{MarksCarried, ResourceType};

use crate::{AccessLevel, Admission, Labels, LevelTable, Reason, Sensitivity, View};

/// The rule that decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Rule {
    /// The app's token does not open this resource type.
    TypeNotInScope,
    /// The app's token opens some categories of this type, and it is of none of them.
    CategoryNotInScope,
    /// A label speaks against it.
    Labelled(Reason),
    /// It is sensitive, and this class is not shown to whoever looks.
    Sensitive(Sensitivity),
    /// Its section is switched off by the practice or for this patient.
    SectionOff,
    /// The level does not open this resource type.
    Level(AccessLevel),
    /// The level opens it.
    Opened(AccessLevel),
    /// The level opens it in full, but the feed could not have marked it, so that free text stays back.
    FeedUnmarked(AccessLevel),
    /// The level opens it in full, and though the feed could not have marked it, all of it was recorded since the day
    /// from which the practice lets free text go out.
    FreeTextSince(AccessLevel),
}

impl Rule {
    /// A stable code.
    #[must_use]
    pub fn code(self) -> String {
        match self {
            Self::TypeNotInScope => "type-not-in-scope".to_owned(),
            Self::CategoryNotInScope => "category-not-in-scope".to_owned(),
            Self::Labelled(reason) => format!("label:{}", reason.code()),
            Self::Sensitive(class) => format!("sensitive:{}", class.code()),
            Self::SectionOff => "section-off".to_owned(),
            Self::Level(level) => format!("level:{}", level.name()),
            Self::Opened(level) => format!("opened:{}", level.name()),
            Self::FeedUnmarked(level) => format!("opened:{}:feed-unmarked", level.name()),
            Self::FreeTextSince(level) => format!("opened:{}:free-text-since", level.name()),
        }
    }
}

impl Rule {
    /// What people of a practice read beside the code.
    #[must_use]
    pub fn words(self) -> String {
        match self {
            Self::TypeNotInScope => "the app may not be given entries of this type".to_owned(),
            Self::CategoryNotInScope => {
                "the app may be given entries of this type in some categories, and it is in none of them"
                    .to_owned()
            }
            Self::Labelled(reason) => reason.words().to_owned(),
            Self::Sensitive(class) => {
                format!("it is sensitive ({}), and that is not shown to whoever looks", class.words())
            }
            Self::SectionOff => {
                "this part of the record is switched off, for everybody at the practice or for this patient"
                    .to_owned()
            }
            Self::Level(level) => {
                format!(
                    "the access level that counts for its date is {}, which does not open it",
                    level.name()
                )
            }
            Self::Opened(level) => {
                format!("the access level that counts for its date is {}, which opens it", level.name())
            }
            Self::FeedUnmarked(level) => format!(
                "the access level that counts for its date is {}, but the clinical system could not have marked its free \
                 text as not for the patient, so that free text stays back",
                level.name()
            ),
            Self::FreeTextSince(level) => format!(
                "the access level that counts for its date is {}, and all of it was recorded since the day from which the \
                 practice lets free text go out",
                level.name()
            ),
        }
    }
}

/// Leave to show one view of one resource in one request, and the rule that gave it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Permit {
    view: View,
    rule: Rule,
}

impl Permit {
    /// The view.
    #[must_use]
    pub fn view(self) -> View {
        self.view
    }

    /// The rule.
    #[must_use]
    pub fn rule(self) -> Rule {
        self.rule
    }
}

/// What was decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// It may be shown.
    Show(Permit),
    /// It is withheld by this rule.
    Withhold(Rule),
}

/// Decides what of a resource may be shown.
#[must_use]
pub fn decide(admission: &Admission, kind: ResourceType, labels: &Labels) -> Decision {
    if !admission.types.contains(&kind) {
        return Decision::Withhold(Rule::TypeNotInScope);
    }
    if let Some(reason) = labels.reasons.first() {
        return Decision::Withhold(Rule::Labelled(*reason));
    }
    if let Some(class) = labels.sensitive.intersection(&admission.sensitive).next() {
        return Decision::Withhold(Rule::Sensitive(*class));
    }
    if labels.sections.is_empty() || !labels.sections.is_disjoint(&admission.sections_off) {
        return Decision::Withhold(Rule::SectionOff);
    }
    let level = level(admission, kind, labels);
    match LevelTable::built_in().view(level, kind) {
        None => Decision::Withhold(Rule::Level(level)),
        Some(View::Full) if labels.marks_carried == MarksCarried::No && kind != ResourceType::Patient => {
            Decision::Show(if recorded_since(labels, admission.free_text_from) {
                Permit { view: View::Full, rule: Rule::FreeTextSince(level) }
            } else {
                Permit { view: View::Coded, rule: Rule::FeedUnmarked(level) }
            })
        }
        Some(view) => Decision::Show(Permit { view, rule: Rule::Opened(level) }),
    }
}

/// Whether free text of a resource may go out at all, however clean: its feed could have marked it, a clinician reviewed
/// it, or it was recorded since the practice writes for its patients' eyes.
#[must_use]
pub fn text_may_go_out(labels: &Labels, free_text_from: Option<Date>) -> bool {
    labels.marks_carried == MarksCarried::Yes || recorded_since(labels, free_text_from)
}

/// Whether all of it was recorded on or after a day. Without a day, nothing was.
fn recorded_since(labels: &Labels, day: Option<Date>) -> bool {
    let earliest = labels.recorded.map(|(earliest, _)| earliest).filter(|_| !labels.undated);
    matches!((earliest, day), (Some(earliest), Some(day)) if earliest >= day)
}

/// Who the patient is has no date: the higher of the two levels opens it. Everything else is current only if all of
/// it was recorded on or after the effective date; with parts on both sides, the lower level counts.
fn level(admission: &Admission, kind: ResourceType, labels: &Labels) -> AccessLevel {
    if kind == ResourceType::Patient {
        return admission.current.max(admission.historical);
    }
    let on =
        |day: Date| if day >= admission.effective_date { admission.current } else { admission.historical };
    let dated = labels.recorded.map(|(earliest, latest)| on(earliest).min(on(latest)));
    match (dated, labels.undated) {
        (Some(level), false) => level,
        (Some(level), true) => level.min(admission.historical),
        (None, _) => admission.historical,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use jiff::civil::date;
    use record::Section;

    use super::*;

    fn admission(current: AccessLevel, historical: AccessLevel, off: &[Section]) -> Admission {
        Admission {
            effective_date: date(2020, 1, 1),
            current,
            historical,
            sections_off: off.iter().copied().collect(),
            sensitive: [Sensitivity::GenderIdentity].into(),
            free_text_from: Some(date(2021, 6, 1)),
            types: ResourceType::ALL.into_iter().collect(),
        }
    }

    fn shown(decision: Decision) -> Option<View> {
        match decision {
            Decision::Show(permit) => Some(permit.view()),
            Decision::Withhold(_) => None,
        }
    }

    #[test]
    fn free_text_of_a_feed_without_marks_stays_back_at_full() {
        let labels = Labels::new(Section::TestResults, Some(date(2020, 1, 1)), MarksCarried::No);
        let full = admission(AccessLevel::Full, AccessLevel::None, &[]);
        assert_eq!(shown(decide(&full, ResourceType::Observation, &labels)), Some(View::Coded));
    }

    #[test]
    fn free_text_goes_out_from_the_practices_day_on_if_all_of_it_was_recorded_since() {
        let full = admission(AccessLevel::Full, AccessLevel::Full, &[]);
        let on = |day| Labels::new(Section::TestResults, Some(day), MarksCarried::No);
        let (before, since) = (on(date(2021, 5, 31)), on(date(2021, 6, 1)));
        let view = |labels: &Labels| shown(decide(&full, ResourceType::Observation, labels));
        assert_eq!(view(&since), Some(View::Full));
        assert_eq!(view(&before), Some(View::Coded));
        let mut panel = since.clone();
        panel.join(&before);
        assert_eq!(view(&panel), Some(View::Coded));
        let mut undated = since;
        undated.undated = true;
        assert_eq!(view(&undated), Some(View::Coded));
    }

    #[test]
    fn a_class_that_is_not_for_whoever_looks_withholds() {
        let full = admission(AccessLevel::Full, AccessLevel::Full, &[]);
        let mut labels = Labels::new(Section::TestResults, Some(date(2024, 1, 1)), MarksCarried::Yes);
        labels.sensitive = [Sensitivity::DomesticAbuse].into();
        assert_eq!(shown(decide(&full, ResourceType::Observation, &labels)), Some(View::Full));
        labels.sensitive.insert(Sensitivity::GenderIdentity);
        let rule = Rule::Sensitive(Sensitivity::GenderIdentity);
        assert_eq!(decide(&full, ResourceType::Observation, &labels), Decision::Withhold(rule));
    }

    #[test]
    fn what_has_no_recorded_date_is_historical() {
        let labels = Labels::new(Section::TestResults, None, MarksCarried::Yes);
        let prospective = admission(AccessLevel::Full, AccessLevel::None, &[]);
        assert_eq!(shown(decide(&prospective, ResourceType::Observation, &labels)), None);
    }

    #[test]
    fn a_type_outside_the_scope_is_withheld() {
        let mut admission = admission(AccessLevel::Full, AccessLevel::Full, &[]);
        admission.types = BTreeSet::from([ResourceType::Patient]);
        let labels = Labels::new(Section::TestResults, Some(date(2024, 1, 1)), MarksCarried::Yes);
        assert_eq!(
            decide(&admission, ResourceType::Observation, &labels),
            Decision::Withhold(Rule::TypeNotInScope)
        );
    }
}
