//! `agentDirectory`: the people whom the statements of an extract name by key.

use std::io::BufRead;

use record::{PersonName, Staff};

use super::{
    head::identifier,
    node::Node,
    xml::{Fatal, Tag, Xml},
};

/// Somebody who wrote or did something.
#[derive(Debug)]
pub(super) struct Agent {
    /// The key by which statements name them.
    pub(super) key: String,
    /// The line of the start tag.
    pub(super) line: u64,
    /// Who they are.
    pub(super) staff: Staff,
}

/// Reads the directory. Agents that are organisations, or that have no key or name, are left out.
pub(super) fn read<R: BufRead>(xml: &mut Xml<R>, directory: &Tag) -> Result<Vec<Agent>, Fatal> {
    let mut agents = Vec::new();
    while let Some(part) = xml.child(directory)? {
        while let Some(tag) = xml.child(&part)? {
            if tag.name == "Agent" {
                agents.extend(agent(&Node::read(xml, &tag)?));
            }
        }
    }
    Ok(agents)
}

fn agent(node: &Node) -> Option<Agent> {
    // Statements name agents by a key of the extract; register numbers have an extension.
    let own = node.children("id").find(|id| id.get("extension").is_none());
    let key = own.or_else(|| node.child("id")).and_then(identifier).filter(|key| key.len() <= 120)?;
    let name = node.child("agentPerson")?.child("name")?;
    let part = |part: &str| name.child(part).and_then(Node::words).map(str::to_owned);
    let given = name.children("given").filter_map(Node::words).map(str::to_owned).collect();
    let person = PersonName {
        prefix: part("prefix"),
        given,
        family: part("family").or(name.words().map(str::to_owned)),
    };
    let named = person.family.is_some() || !person.given.is_empty();
    let code = node.child("code");
    let words = code.and_then(|code| code.child("originalText")).and_then(Node::words);
    let role = words.or_else(|| code.and_then(|code| code.get("displayName"))).map(str::to_owned);
    named.then_some(Agent { key, line: node.line, staff: Staff { name: person, role } })
}
