//! What a message means. Chance puts marks and leaves out times where a record says nothing of it, so the writer notes
//! what it has done.

use std::collections::BTreeSet;

use crate::{
    dice::Guid,
    life::{Life, Marks, Statement, meaning},
    oracle::Meant,
};

/// What was written of a record that the record itself does not say. Statements are meant by number.
#[derive(Default)]
pub(super) struct Written {
    /// Marked, by themselves or by what they stand in or are filed under.
    pub(super) marks: Marks,
    /// Without a time of their own: it is that at which they were written down.
    pub(super) undated: BTreeSet<Guid>,
}

impl Written {
    /// Every statement.
    pub(super) fn meant(mut self, life: &Life) -> impl Iterator<Item = Meant> {
        let Marks { statements, problems } = Marks::of(life);
        self.marks.statements.extend(statements);
        self.marks.problems.extend(problems);
        let patient = format!("nhs:{}", life.who.nhs);
        life.statements.iter().enumerate().map(move |(number, statement)| {
            let meant = meaning::meant(life, &self.marks, &patient, number, statement);
            Meant {
                kind: meaning::kind(statement, &["Referral", "Family history"]),
                date: self.date(whole(life, statement)),
                ..meant
            }
        })
    }
    fn date(&self, statement: &Statement) -> String {
        if self.undated.contains(&statement.id) {
            meaning::instant(statement.entered)
        } else {
            meaning::date(statement)
        }
    }
}

/// What has the time: of a blood pressure's half it is the whole.
fn whole<'a>(life: &'a Life, statement: &'a Statement) -> &'a Statement {
    let half = ["systolic", "diastolic"].iter().any(|half| statement.code.key.starts_with(half));
    let parent = statement.parent.filter(|_| half).and_then(|parent| life.statements.get(parent));
    parent.unwrap_or(statement)
}
