//! Parts of a record that a source keeps in lists of its own, beside the entry that they belong to: the patient's
//! registrations, addresses and telephones, and statements that name words of a list by their key.

use std::fmt;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::{Address, Coded, FreeText, Registration, Related, Statement};

/// A value of a list that the practice keeps.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Listed {
    /// By its key ([`crate::Dictionary::code`]), which may arrive later.
    Key(String),
    /// In the list's own words.
    Words(String),
}

/// One row of what is known of a patient. Which of several counts is found out when the record is projected.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Detail {
    /// A registration with the practice.
    Registration {
        /// What kind.
        kind: Registration,
        /// The first day.
        from: Option<Date>,
        /// The last day, if it has ended.
        to: Option<Date>,
    },
    /// An address.
    Address {
        /// Where.
        address: Address,
        /// Home, temporary, to write to…
        kind: Option<Listed>,
        /// The first day.
        from: Option<Date>,
        /// It is theirs no longer.
        ended: bool,
    },
    /// A telephone number.
    Telephone {
        /// As written.
        number: FreeText,
        /// At home, mobile, at work…
        kind: Option<Listed>,
        /// Since when.
        from: Option<Date>,
    },
    /// Somebody whom the source knows beside the patient: for redaction only.
    Related(Related),
}

impl fmt::Debug for Detail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Detail(..)")
    }
}

/// A statement some parts of which are values of the practice's lists.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WithLists {
    /// The statement without those parts.
    pub statement: Statement,
    /// Which dose of its course a vaccination was.
    pub sequence: Option<Listed>,
    /// Where on the body.
    pub site: Option<Listed>,
    /// By which way.
    pub route: Option<Listed>,
    /// The name of the product.
    pub product: Option<Listed>,
}

impl WithLists {
    /// The statement with those of the parts that stand in words in the row itself: somebody may have typed them, while
    /// the practice's own lists were typed by nobody who wrote of this patient.
    #[must_use]
    pub fn typed(&self) -> Statement {
        let mut statement = self.statement.clone();
        if let Some(told) = &mut statement.vaccination {
            let parts = [
                (&self.site, &mut told.site),
                (&self.route, &mut told.route),
                (&self.product, &mut told.product),
            ];
            for (listed, part) in parts {
                match listed {
                    Some(Listed::Words(words)) => *part = Coded::words(words),
                    Some(Listed::Key(_)) => *part = None,
                    None => {}
                }
            }
        }
        statement
    }
}

impl Listed {
    /// The words as a concept: they are a list's, so nobody typed them.
    #[must_use]
    pub fn concept(list: &str, words: &str) -> Coded {
        let code = list.to_owned();
        let coding =
            crate::Coding { system: crate::CodeSystem::Listed, code, display: Some(words.to_owned()) };
        Coded { codings: vec![coding], original_text: None }
    }
}
