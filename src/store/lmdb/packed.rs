//! What is released of a patient, as it lies in the store. What many of a patient's headers share (code systems, codes,
//! labels) stands once, and a full view that is the coded one is noted as such: a header takes a fifth of what it
//! would take written out.

use std::collections::{BTreeMap, HashMap};

use jiff::Timestamp;
use policy::{Header, Labels, MadeWith, Released, Standing, ViewHeader};
use record::{EntryId, Index, NhsNumber, ResourceType};
use serde::{Deserialize, Serialize};

use super::recent::Stamp;
use crate::{StoreError, codec};

const SPACE: &str = "release";

/// Everything, with numbers into `words` and `labels`.
#[derive(Serialize, Deserialize)]
struct Packed<'a> {
    /// First, so that it can be read alone.
    made_with: MadeWith,
    #[serde(borrow)]
    words: Vec<&'a str>,
    labels: Vec<Labels>,
    subject: &'a str,
    standing: Standing,
    nhs_number: Option<NhsNumber>,
    headers: Vec<PackedHeader<'a>>,
    gone: Vec<(&'a str, u32)>,
}

#[derive(Serialize, Deserialize)]
struct PackedHeader<'a> {
    #[serde(borrow)]
    id: Id<'a>,
    kind: ResourceType,
    labels: u32,
    coded: Option<PackedView>,
    full: Full,
    last_version: u32,
    sources: Vec<&'a str>,
}

/// A logical id: ours are 32 hexadecimal digits.
#[derive(Serialize, Deserialize)]
enum Id<'a> {
    Hex([u8; 16]),
    #[serde(borrow)]
    Text(&'a str),
}

#[derive(Serialize, Deserialize)]
enum Full {
    None,
    AsCoded,
    Own(Box<PackedView>),
}

#[derive(Serialize, Deserialize)]
struct PackedView {
    version: u32,
    updated: At,
    digest: [u8; 16],
    index: PackedIndex,
}

/// Seconds and nanoseconds.
type At = (i64, i32);
/// Numbers of words.
type Words = Vec<u32>;
type Pairs = Vec<(u32, u32)>;

#[derive(Serialize, Deserialize)]
struct PackedIndex {
    codes: Pairs,
    categories: Pairs,
    identifiers: Pairs,
    status: Option<u32>,
    date: Option<(At, At)>,
    family: Words,
    given: Words,
    name: Words,
    gender: Option<u32>,
    birth_date: Option<(At, At)>,
    active: Option<bool>,
}

/// The bytes of a record behind its stamp: always eight bytes, so that it can be read without decoding the rest.
pub(super) fn pack(stamp: Stamp, released: &Released) -> Result<Vec<u8>, StoreError> {
    let mut shared = Shared::default();
    let headers = released.headers.iter().map(|header| shared.header(header)).collect::<Result<_, _>>()?;
    let packed = Packed {
        made_with: released.made_with,
        headers,
        words: shared.words,
        labels: shared.labels,
        subject: &released.subject,
        standing: released.standing.clone(),
        nhs_number: released.nhs_number,
        gone: released.gone.iter().map(|(id, version)| (id.as_str(), *version)).collect(),
    };
    codec::pack(&(stamp.to_le_bytes(), packed), SPACE)
}

/// The stamp of a stored record: behind the checksum.
pub(super) fn stamp_of(bytes: &[u8]) -> Result<Stamp, StoreError> {
    let stamp = bytes.get(4..12).and_then(|bytes| bytes.try_into().ok());
    stamp.map(Stamp::from_le_bytes).ok_or(StoreError::Damaged(SPACE))
}

/// The record again.
pub(super) fn unpack(bytes: &[u8]) -> Result<Released, StoreError> {
    let (_, packed): ([u8; 8], Packed<'_>) = codec::unpack(bytes, SPACE)?;
    let open = Open { words: &packed.words, labels: &packed.labels };
    Ok(Released {
        made_with: packed.made_with,
        headers: packed
            .headers
            .into_iter()
            .map(|header| open.header(header))
            .collect::<Option<_>>()
            .ok_or(StoreError::Damaged(SPACE))?,
        subject: packed.subject.to_owned(),
        standing: packed.standing,
        nhs_number: packed.nhs_number,
        gone: packed.gone.into_iter().map(|(id, version)| (id.to_owned(), version)).collect(),
    })
}

/// What headers share, while they are packed.
#[derive(Default)]
struct Shared<'a> {
    words: Vec<&'a str>,
    numbers: HashMap<&'a str, u32>,
    labels: Vec<Labels>,
    label_numbers: BTreeMap<Vec<u8>, u32>,
    last: Option<(&'a Labels, u32)>,
}

impl<'a> Shared<'a> {
    fn header(&mut self, header: &'a Header) -> Result<PackedHeader<'a>, StoreError> {
        let full = match &header.full {
            None => Full::None,
            full if *full == header.coded => Full::AsCoded,
            Some(view) => Full::Own(Box::new(self.view(view))),
        };
        Ok(PackedHeader {
            id: packed_id(&header.id),
            kind: header.kind,
            labels: self.labels(&header.labels)?,
            coded: header.coded.as_ref().map(|view| self.view(view)),
            full,
            last_version: header.last_version,
            sources: header.sources.iter().map(EntryId::as_str).collect(),
        })
    }

    fn labels(&mut self, labels: &'a Labels) -> Result<u32, StoreError> {
        // Headers of one day follow each other.
        if let Some((_, number)) = self.last.filter(|(last, _)| *last == labels) {
            return Ok(number);
        }
        let number = self.label_number(labels)?;
        self.last = Some((labels, number));
        Ok(number)
    }

    fn label_number(&mut self, labels: &Labels) -> Result<u32, StoreError> {
        let bytes = codec::pack(labels, SPACE)?;
        if let Some(number) = self.label_numbers.get(&bytes) {
            return Ok(*number);
        }
        let number = count(self.labels.len());
        self.labels.push(labels.clone());
        self.label_numbers.insert(bytes, number);
        Ok(number)
    }

    fn view(&mut self, view: &'a ViewHeader) -> PackedView {
        let ViewHeader { version, updated, digest, index } = view;
        PackedView { version: *version, updated: at(*updated), digest: *digest, index: self.index(index) }
    }

    fn index(&mut self, index: &'a Index) -> PackedIndex {
        let span = |span: &Option<(Timestamp, Timestamp)>| span.map(|(from, to)| (at(from), at(to)));
        PackedIndex {
            codes: self.pairs(&index.codes),
            categories: self.pairs(&index.categories),
            identifiers: self.pairs(&index.identifiers),
            status: index.status.as_deref().map(|word| self.word(word)),
            date: span(&index.date),
            family: self.list(&index.family),
            given: self.list(&index.given),
            name: self.list(&index.name),
            gender: index.gender.as_deref().map(|word| self.word(word)),
            birth_date: span(&index.birth_date),
            active: index.active,
        }
    }

    fn pairs(&mut self, pairs: &'a [(String, String)]) -> Pairs {
        pairs.iter().map(|(system, code)| (self.word(system), self.word(code))).collect()
    }

    fn list(&mut self, words: &'a [String]) -> Words {
        words.iter().map(|word| self.word(word)).collect()
    }

    fn word(&mut self, word: &'a str) -> u32 {
        let next = count(self.words.len());
        let number = *self.numbers.entry(word).or_insert(next);
        if number == next {
            self.words.push(word);
        }
        number
    }
}

/// What packed headers share. Nothing comes of a number that names nothing.
struct Open<'a> {
    words: &'a [&'a str],
    labels: &'a [Labels],
}

impl Open<'_> {
    fn header(&self, header: PackedHeader<'_>) -> Option<Header> {
        let coded = flat(header.coded.map(|view| self.view(view)))?;
        let full = match header.full {
            Full::None => None,
            Full::AsCoded => coded.clone(),
            Full::Own(view) => Some(self.view(*view)?),
        };
        Some(Header {
            id: match header.id {
                Id::Hex(bytes) => hex(bytes),
                Id::Text(text) => text.to_owned(),
            },
            kind: header.kind,
            labels: self.labels.get(header.labels as usize)?.clone(),
            coded,
            full,
            last_version: header.last_version,
            sources: header.sources.into_iter().map(EntryId::new).collect::<Option<_>>()?,
        })
    }

    fn view(&self, view: PackedView) -> Option<ViewHeader> {
        let PackedView { version, updated, digest, index } = view;
        Some(ViewHeader { version, updated: instant(updated)?, digest, index: self.index(&index)? })
    }

    fn index(&self, index: &PackedIndex) -> Option<Index> {
        let span = |span: Option<(At, At)>| span.map(|(from, to)| Some((instant(from)?, instant(to)?)));
        Some(Index {
            codes: self.pairs(&index.codes)?,
            categories: self.pairs(&index.categories)?,
            identifiers: self.pairs(&index.identifiers)?,
            status: flat(index.status.map(|word| self.word(word)))?,
            date: flat(span(index.date))?,
            family: self.list(&index.family)?,
            given: self.list(&index.given)?,
            name: self.list(&index.name)?,
            gender: flat(index.gender.map(|word| self.word(word)))?,
            birth_date: flat(span(index.birth_date))?,
            active: index.active,
        })
    }

    fn pairs(&self, pairs: &[(u32, u32)]) -> Option<Vec<(String, String)>> {
        pairs.iter().map(|(system, code)| Some((self.word(*system)?, self.word(*code)?))).collect()
    }

    fn list(&self, words: &[u32]) -> Option<Vec<String>> {
        words.iter().map(|word| self.word(*word)).collect()
    }

    fn word(&self, number: u32) -> Option<String> {
        self.words.get(number as usize).map(|word| (*word).to_owned())
    }
}

/// What is there must be good; what is not there is.
fn flat<T>(value: Option<Option<T>>) -> Option<Option<T>> {
    value.map_or(Some(None), |value| value.map(Some))
}

fn count(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}

fn at(instant: Timestamp) -> At {
    (instant.as_second(), instant.subsec_nanosecond())
}

fn instant((seconds, nanoseconds): At) -> Option<Timestamp> {
    Timestamp::new(seconds, nanoseconds).ok()
}

fn packed_id(id: &str) -> Id<'_> {
    hex_bytes(id).map_or(Id::Text(id), Id::Hex)
}

/// The bytes that 32 lower-case hexadecimal digits stand for.
pub(super) fn hex_bytes(id: &str) -> Option<[u8; 16]> {
    let digit = |digit: u8| match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        _ => None,
    };
    let (pairs, []) = id.as_bytes().as_chunks::<2>() else { return None };
    let mut bytes = [0; 16];
    if pairs.len() != bytes.len() {
        return None;
    }
    for (byte, [high, low]) in bytes.iter_mut().zip(pairs) {
        *byte = digit(*high)? << 4 | digit(*low)?;
    }
    Some(bytes)
}

fn hex(bytes: [u8; 16]) -> String {
    let digit = |half: u8| char::from_digit(u32::from(half), 16).unwrap_or_default();
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}
