//! EDIFACT's syntax (ISO 9735): bytes to segments. Service characters as `UNA` gives them or by default, the release
//! character, line ends anywhere, nothing larger than its budget. It knows the names of no segments but `UNA`.

use std::io::BufRead;

use record::{Issue, IssueCode, Place, Severity};

/// The largest segment; the longest real ones, free text of five times 70 characters, are a fiftieth of it.
pub(super) const SEGMENT: usize = 16 << 10;

/// Why the whole file is refused.
pub(super) type Fatal = Box<Issue>;

/// One segment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Segment {
    /// Which of the file it is, from 1. Many files are one long line, so this is what reports name as the line; in a
    /// file with a segment to a line it is the line.
    pub(super) number: u64,
    /// Its name.
    pub(super) tag: String,
    /// Its elements, without the name, and of each its components.
    elements: Vec<Vec<String>>,
}

impl Segment {
    /// A component by the number of its element (from 1, as the standard counts) and its own (from 0), without white
    /// space around it; `None` where nothing is left.
    pub(super) fn get(&self, element: usize, component: usize) -> Option<&str> {
        let text = self.components(element).get(component)?.trim();
        (!text.is_empty()).then_some(text)
    }

    /// The components of an element.
    pub(super) fn components(&self, element: usize) -> &[String] {
        let element = element.checked_sub(1).and_then(|at| self.elements.get(at));
        element.map(Vec::as_slice).unwrap_or_default()
    }

    /// Every element.
    pub(super) fn elements(&self) -> impl Iterator<Item = &[String]> {
        self.elements.iter().map(Vec::as_slice)
    }

    /// Whether it has this name and its first component is this qualifier.
    pub(super) fn is(&self, tag: &str, qualifier: &str) -> bool {
        self.tag == tag && self.get(1, 0) == Some(qualifier)
    }
}

/// The characters that part things.
#[derive(Clone, Copy, Debug)]
struct Service {
    component: u8,
    element: u8,
    decimal: u8,
    /// `None` where the file has no release character.
    release: Option<u8>,
    terminator: u8,
}

impl Default for Service {
    fn default() -> Self {
        Self { component: b':', element: b'+', decimal: b'.', release: Some(b'?'), terminator: b'\'' }
    }
}

/// The segments of a file, one after another.
#[derive(Debug)]
pub(super) struct Segments<R> {
    source: R,
    file: String,
    service: Service,
    number: u64,
    /// An interchange may begin here, and with it `UNA`.
    between: bool,
    /// A byte that no character set but UTF-8 explains, or that only one beyond the declared set does, was met.
    beyond: bool,
}

impl<R: BufRead> Segments<R> {
    /// Over a file that stands at its start; `file` is named in issues.
    pub(super) fn new(source: R, file: &str) -> Self {
        Self {
            source,
            file: file.to_owned(),
            service: Service::default(),
            number: 0,
            between: true,
            beyond: false,
        }
    }

    /// The issue for which the file is refused, at the segment that was read last.
    pub(super) fn fatal(&self, code: IssueCode, detail: &str) -> Fatal {
        let place = Place { file: self.file.clone(), line: self.number };
        Box::new(Issue::new(Severity::Fatal, code, &place).detail(detail))
    }

    /// Says that an interchange has ended: the next one may have service characters of its own.
    pub(super) fn end_interchange(&mut self) {
        self.service = Service::default();
        self.between = true;
        self.beyond = false;
    }

    /// Whether the interchange so far has characters beyond ASCII.
    pub(super) fn beyond_ascii(&self) -> bool {
        self.beyond
    }

    /// A number with the decimal mark of this file, as a plain one.
    pub(super) fn decimal(&self) -> u8 {
        self.service.decimal
    }

    /// The next segment; `None` at the end of the file.
    pub(super) fn next(&mut self) -> Result<Option<Segment>, Fatal> {
        let Some(first) = self.skip_space()? else { return Ok(None) };
        self.number += 1;
        let mut parts = Parts::default();
        let mut byte = first;
        loop {
            if parts.size >= SEGMENT {
                return Err(self.fatal(IssueCode::TooLarge, "a segment is longer than any real one"));
            }
            match byte {
                b'\r' | b'\n' => {}
                _ if Some(byte) == self.service.release => {
                    let released = self.byte()?.ok_or_else(|| self.cut_short())?;
                    parts.push(released);
                }
                _ if byte == self.service.terminator => return self.finish(parts).map(Some),
                _ if byte == self.service.element => parts.end_element(),
                _ if byte == self.service.component => parts.end_component(),
                _ => parts.push(byte),
            }
            if self.between && parts.is_una() {
                self.una()?;
                parts = Parts::default();
                let Some(next) = self.skip_space()? else { return Err(self.cut_short()) };
                self.number += 1;
                byte = next;
                continue;
            }
            if self.between && parts.is_no_envelope() {
                return Err(self.fatal(IssueCode::WrongFormat, "an interchange begins with UNA or UNB"));
            }
            byte = self.byte()?.ok_or_else(|| self.cut_short())?;
        }
    }

    fn cut_short(&self) -> Fatal {
        self.fatal(IssueCode::Truncated, "the file ends inside a segment")
    }

    /// `UNA` and its six characters: component, element, decimal mark, release, one that is reserved, terminator.
    fn una(&mut self) -> Result<(), Fatal> {
        let mut given = [0; 6];
        for place in &mut given {
            *place = self.byte()?.ok_or_else(|| self.cut_short())?;
        }
        let [component, element, decimal, release, _, terminator] = given;
        let mut apart = vec![component, element, terminator];
        apart.extend((release != b' ').then_some(release));
        let usable = |byte: &u8| byte.is_ascii_punctuation() || (0x1c..=0x1f).contains(byte);
        let repeats = (1..apart.len()).any(|at| apart[..at].contains(&apart[at]));
        if repeats || !apart.iter().all(usable) || !matches!(decimal, b'.' | b',') {
            return Err(self.fatal(IssueCode::WrongFormat, "UNA names no usable service characters"));
        }
        let release = (release != b' ').then_some(release);
        self.service = Service { component, element, decimal, release, terminator };
        self.between = false;
        Ok(())
    }

    fn finish(&mut self, parts: Parts) -> Result<Segment, Fatal> {
        self.between = false;
        let elements = parts.finish();
        let mut texts = Vec::with_capacity(elements.len());
        for element in elements {
            let mut components = Vec::with_capacity(element.len());
            for component in element {
                components.push(self.text(component)?);
            }
            texts.push(components);
        }
        let name = if texts.is_empty() { Vec::new() } else { texts.remove(0) };
        let tag = name.into_iter().next().unwrap_or_default();
        if tag.len() != 3 || !tag.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit()) {
            return Err(self.fatal(IssueCode::WrongFormat, "a segment begins with a tag of three characters"));
        }
        Ok(Segment { number: self.number, tag, elements: texts })
    }

    /// What the bytes say. Whatever set a sender declares, real files hold ASCII, Windows-1252 or UTF-8; and no text
    /// of the former is valid UTF-8 by accident once it goes beyond ASCII.
    fn text(&mut self, bytes: Vec<u8>) -> Result<String, Fatal> {
        if bytes.iter().any(|byte| byte.is_ascii_control() && *byte != b'\t') {
            return Err(self.fatal(IssueCode::Encoding, "there are control characters in the text"));
        }
        if bytes.is_ascii() {
            return Ok(String::from_utf8_lossy(&bytes).into_owned());
        }
        self.beyond = true;
        Ok(match String::from_utf8(bytes) {
            Ok(text) => text,
            Err(error) => encoding_rs::WINDOWS_1252.decode(error.as_bytes()).0.into_owned(),
        })
    }

    /// Passes over what may stand between segments: white space, and the mark with which old systems end a file.
    fn skip_space(&mut self) -> Result<Option<u8>, Fatal> {
        loop {
            match self.byte()? {
                Some(b'\r' | b'\n' | b' ' | b'\t' | 0x1a) => {}
                other => return Ok(other),
            }
        }
    }

    fn byte(&mut self) -> Result<Option<u8>, Fatal> {
        loop {
            match self.source.fill_buf() {
                Ok(bytes) => {
                    let byte = bytes.first().copied();
                    self.source.consume(usize::from(byte.is_some()));
                    return Ok(byte);
                }
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                Err(error) => {
                    let detail = error.kind().to_string();
                    return Err(self.fatal(IssueCode::FileUnreadable, &detail));
                }
            }
        }
    }
}

/// The bytes of a segment, parted.
#[derive(Default)]
struct Parts {
    done: Vec<Vec<Vec<u8>>>,
    element: Vec<Vec<u8>>,
    component: Vec<u8>,
    size: usize,
}

impl Parts {
    fn push(&mut self, byte: u8) {
        self.component.push(byte);
        self.size += 1;
    }

    fn end_component(&mut self) {
        self.element.push(std::mem::take(&mut self.component));
        self.size += 1;
    }

    fn end_element(&mut self) {
        self.end_component();
        self.done.push(std::mem::take(&mut self.element));
    }

    fn is_una(&self) -> bool {
        self.done.is_empty() && self.element.is_empty() && self.component == b"UNA"
    }

    /// Whether what has begun is no interchange.
    fn is_no_envelope(&self) -> bool {
        self.done.is_empty()
            && self.element.is_empty()
            && self.component.len() == 3
            && self.component != b"UNB"
    }

    fn finish(mut self) -> Vec<Vec<Vec<u8>>> {
        self.end_element();
        self.done
    }
}
