//! What was found: where, of which kind, by which rule.

use std::{fmt, ops::Range};

/// What a span is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// A person's name.
    Who,
    /// Phone, address, date of birth, number: what leads to a person.
    Contact,
    /// Something that was told about somebody, or by somebody.
    Disclosure,
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Who => "who",
            Self::Contact => "contact",
            Self::Disclosure => "disclosure",
        })
    }
}

/// A part of a text that must not go out.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Span {
    /// The first code point.
    pub start: usize,
    /// After the last code point.
    pub end: usize,
    /// What it is of.
    pub kind: Kind,
    /// The rule that found it.
    pub rule: &'static str,
}

/// A span in bytes, while it is looked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Found {
    pub(crate) at: Range<usize>,
    pub(crate) kind: Kind,
    pub(crate) rule: &'static str,
    /// The name of a relative: in `standard` mode it may stay.
    pub(crate) relative: bool,
}

impl Found {
    fn span(&self, point: impl Fn(usize) -> usize) -> Span {
        Span { start: point(self.at.start), end: point(self.at.end), kind: self.kind, rule: self.rule }
    }
}

/// Turns bytes into code points, in one walk; spans come in order of their beginning.
pub(crate) fn in_code_points(text: &str, mut found: Vec<Found>) -> Vec<Span> {
    found.sort_by_key(|one| (one.at.start, usize::MAX - one.at.end, one.kind));
    found.dedup_by(|next, one| next.at == one.at && next.kind == one.kind);
    if text.is_ascii() {
        return found.into_iter().map(|one| one.span(|byte| byte)).collect();
    }
    let mut edges: Vec<usize> = found.iter().flat_map(|one| [one.at.start, one.at.end]).collect();
    edges.sort_unstable();
    edges.dedup();
    let mut points = Vec::with_capacity(edges.len());
    let (mut bytes, mut count) = (0, 0);
    for edge in &edges {
        count += text[bytes..*edge].chars().count();
        bytes = *edge;
        points.push(count);
    }
    let point = |byte: usize| edges.binary_search(&byte).map_or(0, |at| points[at]);
    found.iter().map(|one| one.span(point)).collect()
}

/// The union of spans, in order.
pub(crate) fn union(found: &[Found]) -> Vec<Range<usize>> {
    let mut parts: Vec<Range<usize>> = found.iter().map(|one| one.at.clone()).collect();
    parts.sort_by_key(|part| part.start);
    let mut joined: Vec<Range<usize>> = Vec::with_capacity(parts.len());
    for part in parts {
        match joined.last_mut() {
            Some(last) if part.start <= last.end => last.end = last.end.max(part.end),
            _ => joined.push(part),
        }
    }
    joined
}
