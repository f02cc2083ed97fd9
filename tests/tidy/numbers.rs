//! NHS numbers: only those that are set aside for tests may stand anywhere in the tree.
//!
//! `numbers.txt` lists other numbers of ten digits that happen to have a right check digit, each with what it is.

use std::collections::BTreeSet;

use crate::tree::{FILES, none};

const KNOWN: &str = "tests/tidy/numbers.txt";
/// Files of checksums: hexadecimal has runs of digits.
const CHECKSUMS: [&str; 2] = ["Cargo.lock", "tests/clients/package-lock.json"];

/// Whether a place is inside a keyed hash: a long word of hexadecimal, in which runs of digits mean nothing.
fn in_a_hash(bytes: &[u8], at: usize) -> bool {
    let hexadecimal = |byte: &&u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
    let before = bytes[..at].iter().rev().take_while(hexadecimal).count();
    let word = &bytes[at - before..];
    let length = word.iter().take_while(hexadecimal).count();
    length >= 32 && word[..length].iter().any(u8::is_ascii_lowercase)
}

/// Every ten digits that stand alone, in one piece or as three, three and four with a space or a hyphen between.
fn runs(text: &str) -> Vec<(usize, String)> {
    let bytes = text.as_bytes();
    let digit = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_digit);
    let begins = |at: &usize| digit(*at) && (*at == 0 || !digit(at - 1));
    let mut found = Vec::new();
    for at in (0..bytes.len()).filter(begins) {
        let mut digits = String::new();
        let mut end = at;
        loop {
            match bytes.get(end) {
                Some(byte) if byte.is_ascii_digit() => digits.push(char::from(*byte)),
                Some(b' ' | b'-') if matches!(digits.len(), 3 | 6) && digit(end + 1) => {}
                _ => break,
            }
            end += 1;
        }
        let parts: Vec<usize> = text[at..end].split([' ', '-']).map(str::len).collect();
        if matches!(parts.as_slice(), [10] | [3, 3, 4]) && !in_a_hash(bytes, at) {
            found.push((text[..at].matches('\n').count() + 1, digits));
        }
    }
    found
}

/// Modulus 11 (NHS Data Dictionary). Ten equal digits stand for a missing number.
fn is_nhs_number(digits: &str) -> bool {
    let values: Vec<u32> = digits.bytes().map(|byte| u32::from(byte - b'0')).collect();
    let sum: u32 = values.iter().zip((2..=10).rev()).map(|(value, weight)| value * weight).sum();
    let check = (11 - sum % 11) % 11;
    check == values[9] && values.iter().any(|value| *value != values[0])
}

#[test]
fn only_nhs_numbers_that_are_set_aside_for_tests_stand_in_the_tree() {
    let known: BTreeSet<&str> = FILES[KNOWN]
        .lines()
        .filter(|line| !line.starts_with('#'))
        .map(|line| {
            let (number, what) = line.split_once(' ').unwrap_or_else(|| panic!("{line}: say what it is"));
            assert!(what.trim().len() > 5, "{line}: say what it is");
            number
        })
        .collect();
    let mut tests = 0;
    let mut needed = BTreeSet::new();
    let mut found = Vec::new();
    for (path, text) in
        FILES.iter().filter(|(path, _)| path.as_str() != KNOWN && !CHECKSUMS.contains(&path.as_str()))
    {
        for (line, digits) in runs(text).into_iter().filter(|(_, digits)| is_nhs_number(digits)) {
            if digits.starts_with("999") {
                tests += 1;
            } else if let Some(number) = known.get(digits.as_str()) {
                needed.insert(*number);
            } else {
                found.push(format!("{path}:{line}"));
            }
        }
    }
    none(
        &found,
        "ten digits with the check digit of an NHS number (if it is no such number, list it in numbers.txt)",
    );
    assert!(tests > 10, "the search found only {tests} of the numbers for tests");
    assert_eq!(needed, known, "{KNOWN} lists a number that no longer occurs");
}

#[test]
fn a_number_is_found_in_both_spellings_and_not_inside_a_longer_one() {
    // Made here, so that it does not stand in the tree.
    let real = format!("94{}", "34765919");
    assert!(is_nhs_number(&real) && !is_nhs_number("9434765910") && !is_nhs_number("0000000000"));
    let spaced = format!("{} {} {}", &real[..3], &real[3..6], &real[6..]);
    for text in
        [format!("a\nx{real}."), format!("a\n\"{spaced}\""), format!("a\n{}", spaced.replace(' ', "-"))]
    {
        assert_eq!(runs(&text), [(2, real.clone())], "{text}");
    }
    for text in [
        format!("1{real}"),
        format!("{real}1"),
        format!("{spaced}0"),
        "2024-01-01 1234".to_owned(),
        format!("{}{real}{}", "ab".repeat(6), "cd".repeat(6)),
    ] {
        assert_eq!(runs(&text), [], "{text}");
    }
}
