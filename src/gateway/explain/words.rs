//! What people of a practice read about an answer, and the stable code beside it.

use policy::View;

use super::{Answer, Explained, Refused, Told};
use crate::fhir::{Closed, Hidden};

impl Refused {
    /// A stable code.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::App => "app-not-served",
            Self::User => "not-entitled",
            Self::OtherRole => "other-role",
            Self::Closed(Closed::NoRecord) => "no-record",
            Self::Closed(Closed::NoProxy) => "no-proxy-grant",
            Self::Closed(Closed::Refused(refusal)) => refusal.code(),
            Self::OtherTables => "other-tables",
        }
    }

    /// In words.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::App => "there is no such app, or it is not approved, or not any longer",
            Self::User => {
                "there is no such account, or this record is neither its own nor one that it acts for"
            }
            Self::OtherRole => "the account opens this record in the other role",
            Self::Closed(Closed::NoRecord) => "nothing was ever released of this patient",
            Self::Closed(Closed::NoProxy) => {
                "the account acts for this patient, but the practice has granted it no access"
            }
            Self::Closed(Closed::Refused(refusal)) => refusal.words(),
            Self::OtherTables => {
                "tables have changed that say what may be shown: requests are answered with 503 until `recordgate admin \
                 reproject` has made the record anew"
            }
        }
    }
}

impl Answer {
    /// A stable code.
    #[must_use]
    pub fn code(self) -> String {
        match self {
            Self::Shown { rule, .. } | Self::Hidden(Hidden::Withheld(rule)) => rule.code(),
            Self::Hidden(Hidden::NoView(_, view)) => format!("no-view:{}", view.name()),
            Self::Hidden(Hidden::Closed(closed)) => Refused::Closed(closed).code().to_owned(),
            Self::Refused(refused) => refused.code().to_owned(),
            Self::NotReleased => "not-released".to_owned(),
        }
    }

    /// In words.
    #[must_use]
    pub fn words(self) -> String {
        match self {
            Self::Shown { rule, .. } | Self::Hidden(Hidden::Withheld(rule)) => rule.words(),
            Self::Hidden(Hidden::NoView(..)) => {
                "nothing is left of it once everything is taken away that its view does not show".to_owned()
            }
            Self::Hidden(Hidden::Closed(closed)) => Refused::Closed(closed).words().to_owned(),
            Self::Refused(refused) => refused.words().to_owned(),
            Self::NotReleased => "it came lately, and the record waits to be made anew".to_owned(),
        }
    }

    /// The view that is shown, if any is.
    #[must_use]
    pub fn view(self) -> Option<View> {
        match self {
            Self::Shown { view, .. } => Some(view),
            Self::Hidden(_) | Self::Refused(_) | Self::NotReleased => None,
        }
    }
}

/// How often something was answered.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Count {
    /// The view, if any is shown.
    pub view: Option<View>,
    /// The code of the rule or reason.
    pub code: String,
    /// It in words; for an entry that is part of no resource its code has to do.
    pub words: Option<String>,
    /// How often.
    pub count: usize,
}

impl Explained {
    /// Answers by rule, the shown ones first; an entry that is part of several resources counts in each.
    #[must_use]
    pub fn summary(&self) -> Vec<Count> {
        let mut counts: Vec<Count> = Vec::new();
        let lines = self.entries.iter().flat_map(lines);
        for (view, code, words) in lines {
            match counts.iter_mut().find(|one| one.view == view && one.code == code) {
                Some(one) => one.count += 1,
                None => counts.push(Count { view, code, words, count: 1 }),
            }
        }
        counts
            .sort_by(|a, b| (a.words.is_none(), b.view, &a.code).cmp(&(b.words.is_none(), a.view, &b.code)));
        counts
    }
}

fn lines(told: &Told) -> Vec<(Option<View>, String, Option<String>)> {
    let of_answer = |answer: Answer| (answer.view(), answer.code(), Some(answer.words()));
    match (told.resources.as_slice(), told.nothing) {
        ([], Some(nothing)) => vec![(None, nothing.to_owned(), None)],
        ([], None) => vec![(None, told.waits.map_or("nothing", record::IssueCode::code).to_owned(), None)],
        (resources, _) => resources.iter().map(|resource| of_answer(resource.answer)).collect(),
    }
}
