//! What the rows of a patient mean.

use crate::{
    life::{Life, Marks, Oddity, meaning},
    oracle::Meant,
};

/// Each statement. What has a code that the batch does not bring waits for it.
pub fn of(life: &Life) -> impl Iterator<Item = Meant> {
    let (marks, patient) = (Marks::of(life), life.who.id.lower());
    let rows = life.statements.iter().enumerate();
    rows.filter(|(_, statement)| statement.oddity != Some(Oddity::ProblemWithoutStatement)).map(
        move |(number, statement)| {
            let meant = meaning::meant(life, &marks, &patient, number, statement);
            match statement.oddity {
                None | Some(Oddity::CutQualifiers) => meant,
                Some(Oddity::UnknownCode) => Meant { kind: "waits", ..meant },
                // What it stands in may be marked: until that has come nobody knows.
                Some(_) => Meant { hidden: true, ..meant },
            }
        },
    )
}
