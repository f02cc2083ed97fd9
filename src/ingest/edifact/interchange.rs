//! The envelope: interchanges and the messages in them. Every count and every reference in a trailer is checked, so
//! that an interchange is read whole or refused whole; and what is no pathology report in NHS003 is refused by name.

use std::io::BufRead;

use jiff::civil::{Date, DateTime, Time};
use record::{IssueCode, OdsCode};

use super::syntax::{Fatal, Segment, Segments};

/// More segments than any real interchange has; its text is bounded by this and the largest segment.
const SEGMENTS: usize = 100_000;
/// More text than any real interchange has; MESH carries a hundredth of it.
const TEXT: usize = 32 << 20;
/// The message that is read: type, version, release, agency, and the NHS's own name for it.
const NHS003: [&str; 5] = ["MEDRPT", "0", "1", "RT", "NHS003"];

/// One interchange.
#[derive(Debug)]
pub(super) struct Interchange {
    /// The mailbox that sent it.
    pub(super) sender: String,
    /// The mailbox that it was sent to.
    recipient: Option<String>,
    /// When it was made and which of its sender's it is, as one number that grows. Messages count below it.
    pub(super) sequence: u64,
    /// The character set is not the one that was declared.
    pub(super) beyond_charset: bool,
    /// The decimal mark.
    pub(super) decimal: u8,
    /// The messages.
    pub(super) messages: Vec<Message>,
    /// Which segment it begins with.
    pub(super) number: u64,
}

/// One message, without its envelope.
#[derive(Debug)]
pub(super) struct Message {
    /// Which segment it begins with.
    pub(super) number: u64,
    /// What is in it.
    pub(super) segments: Vec<Segment>,
}

impl Interchange {
    /// Whether it names practices that it is for, and not this one: in its mailbox, or as the recipient of a message.
    /// Mailboxes of the NHS are numbers that name nobody, and a code of another shape is a doctor's or a department's.
    pub(super) fn is_for_others_than(&self, practice: &OdsCode) -> bool {
        let to = |segment: &&Segment| segment.is("NAD", "MR");
        let named = self.messages.iter().flat_map(|message| message.segments.iter().filter(to));
        let codes = named.filter_map(|segment| segment.get(2, 0)).chain(self.recipient.as_deref());
        let practices: Vec<OdsCode> = codes.filter_map(practice_code).collect();
        !practices.is_empty() && !practices.contains(practice)
    }
}

/// A GP practice's code: a letter and five digits.
fn practice_code(text: &str) -> Option<OdsCode> {
    let (first, rest) = text.as_bytes().split_first()?;
    let fits = first.is_ascii_alphabetic() && rest.len() == 5 && rest.iter().all(u8::is_ascii_digit);
    fits.then(|| text.parse().ok()).flatten()
}

/// Reads the next interchange; `None` at the end of the file.
pub(super) fn read<R: BufRead>(segments: &mut Segments<R>) -> Result<Option<Interchange>, Fatal> {
    let Some(header) = segments.next()? else { return Ok(None) };
    if header.tag != "UNB" {
        return Err(segments.fatal(IssueCode::WrongFormat, "an interchange begins with UNB"));
    }
    let declared = charset(segments, &header)?;
    let sender = required(segments, &header, 2, "UNB names no sender")?.to_owned();
    let (reference, control) = control(segments, &header)?;
    let made = made(&header)
        .ok_or_else(|| segments.fatal(IssueCode::DateInvalid, "UNB says when it was made: yyMMdd:HHmm"))?;
    if header.get(11, 0).is_some_and(|test| test != "0") {
        return Err(segments.fatal(IssueCode::WrongFormat, "it says that it is a test"));
    }
    let mut interchange = Interchange {
        sender,
        recipient: header.get(3, 0).map(str::to_owned),
        sequence: sequence(made, control),
        beyond_charset: false,
        decimal: segments.decimal(),
        messages: Vec::new(),
        number: header.number,
    };
    let mut bounds = Bounds::default();
    loop {
        let segment = inside(segments, &mut bounds)?;
        match segment.tag.as_str() {
            "UNH" => interchange.messages.push(message(segments, &segment, &mut bounds)?),
            "UNZ" => {
                trailer(segments, &segment, interchange.messages.len(), &reference, "UNZ")?;
                interchange.beyond_charset = segments.beyond_ascii() && !declared.beyond_ascii;
                segments.end_interchange();
                return Ok(Some(interchange));
            }
            "UNG" => return Err(segments.fatal(IssueCode::WrongFormat, "functional groups are not used")),
            _ => return Err(segments.fatal(IssueCode::WrongFormat, "a segment stands outside any message")),
        }
    }
}

fn message<R: BufRead>(
    segments: &mut Segments<R>,
    header: &Segment,
    bounds: &mut Bounds,
) -> Result<Message, Fatal> {
    let reference = required(segments, header, 1, "UNH has no reference")?.to_owned();
    let named = header.components(2);
    if !NHS003.iter().enumerate().all(|(at, part)| header.get(2, at) == Some(part)) {
        let known = ["NHS001", "NHS002", "NHS004"]
            .into_iter()
            .find(|name| named.iter().any(|part| part.trim() == *name));
        let detail = match known {
            Some(name) => format!("{name} is not read; only NHS003, pathology reports, is"),
            None => "only MEDRPT:0:1:RT:NHS003, pathology reports, is read".to_owned(),
        };
        return Err(segments.fatal(IssueCode::WrongFormat, &detail));
    }
    let mut message = Message { number: header.number, segments: Vec::new() };
    loop {
        let segment = inside(segments, bounds)?;
        match segment.tag.as_str() {
            "UNT" => {
                trailer(segments, &segment, message.segments.len() + 2, &reference, "UNT")?;
                return Ok(message);
            }
            "UNB" | "UNH" | "UNZ" => {
                return Err(segments.fatal(IssueCode::Truncated, "a message has no UNT"));
            }
            _ => message.segments.push(segment),
        }
    }
}

/// The next segment of an interchange that has begun.
fn inside<R: BufRead>(segments: &mut Segments<R>, bounds: &mut Bounds) -> Result<Segment, Fatal> {
    let Some(segment) = segments.next()? else {
        return Err(segments.fatal(IssueCode::Truncated, "the interchange has no UNZ"));
    };
    bounds.segments += 1;
    bounds.text += segment.elements().flatten().map(|part| part.len() + size_of::<String>()).sum::<usize>();
    if bounds.segments > SEGMENTS || bounds.text > TEXT {
        return Err(segments.fatal(IssueCode::TooLarge, "the interchange is larger than any real one"));
    }
    Ok(segment)
}

#[derive(Default)]
struct Bounds {
    segments: usize,
    text: usize,
}

/// Checks a trailer: how much it says there was, and whose trailer it is.
fn trailer<R: BufRead>(
    segments: &Segments<R>,
    trailer: &Segment,
    count: usize,
    reference: &str,
    tag: &str,
) -> Result<(), Fatal> {
    if trailer.get(1, 0).and_then(|said| said.parse().ok()) != Some(count) {
        return Err(segments.fatal(IssueCode::Truncated, &format!("{tag} counts otherwise than there is")));
    }
    if trailer.get(2, 0) != Some(reference) {
        return Err(segments.fatal(IssueCode::Truncated, &format!("{tag} belongs to another header")));
    }
    Ok(())
}

fn required<'a, R: BufRead>(
    segments: &Segments<R>,
    segment: &'a Segment,
    element: usize,
    detail: &str,
) -> Result<&'a str, Fatal> {
    segment.get(element, 0).ok_or_else(|| segments.fatal(IssueCode::ElementMissing, detail))
}

/// What the sender says about characters.
struct Charset {
    beyond_ascii: bool,
}

/// The sets A and B are parts of ASCII, C is Latin 1, W and Y are UTF-8. In fact senders that declare A or B write
/// whatever they have, which is warned about and read all the same.
fn charset<R: BufRead>(segments: &Segments<R>, header: &Segment) -> Result<Charset, Fatal> {
    match header.get(1, 0) {
        Some("UNOA" | "UNOB") => Ok(Charset { beyond_ascii: false }),
        Some("UNOC" | "UNOW" | "UNOY") => Ok(Charset { beyond_ascii: true }),
        _ => {
            Err(segments
                .fatal(IssueCode::Encoding, "the character set is to be UNOA, UNOB, UNOC, UNOW or UNOY"))
        }
    }
}

fn control<R: BufRead>(segments: &Segments<R>, header: &Segment) -> Result<(String, u64), Fatal> {
    let reference = required(segments, header, 5, "UNB has no control reference")?;
    let digits = (1..=8).contains(&reference.len()) && reference.bytes().all(|byte| byte.is_ascii_digit());
    match reference.parse() {
        Ok(control) if digits => Ok((reference.to_owned(), control)),
        _ => Err(segments.fatal(IssueCode::WrongFormat, "the NHS numbers interchanges with up to 8 digits")),
    }
}

fn made(header: &Segment) -> Option<DateTime> {
    let (day, time) = (header.get(4, 0)?, header.get(4, 1)?);
    let day = if day.len() == 6 { format!("20{day}") } else { day.to_owned() };
    let digits =
        day.len() == 8 && time.len() == 4 && (day.bytes().chain(time.bytes())).all(|b| b.is_ascii_digit());
    if !digits {
        return None;
    }
    let day = Date::strptime("%Y%m%d", &day).ok()?;
    Some(day.to_datetime(Time::strptime("%H%M", time).ok()?))
}

/// Minutes on London's clock since 1970, then the sender's own count, then room for 1,000 messages.
fn sequence(made: DateTime, control: u64) -> u64 {
    let since = made.duration_since(jiff::civil::date(1970, 1, 1).at(0, 0, 0, 0));
    let minutes = u64::try_from(since.as_mins()).unwrap_or(0).min(100_000_000);
    (minutes * 100_000_000 + control) * 1_000
}
