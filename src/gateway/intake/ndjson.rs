//! The report row by row, as newline-delimited JSON: each row of each file in the order in which it was sent.

use bytes::Bytes;
use record::{Issue, OdsCode, Row, RowEntry};
use serde_json::{Value, json};
use store::{Store, StoreError};

/// The lines of the next rows of a batch's log, and from where to go on. None after the last.
///
/// # Errors
/// If the store cannot be read.
pub fn lines(
    store: &dyn Store,
    practice: &OdsCode,
    batch: u64,
    after: &[u8],
) -> Result<Option<(Bytes, Vec<u8>)>, StoreError> {
    let Some(page) = store.rows(practice, batch, after)? else { return Ok(None) };
    let mut out = Vec::with_capacity(page.rows.len() * 96);
    for row in &page.rows {
        out.extend_from_slice(line(row).to_string().as_bytes());
        out.push(b'\n');
    }
    Ok(Some((out.into(), page.next)))
}

/// `{"file":"a.csv","line":2,"fate":"parked","issues":[{"severity":"warning","code":"code-awaited",…}]}`. What is said
/// of a line that is no row, such as a header, has no fate.
fn line(row: &Row) -> Value {
    let mut line = json!({"file": row.place.file, "line": row.place.line});
    if let Some(fate) = row.fate {
        line["fate"] = json!(fate);
    }
    if let Some(RowEntry::Id(entry)) = &row.entry {
        line["entry"] = entry.as_str().into();
    }
    if !row.issues.is_empty() {
        line["issues"] = row.issues.iter().map(issue).collect();
    }
    line
}

fn issue(issue: &Issue) -> Value {
    let mut said = json!({"severity": issue.severity, "code": issue.code, "advice": issue.code.advice()});
    if let Some(field) = &issue.field {
        said["field"] = field.as_str().into();
    }
    if let Some(detail) = &issue.detail {
        said["detail"] = detail.as_str().into();
    }
    said
}

/// The issues for which a batch was refused, in the same form.
pub(super) fn refusal(issues: &[Issue]) -> Vec<u8> {
    let mut out = Vec::new();
    for one in issues {
        let line = json!({"file": one.file, "line": one.line, "issues": [issue(one)]});
        out.extend_from_slice(line.to_string().as_bytes());
        out.push(b'\n');
    }
    out
}
