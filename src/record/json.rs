//! JSON that this program wrote, read so that parts of it can be taken out and the rest written again byte for byte:
//! numbers and texts stay as they are spelled, and nothing is copied.
//!
//! It reads only what our encoder writes: no space between the parts, no escape in a name, no name twice in an object.
//! Anything else is not read at all.

use std::{borrow::Cow, fmt};

/// How deep parts may stand in each other.
const MOST_DEPTH: u8 = 32;

/// A part of a document.
#[derive(Clone, PartialEq, Eq)]
pub enum Json<'a> {
    /// A number, a truth value or `null`, as it is spelled.
    Bare(&'a str),
    /// A text as it is spelled between its quotes.
    Spelled(&'a str),
    /// A text that was put in, not yet escaped.
    Words(String),
    /// A list.
    List(Vec<Json<'a>>),
    /// An object: its members in their order, with their names.
    Object(Vec<(&'a str, Json<'a>)>),
}

/// It can hold a patient's data, so it does not print them.
impl fmt::Debug for Json<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Bare(_) => "a bare word",
            Self::Spelled(_) | Self::Words(_) => "a text",
            Self::List(_) => "a list",
            Self::Object(_) => "an object",
        })
    }
}

impl<'a> Json<'a> {
    /// Reads a document; `None` if it is not as our encoder writes them.
    #[must_use]
    pub fn read(json: &'a [u8]) -> Option<Self> {
        let mut reader = Reader { text: std::str::from_utf8(json).ok()?, at: 0 };
        let document = reader.part(0)?;
        (reader.at == json.len()).then_some(document)
    }

    /// A member of an object.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Self> {
        let Self::Object(members) = self else { return None };
        members.iter().find(|(known, _)| *known == name).map(|(_, member)| member)
    }

    /// A member of an object, to be changed.
    #[must_use]
    pub fn get_mut(&mut self, name: &str) -> Option<&mut Self> {
        let Self::Object(members) = self else { return None };
        members.iter_mut().find(|(known, _)| *known == name).map(|(_, member)| member)
    }

    /// The parts of a list; none of anything else.
    #[must_use]
    pub fn items(&self) -> &[Self] {
        if let Self::List(items) = self { items } else { &[] }
    }

    /// What a text says.
    #[must_use]
    pub fn text(&self) -> Option<Cow<'_, str>> {
        match self {
            Self::Spelled(spelled) => unescaped(spelled),
            Self::Words(words) => Some(Cow::Borrowed(words)),
            Self::Bare(_) | Self::List(_) | Self::Object(_) => None,
        }
    }

    /// Whether it is this text.
    #[must_use]
    pub fn is(&self, words: &str) -> bool {
        self.text().is_some_and(|text| text == words)
    }

    /// Writes it: what was read as it was spelled, what was put in as our encoder spells it.
    pub fn write(&self, out: &mut Vec<u8>) {
        match self {
            Self::Bare(spelled) => out.extend_from_slice(spelled.as_bytes()),
            Self::Spelled(spelled) => quoted(spelled, out),
            Self::Words(words) => {
                out.push(b'"');
                words.chars().for_each(|c| escape(c, out));
                out.push(b'"');
            }
            Self::List(items) => {
                out.push(b'[');
                for (n, item) in items.iter().enumerate() {
                    out.extend_from_slice(if n > 0 { b"," } else { b"" });
                    item.write(out);
                }
                out.push(b']');
            }
            Self::Object(members) => {
                out.push(b'{');
                for (n, (name, member)) in members.iter().enumerate() {
                    out.extend_from_slice(if n > 0 { b"," } else { b"" });
                    quoted(name, out);
                    out.push(b':');
                    member.write(out);
                }
                out.push(b'}');
            }
        }
    }
}

fn quoted(spelled: &str, out: &mut Vec<u8>) {
    out.push(b'"');
    out.extend_from_slice(spelled.as_bytes());
    out.push(b'"');
}

fn escape(c: char, out: &mut Vec<u8>) {
    let mut plain = [0; 4];
    let short = match c {
        '"' => "\\\"",
        '\\' => "\\\\",
        '\u{8}' => "\\b",
        '\u{c}' => "\\f",
        '\n' => "\\n",
        '\r' => "\\r",
        '\t' => "\\t",
        c if c < ' ' => {
            return out.extend_from_slice(format!("\\u{:04x}", u32::from(c)).as_bytes());
        }
        c => c.encode_utf8(&mut plain),
    };
    out.extend_from_slice(short.as_bytes());
}

/// What a spelled text says; `None` of an escape that our encoder never writes.
fn unescaped(spelled: &str) -> Option<Cow<'_, str>> {
    let Some(first) = spelled.find('\\') else { return Some(Cow::Borrowed(spelled)) };
    let mut text = spelled.get(..first)?.to_owned();
    let mut rest = spelled.get(first..)?.chars();
    while let Some(c) = rest.next() {
        if c != '\\' {
            text.push(c);
            continue;
        }
        text.push(match rest.next()? {
            'b' => '\u{8}',
            'f' => '\u{c}',
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            'u' => {
                let (digits, after) = rest.as_str().split_at_checked(4)?;
                rest = after.chars();
                char::from_u32(u32::from_str_radix(digits, 16).ok()?)?
            }
            c @ ('"' | '\\' | '/') => c,
            _ => return None,
        });
    }
    Some(Cow::Owned(text))
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Reader<'a> {
    fn part(&mut self, depth: u8) -> Option<Json<'a>> {
        match self.peek()? {
            b'{' if depth < MOST_DEPTH => self.object(depth),
            b'[' if depth < MOST_DEPTH => self.list(depth),
            b'"' => self.spelled().filter(|spelled| unescaped(spelled).is_some()).map(Json::Spelled),
            _ => self.bare(),
        }
    }

    fn object(&mut self, depth: u8) -> Option<Json<'a>> {
        self.take(b'{')?;
        let mut members: Vec<(&str, Json)> = Vec::with_capacity(8);
        if self.take(b'}').is_some() {
            return Some(Json::Object(members));
        }
        loop {
            let name = self.spelled().filter(|name| !name.contains('\\'))?;
            self.take(b':')?;
            if members.iter().any(|(known, _)| *known == name) {
                return None;
            }
            let member = self.part(depth + 1)?;
            members.push((name, member));
            if self.take(b',').is_none() {
                self.take(b'}')?;
                return Some(Json::Object(members));
            }
        }
    }

    fn list(&mut self, depth: u8) -> Option<Json<'a>> {
        self.take(b'[')?;
        let mut items = Vec::with_capacity(2);
        if self.take(b']').is_some() {
            return Some(Json::List(items));
        }
        loop {
            items.push(self.part(depth + 1)?);
            if self.take(b',').is_none() {
                self.take(b']')?;
                return Some(Json::List(items));
            }
        }
    }

    /// A text, as it is spelled between its quotes.
    fn spelled(&mut self) -> Option<&'a str> {
        self.take(b'"')?;
        let begin = self.at;
        loop {
            match self.peek()? {
                b'"' => break,
                b'\\' => self.at += 2,
                0..b' ' => return None,
                _ => self.at += 1,
            }
        }
        let spelled = self.text.get(begin..self.at)?;
        self.at += 1;
        Some(spelled)
    }

    fn bare(&mut self) -> Option<Json<'a>> {
        let rest = self.text.get(self.at..)?;
        let end = rest.find([',', ']', '}']).unwrap_or(rest.len());
        let spelled = rest.get(..end)?;
        self.at += end;
        (matches!(spelled, "true" | "false" | "null") || is_number(spelled)).then_some(Json::Bare(spelled))
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn take(&mut self, byte: u8) -> Option<()> {
        (self.peek()? == byte).then(|| self.at += 1)
    }
}

/// `-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?`
fn is_number(spelled: &str) -> bool {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let (number, power) =
        spelled.split_once(['e', 'E']).map_or((spelled, None), |(n, power)| (n, Some(power)));
    let number = number.strip_prefix('-').unwrap_or(number);
    let (whole, part) = number.split_once('.').map_or((number, None), |(whole, part)| (whole, Some(part)));
    digits(whole)
        && (whole == "0" || !whole.starts_with('0'))
        && part.is_none_or(digits)
        && power.is_none_or(|power| digits(power.strip_prefix(['+', '-']).unwrap_or(power)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn again(json: &str) -> Option<String> {
        let mut out = Vec::new();
        Json::read(json.as_bytes())?.write(&mut out);
        Some(String::from_utf8(out).unwrap())
    }

    #[test]
    fn what_was_read_is_written_as_it_was() {
        for json in [
            r#"{"a":1.50,"b":[],"c":{},"d":[{"e":"x\"\\\n\u0001é€"},null,true,-0.0e+5],"":"/"}"#,
            r#""x""#,
            "[[0]]",
        ] {
            assert_eq!(again(json).as_deref(), Some(json));
        }
    }

    #[test]
    fn what_our_encoder_does_not_write_is_not_read() {
        for json in [
            "",
            "{",
            "[1",
            r#"{"a":1,}"#,
            r#"{"a" :1}"#,
            r#"{"a":1}x"#,
            r#"{"a":1,"a":2}"#,
            r#"{"\u0061":1}"#,
            r#""\"#,
            r#""\ud800""#,
            r#""\x""#,
            "\"\n\"",
            "01",
            "1.",
            "+1",
            "tru",
            "NaN",
            "[,]",
            r#"{a:1}"#,
            "\"\\\u{e9}\"",
        ] {
            assert_eq!(again(json), None, "{json}");
        }
        assert_eq!(again(&"[".repeat(100_000)), None);
        assert_eq!(Json::read(b"\"\xff\""), None);
    }

    #[test]
    fn a_text_says_what_was_escaped_and_is_escaped_when_it_is_put_in() {
        let text = "a\"b\\c\nd\t\u{8}\u{c}\r\u{1f}é\u{1F600}";
        let mut out = Vec::new();
        Json::Words(text.to_owned()).write(&mut out);
        assert_eq!(out, "\"a\\\"b\\\\c\\nd\\t\\b\\f\\r\\u001fé\u{1F600}\"".as_bytes());
        assert!(Json::read(&out).unwrap().is(text));
    }

    #[test]
    fn members_are_found_by_name_and_do_not_print_themselves() {
        let mut json = Json::read(br#"{"a":{"b":["Jane"]}}"#).unwrap();
        assert!(json.get("a").unwrap().get("b").unwrap().items()[0].is("Jane"));
        assert!(json.get("b").is_none() && json.get_mut("a").is_some() && json.items().is_empty());
        assert_eq!(format!("{json:?}"), "an object");
    }
}
