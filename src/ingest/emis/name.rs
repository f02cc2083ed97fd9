//! The name of a file of the extract:
//! `<procIdStart>-<procIdEnd>_<Schema>_<Table>_<yyyyMMddHHmmss>_<agreement GUID>.csv`; older feeds have one
//! processing id. It alone says which table a file holds and which batch it belongs to.

use super::value::guid;

/// A file's name, taken apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct FileName {
    /// `<Schema>_<Table>`, as written.
    pub(super) table: String,
    /// What all files of one batch have in common.
    pub(super) run: Run,
}

/// The batch that a file's name says it belongs to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Run {
    /// The first processing id.
    pub(super) first: u64,
    /// The last one.
    pub(super) last: u64,
    at: String,
    agreement: String,
}

impl FileName {
    /// The parts of a name, or `None` where it is not of this form.
    pub(super) fn parse(name: &str) -> Option<Self> {
        let stem = strip_suffix(name, ".csv")?;
        let mut parts = stem.split('_');
        let (ids, schema, table) = (parts.next()?, parts.next()?, parts.next()?);
        let (at, agreement) = (parts.next()?, parts.next()?);
        if parts.next().is_some() || schema.is_empty() || table.is_empty() {
            return None;
        }
        let (first, last) = ids.split_once('-').unwrap_or((ids, ids));
        let (first, last) = (number(first)?, number(last)?);
        if at.len() != 14 || number(at).is_none() || first > last {
            return None;
        }
        let run = Run { first, last, at: at.to_owned(), agreement: guid(agreement)? };
        Some(Self { table: format!("{schema}_{table}"), run })
    }
}

/// A name without its ending, in whatever case that is written.
pub(super) fn strip_suffix<'n>(name: &'n str, suffix: &str) -> Option<&'n str> {
    let at = name.len().checked_sub(suffix.len())?;
    let (stem, end) = name.split_at_checked(at)?;
    end.eq_ignore_ascii_case(suffix).then_some(stem)
}

fn number(text: &str) -> Option<u64> {
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok())?
}

#[cfg(test)]
mod tests {
    use super::*;

    const GUID: &str = "0A0B0C0D-0000-4000-8000-000000000001";

    #[test]
    fn a_name_has_processing_ids_a_table_a_time_and_an_agreement() {
        let name =
            FileName::parse(&format!("291-340_CareRecord_Observation_20240301120000_{GUID}.csv")).unwrap();
        assert_eq!(
            (name.table.as_str(), name.run.first, name.run.last),
            ("CareRecord_Observation", 291, 340)
        );
        let older = FileName::parse(&format!("291_Admin_Patient_20240301120000_{{{GUID}}}.CSV")).unwrap();
        assert_eq!((older.run.first, older.run.last), (291, 291));
    }

    #[test]
    fn files_of_one_batch_have_equal_runs_however_the_agreement_is_written() {
        let one = FileName::parse(&format!("1-2_Admin_Patient_20240301120000_{GUID}.csv")).unwrap();
        let two = FileName::parse(&format!("1-2_Admin_Location_20240301120000_{}.csv", GUID.to_lowercase()))
            .unwrap();
        let later = FileName::parse(&format!("3-4_Admin_Patient_20240301120000_{GUID}.csv")).unwrap();
        assert_eq!(one.run, two.run);
        assert_ne!(one.run, later.run);
    }

    #[test]
    fn other_names_are_not_of_this_format() {
        for name in [
            "SRPatient.csv".to_owned(),
            "Admin_Patient.csv".to_owned(),
            format!("2-1_Admin_Patient_20240301120000_{GUID}.csv"),
            format!("1-2_Admin_Patient_20240301_{GUID}.csv"),
            format!("1-2_Admin_Patient_20240301120000_{GUID}.csv.gpg"),
            format!("1-2_Admin_Patient_Old_20240301120000_{GUID}.csv"),
            "1-2_Admin_Patient_20240301120000_x.csv".to_owned(),
            "é.csv".to_owned(),
        ] {
            assert_eq!(FileName::parse(&name), None, "{name}");
        }
    }
}
