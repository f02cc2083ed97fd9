//! What the engine promises, measured and by law.

mod laws;
mod lines;
mod score;
mod speed;
mod tables;

use crate::{Verdict, screen};

#[test]
fn no_text_is_clean_until_something_can_read_it() {
    assert_eq!(screen("seen with her sister"), Verdict::Unread);
    assert_eq!(screen("ok"), Verdict::Unread);
    assert_eq!(screen("  \n"), Verdict::Clean);
}
