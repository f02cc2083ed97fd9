//! Text that a person typed.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Free text from a record. It may name anybody, so it neither displays nor debugs itself.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FreeText(String);

impl FreeText {
    /// The text without surrounding white space, or `None` where nothing is left.
    #[must_use]
    pub fn new(text: &str) -> Option<Self> {
        let text = text.trim();
        (!text.is_empty()).then(|| Self(text.to_owned()))
    }

    /// The characters, for mapping and redaction; never for a log.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for FreeText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("FreeText(..)")
    }
}
