//! What a supplier says that it is going to send, and whether it may be believed.

use std::{collections::BTreeSet, fmt, marker::PhantomData};

use aws_lc_rs::digest::{SHA256, digest};
use ingest::Format;
use jiff::Timestamp;
use record::OdsCode;
use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, Visitor, value::MapAccessDeserializer},
};
use store::{DeliveredFile, Delivery, DeliveryState};

use crate::{config::Intake, outcome::Outcome};

/// The longest name of a file.
const LONGEST_NAME: usize = 200;
/// The longest id.
const LONGEST_ID: usize = 64;

/// A JSON object, never the list of its values, which serde would take too.
struct Object<T>(T);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Object<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Only<T>(PhantomData<T>);
        impl<'de, T: Deserialize<'de>> Visitor<'de> for Only<T> {
            type Value = Object<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
                T::deserialize(MapAccessDeserializer::new(map)).map(Object)
            }
        }
        deserializer.deserialize_map(Only(PhantomData))
    }
}

/// The body of `POST /batches`. Unknown and repeated members are refused.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Body {
    #[serde(default, deserialize_with = "present")]
    id: Option<String>,
    practice: String,
    format: String,
    files: Vec<Object<File>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    name: String,
    #[serde(deserialize_with = "whole")]
    size: u64,
    sha256: String,
}

/// JSON has one kind of number: `7.0` is 7.
fn whole<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    let number = serde_json::Number::deserialize(deserializer)?;
    let exact = number.as_f64().filter(|number| number.fract() == 0.0 && (0.0..9e15).contains(number));
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it is whole and in range")]
    let whole = number.as_u64().or(exact.map(|number| number as u64));
    whole.ok_or_else(|| serde::de::Error::custom("no size"))
}

/// `null` is no id.
fn present<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    String::deserialize(deserializer).map(Some)
}

/// What was announced.
#[derive(Debug)]
pub(super) struct Announced {
    pub(super) id: Option<String>,
    pub(super) practice: OdsCode,
    pub(super) format: Format,
    pub(super) files: Vec<DeliveredFile>,
}

impl Announced {
    /// Reads a body.
    pub(super) fn read(body: &[u8], settings: &Intake) -> Result<Self, Outcome> {
        let Object(body) = serde_json::from_slice::<Object<Body>>(body).map_err(|error| not_one(&error))?;
        if !body.id.as_deref().is_none_or(is_id) {
            let words =
                "The id must be 1 to 64 letters, digits and hyphens, and begin with a letter or digit.";
            return Err(Outcome::Invalid(words.to_owned()));
        }
        let practice = practice(&body.practice)?;
        let format =
            body.format.parse().map_err(|known| Outcome::Invalid(format!("The format: {known}.")))?;
        if body.files.is_empty() {
            return Err(Outcome::Invalid("A batch has at least one file.".to_owned()));
        }
        if body.files.len() > settings.files_per_batch {
            let words = format!("A batch may have {} files; divide it.", settings.files_per_batch);
            return Err(Outcome::TooLarge(words));
        }
        let files = files(body.files.into_iter().map(|Object(file)| file))?;
        Ok(Self { id: body.id, practice, format, files })
    }

    /// Whether no file is larger than it may be.
    pub(super) fn fits(&self, settings: &Intake) -> Result<(), Outcome> {
        let largest = largest(settings);
        match (1..).zip(&self.files).find(|(_, file)| file.size > largest) {
            None => Ok(()),
            Some((number, _)) => Err(Outcome::TooLarge(format!(
                "File {number} of the announcement: a file may have {} GiB.",
                largest >> 30
            ))),
        }
    }

    /// What identifies the content.
    pub(super) fn content(&self) -> String {
        content(&self.practice, self.format, &self.files)
    }

    /// The delivery that it begins.
    pub(super) fn delivery(self, supplier: &str, id: String, now: Timestamp, expires: Timestamp) -> Delivery {
        Delivery {
            supplier: supplier.to_owned(),
            id,
            content: self.content(),
            practice: self.practice,
            format: self.format.name().to_owned(),
            files: self.files,
            created: now,
            expires,
            state: DeliveryState::Receiving,
        }
    }
}

/// Why a body is no announcement. The words of the error may be the sender's, but for the names of members that we know.
fn not_one(error: &serde_json::Error) -> Outcome {
    const MEMBERS: [&str; 7] = ["id", "practice", "format", "files", "name", "size", "sha256"];
    let words = error.to_string();
    let known = MEMBERS.into_iter().find(|member| words.contains(&format!("field `{member}`")));
    let why = match known {
        Some(member) if words.starts_with("missing field") => format!(": {member} is missing"),
        Some(member) if words.starts_with("duplicate field") => format!(": {member} stands there twice"),
        _ if words.starts_with("unknown field") => ": it has a member that is not known".to_owned(),
        _ => String::new(),
    };
    Outcome::Invalid(format!(
        "The body is not an announcement{why}, as seen at line {} column {}; /intake/v1/openapi.json has its form.",
        error.line(),
        error.column()
    ))
}

/// The most bytes that a file may have.
pub(super) fn largest(settings: &Intake) -> u64 {
    u64::from(settings.file_gib) << 30
}

pub(super) fn practice(text: &str) -> Result<OdsCode, Outcome> {
    text.parse().map_err(|_| Outcome::Invalid("The practice must be an ODS code.".to_owned()))
}

/// The same for the same practice, format, names and bytes, in whatever order the files are announced.
pub(super) fn content(practice: &OdsCode, format: Format, files: &[DeliveredFile]) -> String {
    let mut lines: Vec<String> =
        files.iter().map(|file| format!("{}\0{}\0{}\n", file.name, file.size, file.sha256)).collect();
    lines.sort();
    let text = format!("{practice}\0{format}\n{}", lines.concat());
    digest(&SHA256, text.as_bytes()).as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
}

fn files(announced: impl Iterator<Item = File>) -> Result<Vec<DeliveredFile>, Outcome> {
    let invalid = |number: usize, words: &str| {
        Err(Outcome::Invalid(format!("File {number} of the announcement: {words}")))
    };
    let mut names = BTreeSet::new();
    let mut files = Vec::new();
    for (number, file) in (1..).zip(announced) {
        if !is_name(&file.name) {
            return invalid(
                number,
                "a name is 1 to 200 letters, digits, spaces and ._-(), without folders, and begins with a letter or digit.",
            );
        }
        if !names.insert(file.name.to_ascii_lowercase()) {
            let words = format!("File {number} of the announcement: its name stands there twice.");
            return Err(Outcome::Mismatch(words));
        }
        if !is_sha256(&file.sha256) {
            return invalid(number, "sha256 is 64 hexadecimal digits in small letters.");
        }
        files.push(DeliveredFile { name: file.name, size: file.size, sha256: file.sha256 });
    }
    Ok(files)
}

/// A name that means the same in a folder, a log and an address: no separators, no controls, nothing hidden.
fn is_name(name: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b" ._-()".contains(&byte);
    (1..=LONGEST_NAME).contains(&name.len())
        && name.bytes().all(plain)
        && name.starts_with(|c: char| c.is_ascii_alphanumeric())
        && !name.ends_with('.')
        && !name.contains("..")
}

pub(super) fn is_id(id: &str) -> bool {
    (1..=LONGEST_ID).contains(&id.len())
        && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
        && !id.starts_with('-')
}

fn is_sha256(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_climbs_out_of_no_folder() {
        for good in ["130_Admin_Patient_2.csv", "a", "Message 1 (of 2).xml", "A-1"] {
            assert!(is_name(good), "{good}");
        }
        for bad in [
            "",
            ".",
            "..",
            "../a",
            "a/../../b",
            "/etc/passwd",
            "a/b",
            "a\\b",
            "C:a",
            ".hidden",
            "a..b",
            "a\0b",
            "a\r\nSet-Cookie: x",
            "a\n",
            "é",
            "a%2fb",
            "a.",
            "-rf",
            "~a",
            "a\u{202e}b",
        ] {
            assert!(!is_name(bad), "{bad:?}");
        }
        assert!(is_name(&"a".repeat(200)) && !is_name(&"a".repeat(201)));
    }

    #[test]
    fn an_announcement_is_an_object_with_nothing_unknown_or_repeated() {
        let settings: Intake = toml::from_str(
            "address='127.0.0.1:0'\ncertificate=''\nkey=''\nclient_ca=''\nspool=''\nsupplier=[]\nfiles_per_batch=2",
        )
        .unwrap();
        let read = |text: &str| Announced::read(text.as_bytes(), &settings);
        let hash = "0".repeat(64);
        let file = |name: &str| format!(r#"{{"name":"{name}","size":1,"sha256":"{hash}"}}"#);
        let with = |more: &str, files: &str| {
            format!(r#"{{{more}"practice":"Y99999","format":"gp2gp","files":[{files}]}}"#)
        };
        let good = read(&with("\"id\":\"A-1\",", &file("a.xml"))).unwrap();
        assert_eq!((good.id.as_deref(), good.files.len()), (Some("A-1"), 1));
        for bad in [
            with("", ""),
            with("\"id\":null,", &file("a")),
            with("\"id\":\"a/b\",", &file("a")),
            with("\"id\":\"a\",\"id\":\"a\",", &file("a")),
            with("\"colour\":1,", &file("a")),
            with("", "[\"a\",1,\"0\"]"),
            with("", &file("a").replace(":1,", ":-1,")),
            with("", &file("a").replace(":1,", ":1e999,")),
            with("", &file("a").replace(":1,", ":1.5,")),
            with("", &file("a").replace("\"0", "\"A")),
            with("", &file("../a")),
            with("", &file("\\ud800")),
            with("", &file("a")).replace("Y99999", "not a code at all"),
            with("", &file("a")).replace("gp2gp", "gp3gp"),
            with("", &file("a")) + "x",
            format!("{}{}", "[".repeat(100_000), "]".repeat(100_000)),
            with(&format!("\"x\":{}1{},", "[".repeat(100_000), "]".repeat(100_000)), &file("a")),
            String::new(),
        ] {
            let Err(Outcome::Invalid(words)) = read(&bad) else { panic!("{}", &bad[..bad.len().min(200)]) };
            assert!(!words.contains("not a code") && !words.contains("gp3gp"), "{words}");
        }
        for (bad, told) in [
            (r#"{"practice":"Y99999","files":[]}"#, "format is missing"),
            (&with("", &file("a").replace(r#""size":1,"#, "")), "size is missing"),
            (&with("\"id\":\"a\",\"id\":\"a\",", &file("a")), "id stands there twice"),
            (&with("\"colour\":1,", &file("a")), "a member that is not known"),
        ] {
            let Err(Outcome::Invalid(words)) = read(bad) else { panic!("{bad}") };
            assert!(words.contains(told) && !words.contains("colour"), "{words}");
        }
        let twice = format!("{},{}", file("a"), file("A"));
        assert!(matches!(read(&with("", &twice)), Err(Outcome::Mismatch(_))));
        let three = [file("a"), file("b"), file("c")].join(",");
        assert!(matches!(read(&with("", &three)), Err(Outcome::TooLarge(_))));
        let giant = file("a").replace(":1,", ":18446744073709551615,");
        assert!(matches!(read(&with("", &giant)).unwrap().fits(&settings), Err(Outcome::TooLarge(_))));
    }

    #[test]
    fn content_is_the_same_in_whatever_order_files_are_announced() {
        let file = |name: &str, sum: &str| DeliveredFile { name: name.into(), size: 1, sha256: sum.into() };
        let of = |files: &[DeliveredFile]| content(&"Y99999".parse().unwrap(), Format::Gp2gp, files);
        let (a, b) = (file("a", "1"), file("b", "2"));
        assert_eq!(of(&[a.clone(), b.clone()]), of(&[b.clone(), a.clone()]));
        assert_ne!(of(&[a.clone(), b]), of(&[a, file("b", "3")]));
    }
}
