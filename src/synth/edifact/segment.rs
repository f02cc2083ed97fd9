//! Just enough of an EDIFACT writer: segments of elements of components, released where need be, and counted.

/// A message in the making.
#[derive(Default)]
pub struct Segments {
    text: String,
    count: usize,
}

impl Segments {
    /// Adds a segment: its elements, the name first, each of components.
    pub fn add(&mut self, elements: &[&[&str]]) {
        let written: Vec<String> = elements.iter().map(|element| components(element)).collect();
        self.text += written.join("+").trim_end_matches('+');
        // One segment to a line, as people like to read them; line ends mean nothing.
        self.text += "'\r\n";
        self.count += 1;
    }

    /// Closes a message that began with `UNH`.
    pub fn message(mut self, reference: &str) -> String {
        let count = (self.count + 1).to_string();
        self.add(&[&["UNT"], &[&count], &[reference]]);
        self.text
    }

    /// The text.
    pub fn text(self) -> String {
        self.text
    }
}

fn components(components: &[&str]) -> String {
    let mut written = components.iter().map(|component| released(component)).collect::<Vec<_>>().join(":");
    // A colon at the end that was not released parts nothing.
    while written.ends_with(':') && !written.ends_with("?:") {
        written.pop();
    }
    written
}

fn released(text: &str) -> String {
    let mut released = String::new();
    for character in text.chars() {
        if matches!(character, '+' | ':' | '\'' | '?') {
            released.push('?');
        }
        released.push(character);
    }
    released
}
