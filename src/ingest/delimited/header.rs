//! The header of a file: which of a table's columns stand where, and whether the file may be read at all.
//!
//! Versions differ by columns only, and in the case of some names, so the header is all there is to tell them apart.

use csv::StringRecord;
use record::{Issue, IssueCode, Place, Severity};

use super::column::{Column, Spec};

/// Words in the name of a column that we do not know for which we refuse the file: it may say what a patient must
/// not see, and ignoring it would show that. Compared in lower case, without anything but letters and digits.
const SPEAKS_OF_VISIBILITY: [&str; 22] = [
    "access",
    "confiden",
    "consent",
    "disclos",
    "dissent",
    "exclu",
    "hidden",
    "hide",
    "nopat",
    "online",
    "optout",
    "privacy",
    "private",
    "protect",
    "redact",
    "restrict",
    "safeguard",
    "secret",
    "sensitiv",
    "suppress",
    "thirdparty",
    "visib",
];

/// Columns that take something away from what is shown, and that not every version of their tables has. A file without
/// one is read; one in which another column has nearly its name is not, because the name may be a slip of the pen.
const WITHHOLDING: [&str; 4] = ["removeddata", "deleted", "complete", "notgiven"];

/// More columns are no header: looking at each against each would take minutes.
const MOST_COLUMNS: usize = 1_000;

/// The names in a file's first line.
#[derive(Debug)]
pub(crate) struct Header {
    /// In lower case.
    names: Vec<String>,
}

impl Header {
    /// Reads the first line of a file of a table, and gives warnings with it.
    ///
    /// # Errors
    /// The fatal issues for which the file is refused.
    pub(crate) fn read(
        line: &StringRecord,
        spec: &Spec,
        place: &Place,
    ) -> Result<(Self, Vec<Issue>), Vec<Issue>> {
        if line.len() > MOST_COLUMNS {
            let detail = format!("the header has {} columns, and no table has {MOST_COLUMNS}", line.len());
            return Err(vec![Issue::new(Severity::Fatal, IssueCode::TooLarge, place).detail(detail)]);
        }
        let names: Vec<String> = line.iter().map(|name| name.trim().to_lowercase()).collect();
        let header = Self { names };
        header.is_one(spec, place)?;
        let mut issues = header.missing(spec, place);
        issues.extend(header.repeated(spec, place));
        issues.extend(header.misleading(spec, place));
        for (at, name) in line.iter().enumerate() {
            issues.extend(unknown(at, name.trim(), spec, place));
            issues.extend(header.misspelt(at, name.trim(), spec, place));
        }
        if issues.iter().any(|issue| issue.severity == Severity::Fatal) {
            issues.retain(|issue| issue.severity == Severity::Fatal);
            return Err(issues);
        }
        Ok((header, issues))
    }

    /// The columns of a version whose files have no header.
    pub(crate) fn given(columns: &[&str]) -> Self {
        Self { names: columns.iter().map(|name| name.to_lowercase()).collect() }
    }

    /// How many fields each row must have.
    pub(crate) fn width(&self) -> usize {
        self.names.len()
    }

    /// Where a column stands.
    pub(crate) fn column(&self, name: &'static str) -> Column {
        Column { name, at: self.names.iter().position(|have| have.eq_ignore_ascii_case(name)) }
    }

    /// A line that has not even half of the columns is data, or of another table or format; its fields may be a
    /// patient's, so nothing of it is told.
    fn is_one(&self, spec: &Spec, place: &Place) -> Result<(), Vec<Issue>> {
        let found = spec.required.iter().filter(|name| self.column(name).at.is_some()).count();
        if found * 2 >= spec.required.len() {
            return Ok(());
        }
        let detail =
            format!("the first line is not the header of {}: comma-separated column names", spec.name);
        Err(vec![Issue::new(Severity::Fatal, IssueCode::WrongFormat, place).detail(detail)])
    }

    fn missing(&self, spec: &Spec, place: &Place) -> Vec<Issue> {
        let missing = spec.required.iter().filter(|name| self.column(name).at.is_none());
        missing.map(|name| Issue::new(Severity::Fatal, IssueCode::ColumnMissing, place).field(name)).collect()
    }

    /// Some versions lack columns without which the rest can mislead.
    fn misleading(&self, spec: &Spec, place: &Place) -> Vec<Issue> {
        const SIGN: &str = "results such as >90 cannot be told from 90; ask the supplier for the column";
        const REMOVED: &str = "what the source has removed cannot be seen; ask the supplier for the column";
        let lacks = |name: &&str| {
            spec.optional.contains(name) && self.names.iter().all(|have| !have.eq_ignore_ascii_case(name))
        };
        let costly = [("NumericOperator", SIGN), ("NumericComparator", SIGN), ("RemovedData", REMOVED)];
        let issue = |(name, detail): (&str, &str)| {
            Issue::new(Severity::Warning, IssueCode::ColumnMissing, place).field(name).detail(detail)
        };
        costly.into_iter().filter(|(name, _)| lacks(name)).map(issue).collect()
    }

    /// A column that we do not know in place of one that would withhold.
    fn misspelt(&self, at: usize, name: &str, spec: &Spec, place: &Place) -> Option<Issue> {
        if known(name, spec).is_some() {
            return None;
        }
        let lacking = spec.optional.iter().filter(|optional| self.column(optional).at.is_none());
        let mut withholding = lacking.filter(|lacking| WITHHOLDING.contains(&bare(lacking).as_str()));
        let meant = withholding.find(|lacking| is_nearly(&bare(lacking), &bare(name)))?;
        let issue = Issue::new(Severity::Fatal, IssueCode::ColumnVisibility, place);
        let detail = format!("the file has no {meant}, and this may be what was meant");
        Some(issue.field(&printable(at, name, spec)).detail(&detail))
    }

    fn repeated(&self, spec: &Spec, place: &Place) -> Vec<Issue> {
        let again = |at: usize, name: &String| {
            !name.is_empty() && self.names.iter().take(at).any(|have| have == name)
        };
        let repeated = self.names.iter().enumerate().filter(|(at, name)| again(*at, name));
        let issue = |(at, name): (usize, &String)| {
            Issue::new(Severity::Fatal, IssueCode::ColumnDuplicate, place).field(&printable(at, name, spec))
        };
        repeated.map(issue).collect()
    }
}

/// The issue with a column that no published version of the table has.
fn unknown(at: usize, name: &str, spec: &Spec, place: &Place) -> Option<Issue> {
    if known(name, spec).is_some() {
        return None;
    }
    let bare = bare(name);
    let issue = if bare.is_empty() {
        // What has no name might carry anything.
        Issue::new(Severity::Fatal, IssueCode::ColumnUnknown, place).detail("the column has no name")
    } else if SPEAKS_OF_VISIBILITY.iter().any(|word| bare.contains(word)) {
        Issue::new(Severity::Fatal, IssueCode::ColumnVisibility, place)
    } else {
        Issue::new(Severity::Warning, IssueCode::ColumnUnknown, place)
    };
    Some(issue.field(&printable(at, name, spec)))
}

/// Letters and digits, in lower case.
fn bare(name: &str) -> String {
    name.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase()
}

/// Whether two names become one by at most two letters that are added, left out or changed.
fn is_nearly(one: &str, other: &str) -> bool {
    const SLIPS: usize = 2;
    if one.len().abs_diff(other.len()) > SLIPS {
        return false;
    }
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (at, letter) in one.bytes().enumerate() {
        let mut before = at;
        let mut left = at + 1;
        let mut next = vec![left];
        for (theirs, above) in other.bytes().zip(row.iter().skip(1)) {
            left = (before + usize::from(letter != theirs)).min(left + 1).min(above + 1);
            before = *above;
            next.push(left);
        }
        row = next;
    }
    row.last().is_some_and(|slips| *slips <= SLIPS)
}

fn known(name: &str, spec: &Spec) -> Option<&'static str> {
    let mut all = spec.required.iter().chain(spec.optional).chain(spec.unused);
    all.find(|known| known.eq_ignore_ascii_case(name)).copied()
}

/// A column's name if it looks like one, else its number: a stray value must not reach a report.
fn printable(at: usize, name: &str, spec: &Spec) -> String {
    if let Some(known) = known(name, spec) {
        return known.to_owned();
    }
    let begins = name.bytes().next().is_some_and(|byte| byte.is_ascii_alphabetic());
    let fits = name.len() <= 60 && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    if begins && fits { name.to_owned() } else { format!("column {}", at + 1) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SPEC: Spec = Spec {
        name: "A_B",
        required: &["Id", "DateOfX", "Hidden"],
        optional: &["Extra"],
        unused: &["Private"],
    };

    fn read(names: &[&str]) -> Result<(Header, Vec<Issue>), Vec<Issue>> {
        Header::read(&StringRecord::from(names.to_vec()), &SPEC, &Place { file: "f.csv".into(), line: 1 })
    }

    fn refusals(names: &[&str]) -> Vec<(IssueCode, Option<String>)> {
        read(names).unwrap_err().into_iter().map(|issue| (issue.code, issue.field)).collect()
    }

    #[test]
    fn columns_are_found_in_any_order_and_case() {
        let (header, warnings) = read(&["hidden", " DateofX ", "ID"]).unwrap();
        assert_eq!((header.column("DateOfX").at, header.column("Id").at), (Some(1), Some(2)));
        assert_eq!(header.column("Extra").at, None);
        assert_eq!(warnings, []);
    }

    #[test]
    fn a_missing_or_repeated_column_refuses_the_file() {
        assert_eq!(refusals(&["Id", "DateOfX"]), [(IssueCode::ColumnMissing, Some("Hidden".into()))]);
        assert_eq!(
            refusals(&["Id", "DateOfX", "Hidden", "iD"]),
            [(IssueCode::ColumnDuplicate, Some("Id".into()))]
        );
    }

    #[test]
    fn an_unknown_column_is_a_warning_unless_its_name_speaks_of_visibility() {
        let (_, warnings) = read(&["Id", "DateOfX", "Hidden", "NewThing"]).unwrap();
        assert_eq!(
            (warnings[0].code, warnings[0].field.as_deref()),
            (IssueCode::ColumnUnknown, Some("NewThing"))
        );
        for name in [
            "Online_Visibility",
            "ONLINEVISIBLE",
            "IsSensitive",
            "Redacted",
            "No-Pat",
            "IsRestricted",
            "SuppressOnline",
            "Confidentiality",
            "hide_from_patient",
        ] {
            let refusals = refusals(&["Id", "DateOfX", "Hidden", name]);
            assert_eq!(refusals.len(), 1, "{name}");
            assert_eq!(refusals[0].0, IssueCode::ColumnVisibility, "{name}");
        }
    }

    #[test]
    fn a_misspelt_column_that_would_withhold_refuses_the_file_and_one_that_is_not_there_does_not() {
        let spec = Spec { optional: &["RemovedData", "Extra"], ..SPEC };
        let read = |name: &str| {
            let names = StringRecord::from(vec!["Id", "DateOfX", "Hidden", name]);
            Header::read(&names, &spec, &Place { file: "f.csv".into(), line: 1 })
        };
        for name in ["RemxovedData", "RemvedData", "Removed_Date", "emovedData", "RemoevdData"] {
            let refused = read(name).unwrap_err();
            assert_eq!(refused[0].code, IssueCode::ColumnVisibility, "{name}");
        }
        for name in ["Extr", "Removed", "RemovedData", "Unrelated"] {
            assert!(read(name).is_ok(), "{name}");
        }
    }

    #[test]
    fn a_column_that_we_know_may_speak_of_visibility() {
        assert!(read(&["Id", "DateOfX", "Hidden", "Private"]).unwrap().1.is_empty());
    }

    #[test]
    fn a_column_without_a_name_refuses_the_file() {
        assert_eq!(
            refusals(&["Id", "DateOfX", "Hidden", ""]),
            [(IssueCode::ColumnUnknown, Some("column 4".into()))]
        );
    }

    #[test]
    fn t66_a_header_of_very_many_columns_is_refused_in_few_words() {
        let many: Vec<String> = (0..200_000).map(|number| format!("c{number}")).collect();
        let refused = read(&many.iter().map(String::as_str).collect::<Vec<_>>()).unwrap_err();
        assert_eq!((refused.len(), refused[0].code, refused[0].line), (1, IssueCode::TooLarge, 1));
    }

    #[test]
    fn a_first_line_of_data_is_no_header_and_is_not_told() {
        let refused = read(&["{0A}", "Jane", "1990-01-01"]).unwrap_err();
        assert_eq!(refused[0].code, IssueCode::WrongFormat);
        assert!(!format!("{refused:?}").contains("Jane"));
    }
}
