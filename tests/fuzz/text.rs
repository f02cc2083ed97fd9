//! Free text through redaction. An input is the text and, each after a NUL, what the record knows of people: the
//! patient's given and family name, one of the staff, a relative. What must hold: nothing panics; spans lie in the text;
//! a clean text stays as it is; redacting twice is redacting once; `strict` holds back what `standard` does.

use std::path::Path;

use redact::{Lexicon, Mode, Patient, Person, Record, Redactor, Verdict};

use crate::put;

/// Reads an input.
pub fn run(input: &[u8]) {
    let Ok(input) = std::str::from_utf8(input) else { return };
    let mut parts = input.split('\0').map(str::to_owned);
    let text = parts.next().unwrap_or_default();
    let mut next = || parts.next().unwrap_or_default();
    let record = Record {
        patient: Patient { given: next(), family: next(), ..Patient::default() },
        staff: vec![next()],
        people: vec![Person { name: next(), relationship: "sister".to_owned(), ..Person::default() }],
    };
    let length = text.chars().count();
    let covered = [Mode::Strict, Mode::Standard].map(|mode| {
        let redactor = Redactor::new(Lexicon::built_in(), &record, mode);
        let once = redactor.read(&text);
        assert!(once.verdict != Verdict::Clean || (once.spans.is_empty() && once.text == text));
        let mut covered = vec![false; length];
        once.spans.iter().for_each(|span| covered[span.start..span.end].fill(true));
        if mode == Mode::Strict {
            assert_eq!(redactor.read(&once.text).text, once.text, "masked twice");
        }
        covered
    });
    let [strict, standard] = covered;
    assert!(standard.iter().zip(&strict).all(|(standard, strict)| !standard || *strict), "standard holds more back");
}

/// Writes a few lines.
pub fn seed(corpus: &Path) {
    for (name, text) in [
        ("relation", "Seen with wife Zofia Lis, 07700 900123.\0Jan\0Lis\0Dr A Hope\0Zofia Lis"),
        ("address", "Moved to 14 Alder Row, Leeds LS98 4QT; Mrs Bell's daughter rang.\0John\0Osei-Smith"),
        ("confidence", "Told me in confidence that her brother drinks. jan.lis@example.org\0Ann\0Lis"),
        ("kept", "Parkinson's, Bell's palsy, St Mary's. Dr Hope reviewed; BP 120/80.\0Mary\0Bell\0Dr Hope"),
        ("masked", "Spoke to [third party] about [third party]'s visit.\0Ann"),
    ] {
        put(corpus, name, text.as_bytes());
    }
}
