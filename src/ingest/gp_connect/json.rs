//! JSON from nobody one knows, value by value: numbers keep the digits that were written, every object knows its line,
//! a name may stand once in an object, and depth, size and number of things in a value are bounded. A general parser
//! gives neither digits nor lines while it streams. Knows nothing of FHIR.

use std::{collections::HashSet, io::BufRead};

use record::{Issue, IssueCode, Place, Severity};

/// How deep a value may be nested; resources with nested extensions stay below 20.
const DEPTH: usize = 64;
/// The largest value that is held at once: one resource.
pub(super) const VALUE: usize = 8 << 20;
/// The most objects, lists, texts and numbers in it.
const NODES: usize = 200_000;

/// Why the whole file is refused.
pub(super) type Fatal = Box<Issue>;

/// A value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Json {
    /// `null`.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A number as it was written.
    Number(String),
    /// A text.
    Text(String),
    /// A list.
    List(Vec<Json>),
    /// An object.
    Object(Object),
}

/// An object: its members in their order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Object {
    /// The line on which it begins.
    pub(super) line: u64,
    members: Vec<(String, Json)>,
}

impl Json {
    /// The object that it is.
    pub(super) fn object(&self) -> Option<&Object> {
        if let Self::Object(object) = self { Some(object) } else { None }
    }

    /// The text that it is, without white space around it, unless nothing is left.
    pub(super) fn text(&self) -> Option<&str> {
        let Self::Text(text) = self else { return None };
        Some(text.trim()).filter(|text| !text.is_empty())
    }
}

impl Object {
    /// An object of one member.
    pub(super) fn of(name: &str, value: Json) -> Self {
        Self { line: 1, members: vec![(name.to_owned(), value)] }
    }

    /// A member.
    pub(super) fn get(&self, name: &str) -> Option<&Json> {
        self.members.iter().find(|(member, _)| member == name).map(|(_, value)| value)
    }

    /// A member that is a text.
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.get(name)?.text()
    }

    /// A member that is an object.
    pub(super) fn object(&self, name: &str) -> Option<&Self> {
        self.get(name)?.object()
    }

    /// The members of a member that is a list; none where it is not.
    pub(super) fn list(&self, name: &str) -> &[Json] {
        if let Some(Json::List(items)) = self.get(name) { items } else { &[] }
    }

    /// The objects in a member that is a list.
    pub(super) fn objects<'a>(&'a self, name: &str) -> impl Iterator<Item = &'a Self> + use<'a> {
        self.list(name).iter().filter_map(Json::object)
    }

    /// Every member.
    pub(super) fn members(&self) -> impl Iterator<Item = (&str, &Json)> {
        self.members.iter().map(|(name, value)| (name.as_str(), value))
    }
}

/// Reads a file from its start.
#[derive(Debug)]
pub(super) struct Reader<R> {
    source: R,
    file: String,
    line: u64,
    /// Bytes and things that the value at hand may still have.
    left: usize,
    nodes: usize,
}

impl<R: BufRead> Reader<R> {
    /// Over a file that stands at its start; `file` is named in issues.
    pub(super) fn new(source: R, file: &str) -> Self {
        Self { source, file: file.to_owned(), line: 1, left: VALUE, nodes: NODES }
    }

    /// The issue for which the file is refused, here.
    pub(super) fn fatal(&self, code: IssueCode, detail: &str) -> Fatal {
        let place = Place { file: self.file.clone(), line: self.line };
        Box::new(Issue::new(Severity::Fatal, code, &place).detail(detail))
    }

    /// Passes into an object or list, which begins with this bracket, and over a byte order mark before it.
    pub(super) fn enter(&mut self, bracket: u8) -> Result<(), Fatal> {
        self.renew();
        if self.peek()? == Some(0xef) {
            for byte in *b"\xef\xbb\xbf" {
                self.expect(byte)?;
            }
        }
        self.space()?;
        self.expect(bracket)
    }

    /// The name of the next member of an object that was entered, `None` at its end.
    pub(super) fn member(&mut self, first: bool) -> Result<Option<String>, Fatal> {
        self.renew();
        if !self.another(first, b'}')? {
            return Ok(None);
        }
        let name = self.string()?;
        self.space()?;
        self.expect(b':')?;
        Ok(Some(name))
    }

    /// Whether there is another item in a list that was entered; after its end the list has been left.
    pub(super) fn item(&mut self, first: bool) -> Result<bool, Fatal> {
        self.renew();
        self.another(first, b']')
    }

    /// The value that comes next, whole.
    pub(super) fn value(&mut self) -> Result<Json, Fatal> {
        self.renew();
        self.inner(0)
    }

    /// Makes sure that nothing follows.
    pub(super) fn end(&mut self) -> Result<(), Fatal> {
        self.renew();
        self.space()?;
        match self.peek()? {
            None => Ok(()),
            Some(_) => Err(self.malformed("something follows the end")),
        }
    }

    fn renew(&mut self) {
        (self.left, self.nodes) = (VALUE, NODES);
    }

    fn malformed(&self, detail: &str) -> Fatal {
        self.fatal(IssueCode::JsonMalformed, detail)
    }

    fn inner(&mut self, depth: usize) -> Result<Json, Fatal> {
        if depth >= DEPTH {
            return Err(self.fatal(IssueCode::TooLarge, "nested deeper than any resource is"));
        }
        self.nodes = self.nodes.checked_sub(1).ok_or_else(|| self.too_large())?;
        self.space()?;
        match self.peek()? {
            Some(b'{') => self.inner_object(depth).map(Json::Object),
            Some(b'[') => self.inner_list(depth).map(Json::List),
            Some(b'"') => self.string().map(Json::Text),
            Some(b't') => self.word(b"true").map(|()| Json::Bool(true)),
            Some(b'f') => self.word(b"false").map(|()| Json::Bool(false)),
            Some(b'n') => self.word(b"null").map(|()| Json::Null),
            Some(b'-' | b'0'..=b'9') => self.number().map(Json::Number),
            Some(_) => Err(self.malformed("a value begins otherwise")),
            None => Err(self.cut_short()),
        }
    }

    fn inner_object(&mut self, depth: usize) -> Result<Object, Fatal> {
        let mut object = Object { line: self.line, members: Vec::new() };
        let mut names = HashSet::new();
        self.expect(b'{')?;
        while self.another(object.members.is_empty(), b'}')? {
            let name = self.string()?;
            if !names.insert(name.clone()) {
                return Err(self.malformed("a name stands twice in an object"));
            }
            self.space()?;
            self.expect(b':')?;
            let value = self.inner(depth + 1)?;
            object.members.push((name, value));
        }
        Ok(object)
    }

    fn inner_list(&mut self, depth: usize) -> Result<Vec<Json>, Fatal> {
        let mut items = Vec::new();
        self.expect(b'[')?;
        while self.another(items.is_empty(), b']')? {
            items.push(self.inner(depth + 1)?);
        }
        Ok(items)
    }

    /// Passes over the comma before the next thing, or over the closing bracket.
    fn another(&mut self, first: bool, close: u8) -> Result<bool, Fatal> {
        self.space()?;
        match self.peek()? {
            Some(byte) if byte == close => {
                self.take()?;
                Ok(false)
            }
            Some(_) if first => Ok(true),
            Some(b',') => {
                self.take()?;
                self.space()?;
                if self.peek()? == Some(close) { Err(self.malformed("a comma too many")) } else { Ok(true) }
            }
            Some(_) => Err(self.malformed("a comma or a closing bracket is missing")),
            None => Err(self.cut_short()),
        }
    }

    fn string(&mut self) -> Result<String, Fatal> {
        self.expect(b'"')?;
        let mut bytes = Vec::new();
        loop {
            match self.take()?.ok_or_else(|| self.cut_short())? {
                b'"' => break,
                b'\\' => {
                    let character = self.escape()?;
                    bytes.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
                }
                0..=0x1f => return Err(self.malformed("a control character stands in a text")),
                byte => bytes.push(byte),
            }
        }
        String::from_utf8(bytes).map_err(|_| self.fatal(IssueCode::Encoding, "the text is not UTF-8"))
    }

    fn escape(&mut self) -> Result<char, Fatal> {
        Ok(match self.take()?.ok_or_else(|| self.cut_short())? {
            b'"' => '"',
            b'\\' => '\\',
            b'/' => '/',
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => return self.unicode(),
            _ => return Err(self.malformed("an escape that JSON has not")),
        })
    }

    fn unicode(&mut self) -> Result<char, Fatal> {
        let first = self.hexadecimal()?;
        let mut units = vec![first];
        if (0xd800..0xdc00).contains(&first) {
            self.expect(b'\\')?;
            self.expect(b'u')?;
            units.push(self.hexadecimal()?);
        }
        match char::decode_utf16(units).collect::<Vec<_>>().as_slice() {
            [Ok(character)] => Ok(*character),
            _ => Err(self.malformed("half a character")),
        }
    }

    fn hexadecimal(&mut self) -> Result<u16, Fatal> {
        let mut unit = 0;
        for _ in 0..4 {
            let byte = self.take()?.ok_or_else(|| self.cut_short())?;
            let digit =
                char::from(byte).to_digit(16).ok_or_else(|| self.malformed("no hexadecimal digit"))?;
            unit = unit * 16 + digit;
        }
        u16::try_from(unit).map_err(|_| self.malformed("no hexadecimal digit"))
    }

    fn number(&mut self) -> Result<String, Fatal> {
        let mut text = String::new();
        while let Some(byte @ (b'0'..=b'9' | b'-' | b'+' | b'.' | b'e' | b'E')) = self.peek()? {
            text.push(char::from(byte));
            self.take()?;
        }
        if is_number(&text) { Ok(text) } else { Err(self.malformed("a number that JSON has not")) }
    }

    fn word(&mut self, word: &[u8]) -> Result<(), Fatal> {
        word.iter().try_for_each(|byte| self.expect(*byte))
    }

    fn expect(&mut self, byte: u8) -> Result<(), Fatal> {
        match self.take()? {
            Some(found) if found == byte => Ok(()),
            Some(_) => Err(self.malformed("another character is expected")),
            None => Err(self.cut_short()),
        }
    }

    fn space(&mut self) -> Result<(), Fatal> {
        while let Some(b' ' | b'\t' | b'\r' | b'\n') = self.peek()? {
            self.take()?;
        }
        Ok(())
    }

    fn take(&mut self) -> Result<Option<u8>, Fatal> {
        let Some(byte) = self.peek()? else { return Ok(None) };
        self.left = self.left.checked_sub(1).ok_or_else(|| self.too_large())?;
        self.line += u64::from(byte == b'\n');
        self.source.consume(1);
        Ok(Some(byte))
    }

    fn peek(&mut self) -> Result<Option<u8>, Fatal> {
        loop {
            match self.source.fill_buf() {
                Ok(bytes) => return Ok(bytes.first().copied()),
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                Err(error) => {
                    let detail = error.kind().to_string();
                    return Err(self.fatal(IssueCode::FileUnreadable, &detail));
                }
            }
        }
    }

    fn cut_short(&self) -> Fatal {
        self.fatal(IssueCode::Truncated, "the file ends inside a value")
    }

    fn too_large(&self) -> Fatal {
        self.fatal(IssueCode::TooLarge, "a resource is larger than any real one")
    }
}

/// JSON's grammar of numbers.
fn is_number(text: &str) -> bool {
    let unsigned = text.strip_prefix('-').unwrap_or(text);
    let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (unsigned, None),
    };
    let (whole, fraction) = match mantissa.split_once('.') {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (mantissa, None),
    };
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    digits(whole)
        && (whole == "0" || !whole.starts_with('0'))
        && fraction.is_none_or(digits)
        && exponent.is_none_or(|exponent| digits(exponent.strip_prefix(['+', '-']).unwrap_or(exponent)))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(text: &[u8]) -> Result<Json, IssueCode> {
        let mut reader = Reader::new(text, "x");
        let value = reader.value().map_err(|issue| issue.code)?;
        reader.end().map_err(|issue| issue.code)?;
        Ok(value)
    }

    fn same(ours: &Json, theirs: &serde_json::Value) -> bool {
        match (ours, theirs) {
            (Json::Null, serde_json::Value::Null) => true,
            (Json::Bool(one), serde_json::Value::Bool(other)) => one == other,
            (Json::Number(one), serde_json::Value::Number(other)) => {
                one.parse::<f64>().ok() == other.as_f64()
            }
            (Json::Text(one), serde_json::Value::String(other)) => one == other,
            (Json::List(one), serde_json::Value::Array(other)) => {
                one.len() == other.len() && one.iter().zip(other).all(|(one, other)| same(one, other))
            }
            (Json::Object(one), serde_json::Value::Object(other)) => {
                one.members.len() == other.len()
                    && one.members().all(|(name, value)| other.get(name).is_some_and(|o| same(value, o)))
            }
            _ => false,
        }
    }

    #[test]
    fn numbers_keep_their_digits_and_objects_know_their_line() {
        let read = read(b"{\"a\": 1.10,\n\n \"b\": {\"c\": -0.5e+3}}").unwrap();
        let object = read.object().unwrap();
        assert_eq!(object.get("a"), Some(&Json::Number("1.10".into())));
        assert_eq!((object.line, object.object("b").unwrap().line), (1, 3));
    }

    #[test]
    fn what_is_no_json_is_refused_with_its_reason() {
        for (text, code) in [
            (r#"{"a":1,"a":2}"#, IssueCode::JsonMalformed),
            (r#"{"a":1,}"#, IssueCode::JsonMalformed),
            (r#"{"a" 1}"#, IssueCode::JsonMalformed),
            ("[1 2]", IssueCode::JsonMalformed),
            ("[01]", IssueCode::JsonMalformed),
            ("[1.]", IssueCode::JsonMalformed),
            ("[+1]", IssueCode::JsonMalformed),
            ("[NaN]", IssueCode::JsonMalformed),
            ("[tru]", IssueCode::JsonMalformed),
            (r#"["\x"]"#, IssueCode::JsonMalformed),
            (r#"["\ud800"]"#, IssueCode::JsonMalformed),
            (r#"["\ud800\u0041"]"#, IssueCode::JsonMalformed),
            (r#"["\udc00"]"#, IssueCode::JsonMalformed),
            ("[\"a\nb\"]", IssueCode::JsonMalformed),
            ("[] []", IssueCode::JsonMalformed),
            ("[\"a", IssueCode::Truncated),
            ("[1", IssueCode::Truncated),
            ("", IssueCode::Truncated),
        ] {
            assert_eq!(read(text.as_bytes()), Err(code), "{text}");
        }
        assert_eq!(read(b"[\"\xff\"]"), Err(IssueCode::Encoding));
    }

    #[test]
    fn depth_size_and_number_of_things_are_bounded() {
        assert_eq!(read("[".repeat(1 << 20).as_bytes()), Err(IssueCode::TooLarge));
        assert_eq!(read(r#"{"a":"#.repeat(1 << 20).as_bytes()), Err(IssueCode::TooLarge));
        assert_eq!(read(format!("[{}]", "0,".repeat(NODES)).as_bytes()), Err(IssueCode::TooLarge));
        assert_eq!(read(format!("\"{}\"", "a".repeat(VALUE)).as_bytes()), Err(IssueCode::TooLarge));
        assert_eq!(read(" ".repeat(VALUE + 1).as_bytes()), Err(IssueCode::TooLarge));
    }

    proptest! {
        #[test]
        fn it_reads_what_another_parser_reads_and_refuses_what_that_refuses(
            text in r#"[\[\]{}:,"0-9eE.+\-truefalsnu\\/ \n]{0,24}"#,
        ) {
            let (ours, theirs) = (read(text.as_bytes()), serde_json::from_str::<serde_json::Value>(&text));
            match (&ours, &theirs) {
                (Ok(ours), Ok(theirs)) => prop_assert!(same(ours, theirs), "{text}"),
                (Err(_), Err(_)) => {}
                // It takes one of two members of one name; and has bounds of its own for numbers.
                (Err(IssueCode::JsonMalformed), Ok(_)) => prop_assert!(text.matches('"').count() >= 4, "{text}"),
                (Ok(_), Err(error)) => prop_assert!(error.to_string().contains("out of range"), "{text}: {error}"),
                (Err(code), Ok(_)) => prop_assert!(false, "{text}: {code}"),
            }
        }

        #[test]
        fn a_text_comes_back_as_it_was(text in any::<String>()) {
            let written = serde_json::to_string(&text).unwrap();
            prop_assert_eq!(read(written.as_bytes()), Ok(Json::Text(text)));
        }
    }
}
