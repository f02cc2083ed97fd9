//! What must always hold (README, invariants): I1 to I9, each with tests that would catch its breach.
//!
//! Beside these, I2 is also in `matrix` (every element), I3 in the twin worlds of `gateway`, I7 in `crash` (a process
//! that is killed at any write), and that no reader panics on any bytes is shown beside the readers (`src/ingest`,
//! `robust` and `hostile`).

mod canary;
mod denied;
mod export;
mod hostile;
mod levels;
mod marked_columns;
mod one_thread;
mod only_disclosed;
mod order;
mod pure;
mod rows;
mod sheets;
