//! Which encoding a file is in, where nothing in it says so.

use std::{
    io::{self, BufReader, Read},
    str,
};

use super::records::Encoding;

impl Encoding {
    /// UTF-8 if the whole input is that, Windows-1252 otherwise.
    ///
    /// # Errors
    /// If it cannot be read.
    pub(crate) fn of(input: impl Read) -> io::Result<Self> {
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
                return Ok(Self::Windows1252);
            }
            if read == 0 {
                return Ok(Self::Utf8);
            }
            buffer.copy_within(valid..valid + left, 0);
            held = left;
        }
    }
}
