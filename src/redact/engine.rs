//! All rules over one text.

use crate::{
    address::Addresses,
    contact::Contacts,
    disclosure::Disclosures,
    fold,
    keep::{Keep, Keeper},
    lexicon::Lexicon,
    misfiled,
    names::Names,
    people::{Known, Record},
    span::{Found, Span, in_code_points, union},
    text::{Kind as Token, MASK, Text},
};

/// Longer texts, in bytes, are not read: withheld. The longest field of a known export holds 64 KiB.
pub const MOST_BYTES: usize = 256 * 1024;
/// How often a masked text is read again for what only the mask brought to light.
const MOST_PASSES: usize = 4;

/// How much is held back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mode {
    /// Everything that leads to a third party.
    #[default]
    Strict,
    /// Names of relatives may stay, unless something was told in confidence.
    Standard,
}

/// What is known of a text. Only [`Verdict::Clean`] lets it go out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It names no third party.
    Clean,
    /// It does; without the spans it could go out.
    ThirdParty,
    /// Confidence, safeguarding, harm, or another patient's: a clinician decides.
    Review,
    /// Nobody and nothing has read it.
    Unread,
}

/// What redaction makes of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Redaction {
    /// Whether it may go out.
    pub verdict: Verdict,
    /// In order of their beginning; they may nest.
    pub spans: Vec<Span>,
    /// The text with every span masked. Of a text that could not be read, the mask alone.
    pub text: String,
}

/// The lexicon and one record's people: reads all texts of that record.
pub struct Redactor<'l> {
    lexicon: &'l Lexicon,
    known: Known,
    mode: Mode,
}

impl<'l> Redactor<'l> {
    /// For the texts of one record.
    #[must_use]
    pub fn new(lexicon: &'l Lexicon, record: &Record, mode: Mode) -> Self {
        Self { lexicon, known: Known::of(record, lexicon), mode }
    }

    /// Reads a text. Linear in its length.
    #[must_use]
    pub fn read(&self, text: &str) -> Redaction {
        if text.len() > MOST_BYTES || !(plain(text) || fold::all_readable(text)) {
            return unread(text);
        }
        let first = Text::read(text, self.lexicon);
        let (mut found, review) = self.find(text, &first);
        // A mask can bring something to light; masking again must find nothing new.
        let mut masked = mask(text, &found);
        for _ in 0..MOST_PASSES {
            // What comes to light beside a relative's name that stays is nothing that the strict reading withholds.
            if found.is_empty() || self.mode == Mode::Standard {
                break;
            }
            let again = first.masked(&masked.0, &masked.1, self.lexicon);
            let more = self.find(&masked.0, &again).0;
            if more.is_empty() {
                return Redaction {
                    verdict: verdict(&found, review),
                    spans: in_code_points(text, found),
                    text: masked.0,
                };
            }
            found.extend(more.into_iter().map(|one| Found { at: masked.back(one.at), ..one }));
            masked = mask(text, &found);
        }
        if found.is_empty() || self.mode == Mode::Standard {
            return Redaction {
                verdict: verdict(&found, review),
                spans: in_code_points(text, found),
                text: masked.0,
            };
        }
        unread(text)
    }

    fn find(&self, source: &str, text: &Text) -> (Vec<Found>, bool) {
        let misfiled = misfiled::is(text, &self.known);
        let nobody = text.tokens.is_empty();
        let mut keeper =
            Keeper { text, known: &self.known, kept: vec![Keep::No; text.tokens.len()], misfiled };
        if nobody {
            return (Vec::new(), false);
        }
        keeper.look();
        let mut contacts = Contacts { source, text, known: &self.known, found: Vec::new(), misfiled };
        contacts.look();
        let mut addresses =
            Addresses { source, text, known: &self.known, found: Vec::new(), own: Vec::new(), misfiled };
        addresses.look();
        let mut names =
            Names { text, known: &self.known, keeper: &keeper, found: Vec::new(), hit: masks(text) };
        names.look();
        let (mut found, named) = (names.found, names.hit);
        if misfiled {
            misfiled::look(text, &keeper.kept, &named, &mut found);
        }
        // A mask stands for what was told as often as for a name: what goes on after it tells nothing of anybody.
        let people: Vec<bool> = text
            .tokens
            .iter()
            .zip(&named)
            .map(|(token, named)| *named && token.kind != Token::Mask)
            .collect();
        let mut told = Disclosures {
            text,
            kept: &keeper.kept,
            named: &people,
            male: self.known.male,
            found: Vec::new(),
            review: misfiled,
        };
        told.look();
        let places: Vec<_> =
            contacts.found.iter().chain(&addresses.found).map(|one| one.at.clone()).collect();
        // A street or school that is named after somebody is one find, not two.
        found.retain(|name| {
            !places
                .iter()
                .chain(&addresses.own)
                .any(|place| place.start <= name.at.start && name.at.end <= place.end)
        });
        if self.mode == Mode::Standard && !told.review {
            found.retain(|name| !name.relative);
        }
        found.extend(contacts.found);
        found.extend(addresses.found);
        found.extend(told.found);
        (found, told.review)
    }
}

/// What was masked before counts as somebody named.
fn masks(text: &Text) -> Vec<bool> {
    text.tokens.iter().map(|token| token.kind == Token::Mask).collect()
}

/// Of what nearly every text is made. Many bytes are looked at in one step.
fn plain(text: &str) -> bool {
    let odd = |byte: &u8| !matches!(byte, b' '..=b'~' | b'\n');
    text.as_bytes().chunks(32).all(|some| !some.iter().fold(false, |any, byte| any | odd(byte)))
}

fn verdict(found: &[Found], review: bool) -> Verdict {
    match (review, found.is_empty()) {
        (true, _) => Verdict::Review,
        (false, false) => Verdict::ThirdParty,
        (false, true) => Verdict::Clean,
    }
}

fn unread(text: &str) -> Redaction {
    let end = text.chars().count();
    let whole = Span { start: 0, end, kind: crate::Kind::Disclosure, rule: "unread" };
    Redaction { verdict: Verdict::Unread, spans: vec![whole], text: MASK.to_owned() }
}

/// A masked text, and from where each part of it came.
struct Masked(String, Vec<(usize, std::ops::Range<usize>)>);

impl Masked {
    /// The bytes of the original that bytes of the masked text stand for, or lie beside.
    fn back(&self, at: std::ops::Range<usize>) -> std::ops::Range<usize> {
        let (mut shift_start, mut shift_end) = (at.start, at.end);
        for (masked, original) in &self.1 {
            let mask_end = masked + MASK.len();
            if mask_end <= at.start {
                shift_start = at.start - mask_end + original.end;
            } else if *masked <= at.start {
                shift_start = original.start;
            }
            if mask_end <= at.end {
                shift_end = at.end - mask_end + original.end;
            } else if *masked < at.end {
                shift_end = original.end;
            }
        }
        shift_start..shift_end
    }
}

fn mask(text: &str, found: &[Found]) -> Masked {
    let mut masked = Masked(String::with_capacity(text.len()), Vec::new());
    let mut at = 0;
    for part in union(found) {
        masked.0.push_str(&text[at..part.start]);
        masked.1.push((masked.0.len(), part.clone()));
        masked.0.push_str(MASK);
        at = part.end;
    }
    masked.0.push_str(&text[at..]);
    masked
}
