//! `LinkSet`: a problem, the statement that names it and the statements filed under it.

use std::io::BufRead;

use super::{
    head::{Head, identifier},
    node::Node,
    reading::{Inside, Reading},
    rows::Body,
    xml::{Fatal, Tag},
};

/// Reads one.
pub(super) fn read<R: BufRead>(r: &mut Reading<R>, tag: &Tag, inside: Inside) -> Result<(), Fatal> {
    let at = r.begin(tag, Some(inside))?;
    let mut head = Head::default();
    let (mut named, mut members) = (None, Vec::new());
    while let Some(child) = r.xml.child(tag)? {
        match child.name.as_str() {
            "component" => members.extend(referred(&Node::read(&mut r.xml, &child)?, "statementRef")),
            "conditionNamed" => named = referred(&Node::read(&mut r.xml, &child)?, "namedStatementRef"),
            _ => r.take(&mut head, &child)?,
        }
    }
    r.end_container(at, head, Body::Problem { named, members });
    Ok(())
}

fn referred(node: &Node, name: &str) -> Option<String> {
    node.child(name)?.child("id").and_then(identifier)
}
