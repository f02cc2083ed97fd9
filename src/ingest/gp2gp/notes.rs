//! What is worth knowing about rows that were used: warnings, gathered while a message is read.

use std::collections::HashSet;

use record::{Issue, IssueCode, Place, Severity};

/// Warnings of one message.
#[derive(Debug, Default)]
pub(super) struct Notes {
    file: String,
    issues: Vec<Issue>,
    systems: HashSet<String>,
}

impl Notes {
    /// None yet, of this file.
    pub(super) fn new(file: &str) -> Self {
        Self { file: file.to_owned(), ..Self::default() }
    }

    /// The place of a line of this file.
    pub(super) fn place(&self, line: u64) -> Place {
        Place { file: self.file.clone(), line }
    }

    /// Adds a warning.
    pub(super) fn warn(&mut self, code: IssueCode, line: u64, field: &str, detail: &str) {
        self.issues.push(Issue::new(Severity::Warning, code, &self.place(line)).field(field).detail(detail));
    }

    /// Adds a warning about a code system, once for each.
    pub(super) fn unknown_system(&mut self, oid: &str, line: u64) {
        if self.systems.insert(oid.to_owned()) {
            self.warn(
                IssueCode::CodeSystemUnknown,
                line,
                "codeSystem",
                "its codes, or some of them, are not known",
            );
        }
    }

    /// An issue for which a row is rejected.
    pub(super) fn error(&self, code: IssueCode, line: u64, field: &str, detail: &str) -> Issue {
        Issue::new(Severity::Error, code, &self.place(line)).field(field).detail(detail)
    }

    /// The warnings, in the order in which they came up.
    pub(super) fn into_issues(self) -> Vec<Issue> {
        self.issues
    }
}
