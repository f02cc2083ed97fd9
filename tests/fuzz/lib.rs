//! One harness for every format. An input is a number (its first two bytes) and the bytes that stand in place of that
//! file of a synthetic export. Where a batch is of several tables the others are as short as they can be: most have
//! their first line and no rows.
//!
//! What must hold: nothing panics, reading ends, and reading twice says the same, byte for byte.
//!
//! What is read from elsewhere than an export has a harness of its own: announcements of the intake (`announcement`),
//! free text (`text`).

pub mod announcement;
pub mod text;

/// The intake's own file, and the little that it needs of its crate: that crate brings all of FHIR, which would be built
/// with a sanitizer for a hundred lines.
#[path = "../../src/gateway/intake/announced.rs"]
#[allow(dead_code, reason = "what becomes of it afterwards is the intake's own")]
mod announced;
mod config {
    pub struct Intake {
        pub file_gib: u32,
        pub files_per_batch: usize,
    }
}
mod outcome {
    pub enum Outcome {
        Invalid(String),
        TooLarge(String),
        Mismatch(String),
    }
}

use std::{
    fs,
    path::{Path, PathBuf},
    sync::OnceLock,
};

use record::{Fact, Fate, Issue, OdsCode, Place, Sink, SinkError};
use tempfile::TempDir;

/// A synthetic export.
struct Good {
    folder: TempDir,
    files: Vec<File>,
}

struct File {
    path: PathBuf,
    /// As it was written.
    whole: Vec<u8>,
    /// How much of it is there while it is not the input.
    held: usize,
}

impl File {
    fn hold(&self) {
        fs::write(&self.path, &self.whole[..self.held]).expect("what is held");
    }
}

fn practice() -> OdsCode {
    "Y99999".parse().expect("an ODS code")
}

fn good(format: ingest::Format) -> &'static Good {
    static GOOD: OnceLock<Good> = OnceLock::new();
    GOOD.get_or_init(|| {
        let folder = TempDir::new_in(memory()).expect("a folder");
        write(format, folder.path());
        let mut files: Vec<File> = Vec::new();
        for path in paths(folder.path()) {
            let whole = fs::read(&path).expect("a file");
            if !is_text_table(&whole) && !files.is_empty() {
                fs::remove_file(&path).expect("one message is enough");
                continue;
            }
            let held = whole.len();
            files.push(File { path, whole, held });
        }
        for file in &mut files {
            file.held = file.whole.iter().position(|byte| *byte == b'\n').map_or(0, |at| at + 1);
            file.hold();
            if ingest::open(format, &practice(), &[folder.path().to_owned()]).is_err() {
                // A list of the others, say, without which nothing is read.
                file.held = file.whole.len();
                file.hold();
            }
        }
        Good { folder, files }
    })
}

/// Tables of one batch lie side by side; messages (XML, JSON, EDIFACT) each stand alone.
fn is_text_table(bytes: &[u8]) -> bool {
    !bytes.starts_with(b"<") && !bytes.starts_with(b"{") && !bytes.starts_with(b"UN")
}

/// A folder in memory where there is one: each input is written to a file.
fn memory() -> PathBuf {
    let shm = Path::new("/dev/shm");
    if shm.is_dir() { shm.to_owned() } else { std::env::temp_dir() }
}

fn write(format: ingest::Format, folder: &Path) {
    let options = synth::Options::new(practice(), 12);
    let format = format.name().parse().expect("synth writes every format that is read");
    synth::write(format, &options, folder, &mut |_| {}).expect("an export");
}

fn paths(folder: &Path) -> Vec<PathBuf> {
    let mut paths: Vec<PathBuf> =
        fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path()).collect();
    paths.sort();
    paths
}

/// Reads an input.
pub fn run(format: ingest::Format, input: &[u8]) {
    let good = good(format);
    let [high, low, bytes @ ..] = input else { return };
    let number = usize::from(u16::from_be_bytes([*high, *low]));
    let file = &good.files[number % good.files.len()];
    fs::write(&file.path, bytes).expect("the input");
    let folder = [good.folder.path().to_owned()];
    let read = || {
        let mut said = Said::default();
        match ingest::open(format, &practice(), &folder) {
            Ok(batch) => match batch.read(&mut said) {
                Ok(()) => {}
                Err(ingest::Stop::Refused(issues)) => said.issues.extend(issues),
                Err(ingest::Stop::Sink(_)) => unreachable!("the sink takes everything"),
            },
            Err(issues) => said.issues.extend(issues),
        }
        said
    };
    let (once, twice) = (read(), read());
    file.hold();
    assert!(once == twice, "two readings of the same bytes differ");
    assert!(once.issues.iter().all(|issue| issue.to_string().len() < 2_000), "an issue quotes its row");
}

/// Everything that a reading said.
#[derive(Default, PartialEq)]
struct Said {
    facts: Vec<(Place, Fact)>,
    issues: Vec<Issue>,
}

impl Sink for Said {
    fn fact(&mut self, place: &Place, fact: Fact) -> Result<Fate, SinkError> {
        self.facts.push((place.clone(), fact));
        Ok(Fate::Stored)
    }

    fn reject(&mut self, issue: Issue) {
        self.issues.push(issue);
    }

    fn warn(&mut self, issue: Issue) {
        self.issues.push(issue);
    }

    fn progress(&mut self, _: u64) {}
}

/// Writes the beginning of each file as an input, and the golden cases' messages.
pub fn seed(format: ingest::Format, corpus: &Path) {
    const LARGEST: usize = 4 * 1024;
    let input = |name: String, number: usize, bytes: &[u8]| {
        let number = u16::try_from(number).expect("few files").to_be_bytes();
        put(corpus, &name, &[&number, bytes].concat());
    };
    for (number, file) in good(format).files.iter().enumerate() {
        let whole = &file.whole;
        let cut = if is_text_table(whole) { LARGEST.min(whole.len()) } else { whole.len() };
        input(format!("synth-{number}"), number, &whole[..cut]);
    }
    for (number, case) in cases(format).iter().enumerate() {
        input(format!("case-{number}"), 0, &fs::read(case).expect("a case"));
    }
}

/// Adds an input to a corpus.
fn put(corpus: &Path, name: &str, bytes: &[u8]) {
    fs::create_dir_all(corpus).expect("the corpus");
    fs::write(corpus.join(name), bytes).expect("a seed");
}

fn cases(format: ingest::Format) -> Vec<PathBuf> {
    messages(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../cases").join(format.name()))
}

/// The files `in.*` below a folder.
fn messages(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for path in fs::read_dir(folder).into_iter().flatten().map(|entry| entry.expect("an entry").path()) {
        if path.is_dir() {
            found.extend(messages(&path));
        } else if path.file_stem().is_some_and(|stem| stem == "in") {
            found.push(path);
        }
    }
    found
}
