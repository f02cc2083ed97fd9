//! What stands in the trail afterwards.

mod looking;

use std::{
    fs,
    io::Write,
    os::unix::fs::{PermissionsExt, symlink},
    panic::{AssertUnwindSafe, catch_unwind},
    path::Path,
};

use jiff::Timestamp;

use super::*;
use crate::outcome::{Outcome, found};

const DAY: i64 = 24 * 3600;

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(1_790_000_000 + seconds).unwrap()
}

fn row(seconds: i64) -> Row {
    Row {
        n: 0,
        at: at(seconds),
        request: "r".to_owned(),
        app: "app".to_owned(),
        account: "p".to_owned(),
        acting: Acting::Myself,
        practice: "Y99999".to_owned(),
        patient: None,
        interaction: Interaction::Read,
        kind: "Patient".to_owned(),
        status: 200,
        shown: vec!["a".to_owned()],
        made_with: None,
        before: String::new(),
    }
}

fn rows(dir: &Path) -> Vec<Row> {
    let mut rows = Vec::new();
    lines(dir, |line| rows.push(line.row.unwrap())).unwrap();
    rows
}

fn numbers(dir: &Path) -> Vec<u64> {
    rows(dir).iter().map(|row| row.n).collect()
}

fn days(dir: &Path) -> Vec<std::path::PathBuf> {
    chain::files(dir).unwrap()
}

/// Three days, two lines on each.
fn three_days() -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    let trail = Trail::open(dir.path(), None, at(0)).unwrap();
    for day in 0..3 {
        trail.write(row(day * DAY)).unwrap();
        trail.write(row(day * DAY + 1)).unwrap();
    }
    dir
}

#[test]
fn lines_are_numbered_over_days_and_restarts_and_the_chain_holds() {
    let dir = three_days();
    assert_eq!(days(dir.path()).len(), 3);
    let trail = Trail::open(dir.path(), None, at(3 * DAY)).unwrap();
    trail.write(row(3 * DAY)).unwrap();
    // A clock that goes back does not break the order.
    trail.write(row(DAY)).unwrap();
    assert_eq!(numbers(dir.path()), [1, 2, 3, 4, 5, 6, 7, 8]);
    let head = verify(dir.path(), None).unwrap().unwrap();
    assert_eq!(head.n, 8);
    for pair in rows(dir.path()).windows(2) {
        assert_eq!(pair[0].hash().as_deref(), Some(pair[1].before.as_str()));
    }
    assert_eq!(head.to_string().parse::<Head>().unwrap(), head);
    for wrong in ["8", "8:", "8:xyz", ":", "x:0"] {
        assert!(wrong.parse::<Head>().is_err(), "{wrong}");
    }
}

#[test]
fn t44_whatever_line_is_changed_taken_out_or_put_in_the_place_is_named() {
    let whole = three_days();
    let head = verify(whole.path(), None).unwrap().unwrap();
    let files = days(whole.path());
    let second = fs::read_to_string(&files[1]).unwrap();
    let lines: Vec<&str> = second.lines().collect();
    let changed = second.replacen("\"account\":\"p\"", "\"account\":\"q\"", 1);
    let cases = [
        ("changed", changed, 2),
        ("taken out", format!("{}\n", lines[1]), 1),
        ("the last of a day taken out", format!("{}\n", lines[0]), 1),
        ("put in", format!("{}\n{}\n{}\n", lines[0], lines[0], lines[1]), 2),
        ("turned round", format!("{}\n{}\n", lines[1], lines[0]), 1),
        ("no line", format!("{}\n{{}}\n", lines[0]), 2),
        ("torn", format!("{}\n{}", lines[0], &lines[1][..20]), 2),
    ];
    for (what, text, line) in cases {
        let dir = three_days();
        let files = days(dir.path());
        fs::write(&files[1], text).unwrap();
        let broken = verify(dir.path(), None).unwrap().unwrap_err();
        // What is missing at the end of a day shows in the next one.
        let file = if what.starts_with("the last") { &files[2] } else { &files[1] };
        assert_eq!((&broken.file, broken.line), (file, line), "{what}: {}", broken.why);
    }
    // The end has nothing behind it: a head that was kept elsewhere shows it.
    let cut = three_days();
    let last = &days(cut.path())[2];
    let text = fs::read_to_string(last).unwrap();
    fs::write(last, format!("{}\n", text.lines().next().unwrap())).unwrap();
    assert_eq!(verify(cut.path(), None).unwrap().unwrap().n, 5);
    let broken = verify(cut.path(), Some(&head)).unwrap().unwrap_err();
    assert_eq!((&broken.file, broken.line), (last, 1));
    assert_eq!(verify(whole.path(), Some(&head)).unwrap().unwrap(), head);
    let other = Head { n: 4, ..head };
    assert_eq!(verify(whole.path(), Some(&other)).unwrap().unwrap_err().line, 2, "line 4 was another");
}

#[test]
fn files_go_by_age_and_what_is_left_can_still_be_checked() {
    let dir = three_days();
    let before = verify(dir.path(), None).unwrap().unwrap();
    drop(Trail::open(dir.path(), Some(1), at(2 * DAY)).unwrap());
    assert_eq!(numbers(dir.path()), [3, 4, 5, 6]);
    let trail = Trail::open(dir.path(), Some(1), at(2 * DAY)).unwrap();
    trail.write(row(9 * DAY)).unwrap();
    assert_eq!(numbers(dir.path()), [7]);
    assert_eq!(verify(dir.path(), Some(&before)).unwrap().unwrap().n, 7);
    // However long nobody looks, the numbers go on.
    drop(trail);
    drop(Trail::open(dir.path(), Some(1), at(29 * DAY)).unwrap());
    let trail = Trail::open(dir.path(), Some(1), at(30 * DAY)).unwrap();
    trail.write(row(30 * DAY)).unwrap();
    assert_eq!(numbers(dir.path()), [7, 8], "a line goes once another follows it, on another day");
    trail.write(row(31 * DAY)).unwrap();
    assert_eq!(numbers(dir.path()), [8, 9]);
}

#[test]
fn what_a_crash_has_left_of_a_line_is_cut_off_and_the_chain_goes_on() {
    let dir = three_days();
    let last = days(dir.path()).pop().unwrap();
    fs::OpenOptions::new().append(true).open(&last).unwrap().write_all(b"{\"n\":7,\"at\":\"20").unwrap();
    assert!(verify(dir.path(), None).unwrap().is_err());
    Trail::open(dir.path(), None, at(2 * DAY)).unwrap().write(row(2 * DAY)).unwrap();
    assert_eq!(numbers(dir.path()), [1, 2, 3, 4, 5, 6, 7]);
    assert_eq!(verify(dir.path(), None).unwrap().unwrap().n, 7);
    // A line that ends but is none is somebody's doing: nothing is written behind it.
    fs::OpenOptions::new().append(true).open(&last).unwrap().write_all(b"{}\n").unwrap();
    assert!(Trail::open(dir.path(), None, at(2 * DAY)).is_err());
}

#[test]
fn a_second_server_cannot_write_to_the_same_trail_and_nobody_else_can_read_it() {
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path().join("audit");
    let trail = Trail::open(&folder, None, at(0)).unwrap();
    trail.write(row(0)).unwrap();
    assert!(Trail::open(&folder, None, at(0)).is_err());
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(&folder), mode(&days(&folder)[0])), (0o700, 0o600));
}

fn ask(trail: &Trail, seconds: i64) -> Result<u16, u16> {
    let answer = Recording::begin(trail, row(seconds)).end(Ok(found(b"{}".to_vec(), "a/b")), || None);
    answer.map(|response| response.status().as_u16()).map_err(|outcome| outcome.status().as_u16())
}

fn file_of(dir: &Path, seconds: i64) -> std::path::PathBuf {
    dir.join(format!("{}.ndjson", at(seconds).to_zoned(jiff::tz::TimeZone::UTC).date()))
}

#[test]
fn t42_what_cannot_be_written_down_is_not_answered() {
    let dir = tempfile::tempdir().unwrap();
    symlink("/dev/full", file_of(dir.path(), 0)).unwrap();
    let trail = Trail::open(dir.path(), None, at(0)).unwrap();
    for _ in 0..3 {
        assert_eq!((ask(&trail, 0), trail.is_failing()), (Err(503), true));
    }
}

#[test]
fn t42_once_the_trail_can_be_written_again_requests_are_answered_again_without_a_gap() {
    let dir = tempfile::tempdir().unwrap();
    let trail = Trail::open(dir.path(), None, at(0)).unwrap();
    assert_eq!((ask(&trail, 0), trail.is_failing()), (Ok(200), false));
    let in_the_way = file_of(dir.path(), DAY);
    fs::create_dir(&in_the_way).unwrap();
    assert_eq!((ask(&trail, DAY), trail.is_failing()), (Err(503), true));
    fs::remove_dir(&in_the_way).unwrap();
    assert_eq!((ask(&trail, DAY), trail.is_failing()), (Ok(200), false));
    assert_eq!(numbers(dir.path()), [1, 2]);
    verify(dir.path(), None).unwrap().unwrap();
}

#[test]
fn t41_what_panics_is_written_down_too() {
    let dir = tempfile::tempdir().unwrap();
    let trail = Trail::open(dir.path(), None, at(0)).unwrap();
    let panicking = || {
        let _recording = Recording::begin(&trail, row(0));
        panic!("a bug");
    };
    assert!(catch_unwind(AssertUnwindSafe(panicking)).is_err());
    let refused = Recording::begin(&trail, row(1)).end(Err(Outcome::NotFound), || Some("id".to_owned()));
    assert_eq!(refused.unwrap_err(), Outcome::NotFound);
    let told: Vec<(u16, Option<String>)> =
        rows(dir.path()).into_iter().map(|row| (row.status, row.patient)).collect();
    assert_eq!(told, [(500, None), (404, Some("id".to_owned()))]);
}
