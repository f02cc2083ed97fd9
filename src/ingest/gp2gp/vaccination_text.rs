//! What three producers write into the text beside a vaccination: EMIS in brackets, SystmOne line by line, the NHS
//! sending adaptor as one run of keys. Only fragments that fit a closed grammar are taken; they reach the coded view,
//! so that nothing a person typed about somebody may slip through.

use jiff::civil::Date;
use record::{Coded, FreeText, Quantity, Vaccination};

/// Reads the texts of one statement; `None` where nothing fits.
pub(crate) fn vaccination(texts: &[FreeText]) -> Option<Vaccination> {
    texts.iter().map(|text| one(text.expose())).find(|read| *read != Vaccination::default())
}

/// Whether a text has the lines that SystmOne writes beside a vaccination and beside nothing else that has a batch.
pub(super) fn has_lines_of_vaccination(texts: &[FreeText]) -> bool {
    let says = |key: &str| {
        let mut lines = texts.iter().flat_map(|text| text.expose().lines());
        lines.any(|line| line.trim().strip_prefix(key).is_some_and(|rest| rest.starts_with(':')))
    };
    says("Batch No") && (says("Area") || says("Nature of risk"))
}

fn one(text: &str) -> Vaccination {
    if text.starts_with("Primary Source:") {
        run(text)
    } else if text.contains('[') || text.contains("Injection site:") {
        brackets(text)
    } else {
        lines(text)
    }
}

/// EMIS: `[Manufacturer: X], [Expiry Date: 18-Jan-2011], [Batch Number: 12], GMS: GMS, Injection site: Left arm`.
fn brackets(text: &str) -> Vaccination {
    let inside = |key: &str| {
        let start = text.find(key)? + key.len();
        let rest = text.get(start..)?;
        rest.get(..rest.find([']', '[', '\n'])?).map(str::trim)
    };
    let site =
        text.split_once("Injection site:").map(|(_, rest)| rest.split([',', '\n']).next().unwrap_or(rest));
    Vaccination {
        manufacturer: inside("[Manufacturer:").and_then(maker),
        lot_number: inside("[Batch Number:").and_then(lot),
        expires_on: inside("[Expiry Date:").and_then(day),
        site: site.and_then(place_on_body).as_deref().and_then(Coded::words),
        ..Vaccination::default()
    }
}

/// SystmOne: `Method: …`, `Site: …`, `Batch No: …`, `Dosage: …`, `Expiry date: …`, each on its line.
fn lines(text: &str) -> Vaccination {
    let line = |key: &str| {
        let rest = text.lines().find_map(|line| line.trim().strip_prefix(key)?.strip_prefix(':'))?.trim();
        (!rest.is_empty()).then_some(rest)
    };
    Vaccination {
        manufacturer: line("Manufacturer").and_then(maker),
        lot_number: line("Batch No").and_then(lot),
        expires_on: line("Expiry date").and_then(day),
        site: line("Site").and_then(place_on_body).as_deref().and_then(Coded::words),
        route: line("Method").and_then(way).as_deref().and_then(Coded::words),
        dose: line("Dosage").and_then(amount),
        ..Vaccination::default()
    }
}

/// The adaptor: keys in one fixed order, each value ending where the next key begins.
fn run(text: &str) -> Vaccination {
    const KEYS: [&str; 10] = [
        "Location:",
        "Manufacturer:",
        "Batch:",
        "Expiration:",
        "Site:",
        "Route:",
        "Quantity:",
        "Reason:",
        "Reason not given:",
        "Vaccination Protocol",
    ];
    // What follows the last value may be a note: a value that no key ends is cut to its first word by its own grammar.
    let value = |key: &str| -> Option<(&str, bool)> {
        let start = text.find(&format!(" {key}"))? + key.len() + 1;
        let rest = text.get(start..)?;
        let after = KEYS.iter().skip_while(|k| **k != key).skip(1);
        let end = after.filter_map(|k| rest.find(&format!(" {k}"))).min();
        Some((rest.get(..end.unwrap_or(rest.len()))?.trim(), end.is_some()))
    };
    let ended = |key: &str| value(key).filter(|(_, ended)| *ended).map(|(value, _)| value);
    let first = |key: &str| value(key).and_then(|(value, _)| value.split_whitespace().next());
    Vaccination {
        manufacturer: ended("Manufacturer:").and_then(maker),
        lot_number: ended("Batch:").or_else(|| first("Batch:")).and_then(lot),
        expires_on: first("Expiration:").and_then(day),
        site: value("Site:").and_then(|(value, _)| place_on_body(value)).as_deref().and_then(Coded::words),
        route: value("Route:").and_then(|(value, _)| way(value)).as_deref().and_then(Coded::words),
        dose: value("Quantity:").and_then(|(value, _)| amount(value)),
        ..Vaccination::default()
    }
}

fn maker(text: &str) -> Option<String> {
    crate::is_maker(text).then(|| text.to_owned())
}

fn lot(text: &str) -> Option<String> {
    crate::is_lot_number(text).then(|| text.to_owned())
}

/// `18-Jan-2011`, `18 Feb 2011`, `2011-01-18` or `18/01/2011`.
fn day(text: &str) -> Option<Date> {
    ["%d-%b-%Y", "%d %b %Y", "%Y-%m-%d", "%d/%m/%Y"].iter().find_map(|form| Date::strptime(form, text).ok())
}

/// The words at the start of a text that are all about where on a body, if one of them is a part of it.
fn place_on_body(text: &str) -> Option<String> {
    const PARTS: [&str; 22] = [
        "arm",
        "arms",
        "deltoid",
        "thigh",
        "thighs",
        "leg",
        "buttock",
        "gluteal",
        "gluteus",
        "forearm",
        "nostril",
        "nostrils",
        "nose",
        "nasal",
        "mouth",
        "oral",
        "shoulder",
        "hip",
        "quadriceps",
        "abdomen",
        "vastus",
        "hand",
    ];
    const SIDES: [&str; 21] = [
        "left",
        "right",
        "l",
        "r",
        "lt",
        "rt",
        "both",
        "upper",
        "lower",
        "outer",
        "inner",
        "mid",
        "lateral",
        "anterior",
        "antero",
        "anterolateral",
        "lateralis",
        "maximus",
        "medius",
        "region",
        "muscle",
    ];
    known_words(text, &PARTS, &SIDES)
}

/// Likewise for the way in which it was given.
fn way(text: &str) -> Option<String> {
    const WAYS: [&str; 22] = [
        "intramuscular",
        "intramuscularly",
        "im",
        "i.m.",
        "i/m",
        "subcutaneous",
        "subcutaneously",
        "sc",
        "s.c.",
        "s/c",
        "subcut",
        "intradermal",
        "intradermally",
        "id",
        "oral",
        "orally",
        "intranasal",
        "nasal",
        "nasally",
        "intravenous",
        "percutaneous",
        "injection",
    ];
    const BESIDE: [&str; 6] = ["deep", "by", "route", "use", "spray", "drops"];
    known_words(text, &WAYS, &BESIDE)
}

fn known_words(text: &str, needed: &[&str], beside: &[&str]) -> Option<String> {
    let bare = |word: &str| word.trim_matches([',', '(', ')', ';']).to_ascii_lowercase();
    let known = |word: &&str| needed.contains(&bare(word).as_str()) || beside.contains(&bare(word).as_str());
    let words: Vec<&str> = text.split_whitespace().take_while(known).collect();
    let told = words.iter().any(|word| needed.contains(&bare(word).as_str()));
    told.then(|| words.join(" ").trim_end_matches([',', ';']).to_owned())
}

/// `0.5 ml`, `0.5ml`, `1 capsule`: what follows is not looked at.
fn amount(text: &str) -> Option<Quantity> {
    const UNITS: [&str; 20] = [
        "ml",
        "mls",
        "millilitre",
        "millilitres",
        "milliliter",
        "milliliters",
        "mg",
        "mcg",
        "microgram",
        "micrograms",
        "capsule",
        "capsules",
        "dose",
        "doses",
        "drop",
        "drops",
        "unit",
        "units",
        "vial",
        "ampoule",
    ];
    let split = text.find(|c: char| !c.is_ascii_digit() && c != '.')?;
    let (number, rest) = text.split_at_checked(split)?;
    let unit = rest.split_whitespace().next()?;
    let known = UNITS.contains(&unit.to_ascii_lowercase().as_str());
    let value = number.parse().ok()?;
    known.then(|| Quantity { value, comparator: None, unit: Some(unit.to_owned()) })
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    fn read(text: &str) -> Option<Vaccination> {
        vaccination(&[FreeText::new(text).unwrap()])
    }

    #[test]
    fn emis_writes_in_brackets() {
        let read = read(
            "[Manufacturer: Acme Vaccines], [Expiry Date: 18-Jan-2031], [Batch Number: AB12], GMS: GMS, Injection site: Left arm",
        );
        let read = read.unwrap();
        assert_eq!(read.manufacturer.as_deref(), Some("Acme Vaccines"));
        assert_eq!(read.expires_on, Some(date(2031, 1, 18)));
        assert_eq!(read.lot_number.as_deref(), Some("AB12"));
        assert_eq!(read.site, Coded::words("Left arm"));
    }

    #[test]
    fn systmone_writes_line_by_line() {
        let read = read(
            "Reason: Routine\nMethod: Intramuscular\nSite: Left deltoid\nBatch No: ab1:cd2\nDosage: 0.5ml\nExpiry date: 18 Feb 2031\nNotes: aunt Jo came",
        );
        let read = read.unwrap();
        assert_eq!(read.route, Coded::words("Intramuscular"));
        assert_eq!(read.site, Coded::words("Left deltoid"));
        assert_eq!(read.lot_number.as_deref(), Some("ab1:cd2"));
        assert_eq!(read.expires_on, Some(date(2031, 2, 18)));
        let dose = read.dose.unwrap();
        assert_eq!((dose.value.as_str(), dose.unit.as_deref()), ("0.5", Some("ml")));
    }

    #[test]
    fn the_adaptor_writes_one_run_of_keys() {
        let read = read(
            "Primary Source: true Location: Some Surgery Manufacturer: Acme Batch: z2003 Expiration: 2031-01-17 Site: Right arm GMS : Not GMS",
        );
        let read = read.unwrap();
        assert_eq!(read.manufacturer.as_deref(), Some("Acme"));
        assert_eq!(read.lot_number.as_deref(), Some("z2003"));
        assert_eq!(read.expires_on, Some(date(2031, 1, 17)));
        assert_eq!(read.site, Coded::words("Right arm"));
    }

    #[test]
    fn words_about_people_are_in_no_fragment() {
        for text in [
            "Site: her mother held the arm",
            "[Manufacturer: told me on 07700 900123]",
            "[Batch Number: ask brother Peter Smith]",
            "Injection site: Left at home",
            "Dosage: as grandmother said",
            "Method: given by aunt",
            "Primary Source: true Manufacturer: Acme says her brother",
        ] {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
