//! Bytes of a message, metered: how many were read, on which line we are, and no single piece of markup larger than
//! its budget. Text between markup is taken here, in pieces, so that what nobody wants is never held. Knows nothing
//! of elements.

use std::io::{self, BufRead, Read};

/// A reader that counts what passes through it.
#[derive(Debug)]
pub(super) struct Metered<R> {
    inner: R,
    line: u64,
    #[cfg(test)]
    bytes: u64,
    budget: usize,
    exceeded: bool,
}

/// What [`Metered::take_text`] met.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Taken {
    /// There was something other than white space.
    pub(super) words: bool,
    /// There was more than could be kept.
    pub(super) cut: bool,
    /// There was a NUL, which XML has no way to write.
    pub(super) nul: bool,
}

impl<R: BufRead> Metered<R> {
    /// Over a reader that stands at its start.
    pub(super) fn new(inner: R) -> Self {
        Self {
            inner,
            line: 1,
            #[cfg(test)]
            bytes: 0,
            budget: usize::MAX,
            exceeded: false,
        }
    }

    /// The line of the next byte, from 1.
    pub(super) fn line(&self) -> u64 {
        self.line
    }

    /// How many bytes were read.
    #[cfg(test)]
    pub(super) fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Lets the next piece of markup be this large.
    pub(super) fn grant(&mut self, budget: usize) {
        self.budget = budget;
    }

    /// Whether a piece of markup was larger than its budget.
    pub(super) fn exceeded(&self) -> bool {
        self.exceeded
    }

    /// Whether nothing is left.
    pub(super) fn at_end(&mut self) -> bool {
        self.look().is_ok_and(<[u8]>::is_empty)
    }

    /// The next bytes, whatever the budget.
    pub(super) fn look(&mut self) -> io::Result<&[u8]> {
        loop {
            match self.inner.fill_buf() {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
                Ok(_) => break,
            }
        }
        self.inner.fill_buf()
    }

    /// Takes text up to the next markup or reference; what is wanted goes to `keep`, which grows to `limit` at most.
    pub(super) fn take_text(&mut self, mut keep: Option<&mut Vec<u8>>, limit: usize) -> io::Result<Taken> {
        let mut taken = Taken::default();
        loop {
            let available = self.look()?;
            let end = available.iter().position(|byte| matches!(byte, b'<' | b'&'));
            let piece = available.get(..end.unwrap_or(available.len())).unwrap_or_default();
            taken.nul |= piece.contains(&0);
            taken.words |= piece.iter().any(|byte| !byte.is_ascii_whitespace());
            if let Some(keep) = keep.as_deref_mut() {
                let room = limit.saturating_sub(keep.len());
                taken.cut |= piece.len() > room;
                keep.extend_from_slice(piece.get(..room.min(piece.len())).unwrap_or_default());
            }
            let count = piece.len();
            self.pass(count);
            if end.is_some() || count == 0 {
                return Ok(taken);
            }
        }
    }

    fn pass(&mut self, count: usize) {
        let lines = match self.inner.fill_buf() {
            Ok(bytes) => bytes.iter().take(count).filter(|byte| **byte == b'\n').count(),
            Err(_) => 0,
        };
        self.line += lines as u64;
        #[cfg(test)]
        {
            self.bytes += count as u64;
        }
        self.inner.consume(count);
    }
}

impl<R: BufRead> Read for Metered<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let count = self.fill_buf()?.read(into)?;
        self.consume(count);
        Ok(count)
    }
}

impl<R: BufRead> BufRead for Metered<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.budget == 0 {
            self.exceeded = true;
            return Err(io::Error::other("markup larger than its budget"));
        }
        self.inner.fill_buf()
    }

    fn consume(&mut self, count: usize) {
        self.pass(count);
        self.budget = self.budget.saturating_sub(count);
    }
}
