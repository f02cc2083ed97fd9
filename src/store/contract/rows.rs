//! The log of rows.

use record::{Fate, Issue, IssueCode, Row, Severity};

use super::*;
use crate::{RowLog, RowPage};

fn place(file: &str, line: u64) -> Place {
    Place { file: file.into(), line }
}

fn row(file: &str, line: u64, fate: Option<Fate>, codes: &[IssueCode]) -> Row {
    let issue = |code: &IssueCode| Issue::new(Severity::Warning, *code, &place(file, line)).field("Column");
    Row { place: place(file, line), fate, issues: codes.iter().map(issue).collect() }
}

fn all(store: &dyn Store, batch: u64) -> Vec<Row> {
    let mut rows = Vec::new();
    let mut after = Vec::new();
    while let Some(RowPage { rows: more, next }) = store.rows(&practice(), batch, &after).unwrap() {
        rows.extend(more);
        after = next;
    }
    rows
}

#[test]
fn rows_come_back_in_the_order_of_files_and_lines_however_they_were_logged() {
    let fixture = fixture();
    let store = &fixture.store;
    let batch = store.begin(&practice(), "batch").unwrap().batch;
    let stored = Some(Fate::Stored);
    store.log_rows(&practice(), batch, &[row("b", 70, stored, &[]), row("b", 3, stored, &[])]).unwrap();
    let many: Vec<Row> = (1..3_000).map(|line| row("a", line, stored, &[])).collect();
    store.log_rows(&practice(), batch, &many).unwrap();
    store.log_rows(&practice(), batch, &[row("b", 4, stored, &[])]).unwrap();
    let rows = all(store, batch);
    assert_eq!(rows.len(), 3_002);
    assert_eq!(rows[..3].iter().map(|row| row.place.line).collect::<Vec<_>>(), [3, 4, 70]);
    assert!(rows[3..] == many[..]);
    assert_eq!(all(store, batch + 1), [], "another batch has its own");
    let other: OdsCode = "Y99998".parse().unwrap();
    assert!(store.rows(&other, batch, &[]).unwrap().is_none(), "and so has another practice");
}

#[test]
fn what_is_said_of_a_line_joins_its_row() {
    let fixture = fixture();
    let store = &fixture.store;
    let batch = store.begin(&practice(), "batch").unwrap().batch;
    let (ignored, date) = (IssueCode::PartIgnored, IssueCode::DateInvalid);
    store
        .log_rows(
            &practice(),
            batch,
            &[
                row("a", 1, None, &[IssueCode::ColumnUnknown]),
                row("a", 2, None, &[ignored]),
                row("a", 2, Some(Fate::Stored), &[]),
                row("a", 3, Some(Fate::Rejected), &[date]),
            ],
        )
        .unwrap();
    store.log_rows(&practice(), batch, &[row("a", 3, None, &[ignored])]).unwrap();
    let expected = [
        row("a", 1, None, &[IssueCode::ColumnUnknown]),
        row("a", 2, Some(Fate::Stored), &[ignored]),
        row("a", 3, Some(Fate::Rejected), &[date, ignored]),
    ];
    assert_eq!(all(store, batch), expected);
    assert_eq!(store.rows_at(&practice(), batch, &place("a", 3)).unwrap(), expected[2..]);
    assert_eq!(store.rows_at(&practice(), batch, &place("z", 3)).unwrap(), []);
}

#[test]
fn a_row_that_turns_out_to_wait_is_parked_once() {
    let fixture = fixture();
    let store = &fixture.store;
    let batch = store.begin(&practice(), "batch").unwrap().batch;
    let rows = [row("a", 9, Some(Fate::Stored), &[]), row("a", 9, Some(Fate::Unchanged), &[])];
    store.log_rows(&practice(), batch, &rows).unwrap();
    let wait = |file: &str, line, stored| (place(file, line), IssueCode::CodeAwaited, stored);
    let waiting =
        [wait("a", 9, true), wait("a", 9, true), wait("a", 9, false), wait("a", 8, true), wait("b", 9, true)];
    assert_eq!(store.park_rows(&practice(), batch, &waiting).unwrap(), [true, false, true, false, false]);
    let found = all(store, batch);
    assert!(found.iter().all(|row| row.fate == Some(Fate::Parked)), "{found:?}");
    assert!(found.iter().all(|row| row.issues[0].code == IssueCode::CodeAwaited));
}

#[test]
fn a_batch_that_is_begun_again_begins_its_log_again_and_the_oldest_log_goes() {
    let fixture = fixture();
    let store = &fixture.store;
    let log = |line| {
        let begun = store.begin(&practice(), "batch").unwrap();
        store.log_rows(&practice(), begun.batch, &[row("a", line, Some(Fate::Stored), &[])]).unwrap();
        begun
    };
    assert!(!log(1).resumed && log(2).resumed);
    assert_eq!(all(store, 1), [row("a", 2, Some(Fate::Stored), &[])]);
    for _ in 2..=101 {
        store.close(&practice()).unwrap();
        log(7);
    }
    assert_eq!((all(store, 1).len(), all(store, 2).len(), all(store, 101).len()), (0, 1, 1));
    store.forget_rows(&practice(), 2).unwrap();
    assert_eq!((all(store, 2).len(), all(store, 3).len()), (0, 1));
}
