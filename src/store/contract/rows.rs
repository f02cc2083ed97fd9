//! The log of rows.

use record::{Fate, Issue, IssueCode, Row, Severity};

use super::*;
use crate::{KeepRows, RowLog, RowPage, Swept};

fn place(file: &str, line: u64) -> Place {
    Place { file: file.into(), line }
}

fn row(file: &str, line: u64, fate: Option<Fate>, codes: &[IssueCode]) -> Row {
    let issue = |code: &IssueCode| Issue::new(Severity::Warning, *code, &place(file, line)).field("Column");
    Row { place: place(file, line), fate, issues: codes.iter().map(issue).collect(), entry: None }
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
fn a_batch_that_is_begun_again_begins_its_log_again() {
    let fixture = fixture();
    let store = &fixture.store;
    assert!(!logged(store, "Y99999", 1).resumed && logged(store, "Y99999", 2).resumed);
    assert_eq!(all(store, 1), [row("a", 2, Some(Fate::Stored), &[])]);
    store.close(&practice()).unwrap();
    store.settle(&practice()).unwrap();
    logged(store, "Y99999", 3);
    store.forget_rows(&practice(), 1).unwrap();
    assert_eq!((all(store, 1).len(), all(store, 2).len()), (0, 1));
}

/// Begins a batch and logs so many rows of it.
fn logged(store: &dyn Store, ods: &str, rows: u64) -> crate::Begun {
    let practice: OdsCode = ods.parse().unwrap();
    let begun = store.begin(&practice, "batch").unwrap();
    let from = if rows > 3 { 1 } else { rows };
    let rows: Vec<Row> = (from..=rows).map(|line| row("a", line, Some(Fate::Stored), &[])).collect();
    store.log_rows(&practice, begun.batch, &rows).unwrap();
    begun
}

const DAY: i64 = 24 * 3600;

fn day(number: i64) -> Timestamp {
    Timestamp::from_second(1_790_000_000 + number * DAY).unwrap()
}

fn keep(rows: u64) -> KeepRows {
    KeepRows { age: std::time::Duration::from_secs(35 * 24 * 3600), rows }
}

fn swept(ods: &str, by_age: u64, for_room: u64) -> Swept {
    Swept { practice: ods.parse().unwrap(), by_age, for_room }
}

#[test]
fn logs_go_by_age_and_not_by_how_many_batches_come_after_them() {
    let fixture = fixture();
    let store = &fixture.store;
    for number in 0..150 {
        logged(store, "Y99999", 1);
        store.close(&practice()).unwrap();
        store.settle(&practice()).unwrap();
        assert_eq!(store.sweep_rows(day(number / 5), &keep(9_999)).unwrap(), []);
    }
    assert_eq!((all(store, 1).len(), all(store, 150).len()), (1, 1), "none is too old on the thirtieth day");
    assert_eq!(store.sweep_rows(day(35), &keep(9_999)).unwrap(), [], "exactly 35 days are not more");
    assert_eq!(store.sweep_rows(day(36), &keep(9_999)).unwrap(), [swept("Y99999", 5, 0)]);
    assert_eq!((all(store, 5).len(), all(store, 6).len()), (0, 1));
    assert_eq!(store.logged(&practice()).unwrap(), (6..=150).collect::<Vec<u64>>());
    assert_eq!(store.logged(&"Y9999".parse().unwrap()).unwrap(), [0; 0], "a code that begins alike has none");
    assert_eq!(store.sweep_rows(day(99), &keep(9_999)).unwrap(), [swept("Y99999", 145, 0)]);
    assert_eq!(store.sweep_rows(day(999), &keep(0)).unwrap(), []);
}

#[test]
fn the_rows_of_one_practice_push_out_none_of_another() {
    let fixture = fixture();
    let store = &fixture.store;
    let quiet: OdsCode = "Y99998".parse().unwrap();
    logged(store, "Y99998", 90);
    for _ in 0..4 {
        logged(store, "Y99999", 40);
        store.close(&practice()).unwrap();
        store.settle(&practice()).unwrap();
    }
    assert_eq!(store.sweep_rows(day(0), &keep(100)).unwrap(), [swept("Y99999", 0, 2)]);
    let left: Vec<usize> = (1..=4).map(|batch| all(store, batch).len()).collect();
    assert_eq!(left, [0, 0, 40, 40], "the oldest make room");
    assert_eq!(store.rows(&quiet, 1, &[]).unwrap().unwrap().rows.len(), 90);
    assert_eq!(store.sweep_rows(day(0), &keep(1)).unwrap(), [swept("Y99999", 0, 1)]);
    assert_eq!(all(store, 4).len(), 40, "however large it is, the newest stays");
}
