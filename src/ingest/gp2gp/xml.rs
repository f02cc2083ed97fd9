//! A pull reader for messages that nobody vouches for: no document type, no entities but the five that XML has, UTF-8,
//! limits on depth, attributes and text. Names are compared without their prefix. Knows nothing of GP2GP.

use std::io::BufRead;

use quick_xml::{
    Error, Reader,
    errors::IllFormedError,
    escape::EscapeError,
    events::{BytesDecl, BytesRef, BytesStart, Event},
};
use record::{Issue, IssueCode, Place, Severity};

use super::source::Metered;

/// How deep elements may be nested; real extracts stay below 40.
const DEPTH: usize = 256;
/// The largest text that is kept, and the largest single piece of markup.
pub(super) const TEXT: usize = 1 << 20;
const ATTRIBUTE: usize = 64 << 10;
const ATTRIBUTES: usize = 1_000;

/// Why the whole message is refused.
pub(super) type Fatal = Box<Issue>;

/// A start tag.
#[derive(Clone, Debug)]
pub(super) struct Tag {
    /// The name without its prefix.
    pub(super) name: String,
    /// Names as written, and values.
    pub(super) attributes: Vec<(String, String)>,
    /// The line on which it starts.
    pub(super) line: u64,
    depth: usize,
}

impl Tag {
    /// The value of an attribute without a prefix, unless it is blank.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        attribute(&self.attributes, name)
    }
}

/// The name of an element. What can only be a misspelt `confidentialityCode` is taken for one: to pass over it as over any
/// element that is not known would show what it is there to hide.
fn name_of(name: &str) -> String {
    let begins = name.get(..12).is_some_and(|start| start.eq_ignore_ascii_case("confidential"));
    if begins { "confidentialityCode".to_owned() } else { name.to_owned() }
}

/// The value of an attribute, unless it is blank.
pub(super) fn attribute<'a>(attributes: &'a [(String, String)], name: &str) -> Option<&'a str> {
    let (_, value) = attributes.iter().find(|(key, _)| key == name)?;
    Some(value.trim()).filter(|value| !value.is_empty())
}

/// The next thing in a message.
#[derive(Debug)]
pub(super) enum Step {
    /// An element starts.
    Open(Tag),
    /// Text, where it was asked for.
    Text(String),
    /// The innermost element ends.
    Close,
    /// The message ends.
    End,
}

/// The reader.
#[derive(Debug)]
pub(super) struct Xml<R> {
    reader: Reader<Metered<R>>,
    buffer: Vec<u8>,
    file: String,
    depth: usize,
    /// The element that just started has no content: its end comes next.
    empty: bool,
    started: bool,
    rooted: bool,
    oversize: bool,
}

impl<R: BufRead> Xml<R> {
    /// Over a message that stands at its start; `file` is named in issues.
    pub(super) fn new(source: R, file: &str) -> Self {
        Self {
            reader: Reader::from_reader(Metered::new(source)),
            buffer: Vec::new(),
            file: file.to_owned(),
            depth: 0,
            empty: false,
            started: false,
            rooted: false,
            oversize: false,
        }
    }

    /// How many bytes were read.
    #[cfg(test)]
    pub(super) fn bytes(&self) -> u64 {
        self.reader.get_ref().bytes()
    }

    /// Whether text was cut since the last time one asked.
    pub(super) fn take_oversize(&mut self) -> bool {
        std::mem::take(&mut self.oversize)
    }

    /// An issue that refuses the message, at the present line.
    pub(super) fn fatal(&self, code: IssueCode, detail: &str) -> Fatal {
        let place = Place { file: self.file.clone(), line: self.reader.get_ref().line() };
        Box::new(Issue::new(Severity::Fatal, code, &place).detail(detail))
    }

    /// The next child element of `of`. What is left of an earlier child is passed over without being held.
    pub(super) fn child(&mut self, of: &Tag) -> Result<Option<Tag>, Fatal> {
        while self.depth >= of.depth {
            match self.step(false)? {
                Step::Open(tag) if tag.depth == of.depth + 1 => return Ok(Some(tag)),
                Step::End => return Ok(None),
                Step::Open(_) | Step::Text(_) | Step::Close => {}
            }
        }
        Ok(None)
    }

    /// All text inside `of`, at most [`TEXT`] bytes of it.
    pub(super) fn text(&mut self, of: &Tag) -> Result<String, Fatal> {
        let mut text = String::new();
        while self.depth >= of.depth {
            if let Step::Text(piece) = self.step(true)? {
                self.append(&mut text, &piece);
            }
        }
        Ok(text)
    }

    /// Every element inside `of`, in whatever depth, is shown and passed over.
    pub(super) fn pass(&mut self, of: &Tag, mut shown: impl FnMut(&Tag)) -> Result<(), Fatal> {
        while self.depth >= of.depth {
            if let Step::Open(tag) = self.step(false)? {
                shown(&tag);
            }
        }
        Ok(())
    }

    /// Adds to a text while it stays below [`TEXT`].
    pub(super) fn append(&mut self, text: &mut String, piece: &str) {
        if text.len() + piece.len() <= TEXT {
            text.push_str(piece);
        } else {
            self.oversize = true;
        }
    }

    /// Notes that a part was too large to keep.
    pub(super) fn note_oversize(&mut self) {
        self.oversize = true;
    }

    /// The next thing; text only if it is wanted.
    pub(super) fn step(&mut self, wanted: bool) -> Result<Step, Fatal> {
        if std::mem::take(&mut self.empty) {
            self.depth -= 1;
            return Ok(Step::Close);
        }
        self.begin()?;
        loop {
            if let Some(text) = self.plain_text(wanted)? {
                return Ok(Step::Text(text));
            }
            let line = self.reader.get_ref().line();
            let mut buffer = std::mem::take(&mut self.buffer);
            buffer.clear();
            self.reader.get_mut().grant(TEXT);
            let event = self.reader.read_event_into(&mut buffer).map(Event::into_owned);
            self.buffer = buffer;
            let step = match event {
                Ok(event) => self.event(event, line, wanted)?,
                Err(error) => return Err(self.broken(&error)),
            };
            if let Some(step) = step {
                return Ok(step);
            }
        }
    }

    /// Encodings other than UTF-8 are told by their first bytes.
    fn begin(&mut self) -> Result<(), Fatal> {
        if std::mem::replace(&mut self.started, true) {
            return Ok(());
        }
        let start: [u8; 3] = match self.reader.get_mut().look() {
            Ok(bytes) => std::array::from_fn(|i| bytes.get(i).copied().unwrap_or(b' ')),
            Err(_) => return Err(self.fatal(IssueCode::FileUnreadable, "reading failed")),
        };
        match start {
            [0xFE, 0xFF, _] | [0xFF, 0xFE, _] | [0, b'<', _] | [b'<', 0, _] => {
                Err(self.fatal(IssueCode::Encoding, "the message looks like UTF-16"))
            }
            [0xEF, 0xBB, 0xBF] => {
                self.reader.get_mut().consume(3);
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn plain_text(&mut self, wanted: bool) -> Result<Option<String>, Fatal> {
        let mut kept = Vec::new();
        let taken = self.reader.get_mut().take_text(wanted.then_some(&mut kept), TEXT);
        let taken = taken.map_err(|_| self.fatal(IssueCode::FileUnreadable, "reading failed"))?;
        if taken.nul {
            return Err(self.fatal(IssueCode::XmlMalformed, "a NUL byte, which no XML may hold"));
        }
        if taken.words && self.depth == 0 {
            return Err(self.fatal(IssueCode::XmlMalformed, "text outside the root element"));
        }
        if taken.cut {
            self.oversize = true;
            return Ok(None);
        }
        if kept.is_empty() {
            return Ok(None);
        }
        let text = String::from_utf8(kept).map_err(|_| self.fatal(IssueCode::Encoding, "not UTF-8"))?;
        self.allowed(&text)?;
        Ok(Some(text.replace("\r\n", "\n")))
    }

    fn event(&mut self, event: Event<'_>, line: u64, wanted: bool) -> Result<Option<Step>, Fatal> {
        match event {
            Event::Start(start) => self.open(&start, line).map(Some),
            Event::Empty(start) => {
                let step = self.open(&start, line)?;
                self.empty = true;
                Ok(Some(step))
            }
            Event::End(_) => {
                self.depth = self.depth.saturating_sub(1);
                Ok(Some(Step::Close))
            }
            Event::Text(text) => self.piece(&text.into_inner(), wanted),
            Event::CData(text) => self.piece(&text.into_inner(), wanted),
            Event::GeneralRef(reference) => {
                let character = self.resolve(&reference)?;
                self.piece(character.encode_utf8(&mut [0; 4]), wanted)
            }
            Event::Decl(declaration) => self.declared(&declaration).map(|()| None),
            Event::DocType(_) => Err(self.fatal(IssueCode::XmlDtd, "the message has a document type")),
            Event::Comment(_) | Event::PI(_) => Ok(None),
            Event::Eof if self.depth > 0 => Err(self.fatal(IssueCode::Truncated, "elements are still open")),
            Event::Eof if !self.rooted => Err(self.fatal(IssueCode::Truncated, "there is no element")),
            Event::Eof => Ok(Some(Step::End)),
        }
    }

    fn piece(&mut self, text: &str, wanted: bool) -> Result<Option<Step>, Fatal> {
        if self.depth == 0 {
            return Err(self.fatal(IssueCode::XmlMalformed, "text outside the root element"));
        }
        if !wanted {
            return Ok(None);
        }
        self.allowed(text)?;
        Ok(Some(Step::Text(text.to_owned())))
    }

    fn open(&mut self, start: &BytesStart<'_>, line: u64) -> Result<Step, Fatal> {
        if self.depth == 0 && std::mem::replace(&mut self.rooted, true) {
            return Err(self.fatal(IssueCode::XmlMalformed, "more than one root element"));
        }
        if self.depth >= DEPTH {
            return Err(self.fatal(IssueCode::TooLarge, "elements are nested too deeply"));
        }
        let attributes = self.attributes(start)?;
        self.depth += 1;
        let name = name_of(start.local_name().as_ref());
        Ok(Step::Open(Tag { name, attributes, line, depth: self.depth }))
    }

    fn attributes(&self, start: &BytesStart<'_>) -> Result<Vec<(String, String)>, Fatal> {
        let mut attributes = Vec::new();
        for attribute in start.attributes() {
            let attribute =
                attribute.map_err(|_| self.fatal(IssueCode::XmlMalformed, "an attribute is malformed"))?;
            if attributes.len() >= ATTRIBUTES || attribute.value.len() > ATTRIBUTE {
                return Err(self.fatal(IssueCode::TooLarge, "too many attributes, or too long a one"));
            }
            let value = attribute.value.replace(['\t', '\n', '\r'], " ");
            let value = quick_xml::escape::unescape(&value).map_err(|error| match error {
                EscapeError::UnrecognizedEntity(..) => {
                    self.fatal(IssueCode::XmlDtd, "an entity that XML has not")
                }
                _ => self.fatal(IssueCode::XmlMalformed, "a reference is malformed"),
            })?;
            self.allowed(&value)?;
            attributes.push((attribute.key.as_ref().to_owned(), value.into_owned()));
        }
        Ok(attributes)
    }

    fn resolve(&self, reference: &BytesRef<'_>) -> Result<char, Fatal> {
        let malformed = |_| self.fatal(IssueCode::XmlMalformed, "a character reference is malformed");
        if let Some(character) = reference.resolve_char_ref().map_err(malformed)? {
            return Ok(character);
        }
        match &*reference.xml10_content() {
            "lt" => Ok('<'),
            "gt" => Ok('>'),
            "amp" => Ok('&'),
            "apos" => Ok('\''),
            "quot" => Ok('"'),
            _ => Err(self.fatal(IssueCode::XmlDtd, "an entity that XML has not")),
        }
    }

    /// XML 1.0, production 2: control characters but tab and line ends are no characters.
    fn allowed(&self, text: &str) -> Result<(), Fatal> {
        let forbidden =
            |c: char| (c < ' ' && !matches!(c, '\t' | '\n' | '\r')) || matches!(c, '\u{FFFE}' | '\u{FFFF}');
        if text.contains(forbidden) {
            return Err(self.fatal(IssueCode::XmlMalformed, "a character that XML does not allow"));
        }
        Ok(())
    }

    fn declared(&self, declaration: &BytesDecl<'_>) -> Result<(), Fatal> {
        if self.rooted {
            return Err(self.fatal(IssueCode::XmlMalformed, "the XML declaration is not at the start"));
        }
        match declaration.encoding() {
            None => Ok(()),
            Some(Ok(name)) if name.eq_ignore_ascii_case("utf-8") || name.eq_ignore_ascii_case("utf8") => {
                Ok(())
            }
            Some(_) => {
                Err(self.fatal(IssueCode::Encoding, "the message declares another encoding than UTF-8"))
            }
        }
    }

    fn broken(&mut self, error: &Error) -> Fatal {
        if self.reader.get_ref().exceeded() {
            return self.fatal(IssueCode::TooLarge, "a tag, comment or section is too long");
        }
        match error {
            Error::Io(_) => self.fatal(IssueCode::FileUnreadable, "reading failed"),
            Error::Encoding(_) => self.fatal(IssueCode::Encoding, "not UTF-8"),
            Error::Syntax(_) | Error::IllFormed(IllFormedError::UnclosedReference)
                if self.reader.get_mut().at_end() =>
            {
                self.fatal(IssueCode::Truncated, "it ends inside a tag or an element")
            }
            _ => self.fatal(IssueCode::XmlMalformed, "tags or references do not fit together"),
        }
    }
}
