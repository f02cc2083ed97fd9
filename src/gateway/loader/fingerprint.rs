//! What identifies a batch: the names and contents of its files.

use std::{
    fs::File,
    io::Read,
    path::{Path, PathBuf},
};

use aws_lc_rs::digest::{Context, SHA256};
use ingest::Format;
use record::OdsCode;

use super::{LoadError, file_name};

/// Identifies a batch by the names and contents of the files that are read of it. It begins with words by which a
/// person finds the files again; the name of a GP2GP message is not among them, since it may hold an NHS number.
pub(super) fn fingerprint(format: Format, batch: &dyn ingest::Batch) -> Result<String, LoadError> {
    let mut files = batch.paths();
    files.sort_by_key(|path| path.file_name());
    let mut sum = Context::new(&SHA256);
    for path in &files {
        sum.update(path.file_name().unwrap_or_default().as_encoded_bytes());
        sum.update(&[0]);
        add(path, &mut sum).map_err(|error| LoadError::File(path.to_path_buf(), error))?;
        sum.update(&[0]);
    }
    let sum: String = sum.finish().as_ref().iter().take(8).map(|byte| format!("{byte:02x}")).collect();
    Ok(match (format, files.first()) {
        (Format::EmisCsv | Format::TppCsv, Some(first)) => {
            format!("{format}, {} and {} more, {sum}", file_name(first), files.len() - 1)
        }
        _ => format!("{format}, {} messages, {sum}", files.len()),
    })
}

/// What would identify the batch of these files, if they can be read.
#[must_use]
pub fn fingerprint_of(format: Format, practice: &OdsCode, paths: &[PathBuf]) -> Option<String> {
    let batch = ingest::open(format, practice, paths).ok()?;
    fingerprint(format, batch.as_ref()).ok()
}

fn add(path: &Path, sum: &mut Context) -> std::io::Result<()> {
    let mut file = File::open(path)?;
    let mut buffer = vec![0; 1 << 16];
    loop {
        match file.read(&mut buffer) {
            Ok(0) => return Ok(()),
            Ok(read) => sum.update(buffer.get(..read).unwrap_or_default()),
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}
