//! `PlanStatement` and `RegistrationStatement`: coded statements about what is to be done and about administration.

use std::io::BufRead;

use record::{CodeClass, FreeText};

use super::{
    head::Head,
    reading::{Inside, Reading},
    rows::Body,
    xml::{Fatal, Tag},
};

/// Reads one; `class` says which.
pub(super) fn read<R: BufRead>(
    r: &mut Reading<R>,
    tag: &Tag,
    inside: Inside,
    class: CodeClass,
) -> Result<(), Fatal> {
    let at = r.begin(tag, Some(inside))?;
    let mut head = Head::default();
    let mut text = None;
    while let Some(child) = r.xml.child(tag)? {
        match child.name.as_str() {
            "text" => text = FreeText::new(&r.xml.text(&child)?),
            _ => r.take(&mut head, &child)?,
        }
    }
    if head.code.as_ref().is_none_or(|code| code.get("code").is_none() && code.child("translation").is_none())
    {
        r.end_container(at, head, Body::Comment(None));
        return Ok(());
    }
    let body = head.statement(Some(class), tag.line, &mut r.notes).map(|mut statement| {
        statement.text.extend(text);
        Body::Statement(Box::new(statement))
    });
    r.end_statement(at, head, body);
    Ok(())
}
