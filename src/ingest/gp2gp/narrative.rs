//! `NarrativeStatement`: words. They become a comment note; and what they carry may be a mark for the result that they
//! comment on. Embedded documents are passed over.

use std::io::BufRead;

use record::{CodeRef, CodeSystem, Coded, Coding, FreeText, Statement};

use super::{
    head::Head,
    reading::{Inside, Reading},
    rows::Body,
    xml::{Fatal, Tag},
};

/// SNOMED CT's code for words that stand for themselves; the NHS's own adaptor uses it for narratives.
const COMMENT_NOTE: (&str, &str) = ("37331000000100", "Comment note");

/// Reads one.
pub(super) fn read<R: BufRead>(r: &mut Reading<R>, tag: &Tag, inside: Inside) -> Result<(), Fatal> {
    let at = r.begin(tag, Some(inside))?;
    let mut head = Head::default();
    let mut text = None;
    while let Some(child) = r.xml.child(tag)? {
        match child.name.as_str() {
            "text" => text = FreeText::new(words(&r.xml.text(&child)?)),
            _ => r.take(&mut head, &child)?,
        }
    }
    // Of a text that was cut, nothing is kept; of one without a key, a later version could not be told.
    let whole = !r.xml.take_oversize() && !head.ids.is_empty();
    let comment = text.filter(|_| whole).and_then(|text| comment(&head, text)).map(Box::new);
    r.end_container(at, head, Body::Comment(comment));
    Ok(())
}

fn comment(head: &Head, text: FreeText) -> Option<Statement> {
    let (code, display) = COMMENT_NOTE;
    let coding =
        Coding { system: CodeSystem::SnomedCt, code: code.to_owned(), display: Some(display.to_owned()) };
    Some(Statement {
        effective: head.when().ok()?,
        text: vec![text],
        performer: head.participant(&["PPRF", "PRF", "AUT"]).map(str::to_owned),
        ..Statement::of_patient(CodeRef::Given(Coded { codings: vec![coding], original_text: None }, None))
    })
}

/// Without the lines by which laboratory messages say what kind of comment it is (`CommentType:`, `CommentDate:`, then
/// an empty line).
fn words(text: &str) -> &str {
    let text = text.trim_start();
    if !text.starts_with("CommentType:") {
        return text;
    }
    let mut rest = text;
    while rest.starts_with("CommentType:") || rest.starts_with("CommentDate:") {
        rest = rest.split_once('\n').map_or("", |(_, rest)| rest).trim_start();
    }
    rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lines_that_say_what_kind_of_comment_it_is_are_none_of_its_words() {
        assert_eq!(words("CommentType:USER COMMENT\nCommentDate:20100118\n\nSeen twice"), "Seen twice");
        assert_eq!(words("Seen\nCommentType: no"), "Seen\nCommentType: no");
        assert_eq!(words("CommentType:USER COMMENT"), "");
    }
}
