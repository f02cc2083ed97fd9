//! How a format writes its tables: what stands between fields, and how the encoding is told.

use std::{
    io::{self, BufReader, Read, Seek},
    str,
};

use super::records::Encoding;

/// The writing of a format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Dialect {
    /// What stands between fields.
    pub(crate) separator: u8,
    /// How a file's encoding is told.
    pub(crate) encoding: Told,
}

/// How a file's encoding is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Told {
    /// It is UTF-8, always.
    Utf8,
    /// It is UTF-8 if it begins with a byte order mark, Windows-1252 otherwise.
    ByMark,
    /// It is UTF-8 if the whole of it is that, Windows-1252 otherwise.
    ByContent,
}

impl Told {
    /// The encoding of a file, which is then at its start again.
    ///
    /// # Errors
    /// If it cannot be read.
    pub(super) fn of(self, input: &mut (impl Read + Seek)) -> io::Result<Encoding> {
        let encoding = match self {
            Self::Utf8 => return Ok(Encoding::Utf8),
            Self::ByMark => by_mark(&mut *input),
            Self::ByContent => by_content(&mut *input),
        }?;
        input.rewind()?;
        Ok(encoding)
    }
}

fn by_mark(input: impl Read) -> io::Result<Encoding> {
    let mut start = Vec::new();
    input.take(3).read_to_end(&mut start)?;
    let marked = start == "\u{feff}".as_bytes();
    Ok(if marked { Encoding::Utf8 } else { Encoding::Windows1252 })
}

fn by_content(input: impl Read) -> io::Result<Encoding> {
    let mut reader = BufReader::new(input);
    let mut buffer = vec![0; 64 * 1024];
    // Bytes of a character that the end of the buffer cut in two: at most three.
    let mut held = 0;
    loop {
        let read = match reader.read(buffer.get_mut(held..).unwrap_or_default()) {
            Ok(read) => read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        let filled = buffer.get(..held + read).unwrap_or_default();
        let (valid, cut) = match str::from_utf8(filled) {
            Ok(_) => (filled.len(), true),
            Err(error) => (error.valid_up_to(), error.error_len().is_none()),
        };
        let left = filled.len() - valid;
        if !cut || (read == 0 && left > 0) {
            return Ok(Encoding::Windows1252);
        }
        if read == 0 {
            return Ok(Encoding::Utf8);
        }
        buffer.copy_within(valid..valid + left, 0);
        held = left;
    }
}
