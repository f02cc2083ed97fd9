//! What the engine promises, measured and by law.

mod laws;
mod lines;
mod score;
mod speed;
mod tables;
