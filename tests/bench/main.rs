//! How fast an export is loaded, and what it takes. Not a test: nothing here fails because a machine is slow.
//!
//! ```text
//! cargo run --release -p bench -- emis-csv 5000000
//! cargo run --release -p bench -- gp2gp 200000 --dir /var/tmp
//! cargo run --release -p bench -- emis-csv 5000000 --export FOLDER
//! cargo run --release -p bench -- small
//! ```
//!
//! It writes a synthetic export of so many rows or a little more (or takes one that was written before), measures what
//! this machine can do with the same files and as many bytes, loads the export into a new store, and says how the
//! load compares: a ratio says more than a time, because the ceilings are taken on the same machine in the same run.
//! `small` is what is done for one patient and for one resource.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "it prints what it measured")]

mod alone;
mod ceiling;
mod load;
mod small;
mod usage;

use std::{
    env,
    path::{Path, PathBuf},
    process::ExitCode,
};

use record::OdsCode;

type Failure = Box<dyn std::error::Error>;

/// What to do.
struct Plan {
    format: ingest::Format,
    rows: u64,
    dir: PathBuf,
    export: Option<PathBuf>,
}

const USAGE: &str = "bench FORMAT ROWS [--dir FOLDER] [--export FOLDER], or bench small";

fn main() -> ExitCode {
    let done = match env::args().nth(1).as_deref() {
        Some("small") => small(),
        Some(_) | None => plan().and_then(|plan| run(&plan)),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn small() -> Result<(), Failure> {
    small::decide()?;
    small::projection(tempfile::tempdir()?.path())
}

fn plan() -> Result<Plan, Failure> {
    let mut words = env::args().skip(1);
    let format = words.next().ok_or(USAGE)?.parse()?;
    let rows = words.next().ok_or(USAGE)?.replace('_', "").parse()?;
    let mut plan = Plan { format, rows, dir: env::temp_dir(), export: None };
    while let Some(word) = words.next() {
        let value = words.next().ok_or(USAGE)?.into();
        match word.as_str() {
            "--dir" => plan.dir = value,
            "--export" => plan.export = Some(value),
            _ => return Err(USAGE.into()),
        }
    }
    Ok(plan)
}

fn run(plan: &Plan) -> Result<(), Failure> {
    let practice: OdsCode = "Y99999".parse()?;
    let folder = tempfile::tempdir_in(&plan.dir)?;
    let written = folder.path().join("export");
    let export = match &plan.export {
        Some(export) => export.as_path(),
        None => {
            write(plan, &practice, &written)?;
            &written
        }
    };
    let batch = ingest::open(plan.format, &practice, &[export.to_owned()])
        .map_err(|issues| issues.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))?;
    let files: Vec<&Path> = batch.paths();
    let ceilings = ceiling::measure(&files, folder.path())?;
    let loaded = load::measure(plan.format, &practice, export, &folder.path().join("store"))?;
    loaded.print();
    println!();
    ceilings.print(&loaded);
    let (rows, bytes) = (loaded.rows(), loaded.bytes_a_row());
    let bare = alone::engine(rows, bytes, folder.path())?;
    loaded.compare(&format!("{bytes} bytes a row into bare LMDB, durably"), bare);
    loaded.compare("the log of rows alone, durably", alone::row_log(rows, &practice, folder.path())?);
    Ok(())
}

/// Writes an export. How many rows a patient has is learnt from a few.
fn write(plan: &Plan, practice: &OdsCode, out: &Path) -> Result<(), Failure> {
    const SAMPLE: u32 = 60;
    let format: synth::Format = plan.format.name().parse()?;
    let rows = |summary: &synth::Summary| summary.files.iter().map(|(_, rows)| *rows).max().unwrap_or(1);
    let all = |summary: &synth::Summary| summary.files.iter().map(|(_, rows)| *rows).sum::<u64>().max(1);
    let sample = synth::write(
        format,
        &synth::Options::new(practice.clone(), SAMPLE),
        &out.with_extension("sample"),
        &mut |_| {},
    )?;
    // Of tables the longest counts, of messages all together.
    let sampled = if sample.files.len() < SAMPLE as usize { rows(&sample) } else { all(&sample) };
    let patients = u32::try_from(plan.rows * u64::from(SAMPLE) / sampled)?.max(SAMPLE);
    let summary = synth::write(format, &synth::Options::new(practice.clone(), patients), out, &mut |_| {})?;
    println!("{patients} patients, {} rows in {} files", all(&summary), summary.files.len());
    Ok(())
}
