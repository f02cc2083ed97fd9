//! Just enough of an XML writer: elements in order, attributes, text, and escapes. What it writes is well formed if
//! every `open` has its `close`, which the closures see to.

/// A document in the making.
#[derive(Default)]
pub struct Xml {
    text: String,
}

/// Attributes of an element.
pub type Attributes<'a> = &'a [(&'a str, &'a str)];

impl Xml {
    /// The document.
    pub fn finish(self) -> String {
        self.text
    }

    /// The declaration.
    pub fn declare(&mut self) {
        self.text += "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";
    }

    /// An element with what is in it.
    pub fn element(&mut self, name: &str, attributes: Attributes<'_>, content: impl FnOnce(&mut Self)) {
        self.start(name, attributes);
        self.text += ">\n";
        content(self);
        self.end(name);
    }

    /// An element with nothing in it.
    pub fn empty(&mut self, name: &str, attributes: Attributes<'_>) {
        self.start(name, attributes);
        self.text += "/>\n";
    }

    /// An element with text in it.
    pub fn words(&mut self, name: &str, words: &str) {
        self.start(name, &[]);
        self.text.push('>');
        self.escaped(words);
        self.end(name);
    }

    fn start(&mut self, name: &str, attributes: Attributes<'_>) {
        self.text.push('<');
        self.text += name;
        for (attribute, value) in attributes {
            self.text.push(' ');
            self.text += attribute;
            self.text += "=\"";
            self.escaped(value);
            self.text.push('"');
        }
    }

    fn end(&mut self, name: &str) {
        self.text += "</";
        self.text += name;
        self.text += ">\n";
    }

    fn escaped(&mut self, words: &str) {
        for character in words.chars() {
            match character {
                '&' => self.text += "&amp;",
                '<' => self.text += "&lt;",
                '>' => self.text += "&gt;",
                '"' => self.text += "&quot;",
                // A parser would turn a bare carriage return into a line feed.
                '\r' => self.text += "&#13;",
                other => self.text.push(other),
            }
        }
    }
}
