//! I6: every row is accounted for, in good exports and in bad ones: stored, unchanged, parked or rejected, and each
//! rejection with file, line and code.

use std::{collections::BTreeMap, fs};

use record::{Fate, FileReport, Place, Report, Row, Severity};
use store::{RowLog, Store};

use super::export::{AGREEMENTS, Export, TABLES};
use crate::support::{World, practice};

/// The log of the last batch, counted as a report is, with its codes. Each file's lines come in order, and what is
/// rejected, waits or is only worth knowing says why.
fn logged(world: &World) -> BTreeMap<String, FileReport> {
    let batch = world.store.practice(&practice()).unwrap().batches;
    let mut counted: BTreeMap<String, FileReport> = BTreeMap::new();
    let (mut after, mut last) = (Vec::new(), (String::new(), 0));
    while let Some(page) = world.store.rows(&practice(), batch, &after).unwrap() {
        for row in page.rows {
            assert!(row.place.file != last.0 || row.place.line >= last.1, "{:?} after {last:?}", row.place);
            last = (row.place.file.clone(), row.place.line);
            let file = counted.entry(row.place.file).or_default();
            let explained = !row.issues.is_empty();
            assert!(explained || matches!(row.fate, Some(Fate::Stored | Fate::Unchanged)), "{last:?}");
            row.fate.into_iter().for_each(|fate| file.count(fate));
            for issue in row.issues {
                assert_eq!((&issue.file, issue.line), (&last.0, last.1));
                *file.codes.entry(issue.code).or_default() += 1;
            }
        }
        after = page.next;
    }
    counted
}

/// Checks the report against itself, against the log, and against the number of rows that the files really have.
fn accounted_for(world: &World, report: &Report, rows: &BTreeMap<String, usize>) {
    let told: BTreeMap<_, _> = report.files.iter().filter(|(_, f)| **f != FileReport::default()).collect();
    let logged = logged(world);
    assert!(told == logged.iter().collect(), "the log tells the same: {told:?} {logged:?}");
    for (file, rows) in rows {
        let counted = &report.files[file];
        assert!(counted.adds_up(), "{file}: {counted:?}");
        assert_eq!(counted.rows, *rows as u64, "{file}: {counted:?}");
    }
    for (file, counted) in &report.files {
        assert!(counted.adds_up(), "{file}: {counted:?}");
        let errors: Vec<_> = report
            .issues
            .iter()
            .filter(|issue| issue.severity == Severity::Error && issue.file == *file)
            .collect();
        assert_eq!(errors.len() as u64, counted.rejected, "{file}: each rejected row has its reason");
        assert!(errors.iter().all(|issue| issue.line > 1), "{file}: and its line");
    }
}

fn rows_of(export: &Export) -> BTreeMap<String, usize> {
    let sheets = TABLES.map(|table| export.sheet(table));
    sheets.iter().map(|sheet| (sheet.file(), sheet.rows.len())).collect()
}

#[test]
fn i6_the_rows_of_a_good_export_add_up_and_sent_again_change_nothing() {
    let world = World::empty();
    let export = Export::synthetic(2, world.dir.path());
    let rows = rows_of(&export);
    assert!(rows.values().sum::<usize>() > 1_000);
    let first = world.load(ingest::Format::EmisCsv, &export.folder);
    accounted_for(&world, &first, &rows);
    assert!(first.files.values().map(|file| file.stored).sum::<u64>() > 1_000);
    let again = world.load(ingest::Format::EmisCsv, &export.folder);
    accounted_for(&world, &again, &rows);
    assert_eq!(again.files.values().map(|file| file.stored).sum::<u64>(), 0);
    let parked = |report: &Report| report.files.values().map(|file| file.parked).sum::<u64>();
    assert_eq!(parked(&again), parked(&first), "what waits goes on waiting");
    assert_eq!(again.resources_changed, 0);
}

/// What may stand in a field instead of what belongs there.
const GARBAGE: [&str; 5] =
    ["", "\u{fffd}?!\"", "2024-13-45", "{00000000-0000-0000-0000-00000000000X}", "-1e999"];

#[test]
fn i6_the_rows_of_a_broken_export_add_up() {
    let world = World::empty();
    let export = Export::synthetic(2, world.dir.path());
    for table in TABLES.into_iter().filter(|table| *table != AGREEMENTS) {
        let mut sheet = export.sheet(table);
        let good = sheet.rows.clone();
        for column in 0..sheet.header.len() {
            for (turn, garbage) in GARBAGE.iter().enumerate() {
                let mut row = good[(column * GARBAGE.len() + turn) % good.len()].clone();
                (*garbage).clone_into(&mut row[column]);
                sheet.rows.push(row);
            }
        }
        sheet.rows.push(vec![String::new(); sheet.header.len()]);
        sheet.rows.push(good[0][1..].to_vec());
        sheet.rows.push(good[0].iter().cloned().chain(["more".to_owned()]).collect());
        sheet.rows.push(vec!["x".repeat(20_000); sheet.header.len()]);
        sheet.rows.extend(good.into_iter().take(3));
        sheet.save();
    }
    let rows = rows_of(&export);
    let report = world.load(ingest::Format::EmisCsv, &export.folder);
    accounted_for(&world, &report, &rows);
    for file in rows.keys() {
        let counted = &report.files[file];
        let broken = !file.contains(AGREEMENTS);
        assert!((counted.rejected >= 4) == broken && counted.stored > 0, "{file}: {counted:?}");
    }
}

#[test]
fn i6_the_statements_of_messages_add_up_good_and_broken() {
    let world = World::empty();
    let folder = world.dir.path().join("messages");
    let options = synth::Options::new(practice(), 1);
    synth::write(synth::Format::Gp2gp, &options, &folder, &mut |_| {}).unwrap();
    let good = world.load(ingest::Format::Gp2gp, &folder);
    accounted_for(&world, &good, &BTreeMap::new());
    let total =
        |report: &Report, of: fn(&record::FileReport) -> u64| report.files.values().map(of).sum::<u64>();
    assert!(total(&good, |file| file.stored) > 100);
    let damages: [(&str, &str); 5] = [
        (" code=\"", " code=\" "),
        (" value=\"", " value=\"?"),
        ("availabilityTime value=\"2", "availabilityTime value=\"x2"),
        (" codeSystem=\"2.16", " codeSystem=\"9.16"),
        (" unit=\"", " unit=\"\u{fffd}"),
    ];
    let mut read = 0_u32;
    for (from, to) in damages {
        let world = World::empty();
        let broken = world.dir.path().join("broken");
        fs::create_dir(&broken).unwrap();
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            let text = fs::read_to_string(&path).unwrap();
            // The envelope, which says what the message is and whose, stays whole: without it the batch is refused.
            let (envelope, body) = text.split_at(text.find("<component").unwrap());
            let damaged = envelope.to_owned() + &body.replace(from, to);
            assert!(text != damaged, "{from} does not occur");
            fs::write(broken.join(path.file_name().unwrap()), damaged).unwrap();
        }
        let practice = practice();
        match world.loader(&practice).load(ingest::Format::Gp2gp, std::slice::from_ref(&broken)) {
            Ok(report) => {
                accounted_for(&world, &report, &BTreeMap::new());
                assert_eq!(
                    total(&report, |file| file.rows),
                    total(&good, |file| file.rows),
                    "{from}: no statement vanishes"
                );
                read += u32::from(!report.issues.is_empty());
            }
            Err(gateway::loader::LoadError::Refused(report)) => {
                assert!(report.is_fatal(), "{from}: {report:?}");
                assert_eq!(world.store.dirty_count(&practice).unwrap(), 0, "a refused batch leaves nothing");
            }
            Err(error) => panic!("{from}: {error}"),
        }
    }
    assert!(read >= 3, "only {read} kinds of damage were noticed and read past");
}

/// `trace --row` asks the newest hundred logs for one line each.
#[test]
#[expect(clippy::disallowed_methods, reason = "how long it takes is the point")]
fn a_line_is_found_as_fast_in_a_long_log_as_in_a_short_one() {
    let world = World::empty();
    let place = |line| Place { file: "a.csv".to_owned(), line };
    let found_in = |lines: u64| {
        let batch = world.store.begin(&practice(), &lines.to_string()).unwrap().batch;
        for from in (0..lines).step_by(20_000) {
            let row =
                |line| Row { place: place(line), fate: Some(Fate::Stored), issues: Vec::new(), entry: None };
            let rows: Vec<Row> = (from + 1..=lines.min(from + 20_000)).map(row).collect();
            world.store.log_rows(&practice(), batch, &rows).unwrap();
        }
        world.store.close(&practice()).unwrap();
        let all = || {
            let begun = std::time::Instant::now();
            for at in 0..200 {
                let found = world.store.rows_at(&practice(), batch, &place(1 + at * lines / 200)).unwrap();
                assert_eq!(found.len(), 1);
            }
            begun.elapsed()
        };
        // The fastest of some: others use the machine too.
        (0..7).map(|_| all()).min().unwrap()
    };
    let (short, long) = (found_in(1_000), found_in(200_000));
    assert!(long < short * 4, "{short:?} in a thousand lines, {long:?} in two hundred thousand");
}
