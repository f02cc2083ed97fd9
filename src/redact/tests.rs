//! What the engine promises, measured and by law.

mod lines;
mod score;

use crate::{Verdict, screen};

#[test]
fn no_text_is_clean_until_something_can_read_it() {
    assert_eq!(screen("seen with her sister"), Verdict::Unread);
    assert_eq!(screen("ok"), Verdict::Unread);
    assert_eq!(screen("  \n"), Verdict::Clean);
}
