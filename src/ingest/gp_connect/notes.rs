//! What is worth knowing about resources that were used: warnings, gathered while a bundle is read.

use record::{Issue, IssueCode, Place, Severity};

/// More warnings than anybody reads; the rest would only hold memory.
const MOST: usize = 10_000;

/// Warnings of one bundle.
#[derive(Debug)]
pub(super) struct Notes {
    file: String,
    issues: Vec<Issue>,
}

impl Notes {
    /// None yet, of this file.
    pub(super) fn new(file: &str) -> Self {
        Self { file: file.to_owned(), issues: Vec::new() }
    }

    /// The place of a line of this file.
    pub(super) fn place(&self, line: u64) -> Place {
        Place { file: self.file.clone(), line }
    }

    /// Adds a warning.
    pub(super) fn warn(&mut self, code: IssueCode, line: u64, field: &str, detail: &str) {
        if self.issues.len() < MOST {
            let issue = Issue::new(Severity::Warning, code, &self.place(line));
            self.issues.push(issue.field(field).detail(detail));
        }
    }

    /// An issue for which a row is rejected.
    pub(super) fn error(&self, code: IssueCode, line: u64, field: &str, detail: &str) -> Box<Issue> {
        Box::new(Issue::new(Severity::Error, code, &self.place(line)).field(field).detail(detail))
    }

    /// The warnings, in the order in which they came up.
    pub(super) fn into_issues(self) -> Vec<Issue> {
        self.issues
    }
}
