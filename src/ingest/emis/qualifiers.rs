//! `Qualifiers`: an XML fragment of key and value pairs, possibly cut off at 8,000 characters. Only what it says of a
//! vaccination is taken, and only where each value has the strict form of its kind: the field is free text, and
//! what is taken from it may be shown where free text is not.

use jiff::civil::Date;
use quick_xml::{
    Reader,
    escape::resolve_predefined_entity,
    events::{BytesRef, Event},
};
use record::{Coded, Comparator, Quantity, Vaccination};

use super::value;

/// What was found.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Qualifiers {
    /// What it says of a vaccination, if anything.
    pub(super) vaccination: Option<Vaccination>,
    /// Whether all of it that we look for could be read.
    pub(super) whole: bool,
}

/// Reads as much as can be read.
pub(super) fn read(xml: &str) -> Qualifiers {
    let (pairs, mut whole) = pairs(xml);
    let mut vaccination = Vaccination::default();
    for (key, text) in pairs {
        whole &= take(&mut vaccination, &key, text.trim());
    }
    let vaccination = (vaccination != Vaccination::default()).then_some(vaccination);
    Qualifiers { vaccination, whole }
}

/// Takes a pair in; `false` where the key is one of ours and the value has not its form, or came before.
fn take(vaccination: &mut Vaccination, key: &str, text: &str) -> bool {
    let key: String = key.chars().filter(char::is_ascii_alphanumeric).collect();
    match key.to_ascii_lowercase().as_str() {
        "manufacturer" | "vaccinemanufacturer" => set(&mut vaccination.manufacturer, manufacturer(text)),
        "batch" | "batchnumber" | "batchno" | "lotnumber" => {
            set(&mut vaccination.lot_number, lot_number(text))
        }
        "expirydate" | "expiry" | "batchexpirydate" => set(&mut vaccination.expires_on, expiry(text)),
        "site" | "bodysite" | "injectionsite" | "siteofinjection" | "vaccinationsite" => {
            set(&mut vaccination.site, of_words(text, &SITES).as_deref().and_then(Coded::words))
        }
        "route" | "routeofadministration" | "administrationroute" => {
            set(&mut vaccination.route, of_words(text, &ROUTES).as_deref().and_then(Coded::words))
        }
        "dose" | "dosage" | "doseamount" | "dosequantity" => set(&mut vaccination.dose, dose(text)),
        _ => true,
    }
}

fn set<T>(field: &mut Option<T>, found: Option<T>) -> bool {
    let fresh = field.is_none() && found.is_some();
    if fresh {
        *field = found;
    }
    fresh
}

/// Words of which a site may consist.
const SITES: [&str; 30] = [
    "left",
    "right",
    "l",
    "r",
    "lt",
    "rt",
    "upper",
    "lower",
    "outer",
    "inner",
    "mid",
    "anterior",
    "anterolateral",
    "lateral",
    "arm",
    "forearm",
    "deltoid",
    "thigh",
    "leg",
    "buttock",
    "gluteal",
    "gluteus",
    "abdomen",
    "muscle",
    "region",
    "of",
    "site",
    "nostril",
    "mouth",
    "scapula",
];

/// Words of which a route may consist.
const ROUTES: [&str; 22] = [
    "intramuscular",
    "im",
    "subcutaneous",
    "sc",
    "s/c",
    "i/m",
    "intradermal",
    "id",
    "i/d",
    "percutaneous",
    "transcutaneous",
    "oral",
    "nasal",
    "intranasal",
    "intravenous",
    "iv",
    "by",
    "route",
    "use",
    "injection",
    "deep",
    "mouth",
];

fn of_words(text: &str, allowed: &[&str]) -> Option<String> {
    let mut words = text.split([' ', ',']).filter(|word| !word.is_empty()).peekable();
    words.peek()?;
    let known = |word: &str| allowed.iter().any(|allowed| allowed.eq_ignore_ascii_case(word));
    (text.len() <= 60 && words.all(known)).then(|| text.to_owned())
}

/// A maker's name, if it can be nothing else.
fn manufacturer(text: &str) -> Option<String> {
    crate::is_maker(text).then(|| text.to_owned())
}

/// A batch number, if it can be nothing else.
fn lot_number(text: &str) -> Option<String> {
    crate::is_lot_number(text).then(|| text.to_owned())
}

/// A whole date in one of the forms that people and systems write: to the month only would be no day.
fn expiry(text: &str) -> Option<Date> {
    if let Some(date) = text.get(..10).and_then(value::date) {
        return matches!(text.as_bytes().get(10), None | Some(b'T' | b' ')).then_some(date);
    }
    ["%d/%m/%Y", "%d-%m-%Y", "%d-%b-%Y", "%d %b %Y", "%d %B %Y"]
        .iter()
        .find_map(|form| Date::strptime(form, text).ok())
        .filter(|date| date.year() >= 1900)
}

/// A number and perhaps one word or sign of unit.
fn dose(text: &str) -> Option<Quantity> {
    let split = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (number, unit) = text.split_at(split);
    let unit = unit.trim();
    let plain = unit.chars().all(|c| c.is_alphabetic() || matches!(c, '%' | '/'));
    if !plain || unit.len() > 12 || unit.contains(' ') {
        return None;
    }
    let comparator: Option<Comparator> = None;
    Some(Quantity {
        value: number.parse().ok()?,
        comparator,
        unit: (!unit.is_empty()).then(|| unit.to_owned()),
    })
}

/// The complete pairs in a fragment, in order, and whether it was well formed to its end.
fn pairs(xml: &str) -> (Vec<(String, String)>, bool) {
    let mut found = Found::default();
    let mut reader = Reader::from_str(xml);
    let whole = loop {
        match reader.read_event() {
            Ok(Event::Start(tag)) => found.open(tag.local_name().as_ref()),
            Ok(Event::End(_)) => found.close(),
            Ok(Event::Text(text)) => found.text(&text),
            Ok(Event::CData(text)) => found.text(&text),
            Ok(Event::GeneralRef(name)) => match character(&name) {
                Some(text) => found.text(&text),
                None => break false,
            },
            Ok(Event::Eof) => break found.open.is_empty(),
            // Entities could be declared only here; no real fragment has one.
            Ok(Event::DocType(_)) | Err(_) => break false,
            Ok(Event::Empty(_) | Event::Comment(_) | Event::Decl(_) | Event::PI(_)) => {}
        }
    };
    (found.pairs, whole)
}

fn character(name: &BytesRef<'_>) -> Option<String> {
    match name.resolve_char_ref() {
        Ok(Some(character)) => Some(character.to_string()),
        Ok(None) => resolve_predefined_entity(name).map(str::to_owned),
        Err(_) => None,
    }
}

/// What an open element is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    Item,
    Key,
    Value,
    Other,
}

#[derive(Debug, Default)]
struct Found {
    pairs: Vec<(String, String)>,
    open: Vec<Part>,
    key: Option<String>,
    value: Option<String>,
}

impl Found {
    fn open(&mut self, name: &str) {
        let part = match name {
            "item" => Part::Item,
            "key" => Part::Key,
            "value" => Part::Value,
            _ => Part::Other,
        };
        match part {
            Part::Item => (self.key, self.value) = (None, None),
            Part::Key => self.key = Some(String::new()),
            Part::Value => self.value = Some(String::new()),
            Part::Other => {}
        }
        self.open.push(part);
    }

    fn close(&mut self) {
        if self.open.pop() == Some(Part::Item) {
            self.pairs.extend(self.key.take().zip(self.value.take()));
        }
    }

    fn text(&mut self, text: &str) {
        match (self.open.last(), &mut self.key, &mut self.value) {
            (Some(Part::Key), Some(key), _) => key.push_str(text),
            (Some(Part::Value), _, Some(value)) => value.push_str(text),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn item(key: &str, value: &str) -> String {
        format!("<item><key codeId=\"0\">{key}</key><value>{value}</value></item>")
    }

    fn one(key: &str, value: &str) -> Qualifiers {
        read(&format!("<qualifier>{}</qualifier>", item(key, value)))
    }

    #[test]
    fn what_is_said_of_a_vaccination_is_taken() {
        let items = [
            item("Manufacturer", "Acme &amp; Co"),
            item("Batch Number", "AB-12"),
            item("Expiry date", "31/12/2025"),
            item("Site", "Left upper arm"),
            item("Route", "Intramuscular"),
            item("Dose", "0.5ml"),
            item("Laterality", "whatever it says"),
        ];
        let read = read(&format!("<qualifier>{}</qualifier>", items.concat()));
        let vaccination = read.vaccination.unwrap();
        assert!(read.whole);
        assert_eq!(vaccination.manufacturer.as_deref(), Some("Acme & Co"));
        assert_eq!(vaccination.lot_number.as_deref(), Some("AB-12"));
        assert_eq!(vaccination.expires_on, Some(jiff::civil::date(2025, 12, 31)));
        assert_eq!(vaccination.site, Coded::words("Left upper arm"));
        assert_eq!(vaccination.route, Coded::words("Intramuscular"));
        let dose = vaccination.dose.unwrap();
        assert_eq!((dose.value.as_str(), dose.unit.as_deref()), ("0.5", Some("ml")));
    }

    #[test]
    fn what_comes_whole_before_the_cut_is_kept() {
        let read = read(&format!("<qualifier>{}<item><key>Site</key><value>Left a", item("Batch", "X1")));
        assert!(!read.whole);
        assert_eq!(
            read.vaccination,
            Some(Vaccination { lot_number: Some("X1".into()), ..Vaccination::default() })
        );
    }

    #[test]
    fn malformed_fragments_and_entities_give_nothing_and_never_fail() {
        for xml in [
            "<",
            "<item>",
            "</item>",
            "<a></b>",
            "&",
            "<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>",
            "<item><key>Batch</key><value>&x;1</value></item>",
        ] {
            assert_eq!(read(xml), Qualifiers::default(), "{xml}");
        }
        for xml in ["", "plain text", "<qualifier/>"] {
            assert_eq!(read(xml), Qualifiers { vaccination: None, whole: true }, "{xml}");
        }
    }

    #[test]
    fn what_has_not_the_form_of_its_kind_is_left_out() {
        for (key, value) in [
            ("Batch", "see mother"),
            ("Batch", "07700900123"),
            ("Batch", "A1, given by her aunt Mary at home"),
            ("Manufacturer", "ring 01632960000"),
            ("Manufacturer", "one two three four five six"),
            ("Manufacturer", "a@b"),
            ("Site", "Left arm, held by father"),
            ("Route", "by aunt"),
            ("Expiry date", "12/2025"),
            ("Expiry date", "soon"),
            ("Dose", "0.5 ml for Tom"),
            ("Dose", "half"),
        ] {
            assert_eq!(one(key, value), Qualifiers::default(), "{key} {value}");
        }
    }

    #[test]
    fn an_expiry_is_read_in_the_forms_that_occur() {
        for value in [
            "2025-12-31",
            "2025-12-31T00:00:00",
            "31/12/2025",
            "31-Dec-2025",
            "31 Dec 2025",
            "31 December 2025",
        ] {
            let read = one("Expiry", value).vaccination.unwrap();
            assert_eq!(read.expires_on, Some(jiff::civil::date(2025, 12, 31)), "{value}");
        }
    }

    #[test]
    fn of_two_values_for_one_key_the_first_counts_and_it_is_told() {
        let read = read(&[item("Batch", "X1"), item("Batch No.", "X2")].concat());
        assert!(!read.whole);
        assert_eq!(read.vaccination.unwrap().lot_number.as_deref(), Some("X1"));
    }

    proptest::proptest! {
        #[test]
        fn no_text_makes_it_panic(xml in "(<|>|/|&|;|item|key|value|Batch|\\PC){0,40}") {
            let _ = read(&xml);
        }
    }
}
