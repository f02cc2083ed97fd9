//! Online access as a supplier's own system has it: who was given access to whose record, and how much.
//!
//! These are facts of the patient's record like any other. What they grant is decided when the record is projected;
//! who else may see the record is never served.

use std::fmt;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::{NhsNumber, PersonName};

/// That somebody was given access to the record online.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OnlineAccess {
    /// The key of that person in the practice's list of online users ([`crate::Dictionary::online_user`]).
    pub user: Option<String>,
    /// What is switched on.
    pub services: OnlineServices,
    /// The first day. Where the source knows when it was done and when it was entered, the later of both.
    pub from: Option<Date>,
    /// It was taken back.
    pub ended: bool,
}

/// The parts of the record that are switched on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct OnlineServices {
    /// "The record", with no word on how much of it.
    pub record: bool,
    /// The summary: medication and allergies.
    pub summary: bool,
    /// The detailed coded record.
    pub detailed: bool,
}

/// A person who has an online account with the practice: a patient of it or somebody who acts for one.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OnlineUser {
    /// Their name.
    pub name: Option<PersonName>,
    /// Their own NHS number, where the source has a valid one.
    pub nhs_number: Option<NhsNumber>,
    /// Their own date of birth.
    pub birth_date: Option<Date>,
}

impl fmt::Debug for OnlineUser {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("OnlineUser(..)")
    }
}
