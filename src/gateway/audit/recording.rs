//! A request that is being answered.

use super::{Row, Seen, Trail};
use crate::{Response, outcome::Outcome};

/// The id of a request, which its answer and the log have too.
#[derive(Clone, Debug)]
pub(crate) struct RequestId(pub(crate) String);

/// Whatever becomes of the answer is written down, even if making it panics.
pub(crate) struct Recording<'a> {
    trail: &'a Trail,
    row: Option<Row>,
}

impl<'a> Recording<'a> {
    pub(crate) fn begin(trail: &'a Trail, row: Row) -> Self {
        Self { trail, row: Some(row) }
    }

    /// Writes down what the answer is, and gives it back; or a refusal, if it could not be written. `patient` is asked
    /// for the logical id where the answer does not know it.
    pub(crate) fn end(
        mut self,
        answer: Result<Response, Outcome>,
        patient: impl FnOnce() -> Option<String>,
    ) -> Result<Response, Outcome> {
        let Some(asked) = self.row.take() else { return answer };
        let (status, seen) = match &answer {
            Ok(response) => (response.status(), response.extensions().get::<Seen>().cloned()),
            Err(outcome) => (outcome.status(), None),
        };
        let seen = seen.unwrap_or_default();
        let row = Row {
            status: status.as_u16(),
            patient: seen.patient.or_else(patient),
            shown: seen.shown,
            made_with: seen.made_with,
            ..asked
        };
        self.trail.write(row).map_err(|_| Outcome::Unavailable(UNRECORDED))?;
        answer
    }
}

/// What the app is told.
const UNRECORDED: &str =
    "Who looks at a record cannot be written down now, so nothing is shown. Try again in a while.";

impl Drop for Recording<'_> {
    fn drop(&mut self) {
        if let Some(row) = self.row.take() {
            // The answer is a failure already.
            let _ = self.trail.write(Row { status: Outcome::Internal.status().as_u16(), ..row });
        }
    }
}
