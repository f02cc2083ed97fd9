//! One request about a patient's record. Nothing of what the record says is in it.

use jiff::Timestamp;
use record::ResourceType;
use serde::{Deserialize, Serialize};
use store::Subject;

use super::Head;

/// For whom somebody asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Acting {
    /// The patient.
    #[serde(rename = "self")]
    Myself,
    /// Somebody who acts for the patient.
    Proxy,
}

/// What was asked (R4, RESTful interactions).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Interaction {
    /// One resource.
    Read,
    /// All of a type that match.
    Search,
}

/// A line of the trail.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Row {
    /// Counts from 1, over all files.
    pub n: u64,
    /// When.
    pub at: Timestamp,
    /// The request, as the log and the answer's `X-Request-Id` have it; empty for what a page of this service shows.
    pub request: String,
    /// The app's client id; empty if no app is shown anything, but the person on a page of this service.
    pub app: String,
    /// Who was signed in.
    pub account: String,
    /// For whom.
    pub acting: Acting,
    /// ODS code.
    pub practice: String,
    /// The logical id of the Patient; none if nothing was ever released of them.
    pub patient: Option<String>,
    /// What was asked.
    pub interaction: Interaction,
    /// Of which type.
    #[serde(rename = "type")]
    pub kind: String,
    /// The HTTP status of the answer.
    pub status: u16,
    /// The logical ids of what was shown, each of them.
    pub shown: Vec<String>,
    /// A hash of the tables that the record was made with, which say what is shown.
    pub made_with: Option<String>,
    /// The SHA-256 of the line before, in hexadecimal; of the first line ever, nothing.
    pub before: String,
}

/// What an answer showed: it goes along with it, and is not sent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Seen {
    /// The logical id of the Patient.
    pub patient: Option<String>,
    /// The logical ids of what is in the answer.
    pub shown: Vec<String>,
    /// A hash of the tables that the record was made with.
    pub made_with: Option<String>,
}

impl Row {
    /// The SHA-256 of its line, in hexadecimal: the line after it in the trail has it too.
    #[must_use]
    pub fn hash(&self) -> Option<String> {
        serde_json::to_vec(self).ok().map(|line| Head::after(self.n, &line).hash)
    }

    /// That somebody asked for a type, before anything is known of the answer.
    #[must_use]
    pub fn asked(at: Timestamp, session: &auth::Session, interaction: Interaction, kind: &str) -> Self {
        Self {
            n: 0,
            at,
            request: String::new(),
            app: session.client_id.clone(),
            account: session.account.clone(),
            acting: if session.actor_is_proxy { Acting::Proxy } else { Acting::Myself },
            practice: session.subject.practice.to_string(),
            patient: None,
            interaction,
            kind: kind.to_owned(),
            status: 0,
            shown: Vec::new(),
            made_with: None,
            before: String::new(),
        }
    }

    /// That a page of this service showed somebody who the patient is for whom they act.
    pub(crate) fn on_own_page(at: Timestamp, account: &str, subject: &Subject, seen: Seen) -> Self {
        Self {
            n: 0,
            at,
            request: String::new(),
            app: String::new(),
            account: account.to_owned(),
            acting: Acting::Proxy,
            practice: subject.practice.to_string(),
            patient: seen.patient,
            interaction: Interaction::Read,
            kind: ResourceType::Patient.name().to_owned(),
            status: 200,
            shown: seen.shown,
            made_with: seen.made_with,
            before: String::new(),
        }
    }
}
