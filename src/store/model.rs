//! What is kept beside records: practices, grants, people, apps, tokens.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

use jiff::{Timestamp, civil::Date};
use policy::{Decided, Grant, MadeWith, PracticeRules, ProxyGrant};
use record::{NhsNumber, OdsCode, PatientKey};
use serde::{Deserialize, Serialize};

/// One patient of one practice.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Subject {
    /// The practice.
    pub practice: OdsCode,
    /// The patient's key there.
    pub patient: PatientKey,
}

/// What became of [`crate::Store::begin`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Begun {
    /// The batch's number in its practice, from 1.
    pub batch: u64,
    /// The same batch had been begun before and not closed.
    pub resumed: bool,
}

/// What [`crate::Store::abandon`] gave up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Abandoned {
    /// What identifies the batch.
    pub fingerprint: String,
    /// Entries that are withheld because it brought or changed them.
    pub entries: u64,
}

/// A practice. The default shares nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Practice {
    /// Its name, from its own feed.
    pub name: Option<String>,
    /// Its sharing agreement, from its own feed, is in force. A practice that was never loaded does not share.
    pub shares: bool,
    /// What it has decided for all its patients.
    #[serde(default)]
    pub rules: PracticeRules,
    /// Apps that get nothing of its patients, by client id.
    #[serde(default)]
    pub blocked_apps: BTreeSet<String>,
    /// Decisions in the log of the practice.
    #[serde(default)]
    pub decisions: u64,
    /// Decisions about single entries, which records are projected with.
    #[serde(default)]
    pub overseen: u64,
    /// Batches begun.
    #[serde(default)]
    pub batches: u64,
    /// What identifies the batch that is open.
    #[serde(default)]
    pub open_batch: Option<String>,
    /// That batch was begun before, and is read once more.
    #[serde(default)]
    pub begun_again: bool,
    /// What identifies the batch that was closed last, until whoever loaded it has told what became of it.
    #[serde(default)]
    pub untold_batch: Option<String>,
    /// What its records are made with beside facts, or will be when whoever waits has been projected.
    #[serde(default)]
    pub made_with: MadeWith,
}

/// Up to which batch and decision, and with which tables, records were read: what is made of them may only be swapped in
/// while that still holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AsOf {
    batches: u64,
    overseen: u64,
    made_with: MadeWith,
}

impl AsOf {
    /// Whether nothing but decisions about entries has come between: to read again is then enough.
    #[must_use]
    pub fn but_for_decisions(&self, later: &Self) -> bool {
        self.batches == later.batches && self.made_with == later.made_with
    }
}

impl Practice {
    /// What records that are read from now on are as of.
    #[must_use]
    pub fn as_of(&self) -> AsOf {
        AsOf { batches: self.batches, overseen: self.overseen, made_with: self.made_with }
    }
}

/// Who may see one patient's record.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Access {
    /// The patient.
    #[serde(default)]
    pub own: Option<Grant>,
    /// Others, by account or by [`Proven::name`].
    #[serde(default)]
    pub proxies: BTreeMap<String, ProxyGrant>,
    /// The practice serves nothing of this record to anybody, whatever was granted.
    #[serde(default)]
    pub suppressed: Option<Decided>,
}

impl Access {
    /// What whoever has this account may see of the record in acting for the patient. What was said of the account itself
    /// goes before what was said of the person.
    #[must_use]
    pub fn proxy(&self, account: &Account) -> Option<&ProxyGrant> {
        let by_name = || self.proxies.get(&account.proven.as_ref()?.name());
        self.proxies.get(&account.id).or_else(by_name)
    }
}

/// Who a person is, as an identity provider has proven it: enough for a practice to let them act for a patient before they
/// have ever signed in.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Proven {
    /// Their NHS number.
    pub nhs_number: NhsNumber,
    /// Their date of birth. The number alone would be too easily mistyped.
    pub born: Date,
}

impl Proven {
    /// What they are called where others are called by their account: `9990000018 born 1980-05-04`.
    #[must_use]
    pub fn name(&self) -> String {
        format!("{} born {}", self.nhs_number.expose(), self.born)
    }

    /// The person who is called so.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        let (number, born) = name.split_once(" born ")?;
        let proven = Self { nhs_number: number.parse().ok()?, born: born.parse().ok()? };
        (proven.name() == name).then_some(proven)
    }
}

/// A person who can sign in, or one who was named by [`Proven::name`] and has not yet.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    /// Their name at sign-in.
    pub id: String,
    /// Who they have proven to be.
    #[serde(default)]
    pub proven: Option<Proven>,
    /// The record that is their own.
    pub own: Option<Subject>,
    /// Records of those for whom they act, be they named by account or as who they have proven to be.
    #[serde(default)]
    pub acts_for: Vec<Subject>,
}

impl fmt::Debug for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Account(..)")
    }
}

/// What a token is for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "kind")]
pub enum TokenKind {
    /// Opens data.
    Access,
    /// Gets another access token, once.
    Refresh,
    /// Gets the first tokens, once.
    Code {
        /// The redirect URI of the authorization request.
        redirect_uri: String,
        /// The PKCE challenge (S256).
        challenge: String,
        /// What the app recognises its own request by in an ID token.
        #[serde(default)]
        nonce: Option<String>,
    },
}

/// What is kept of a code or token; never the token itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenRecord {
    /// What it is for.
    #[serde(flatten)]
    pub kind: TokenKind,
    /// The app.
    pub client_id: String,
    /// The account that signed in.
    pub account: String,
    /// The patient in context.
    pub subject: Subject,
    /// The scopes that were granted, separated by spaces.
    pub scope: String,
    /// No longer good from this instant on.
    pub expires: Timestamp,
    /// All tokens of one sign-in share it.
    pub family: String,
    /// When the person signed in.
    #[serde(default)]
    pub signed_in: Option<Timestamp>,
    /// It could be used once and has been.
    #[serde(default)]
    pub used: bool,
    /// Without this it opens nothing; if there is none, whoever holds it may use it.
    #[serde(default)]
    pub bound: Option<Bound>,
}

/// An app that a person has let into a record: one sign-in of theirs, for as long as one of its tokens may be good.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Connection {
    /// What all its tokens share ([`TokenRecord::family`]).
    pub family: String,
    /// Who let it in.
    pub account: String,
    /// The app.
    pub client_id: String,
    /// Whose record it is.
    pub subject: Subject,
    /// What was granted, as scopes separated by spaces.
    pub scope: String,
    /// Since when.
    pub since: Timestamp,
    /// None of its tokens is good from then on.
    pub until: Timestamp,
}

/// What whoever sends a token must prove to have.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "by", content = "thumbprint")]
pub enum Bound {
    /// The key with this thumbprint, by DPoP (RFC 9449 §6).
    Key(String),
    /// The client certificate with this SHA-256 in base64url (RFC 8705 §3.1).
    Certificate(String),
}
