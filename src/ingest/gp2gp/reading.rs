//! What readers of statements share: the message, the rows so far, and where in the record they stand.

use std::io::BufRead;

use record::{Issue, IssueCode};

use super::{
    head::Head,
    notes::Notes,
    rows::{At, Body, ROWS, Rows},
    xml::{Fatal, Tag, Xml},
};

/// A message that is being read.
#[derive(Debug)]
pub(super) struct Reading<R> {
    /// The message.
    pub(super) xml: Xml<R>,
    /// The rows so far.
    pub(super) rows: Rows,
    /// Warnings so far.
    pub(super) notes: Notes,
}

/// Where a statement stands.
#[derive(Clone, Copy, Debug)]
pub(super) struct Inside {
    /// Its composition.
    pub(super) composition: At,
    /// The compound that it is directly in.
    pub(super) parent: Option<At>,
}

impl<R: BufRead> Reading<R> {
    /// Begins a row.
    pub(super) fn begin(&mut self, tag: &Tag, inside: Option<Inside>) -> Result<At, Fatal> {
        self.xml.take_oversize();
        let composition = inside.map(|inside| inside.composition);
        let parent = inside.and_then(|inside| inside.parent);
        self.rows.begin(tag.line, composition, parent).ok_or_else(|| {
            self.xml.fatal(IssueCode::TooLarge, &format!("more than {ROWS} statements about one patient"))
        })
    }

    /// Takes a common part of a statement.
    pub(super) fn take(&mut self, head: &mut Head, child: &Tag) -> Result<(), Fatal> {
        head.take(&mut self.xml, child, &mut self.notes)
    }

    /// Ends a row that holds marks but is not served: it is kept whatever is wrong with it.
    pub(super) fn end_container(&mut self, at: At, head: Head, body: Body) {
        self.rows.claim(at, &head.ids);
        self.fill(at, head, Ok(body));
    }

    /// Ends a row that may be served: without a key it is rejected, and so it is where a text was too large.
    pub(super) fn end_statement(&mut self, at: At, head: Head, body: Result<Body, Box<Issue>>) {
        let line = self.rows.get(at).map_or(0, |row| row.line);
        let named = self.rows.claim(at, &head.ids);
        let body = body.and_then(|body| {
            let issue = |code, field, detail| Err(Box::new(self.notes.error(code, line, field, detail)));
            if self.xml.take_oversize() {
                issue(IssueCode::TooLarge, "text", "a text is longer than any real one")
            } else if named {
                Ok(body)
            } else {
                issue(IssueCode::KeyInvalid, "id", "the statement has no usable id")
            }
        });
        self.fill(at, head, body);
    }

    fn fill(&mut self, at: At, head: Head, body: Result<Body, Box<Issue>>) {
        let Some(row) = self.rows.get_mut(at) else { return };
        row.marks.extend(head.marks);
        row.priors.extend(head.priors);
        row.recorded = head.recorded;
        match body {
            Ok(body) => {
                row.class = if let Body::Compound(compound) = &body { Some(compound.class) } else { None };
                row.body = body;
            }
            Err(issue) => row.rejected = Some(issue),
        }
    }
}
