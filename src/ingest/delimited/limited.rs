//! A reader that lets no record grow past a limit: it sits under the CSV parser, which by itself would collect a
//! field until memory ends where a quote is missing. It keeps the bytes of the record at hand, so that the end of a
//! file can be judged from how it was really written.

use std::io::{self, Read};

/// No real row is longer: free text has up to 8,000 characters and there are at most 40 columns.
pub(crate) const LARGEST_RECORD: usize = 1024 * 1024;

/// The reader.
#[derive(Debug)]
pub(crate) struct Limited<R> {
    inner: R,
    /// What was read from `held_from` on.
    held: Vec<u8>,
    held_from: u64,
    /// Where the record at hand begins.
    record_from: u64,
    exceeded: bool,
    ended: bool,
}

impl<R> Limited<R> {
    /// A reader that has read nothing yet.
    pub(crate) fn new(inner: R) -> Self {
        Self { inner, held: Vec::new(), held_from: 0, record_from: 0, exceeded: false, ended: false }
    }

    /// A record begins at this offset; what comes before is no longer needed.
    pub(crate) fn begin_record(&mut self, offset: u64) {
        self.record_from = offset;
    }

    /// The bytes of the record at hand, up to an offset.
    pub(crate) fn record(&self, end: u64) -> &[u8] {
        let index =
            |offset: u64| usize::try_from(offset.saturating_sub(self.held_from)).unwrap_or(usize::MAX);
        self.held.get(index(self.record_from)..index(end)).unwrap_or_default()
    }

    /// Whether reading failed because the record at hand is too long.
    pub(crate) fn exceeded(&self) -> bool {
        self.exceeded
    }

    /// Whether the end of the input was met.
    pub(crate) fn ended(&self) -> bool {
        self.ended
    }
}

impl<R: Read> Read for Limited<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let done = self.record_from.saturating_sub(self.held_from);
        let done = usize::try_from(done).unwrap_or(usize::MAX).min(self.held.len());
        self.held.drain(..done);
        self.held_from += done as u64;
        if self.held.len() > LARGEST_RECORD {
            self.exceeded = true;
            return Err(io::Error::new(io::ErrorKind::InvalidData, "a record is too long"));
        }
        let count = self.inner.read(buffer)?;
        self.ended = count == 0;
        self.held.extend_from_slice(buffer.get(..count).unwrap_or_default());
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_endless_record_costs_no_more_than_the_limit() {
        let mut reader = Limited::new(io::repeat(b'x'));
        let mut buffer = [0; 4096];
        let mut read = 0;
        while let Ok(count) = reader.read(&mut buffer) {
            read += count;
        }
        assert!(reader.exceeded());
        assert!(read <= LARGEST_RECORD + buffer.len(), "{read}");
        assert!(reader.held.capacity() <= 4 * LARGEST_RECORD);
    }

    #[test]
    fn records_that_each_fit_may_go_on_for_ever() {
        let mut reader = Limited::new(io::repeat(b'x').take(10 * LARGEST_RECORD as u64));
        let mut buffer = [0; 4096];
        let mut read = 0;
        loop {
            let count = reader.read(&mut buffer).unwrap();
            read += count as u64;
            reader.begin_record(read);
            if count == 0 {
                break;
            }
        }
        assert_eq!(read, 10 * LARGEST_RECORD as u64);
        assert!(reader.ended());
    }
}
