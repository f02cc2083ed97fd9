//! A small tree, for one data type's worth of elements (a code with its translations, an interval): never more than
//! that. Knows how to be read and asked, not what it means.

use std::io::BufRead;

use super::xml::{Fatal, Step, Tag, Xml, attribute};

/// More elements than any data type has.
const NODES: usize = 2_000;

/// An element with all that is in it.
#[derive(Clone, Debug, Default)]
pub(super) struct Node {
    /// The name without its prefix.
    pub(super) name: String,
    /// The line on which it starts.
    pub(super) line: u64,
    attributes: Vec<(String, String)>,
    text: String,
    children: Vec<Node>,
}

impl Node {
    /// Reads the element that has just been opened, to its end.
    pub(super) fn read<R: BufRead>(xml: &mut Xml<R>, tag: &Tag) -> Result<Self, Fatal> {
        let mut open = vec![Self::of(tag)];
        let mut count = 1;
        let mut held = 0;
        loop {
            match xml.step(true)? {
                Step::Open(tag) => {
                    count += 1;
                    open.push(Self::of(&tag));
                }
                Step::Text(text) => {
                    held += text.len();
                    if held > super::xml::TEXT {
                        xml.note_oversize();
                    } else if let Some(node) = open.last_mut() {
                        node.text.push_str(&text);
                    }
                }
                Step::Close => {
                    let Some(node) = open.pop() else { return Ok(Self::default()) };
                    match open.last_mut() {
                        None => return Ok(node),
                        Some(_) if count > NODES => xml.note_oversize(),
                        Some(parent) => parent.children.push(node),
                    }
                }
                Step::End => return Ok(Self::default()),
            }
        }
    }

    fn of(tag: &Tag) -> Self {
        Self { name: tag.name.clone(), line: tag.line, attributes: tag.attributes.clone(), ..Self::default() }
    }

    /// An attribute's value, unless it is blank.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        attribute(&self.attributes, name)
    }

    /// The local part of the type that `xsi:type` gives the element, whatever the prefixes are.
    pub(super) fn xsi_type(&self) -> Option<&str> {
        let (_, value) = self.attributes.iter().find(|(key, _)| key.ends_with(":type"))?;
        value.trim().rsplit(':').next().filter(|local| !local.is_empty())
    }

    /// The first child of a name.
    pub(super) fn child(&self, name: &str) -> Option<&Self> {
        self.children.iter().find(|child| child.name == name)
    }

    /// All children of a name, in order.
    pub(super) fn children<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Self> {
        self.children.iter().filter(move |child| child.name == name)
    }

    /// The first element of a name at any depth below this one.
    pub(super) fn find(&self, name: &str) -> Option<&Self> {
        self.children.iter().find_map(|child| if child.name == name { Some(child) } else { child.find(name) })
    }

    /// The element's own text without surrounding white space, unless nothing is left.
    pub(super) fn words(&self) -> Option<&str> {
        Some(self.text.trim()).filter(|text| !text.is_empty())
    }
}
