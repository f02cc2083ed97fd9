//! Which files of a folder belong to a format whose batches are loose files: those with its endings, by name.

use std::{
    fs::File,
    path::{Path, PathBuf},
};

use record::{Issue, IssueCode, Place, Severity};

/// The paths themselves, and for each folder among them the files in it with one of these endings, by name.
///
/// # Errors
/// The fatal issues of folders that cannot be read; or one that says that there is nothing to read.
pub(crate) fn files(paths: &[PathBuf], endings: &[&str]) -> Result<Vec<PathBuf>, Vec<Issue>> {
    let mut issues = Vec::new();
    let mut found = Vec::new();
    for path in paths {
        match in_path(path, endings) {
            Ok(files) => found.extend(files),
            Err(error) => issues.push(unreadable(&name(path), &error)),
        }
    }
    if found.is_empty() && issues.is_empty() {
        let place = paths.first().map(|path| Place { file: name(path), line: 0 }).unwrap_or_default();
        let detail =
            format!("no file in it ends in .{}; is the export of this --format?", endings.join(" or ."));
        issues.push(Issue::new(Severity::Fatal, IssueCode::FileMissing, &place).detail(detail));
    }
    if issues.is_empty() { Ok(found) } else { Err(issues) }
}

fn in_path(path: &Path, endings: &[&str]) -> std::io::Result<Vec<PathBuf>> {
    if !path.is_dir() {
        return Ok(vec![path.to_path_buf()]);
    }
    let belongs = |path: &PathBuf| {
        let ending = path.extension().map(|ending| ending.to_string_lossy().to_lowercase());
        ending.is_some_and(|ending| endings.contains(&ending.as_str())) && path.is_file()
    };
    let entries = std::fs::read_dir(path)?.collect::<Result<Vec<_>, _>>()?;
    let mut found: Vec<PathBuf> = entries.iter().map(std::fs::DirEntry::path).filter(belongs).collect();
    found.sort();
    Ok(found)
}

/// The file's name, without folders.
pub(crate) fn name(path: &Path) -> String {
    path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned()
}

/// Opens a file, and tells its size.
///
/// # Errors
/// The fatal issue of a file that cannot be opened.
pub(crate) fn open(path: &Path, name: &str) -> Result<(File, u64), Box<Issue>> {
    let opened = File::open(path).and_then(|file| Ok((file.metadata()?.len(), file)));
    opened.map(|(bytes, file)| (file, bytes)).map_err(|error| Box::new(unreadable(name, &error)))
}

/// The fatal issue of a file or folder that cannot be read.
pub(crate) fn unreadable(name: &str, error: &std::io::Error) -> Issue {
    let place = Place { file: name.to_owned(), line: 0 };
    Issue::new(Severity::Fatal, IssueCode::FileUnreadable, &place).detail(error.kind().to_string())
}
