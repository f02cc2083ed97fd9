//! The FHIR R4 REST interface: read, search and what describes them. Read-only.

mod bundle;
mod capability;
mod cursor;
mod dates;
mod format;
mod params;
mod query;
mod read;
mod related_person;
mod search;
mod visible;

pub use capability::capability_statement;
pub use cursor::CursorKey;
pub use format::Format;
pub use params::{Param, ParamKind, params_of};
pub use visible::{Closed, Hidden};

pub(crate) use format::negotiate;
pub(crate) use query::Query;
pub(crate) use read::read;
pub(crate) use related_person::{RELATED_PERSON, read as read_related_person};
pub(crate) use search::search;
pub(crate) use visible::{Asking, Unanswered, Visible};
