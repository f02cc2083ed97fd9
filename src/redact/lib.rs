//! Whether free text may go out: who in it is neither the patient nor a professional, what leads to such a person, and
//! what was told about or by one. Tables of words, rules over sentences; no model. A text that cannot be read whole is
//! withheld. Marks on whole entries are not decided here but in `policy`.
//!
//! The order: what must stay (`keep`), then contacts and addresses, then names by their cues (`names`), then what was
//! told (`disclosure`). Each find carries the id of its rule.

mod about;
mod address;
mod ailing;
mod clues;
mod contact;
mod disclosure;
mod ends;
mod engine;
mod fold;
mod homes;
mod keep;
mod lexicon;
mod lists;
mod misfiled;
mod name_shape;
mod names;
mod own_home;
mod own_name;
mod people;
mod reread;
mod secrecy;
mod services;
mod span;
mod table;
mod talk;
mod text;
mod threat;
mod told;
mod word;
mod words;

#[cfg(test)]
mod tests;

pub use engine::{MOST_BYTES, Mode, Redaction, Redactor, Verdict};
pub use lexicon::{BadRow, Lexicon};
pub use people::{Patient, Person, Record};
pub use span::{Kind, Span};
