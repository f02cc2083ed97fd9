//! Bytes to CSV records, with the line on which each begins, in bounded memory. It knows the dialect (RFC 4180,
//! UTF-8 with or without a byte order mark, or Windows-1252) and no table.

use std::{io::Read, mem};

use csv::{ByteRecord, ReaderBuilder, StringRecord};
use encoding_rs::WINDOWS_1252;
use record::IssueCode;

use super::limited::{LARGEST_RECORD, Limited};

const BUFFER: usize = 64 * 1024;

/// What the bytes of a file are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Encoding {
    /// UTF-8; a row that is not is unreadable.
    Utf8,
    /// Windows-1252, in which every byte is a character (WHATWG Encoding, 9.1).
    Windows1252,
}

/// The records of a file, the header among them.
#[derive(Debug)]
pub(crate) struct Records<R> {
    reader: csv::Reader<Limited<R>>,
    bytes: ByteRecord,
    text: StringRecord,
    line: u64,
    encoding: Encoding,
    separator: u8,
}

/// What was read.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Next {
    /// A record, now in [`Records::record`].
    Record,
    /// A record that cannot be text, and why.
    Unreadable(&'static str),
    /// Nothing: the file has ended.
    End,
}

/// Why no further record can be trusted.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Broken {
    /// What is wrong.
    pub(crate) code: IssueCode,
    /// In words.
    pub(crate) detail: String,
}

impl<R: Read> Records<R> {
    /// Begins to read fields between characters of this kind.
    pub(crate) fn new(input: R, encoding: Encoding, separator: u8) -> Self {
        let reader = ReaderBuilder::new()
            .delimiter(separator)
            .has_headers(false)
            .flexible(true)
            .buffer_capacity(BUFFER)
            .from_reader(Limited::new(input));
        Self { reader, bytes: ByteRecord::new(), text: StringRecord::new(), line: 1, encoding, separator }
    }

    /// The record that was read last.
    pub(crate) fn record(&self) -> &StringRecord {
        &self.text
    }

    /// The physical line on which it begins, from 1.
    pub(crate) fn line(&self) -> u64 {
        self.line
    }

    /// How many bytes have been parsed.
    pub(crate) fn offset(&self) -> u64 {
        self.reader.position().byte()
    }

    /// Reads on.
    ///
    /// # Errors
    /// [`Broken`] where the rest of the file is not to be trusted. `width` is the number of fields that a record
    /// ought to have: a last line with fewer of them and no line end was cut off.
    pub(crate) fn next(&mut self, width: usize) -> Result<Next, Broken> {
        let (begin, line) = (self.offset(), self.reader.position().line());
        self.reader.get_mut().begin_record(begin);
        self.bytes = mem::take(&mut self.text).into_byte_record();
        let read = self.reader.read_byte_record(&mut self.bytes);
        let end = self.offset();
        let raw = self.reader.get_ref().record(end);
        self.line = line + line_feeds_before(raw);
        match read {
            Ok(true) => {}
            Ok(false) => return Ok(Next::End),
            Err(error) => return Err(self.broken(&error)),
        }
        if usize::try_from(end - begin).map_or(true, |length| length > LARGEST_RECORD) {
            return Err(too_large());
        }
        let open_end = || {
            ends_in_quotes(raw, self.separator)
                || raw.ends_with(&[self.separator])
                || self.bytes.len() < width
        };
        if self.reader.get_ref().ended() && open_end() {
            return Err(Broken { code: IssueCode::Truncated, detail: "the last line is cut off".into() });
        }
        Ok(self.check_text())
    }

    /// Makes text of the bytes, or says why they are none. Parsers downstream end strings at a NUL.
    fn check_text(&mut self) -> Next {
        if self.bytes.as_slice().contains(&0) {
            return Next::Unreadable("the row has a NUL byte");
        }
        let bytes = mem::take(&mut self.bytes);
        if self.encoding == Encoding::Windows1252 && !bytes.as_slice().is_ascii() {
            self.text = windows_1252(&bytes);
            return Next::Record;
        }
        match StringRecord::from_byte_record(bytes) {
            Ok(text) => {
                self.text = text;
                Next::Record
            }
            Err(error) => Next::Unreadable(not_utf_8(error.into_byte_record().as_slice())),
        }
    }

    fn broken(&self, error: &csv::Error) -> Broken {
        if self.reader.get_ref().exceeded() {
            return too_large();
        }
        let kind = match error.kind() {
            csv::ErrorKind::Io(error) => error.kind().to_string(),
            _ => "it cannot be parsed".into(),
        };
        Broken { code: IssueCode::FileUnreadable, detail: kind }
    }
}

fn windows_1252(bytes: &ByteRecord) -> StringRecord {
    bytes.iter().map(|field| WINDOWS_1252.decode_without_bom_handling(field).0).collect::<Vec<_>>().into()
}

fn too_large() -> Broken {
    Broken {
        code: IssueCode::TooLarge,
        detail: "a row is longer than 1 MiB; a quote is missing before".into(),
    }
}

/// The line feeds that the parser skips before a record: of the line before, which it ends at the carriage return,
/// and of blank lines.
fn line_feeds_before(raw: &[u8]) -> u64 {
    let skipped = raw.iter().take_while(|byte| matches!(byte, b'\r' | b'\n'));
    skipped.filter(|byte| **byte == b'\n').count() as u64
}

/// Whether a record, as it was written, ends inside a quoted field. A quote opens a field only at its start, and
/// two inside stand for one (RFC 4180, 2.5 to 2.7).
fn ends_in_quotes(raw: &[u8], separator: u8) -> bool {
    #[derive(PartialEq)]
    enum At {
        Start,
        Bare,
        Quoted,
        Quote,
    }
    let mut at = At::Start;
    for byte in raw.strip_prefix("\u{feff}".as_bytes()).unwrap_or(raw) {
        at = match (at, byte) {
            (At::Start, b'"') | (At::Quote, b'"') => At::Quoted,
            (At::Quoted, b'"') => At::Quote,
            (At::Quoted, _) => At::Quoted,
            (_, b'\n' | b'\r') => At::Start,
            (_, byte) if *byte == separator => At::Start,
            _ => At::Bare,
        };
    }
    at == At::Quoted
}

/// What a row is that is not UTF-8, in words. Windows-1252 has no character for five of the bytes.
fn not_utf_8(bytes: &[u8]) -> &'static str {
    let none = |byte: &u8| matches!(byte, 0x81 | 0x8d | 0x8f | 0x90 | 0x9d);
    if bytes.iter().any(none) {
        "the row is not UTF-8: export it as UTF-8"
    } else {
        "the row is not UTF-8 (it looks like Windows-1252): export it as UTF-8"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every record with its line, and how it ended.
    fn read(input: &[u8]) -> (Vec<(u64, Vec<String>)>, Option<IssueCode>) {
        let mut records = Records::new(input, Encoding::Utf8, b',');
        let mut read = Vec::new();
        loop {
            match records.next(2) {
                Ok(Next::Record) => {
                    read.push((records.line(), records.record().iter().map(str::to_owned).collect()));
                }
                Ok(Next::Unreadable(why)) => read.push((records.line(), vec![why.to_owned()])),
                Ok(Next::End) => return (read, None),
                Err(broken) => return (read, Some(broken.code)),
            }
        }
    }

    fn lines(input: &str) -> Vec<u64> {
        read(input.as_bytes()).0.into_iter().map(|(line, _)| line).collect()
    }

    #[test]
    fn the_line_is_the_physical_one_on_which_a_record_begins() {
        for end in ["\n", "\r\n"] {
            let input = ["a,b", "\"1", "2\",\"3\"", "", "4,5", "6,7"].join(end);
            assert_eq!(lines(&input), [1, 2, 5, 6], "{end:?}");
        }
        assert_eq!(lines("a,b\r\n1,2\n3,4\r\n\n\n5,6\n"), [1, 2, 3, 6], "mixed line ends");
    }

    #[test]
    fn lines_stay_right_across_the_parsers_buffers() {
        let row = format!("\"{}\n{}\",\"x\"\r\n", "y".repeat(50_000), "z".repeat(30_000));
        assert_eq!(lines(&row.repeat(5)), [1, 3, 5, 7, 9]);
    }

    #[test]
    fn a_byte_order_mark_is_no_part_of_the_first_field() {
        let (read, _) = read("\u{feff}\"a\",\"b\"\r\n".as_bytes());
        assert_eq!(read, [(1, vec!["a".to_owned(), "b".to_owned()])]);
    }

    const LIKELY: &str = "the row is not UTF-8 (it looks like Windows-1252): export it as UTF-8";

    #[test]
    fn bytes_that_windows_1252_has_not_are_not_taken_for_it() {
        let (read, _) = read(b"\x81,b\n");
        assert_eq!(read[0].1, ["the row is not UTF-8: export it as UTF-8"]);
    }

    #[test]
    fn text_in_another_encoding_and_nul_are_told_and_reading_goes_on() {
        let (read, end) = read(b"a,b\n\xff\xfe,c\nd,\0\ne,\"f\"\n");
        let texts: Vec<_> = read.iter().map(|(_, fields)| fields[0].as_str()).collect();
        assert_eq!(texts, ["a", LIKELY, "the row has a NUL byte", "e"]);
        assert_eq!(end, None);
        assert_eq!(read[3].0, 4);
    }

    #[test]
    fn fields_may_be_between_other_characters_than_commas() {
        let mut records = Records::new(b"\"a|b\"|c,d\n\"e\"|\"f".as_slice(), Encoding::Utf8, b'|');
        assert_eq!(records.next(2), Ok(Next::Record));
        assert_eq!(records.record(), ["a|b", "c,d"].as_slice());
        assert_eq!(records.next(2).unwrap_err().code, IssueCode::Truncated);
    }

    #[test]
    fn windows_1252_is_read_byte_for_byte() {
        let mut records =
            Records::new(b"Zo\xeb,\x80 5 \x92\nplain,text\n".as_slice(), Encoding::Windows1252, b',');
        assert_eq!(records.next(2), Ok(Next::Record));
        assert_eq!(records.record(), ["Zo\u{eb}", "\u{20ac} 5 \u{2019}"].as_slice());
        assert_eq!(records.next(2), Ok(Next::Record));
        assert_eq!(records.record(), ["plain", "text"].as_slice());
    }

    #[test]
    fn a_character_torn_by_a_comma_is_not_text() {
        let (read, _) = read(b"\xc3,\xa9\n");
        assert_eq!(read[0].1, [LIKELY]);
    }

    #[test]
    fn a_last_line_cut_off_inside_quotes_or_before_its_last_field_is_truncated() {
        for cut in [
            "a,b\n\"1\",\"2",
            "a,b\n\"1\",\"2\n",
            "a,b\n1",
            "a,b\n\"1\"",
            "a,b\n\"1\",",
            "\"a\",\"b",
            "a,b\r\n\"1\",\"it \"\" goes",
        ] {
            assert_eq!(read(cut.as_bytes()).1, Some(IssueCode::Truncated), "{cut:?}");
        }
        for whole in [
            "a,b\n\"1\",\"2\"",
            "a,b\n1,2",
            "a,b",
            "a,b\n1\n",
            "a,b\n5\",6\"",
            "a,b\n\"1\",\"\"\"\"",
            "\u{feff}\"a\",\"b\"",
        ] {
            assert_eq!(read(whole.as_bytes()).1, None, "{whole:?}");
        }
    }

    #[test]
    fn a_row_longer_than_a_mebibyte_breaks_the_file_and_one_just_below_does_not() {
        let row = |length: usize| format!("a,b\n\"{}\",\"\"\n", "x".repeat(length - 7)).into_bytes();
        assert_eq!(read(&row(LARGEST_RECORD)).1, None);
        assert_eq!(read(&row(LARGEST_RECORD + 2)).1, Some(IssueCode::TooLarge));
        assert_eq!(read(&row(50 * LARGEST_RECORD)).1, Some(IssueCode::TooLarge));
    }
}
