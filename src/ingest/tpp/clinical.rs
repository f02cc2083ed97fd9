//! What rows of codes, vaccinations and consents share: codes, the event around them, and a statement to begin with.

use record::{CodeRef, CodeSystem, Coded, Coding, Effective, IssueCode, Link, Mark, Role, Statement};

use super::{entry::entry_id, event, row::Row, value::Named};
use crate::{
    delimited::Column,
    snomed::{self, component},
};

/// The event that a row was recorded in. Marks come down from it, so one that cannot be read may hide a mark.
pub(super) fn event_link(row: &mut Row<'_>, column: Column, marks: &mut Vec<Mark>) -> Vec<Link> {
    match row.named(column) {
        Named::Id(number) => {
            let to = entry_id(event::PREFIX, number);
            to.map(|to| Link { role: Role::Consultation, to }).into_iter().collect()
        }
        Named::Nothing => Vec::new(),
        Named::Malformed => {
            row.warn(
                IssueCode::KeyInvalid,
                column,
                "the entry depends on what cannot be found, and is withheld",
            );
            marks.push(Mark::Unrecognised);
            Vec::new()
        }
    }
}

/// The columns of a code in both systems. A version may lack those of SNOMED CT.
#[derive(Clone, Copy, Debug)]
pub(super) struct CodeColumns {
    /// CTV3.
    pub(super) ctv3: Column,
    /// Its term, where the table has one.
    pub(super) ctv3_text: Option<Column>,
    /// SNOMED CT.
    pub(super) snomed: Column,
    /// Its term, where the table has one.
    pub(super) snomed_text: Option<Column>,
}

/// The concept, CTV3 first because it is what was chosen. Codes that begin with `Y` are the system's own additions to
/// CTV3. Without a code that can be read it is the term alone, if there is one.
pub(super) fn concept(row: &mut Row<'_>, columns: CodeColumns) -> Option<Coded> {
    let display = |row: &Row<'_>, column: Option<Column>| column.and_then(|column| row.some(column));
    let mut codings = Vec::new();
    if let Some(code) = code(row, columns.ctv3, is_ctv3) {
        codings.push(Coding { system: CodeSystem::Ctv3, code, display: display(row, columns.ctv3_text) });
    }
    if let Some(code) = code(row, columns.snomed, |text| component(text).is_some()) {
        let system = snomed::system(&code);
        codings.push(Coding { system, code, display: display(row, columns.snomed_text) });
    }
    if codings.is_empty() {
        let words = display(row, columns.ctv3_text).or_else(|| display(row, columns.snomed_text))?;
        return Coded::words(&words);
    }
    Some(Coded { codings, original_text: None })
}

fn code(row: &mut Row<'_>, column: Column, fits: fn(&str) -> bool) -> Option<String> {
    match row.text(column) {
        text if super::value::is_nothing(text) => None,
        text if fits(text) => Some(text.to_owned()),
        _ => {
            row.warn(IssueCode::PartIgnored, column, "it is not a code of this system");
            None
        }
    }
}

/// Five characters, dots at the end.
fn is_ctv3(text: &str) -> bool {
    let code = text.trim_end_matches('.');
    text.len() == 5 && !code.is_empty() && code.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

/// A statement about the patient of which only the code is known.
pub(super) fn statement(code: CodeRef) -> Statement {
    Statement::of_patient(code)
}

/// When it was true and who did it.
///
/// # Errors
/// If the date is neither nothing nor a date.
pub(super) fn done(
    row: &mut Row<'_>,
    when: Column,
    by: Column,
) -> Result<(Option<Effective>, Option<String>), record::Issue> {
    Ok((row.moment(when)?, row.mention(by)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_told_from_what_is_none() {
        for code in ["2469.", "XaJLa", "Y0001", "X....", "246A."] {
            assert!(is_ctv3(code), "{code}");
        }
        for other in ["", ".....", "246", "246..00", "2.69.", "24 9.", "é469."] {
            assert!(!is_ctv3(other), "{other}");
        }
    }
}
