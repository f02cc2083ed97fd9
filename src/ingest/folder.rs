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
            Err(error) => issues.push(unreadable(path, &error)),
        }
    }
    if found.is_empty() && issues.is_empty() {
        let place = paths.first().map(|path| Place { file: name(path), line: 0 }).unwrap_or_default();
        let detail =
            format!("no file in it ends in .{}; is the export of this --format?", endings.join(" or ."));
        let detail = detail + &deeper(paths, |name| ends(Path::new(name), endings));
        issues.push(Issue::new(Severity::Fatal, IssueCode::FileMissing, &place).detail(detail));
    }
    if issues.is_empty() { Ok(found) } else { Err(issues) }
}

fn in_path(path: &Path, endings: &[&str]) -> std::io::Result<Vec<PathBuf>> {
    if !path.is_dir() {
        return Ok(vec![path.to_path_buf()]);
    }
    let belongs = |path: &PathBuf| ends(path, endings) && path.is_file();
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
pub(crate) fn open(path: &Path) -> Result<(File, u64), Box<Issue>> {
    let opened = File::open(path).and_then(|file| Ok((file.metadata()?.len(), file)));
    opened.map(|(bytes, file)| (file, bytes)).map_err(|error| Box::new(unreadable(path, &error)))
}

/// The fatal issue of a file or folder that cannot be read.
pub(crate) fn unreadable(path: &Path, error: &std::io::Error) -> Issue {
    let place = Place { file: name(path), line: 0 };
    Issue::new(Severity::Fatal, IssueCode::FileUnreadable, &place).detail(why(path, error))
}

/// Why a file or folder cannot be read.
pub(crate) fn why(path: &Path, error: &std::io::Error) -> String {
    match error.kind() {
        std::io::ErrorKind::NotFound => format!("no such file or folder: {}", path.display()),
        kind => kind.to_string(),
    }
}

/// To be added to words about folders in which there is no file of an export: the folder in one of them that has such
/// files, if there is one.
pub(crate) fn deeper(paths: &[PathBuf], belongs: impl Fn(&str) -> bool) -> String {
    let inside = |path: &Path| {
        let entries = std::fs::read_dir(path).into_iter().flatten();
        let mut found: Vec<PathBuf> = entries.filter_map(|one| Some(one.ok()?.path())).collect();
        found.sort();
        found
    };
    let folders = paths.iter().flat_map(|path| inside(path)).filter(|path| path.is_dir());
    let mut having =
        folders.filter(|folder| inside(folder).iter().any(|path| path.is_file() && belongs(&name(path))));
    having.next().map_or(String::new(), |folder| format!("; its subfolder {} has such files", name(&folder)))
}

/// Whether a file has one of these endings.
fn ends(path: &Path, endings: &[&str]) -> bool {
    let ending = path.extension().map(|ending| ending.to_string_lossy().to_lowercase());
    ending.is_some_and(|ending| endings.contains(&ending.as_str()))
}
