//! The chain: each line has the hash of the one before.

use std::{
    fmt, fs,
    io::{self, BufRead, BufReader},
    path::{Path, PathBuf},
    str::FromStr,
};

use aws_lc_rs::digest::{SHA256, digest};

use super::Row;

/// The end of a chain: kept somewhere else, it shows whether lines at the end have gone since.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Head {
    /// The number of the last line; 0 if there is none.
    pub n: u64,
    /// Its SHA-256, in hexadecimal.
    pub hash: String,
}

impl Head {
    /// After this line, without its line feed.
    pub(super) fn after(n: u64, line: &[u8]) -> Self {
        let hash = digest(&SHA256, line);
        Self { n, hash: hash.as_ref().iter().map(|byte| format!("{byte:02x}")).collect() }
    }
}

impl FromStr for Head {
    type Err = &'static str;

    /// As it is written: `12:` and 64 hexadecimal digits.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (n, hash) = text.split_once(':').ok_or(HEAD)?;
        let is_hash = hash.len() == 64 && hash.bytes().all(|byte| byte.is_ascii_hexdigit());
        let n = n.parse().ok().filter(|_| is_hash).ok_or(HEAD)?;
        Ok(Self { n, hash: hash.to_ascii_lowercase() })
    }
}

const HEAD: &str = "write it as it was printed: a number, a colon and 64 hexadecimal digits";

impl fmt::Display for Head {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.n, self.hash)
    }
}

/// Where a trail is not what was written.
#[derive(Debug)]
pub struct Broken {
    /// The file.
    pub file: PathBuf,
    /// The line in it, from 1.
    pub line: usize,
    /// What is wrong.
    pub why: &'static str,
}

/// The files of a trail, oldest first: one for each day, named after it.
///
/// # Errors
/// As the folder is read.
pub(super) fn files(dir: &Path) -> io::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(dir)? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "ndjson") {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

/// A line of a trail, and where it is.
pub struct Line<'a> {
    /// The file.
    pub file: &'a Path,
    /// The line in it, from 1.
    pub number: usize,
    /// Without its line feed.
    pub bytes: &'a [u8],
    /// What it says, or why it says nothing.
    pub row: Result<Row, &'static str>,
}

impl Line<'_> {
    fn broken(&self, why: &'static str) -> Broken {
        Broken { file: self.file.to_owned(), line: self.number, why }
    }
}

/// Calls `each` with every line of a trail, oldest first.
///
/// # Errors
/// As the files are read.
pub fn lines(dir: &Path, mut each: impl FnMut(Line<'_>)) -> io::Result<()> {
    for file in files(dir)? {
        let mut reader = BufReader::new(fs::File::open(&file)?);
        let mut read = Vec::new();
        for number in 1.. {
            read.clear();
            if reader.read_until(b'\n', &mut read)? == 0 {
                break;
            }
            let (bytes, row) = match read.strip_suffix(b"\n") {
                Some(bytes) => (bytes, serde_json::from_slice(bytes).map_err(|_| "it is no line of a trail")),
                None => (&*read, Err("it is torn")),
            };
            each(Line { file: &file, number, bytes, row });
        }
    }
    Ok(())
}

/// Checks a whole trail, however many files of its beginning were deleted by age. Its head, or where it breaks first: that
/// is at its end, if it does not have what was once its head.
///
/// # Errors
/// As the files are read.
pub fn verify(dir: &Path, once: Option<&Head>) -> io::Result<Result<Head, Broken>> {
    let mut state = Ok(Head::default());
    let (mut missing, mut end) = (once, Broken { file: dir.to_owned(), line: 0, why: SHORTER });
    lines(dir, |line| {
        let Ok(head) = &state else { return };
        end = line.broken(SHORTER);
        state = after(head, &line).map_err(|why| line.broken(why));
        match (&state, missing) {
            (Ok(head), Some(once)) if head.n == once.n => {
                missing = None;
                if head != once {
                    state = Err(line.broken("it is not what it was"));
                }
            }
            // What is older than the first file was deleted by age.
            (Ok(head), Some(once)) if head.n > once.n => missing = None,
            _ => {}
        }
    })?;
    Ok(state.and_then(|head| if missing.is_some_and(|once| once.n > 0) { Err(end) } else { Ok(head) }))
}

const SHORTER: &str = "lines that were behind it are missing";

/// The head after a line that follows this one; the first line of all that are there follows any.
fn after(head: &Head, line: &Line<'_>) -> Result<Head, &'static str> {
    let row = line.row.as_ref().map_err(|why| *why)?;
    let first = *head == Head::default();
    if !first && row.n != head.n + 1 {
        return Err("lines before it are missing, or it was put in");
    }
    if !first && row.before != head.hash {
        return Err("the line before it was changed");
    }
    Ok(Head::after(row.n, line.bytes))
}
