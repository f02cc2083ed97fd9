//! House rules as a test: who may import whom, what may be named where, which numbers may stand in the tree, and that
//! every requirement is tested or says why not. It reads the files of the checkout and needs nothing else: no network,
//! no other crate of ours.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::allow_attributes, reason = "tests")]

#[path = "tidy/imports.rs"]
mod imports;
#[path = "tidy/numbers.rs"]
mod numbers;
#[path = "tidy/requirements.rs"]
mod requirements;
#[path = "tidy/shape.rs"]
mod shape;
#[path = "tidy/tree.rs"]
mod tree;
#[path = "tidy/versions.rs"]
mod versions;
#[path = "tidy/words.rs"]
mod words;
