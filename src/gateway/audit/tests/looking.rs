//! Looks at a record are found, all of them and no others, whatever happened to the trail and its index.

use std::{
    fs::{self, OpenOptions},
    io::Write,
    path::{Path, PathBuf},
};

use super::{DAY, at, days, file_of, row, three_days};
use crate::audit::{
    Row, Trail,
    index::{Index, Step, key},
    lines,
    looks::{Looks, Of, Place, looks},
    pieces::{Entry, Piece, covered, pieces},
};

const ABC: Of<'_> = Of { practice: "Y99999", patient: "abc", account: None, app: None };
/// So little that a few lines are several pieces.
const LITTLE: Step = Step { entries: 5, bytes: 600 };

fn of(patient: &str, practice: &str, seconds: i64) -> Row {
    Row { patient: Some(patient.to_owned()), practice: practice.to_owned(), ..row(seconds) }
}

fn numbers(looks: &Looks) -> Vec<u64> {
    looks.rows.iter().map(|row| row.n).collect()
}

/// Every page, the newest first.
fn all(index: &Index, dir: &Path, of: &Of<'_>, on_a_page: usize) -> Vec<u64> {
    while !index.advance().unwrap() {}
    let (mut found, mut before) = (Vec::new(), None::<Place>);
    loop {
        let page = looks(index, dir, of, before, on_a_page).unwrap();
        assert!(!page.behind && page.rows.len() <= on_a_page);
        found.extend(numbers(&page));
        let Some(place) = page.earlier else { return found };
        assert_eq!(place.to_string().parse(), Ok(place));
        before = Some(place);
    }
}

/// The same, by reading every line.
fn read(dir: &Path, counts: impl Fn(&Row) -> bool) -> Vec<u64> {
    let mut found = Vec::new();
    lines(dir, |line| found.extend(line.row.ok().filter(&counts).map(|row| row.n))).unwrap();
    found.reverse();
    found
}

fn is_abc(row: &Row) -> bool {
    row.practice == "Y99999" && row.patient.as_deref() == Some("abc")
}

fn index_files(dir: &Path) -> Vec<PathBuf> {
    let paths = fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path());
    paths.filter(|path| path.extension().is_some_and(|extension| extension == "index")).collect()
}

/// A few days of looks at several patients of two practices by several people.
fn busy(dir: &Path) {
    let mut chance = 12_345_u32;
    let mut pick = |of: usize| {
        chance = chance.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        chance as usize / 65_536 % of
    };
    let mut seconds = 0;
    for _ in 0..3 {
        let trail = Trail::open(dir, None, at(seconds)).unwrap();
        for _ in 0..70 {
            seconds += i64::try_from(pick(9_000)).unwrap();
            let patient = ["abc", "abcd", "b"][pick(3)];
            let mut row = of(patient, ["Y99999", "Y88888"][pick(2)], seconds);
            row.account = ["p", "carer"][pick(2)].to_owned();
            row.app = ["app", "other"][pick(2)].to_owned();
            row.shown = vec!["abc".to_owned(); pick(5)];
            row.patient = row.patient.filter(|_| pick(9) > 0);
            trail.write(row).unwrap();
        }
    }
}

#[test]
fn every_look_at_a_patient_is_found_once_in_order_and_nobody_elses_whatever_the_pages() {
    let dir = tempfile::tempdir().unwrap();
    busy(dir.path());
    let carer = Of { account: Some("carer"), ..ABC };
    let wanted = read(dir.path(), is_abc);
    let carers = read(dir.path(), |row| is_abc(row) && row.account == "carer");
    let other = read(dir.path(), |row| is_abc(row) && row.account == "carer" && row.app == "other");
    assert!(days(dir.path()).len() > 3 && wanted.len() > carers.len() && carers.len() > other.len());
    for step in [LITTLE, Step { bytes: 1, ..LITTLE }, Step { entries: 1 << 20, bytes: 1 << 20 }] {
        for file in index_files(dir.path()) {
            fs::remove_file(file).unwrap();
        }
        let index = Index::stepping(dir.path(), step).unwrap();
        for on_a_page in [1, 3, 1000] {
            assert_eq!(all(&index, dir.path(), &ABC, on_a_page), wanted);
            assert_eq!(all(&index, dir.path(), &carer, on_a_page), carers);
            assert_eq!(all(&index, dir.path(), &Of { app: Some("other"), ..carer }, on_a_page), other);
        }
        assert_eq!(all(&index, dir.path(), &Of { patient: "nobody", ..ABC }, 3), [] as [u64; 0]);
        // And after a restart.
        let index = Index::stepping(dir.path(), step).unwrap();
        assert_eq!(all(&index, dir.path(), &ABC, 7), wanted);
    }
    assert!(index_files(dir.path()).len() > 2);
}

#[test]
fn while_the_index_is_behind_nothing_is_told_rather_than_a_part() {
    let dir = tempfile::tempdir().unwrap();
    busy(dir.path());
    for file in index_files(dir.path()) {
        fs::remove_file(file).unwrap();
    }
    let index = Index::stepping(dir.path(), LITTLE).unwrap();
    let first = looks(&index, dir.path(), &ABC, None, 1000).unwrap();
    assert!(first.behind && first.rows.is_empty() && first.earlier.is_none());
    assert_eq!(all(&index, dir.path(), &ABC, 1000), read(dir.path(), is_abc));
}

#[test]
fn a_look_is_found_as_soon_as_it_is_written_and_across_restarts() {
    let dir = tempfile::tempdir().unwrap();
    for restart in 0..3 {
        let trail = Trail::open(dir.path(), None, at(restart)).unwrap();
        for more in 0..3 {
            trail.write(of("abc", "Y99999", restart)).unwrap();
            let found = trail.looks(&ABC, None, 100).unwrap();
            assert_eq!(found.rows.len(), usize::try_from(restart * 3 + more + 1).unwrap());
        }
    }
}

#[test]
fn no_more_days_are_gone_through_for_a_page_than_it_may_and_the_next_page_goes_on() {
    let dir = tempfile::tempdir().unwrap();
    let trail = Trail::open(dir.path(), None, at(0)).unwrap();
    trail.write(of("abc", "Y99999", 0)).unwrap();
    drop(trail);
    for day in 1..=900 {
        fs::write(file_of(dir.path(), day * DAY), "").unwrap();
    }
    let trail = Trail::open(dir.path(), None, at(900 * DAY)).unwrap();
    let (mut before, mut pages) = (None, 0);
    loop {
        let page = trail.looks(&ABC, before, 50).unwrap();
        if page.behind {
            continue;
        }
        pages += 1;
        match page.earlier {
            Some(place) => assert!(page.rows.is_empty() && before.replace(place) != Some(place)),
            None => break assert_eq!((numbers(&page), pages), (vec![1], 3)),
        }
    }
}

#[test]
fn what_is_deleted_by_age_is_found_no_more_and_leaves_no_index() {
    let dir = tempfile::tempdir().unwrap();
    let trail = Trail::open(dir.path(), Some(1), at(0)).unwrap();
    let write = |day| trail.write(of("abc", "Y99999", day * DAY)).unwrap();
    write(0);
    write(1);
    assert_eq!(numbers(&trail.looks(&ABC, None, 9).unwrap()), [2, 1]);
    assert_eq!(index_files(dir.path()).len(), 1, "of the day that is over");
    write(9);
    // The first look afterwards may find out that a day is gone.
    let found = (0..2).map(|_| trail.looks(&ABC, None, 9).unwrap()).find(|found| !found.behind).unwrap();
    assert_eq!(numbers(&found), [3]);
    assert_eq!((days(dir.path()).len(), index_files(dir.path()).len()), (1, 0));
}

#[test]
fn of_a_line_that_is_torn_nothing_is_told_and_what_follows_after_the_crash_is_found() {
    let dir = tempfile::tempdir().unwrap();
    let trail = Trail::open(dir.path(), None, at(0)).unwrap();
    trail.write(of("abc", "Y99999", 0)).unwrap();
    let mut file = OpenOptions::new().append(true).open(&days(dir.path())[0]).unwrap();
    file.write_all(b"{\"n\":2,\"patient\":\"abc\"").unwrap();
    assert_eq!(numbers(&trail.looks(&ABC, None, 9).unwrap()), [1]);
    drop(trail);
    let trail = Trail::open(dir.path(), None, at(1)).unwrap();
    trail.write(of("abc", "Y99999", 1)).unwrap();
    assert_eq!(numbers(&trail.looks(&ABC, None, 9).unwrap()), [2, 1]);
}

#[test]
fn an_index_that_is_missing_cut_short_or_ahead_of_the_trail_is_made_again() {
    let dir = three_days();
    let trail = |seconds| Trail::open(dir.path(), None, at(seconds)).unwrap();
    trail(3 * DAY).write(of("abc", "Y99999", 3 * DAY)).unwrap();
    trail(4 * DAY).write(of("abc", "Y99999", 4 * DAY)).unwrap();
    let index = Index::open(dir.path()).unwrap();
    let check = |index: &Index| {
        assert_eq!(all_at_last(index, dir.path()), [8, 7]);
        assert_eq!(index_files(dir.path()).len(), 4);
    };
    check(&index);
    let of_day_four = || index_files(dir.path()).into_iter().max().unwrap();
    let restarted = || Index::open(dir.path()).unwrap();
    for running in [true, false] {
        let whole = fs::read(of_day_four()).unwrap();
        fs::write(of_day_four(), &whole[..16]).unwrap();
        if running {
            check(&index)
        } else {
            check(&restarted())
        }
        assert_eq!(fs::read(of_day_four()).unwrap(), whole);
        fs::remove_file(of_day_four()).unwrap();
        if running { check(&index) } else { check(&restarted()) }
    }
    // A power cut took lines of which the index was on the disk already.
    let day = days(dir.path())[4].file_stem().unwrap().to_str().unwrap().parse().unwrap();
    Piece::write(dir.path(), day, (0, 100_000), &mut [Entry { key: 1, at: 99_000 }]).unwrap();
    assert_eq!(covered(&pieces(dir.path()).unwrap()[&day]), 100_000);
    check(&Index::open(dir.path()).unwrap());
}

/// The index may find out by the first question that it has to begin again.
fn all_at_last(index: &Index, dir: &Path) -> Vec<u64> {
    let _ = looks(index, dir, &ABC, None, 9).unwrap();
    all(index, dir, &ABC, 9)
}

#[test]
fn t45_an_index_that_leads_to_another_patients_line_or_into_one_tells_nothing() {
    let dir = three_days();
    Trail::open(dir.path(), None, at(3 * DAY)).unwrap().write(of("b", "Y99999", 3 * DAY)).unwrap();
    Trail::open(dir.path(), None, at(4 * DAY)).unwrap();
    let index = Index::open(dir.path()).unwrap();
    while !index.advance().unwrap() {}
    let (day, piece) = pieces(dir.path()).unwrap().pop_last().map(|(day, of)| (day, of[0].clone())).unwrap();
    piece.delete().unwrap();
    let mut false_leads =
        [0, 1, 30, piece.to - 1, piece.to, piece.to + 9].map(|at| Entry { key: key(&["Y99999", "abc"]), at });
    Piece::write(dir.path(), day, (piece.from, piece.to), &mut false_leads).unwrap();
    let found = looks(&index, dir.path(), &ABC, None, 9).unwrap();
    assert!(!found.behind && found.rows.is_empty(), "{found:?}");
}
