//! What speaks against showing a statement, wherever the mark for it stands in an export.

use std::collections::BTreeSet;

use super::Life;

/// The statements of a record that are marked, and the problems, by the numbers of their statements.
#[derive(Default)]
pub struct Marks {
    /// Marked themselves, or all that they stand in is.
    pub statements: BTreeSet<usize>,
    /// Problems whose own entry is marked, beside the statement that names them.
    pub problems: BTreeSet<usize>,
}

impl Marks {
    /// Of statements and of consultations as a whole.
    pub fn of(life: &Life) -> Self {
        let marked = |number: &usize| {
            life.statements.get(*number).is_some_and(|statement| {
                let consultation = statement.consultation.and_then(|at| life.consultations.get(at));
                statement.confidential || consultation.is_some_and(|consultation| consultation.confidential)
            })
        };
        Self { statements: (0..life.statements.len()).filter(marked).collect(), problems: BTreeSet::new() }
    }

    /// Whether something speaks against a statement: on it, on its whole, on its problem; or, for a whole (and for every
    /// part of a blood pressure), on one of its parts.
    pub fn hide(&self, life: &Life, number: usize) -> bool {
        let Some(statement) = life.statements.get(number) else { return true };
        let part_hidden = |of: usize| {
            let parts = life.statements.iter().enumerate().filter(|(_, part)| part.parent == Some(of));
            parts.map(|(part, _)| part).any(|part| self.on(life, part))
        };
        let pressure = |at: usize| life.statements.get(at).is_some_and(|one| one.code.key.starts_with("bp"));
        let whole = statement.parent;
        self.on(life, number)
            || whole.is_some_and(|whole| self.on(life, whole))
            || part_hidden(number)
            || whole.is_some_and(|whole| pressure(whole) && part_hidden(whole))
    }

    fn on(&self, life: &Life, at: usize) -> bool {
        let problem = |of: usize| {
            let is_one = life.problems.iter().any(|problem| problem.statement == of);
            is_one && (self.statements.contains(&of) || self.problems.contains(&of))
        };
        let filed = life.statements.get(at).and_then(|statement| statement.problem);
        self.statements.contains(&at) || filed.is_some_and(problem) || problem(at)
    }
}
