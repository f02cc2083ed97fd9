//! The name of a file: `<FULL|INCREMENTAL|ADDITIONAL>_<ODS>_<table>_data_extract-<yyyy-MM-dd-HHmmss>.csv`.

use jiff::civil::DateTime;

/// A file's name, taken apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct FileName {
    /// The practice's ODS code, as written.
    pub(super) practice: String,
    /// The table, as written.
    pub(super) table: String,
    /// When it was made, as digits that can be compared.
    pub(super) made: u64,
}

impl FileName {
    /// The parts of a name, or `None` where it is not of this form.
    pub(super) fn parse(name: &str) -> Option<Self> {
        let lower = name.to_ascii_lowercase();
        let (left, right) = lower.strip_suffix(".csv")?.split_once("_data_extract-")?;
        let mut parts = left.splitn(3, '_');
        let (kind, practice, table) = (parts.next()?, parts.next()?, parts.next()?);
        let known = matches!(kind, "full" | "incremental" | "additional");
        let made = DateTime::strptime("%Y-%m-%d-%H%M%S", right).ok()?;
        let digits = made.strftime("%Y%m%d%H%M%S").to_string();
        let practice = practice.to_ascii_uppercase();
        known.then(|| Some(Self { practice, table: table.to_owned(), made: digits.parse().ok()? }))?
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_tells_practice_table_and_time() {
        let name = FileName::parse("INCREMENTAL_Y99999_journal_data_extract-2024-03-01-120500.csv").unwrap();
        assert_eq!(
            (name.practice.as_str(), name.table.as_str(), name.made),
            ("Y99999", "journal", 20_240_301_120_500)
        );
        for other in [
            "journal.csv",
            "FULL_Y99999_journal_data_extract-2024-03-01.csv",
            "FULL_Y99999_journal_data_extract-2024-13-01-120500.csv",
            "SOME_Y99999_journal_data_extract-2024-03-01-120500.csv",
            "FULL_Y99999_journal_data_extract-2024-03-01-120500.zip",
        ] {
            assert_eq!(FileName::parse(other), None, "{other}");
        }
    }
}
