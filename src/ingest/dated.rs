//! Dates that databases and spreadsheets write where they have none, whichever format they come in: such a date is left
//! out of the entry, which is told. What is special to one format its own folder does (`tpp::value`).

use std::path::Path;

use jiff::civil::{Date, date};
use record::{
    Content, Effective, Entry, Fact, Fate, Issue, IssueCode, OdsCode, Place, Severity, Sink, SinkError,
};

use crate::{Batch, Stop};

/// Day zero of spreadsheets, day zero of databases, and their last day (exports 6 and 8). Nothing in a record of today
/// was true or written down on one of them to the day.
const STAND_FOR_NONE: [Date; 3] = [date(1899, 12, 30), date(1900, 1, 1), date(9999, 12, 31)];

/// A batch whose facts are rid of such dates.
#[derive(Debug)]
pub(crate) struct Dated<B>(pub(crate) B);

impl<B: Batch> Batch for Dated<B> {
    fn total_bytes(&self) -> u64 {
        self.0.total_bytes()
    }

    fn paths(&self) -> Vec<&Path> {
        self.0.paths()
    }

    fn recall(&mut self, organisations: Vec<(String, OdsCode)>) {
        self.0.recall(organisations);
    }

    fn read(&self, sink: &mut dyn Sink) -> Result<(), Stop> {
        self.0.read(&mut Clearing(sink))
    }

    fn check(&self, progress: &mut dyn FnMut(u64)) -> Result<(), Stop> {
        self.0.check(progress)
    }
}

/// Passes everything on.
struct Clearing<'s>(&'s mut dyn Sink);

impl Sink for Clearing<'_> {
    fn fact(&mut self, place: &Place, mut fact: Fact) -> Result<Fate, SinkError> {
        let cleared = match &mut fact {
            Fact::Entry(_, entry) | Fact::Guest(_, entry) | Fact::Keyed(_, entry) => clear(entry),
            Fact::GuestGone(_)
            | Fact::GuestsReplaced(..)
            | Fact::Removed(..)
            | Fact::Reference(..)
            | Fact::Whole(_) => Vec::new(),
        };
        let fate = self.0.fact(place, fact)?;
        for what in cleared {
            self.0.warn(Issue::new(Severity::Warning, IssueCode::DatePlaceholder, place).detail(what));
        }
        Ok(fate)
    }

    fn reject(&mut self, issue: Issue) {
        self.0.reject(issue);
    }

    fn warn(&mut self, issue: Issue) {
        self.0.warn(issue);
    }

    fn progress(&mut self, bytes: u64) {
        self.0.progress(bytes);
    }
}

/// Takes such dates out; says which there were. Without a recorded date an entry counts as historical.
fn clear(entry: &mut Entry) -> Vec<&'static str> {
    let effective = match &mut entry.content {
        Some(Content::Statement(statement)) => Some(&mut statement.effective),
        Some(Content::WithLists(listed)) => Some(&mut listed.statement.effective),
        Some(Content::Patient(_) | Content::Container(_) | Content::Detail(_) | Content::OnlineAccess(_))
        | None => None,
    };
    let dates = effective.map(|date| (date, "when it was true"));
    let dates = dates.into_iter().chain([(&mut entry.recorded, "when it was recorded")]);
    dates.filter_map(|(date, what)| date.take_if(|date| stands_for_none(date)).map(|_| what)).collect()
}

fn stands_for_none(at: &Effective) -> bool {
    match at {
        Effective::Day(_) | Effective::Instant(..) => STAND_FOR_NONE.contains(&at.first_day()),
        Effective::Year(_) | Effective::Month(..) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn day_zero_stands_for_none_and_a_year_or_the_next_day_does_not() {
        for day in STAND_FOR_NONE {
            assert!(stands_for_none(&Effective::Day(day)));
        }
        let midnight = date(1900, 1, 1).at(0, 0, 0, 0);
        assert!(stands_for_none(&Effective::local(midnight).unwrap()));
        for other in [Effective::Day(date(1900, 1, 2)), Effective::Year(1900), Effective::Month(1900, 1)] {
            assert!(!stands_for_none(&other), "{other}");
        }
    }
}
