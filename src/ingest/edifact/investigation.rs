//! One investigation (segment group 18): a test group or a result, with its value, ranges and comments. It knows what
//! the segments mean; what they are to the rest of the report is told elsewhere.

use record::{
    CodeSystem, Coded, Coding, Comparator, Decimal, FreeText, Interpretation, IssueCode, Quantity,
    ReferenceRange, Value,
};

use super::{report::free_text, syntax::Segment};
use crate::{signed::in_words, snomed};

/// An investigation.
#[derive(Debug)]
pub(super) struct Investigation {
    /// What was investigated.
    pub(super) coded: Coded,
    /// The number of the test group that this is (`SEQ`).
    pub(super) group: Option<String>,
    /// The numbers of the test groups that it is a result in (`RFF+ARL`).
    pub(super) within: Vec<String>,
    /// The numbers of its specimens (`RFF+ASL`).
    pub(super) specimens: Vec<String>,
    /// The result.
    pub(super) value: Option<Value>,
    /// What is normal.
    pub(super) ranges: Vec<ReferenceRange>,
    /// What the laboratory thinks of it.
    pub(super) interpretation: Option<Interpretation>,
    /// Results in words, and comments.
    pub(super) text: Vec<FreeText>,
    /// How far it has come (`STS`).
    pub(super) status: Option<String>,
    /// Parts that were left out: which, and why.
    pub(super) left_out: Vec<(IssueCode, &'static str, &'static str)>,
}

/// Why an investigation cannot be used: the element, and words.
pub(super) type Wrong = (IssueCode, &'static str, &'static str);

/// Reads the segments of an investigation.
///
/// # Errors
/// If it says something that would be another thing without the part that cannot be read.
pub(super) fn read(segments: &[Segment], decimal: u8) -> Result<Investigation, Wrong> {
    let mut read = Investigation {
        coded: Coded::default(),
        group: None,
        within: Vec::new(),
        specimens: Vec::new(),
        value: None,
        ranges: Vec::new(),
        interpretation: None,
        text: Vec::new(),
        status: None,
        left_out: Vec::new(),
    };
    let mut in_range = false;
    let mut unit = None;
    for segment in segments {
        match segment.tag.as_str() {
            "INV" => read.coded = coded(segment, 2, 0),
            "SEQ" if !in_range => read.group = segment.get(2, 0).map(str::to_owned),
            "RSL" => read.result(segment, decimal, &mut unit)?,
            "STS" => read.status = segment.get(2, 0).map(str::to_uppercase),
            "RFF" if segment.is("RFF", "ARL") => read.within.extend(segment.get(1, 1).map(str::to_owned)),
            "RFF" if segment.is("RFF", "ASL") => read.specimens.extend(segment.get(1, 1).map(str::to_owned)),
            "S20" => {
                in_range = true;
                read.ranges.push(ReferenceRange::default());
            }
            "RND" if in_range => read.range(segment, decimal, unit.as_deref()),
            "FTX" => read.words(segment, in_range),
            _ => {}
        }
    }
    read.ranges.retain(|range| *range != ReferenceRange::default());
    if read.coded.codings.is_empty() && read.coded.original_text.is_none() {
        return Err((IssueCode::ValueMissing, "INV", "it has neither a code nor words"));
    }
    Ok(read)
}

impl Investigation {
    fn result(&mut self, segment: &Segment, decimal: u8, unit: &mut Option<String>) -> Result<(), Wrong> {
        if self.value.is_some() {
            return Err((IssueCode::WrongFormat, "RSL", "an investigation has one result"));
        }
        match segment.get(1, 0) {
            Some("NV") => {
                *unit = segment.get(4, 3).map(str::to_owned);
                self.value = self.number(segment, decimal, unit.as_deref())?;
            }
            Some("CV") => {
                let coded = coded(segment, 2, 2);
                let said = !coded.codings.is_empty() || coded.original_text.is_some();
                self.value = said.then_some(Value::Coded(coded));
            }
            _ => return Err((IssueCode::WrongFormat, "RSL", "a result is a number (NV) or a code (CV)")),
        }
        self.interpretation = match segment.get(5, 0) {
            None => None,
            Some("HI") => Some(Interpretation::High),
            Some("LO") => Some(Interpretation::Low),
            Some("OR") => Some(Interpretation::OutsideRange),
            Some("PA") => Some(Interpretation::PotentiallyAbnormal),
            Some(_) => {
                self.leave_out(IssueCode::PartIgnored, "RSL", "an indicator is none of HI, LO, OR and PA");
                None
            }
        };
        Ok(())
    }

    /// `2.0:7` is `< 2.0`: the sign is a part of the result, which is words where FHIR has no such sign. What another code
    /// than those four stands for nobody knows; then the result cannot be read.
    fn number(&mut self, segment: &Segment, decimal: u8, unit: Option<&str>) -> Result<Option<Value>, Wrong> {
        let Some(text) = segment.get(2, 0) else { return Ok(None) };
        let value = parse(text, decimal)
            .map_err(|()| (IssueCode::NumberInvalid, "RSL", "the result is no number"))?;
        let comparator = match segment.get(2, 1) {
            None => None,
            Some(sign) => match (known_sign(sign), sign.bytes().all(|byte| byte.is_ascii_digit())) {
                (Some(sign), _) => Some(sign),
                (None, true) => {
                    self.leave_out(IssueCode::OperatorUnknown, "RSL", "what its sign means is not known");
                    return Ok(Some(Value::Unread));
                }
                (None, false) => {
                    self.leave_out(IssueCode::OperatorUnknown, "RSL", "the result is words");
                    return Ok(Some(in_words(sign, text, unit.unwrap_or_default())));
                }
            },
        };
        Ok(Some(Value::Quantity(Quantity { value, comparator, unit: unit.map(str::to_owned) })))
    }

    /// Both bounds, or one. A bound that cannot be read takes the range with it: half of one says something else.
    fn range(&mut self, segment: &Segment, decimal: u8, unit: Option<&str>) {
        let bound = |at| segment.get(at, 0).map(|text| parse(text, decimal)).transpose();
        match (bound(2), bound(3)) {
            (Ok(low), Ok(high)) => {
                if let Some(range) = self.ranges.last_mut() {
                    let unit = (low.is_some() || high.is_some()).then(|| unit.map(str::to_owned)).flatten();
                    *range = ReferenceRange { low, high, unit, text: range.text.take() };
                }
            }
            _ => {
                self.leave_out(IssueCode::NumberInvalid, "RND", "a bound is no number; the range is left out")
            }
        }
    }

    fn words(&mut self, segment: &Segment, in_range: bool) {
        let Some(text) = free_text(segment) else { return };
        match segment.get(1, 0) {
            // Whom a range is for, and ranges that numbers cannot tell.
            Some("RPD") if in_range => match self.ranges.last_mut() {
                Some(range) => range.text = Some(text),
                None => self.text.push(text),
            },
            Some("CRR") => {
                self.ranges.push(ReferenceRange { text: Some(text), ..ReferenceRange::default() });
            }
            _ => self.text.push(text),
        }
    }

    fn leave_out(&mut self, code: IssueCode, field: &'static str, detail: &'static str) {
        self.left_out.push((code, field, detail));
    }
}

/// The four signs that the message has codes for; some senders write the sign itself.
fn known_sign(sign: &str) -> Option<Comparator> {
    match sign {
        "5" => Some(Comparator::GreaterOrEqual),
        "6" => Some(Comparator::Greater),
        "7" => Some(Comparator::Less),
        "8" => Some(Comparator::LessOrEqual),
        sign => match Comparator::split(sign) {
            (known, "") => known,
            _ => None,
        },
    }
}

fn parse(text: &str, decimal: u8) -> Result<Decimal, ()> {
    let plain = if decimal == b',' { text.replace(',', ".") } else { text.to_owned() };
    plain.parse().map_err(|_| ())
}

/// A code, its list and its words: `42R4.:911::Serum ferritin`, beginning at a component. The words of a code come
/// from the laboratory's own list of tests; words without a code may have been typed.
fn coded(segment: &Segment, element: usize, from: usize) -> Coded {
    let words = segment.get(element, from + 3);
    let code = segment.get(element, from);
    let system = match segment.get(element, from + 1) {
        Some("911") => Some(CodeSystem::ReadV2),
        Some("921") => code.map(snomed::system),
        _ => None,
    };
    match (code, system) {
        (Some(code), Some(system)) => Coded {
            codings: vec![Coding { system, code: code.to_owned(), display: words.map(str::to_owned) }],
            original_text: None,
        },
        _ => words.and_then(Coded::words).unwrap_or_default(),
    }
}
