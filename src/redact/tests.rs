//! What the engine promises, measured and by law.

mod laws;
pub(crate) mod lines;
mod score;
mod speed;
mod tables;
