//! Organisation Data Service codes: who a practice is.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// An ODS code, upper case: letters and digits, 3 to 12 of them (practices have six, such as `Y99999`).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct OdsCode(String);

/// The text is not an ODS code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OdsCodeError;

impl OdsCode {
    /// What stands where nobody said which practice it is. No organisation has this code.
    #[must_use]
    pub fn unknown() -> Self {
        Self("UNKNOWN".to_owned())
    }

    /// Whether somebody said which practice it is.
    #[must_use]
    pub fn is_known(&self) -> bool {
        *self != Self::unknown()
    }

    /// The code's characters.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for OdsCode {
    type Err = OdsCodeError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let code = text.trim().to_ascii_uppercase();
        let fits = (3..=12).contains(&code.len()) && code.bytes().all(|b| b.is_ascii_alphanumeric());
        if fits { Ok(Self(code)) } else { Err(OdsCodeError) }
    }
}

impl TryFrom<String> for OdsCode {
    type Error = OdsCodeError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<OdsCode> for String {
    fn from(code: OdsCode) -> Self {
        code.0
    }
}

impl fmt::Display for OdsCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for OdsCodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an ODS code is 3 to 12 letters and digits, such as Y99999")
    }
}

impl std::error::Error for OdsCodeError {}
