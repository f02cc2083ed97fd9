//! Who looked: a line for every request about a patient's record, written before it is answered.
//!
//! A line is in the system's hands before its answer goes out, so that it outlives this process, and on the disk a tenth
//! of a second later: a power cut may take that much. A request that cannot be written down is refused. Each line has
//! the hash of the one before, so that a line that is changed, or missing between others, shows.

mod chain;
mod index;
mod looks;
mod pieces;
mod recording;
mod row;
#[cfg(test)]
mod tests;
mod trail;

pub use chain::{Broken, Head, Line, lines, verify};
pub use looks::{Looks, Of, Place};
pub(crate) use recording::{Recording, RequestId};
pub use row::{Acting, Interaction, Row, Seen};
pub use trail::{NotWritten, Trail};
