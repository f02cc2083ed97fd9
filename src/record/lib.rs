//! What a GP record is, whoever's system it came from: numbers, codes, dates with their precision, entries and what
//! the source said about who may see them. Pure: no clock, no I/O, nothing about FHIR and nothing about a supplier.
//!
//! Values that identify a person or were typed by one ([`NhsNumber`], [`FreeText`]) do not print themselves.

mod code;
mod decimal;
mod detail;
mod entry;
mod index;
mod issue;
mod json;
mod nhs_number;
mod numbers;
mod ods_code;
mod online;
mod patient;
mod reference;
mod section;
mod snomed_id;
mod text;
mod value;
mod when;

pub use code::{CodeClass, CodeRef, CodeSystem, Coded, Coding};
pub use decimal::{Decimal, DecimalError};
pub use detail::{Detail, Listed, WithLists};
pub use entry::{
    Container, Content, DoseSequence, Entry, EntryId, Given, Link, Mark, MarksCarried, Place, Role,
    Statement, StatementStatus, Subject, Vaccination,
};
pub use index::Index;
pub use issue::{Fate, FileReport, Issue, IssueCode, Report, Row, RowEntry, Severity};
pub use json::Json;
pub use nhs_number::{NhsNumber, NhsNumberError};
pub use ods_code::{OdsCode, OdsCodeError};
pub use online::{OnlineAccess, OnlineServices, OnlineUser};
pub use patient::{
    Address, Demographics, ForRedaction, Gender, Identity, PatientKey, PersonName, Registration, Related,
};
pub use reference::{Dictionary, Fact, Reference, ReferenceKey, Sink, SinkError, Staff};
pub use section::{ResourceType, Section};
pub use snomed_id::SnomedId;
pub use text::FreeText;
pub use value::{Comparator, Interpretation, Quantity, ReferenceRange, Value};
pub use when::{Effective, EffectiveError, london};
