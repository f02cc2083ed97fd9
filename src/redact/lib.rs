//! Whether free text may go out. There is no detector of third parties yet: every text is [`Verdict::Unread`], so
//! that none goes out at any access level. Marks on whole entries are not decided here but in `policy`.

use record::FreeText;

/// What is known of a text. Only [`Verdict::Clean`] lets it go out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It names no third party.
    Clean,
    /// Nobody and nothing has read it.
    Unread,
}

/// The verdict on a text. White space alone is clean; everything else is unread.
#[must_use]
pub fn screen(text: &str) -> Verdict {
    match FreeText::new(text) {
        None => Verdict::Clean,
        Some(_) => Verdict::Unread,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_text_is_clean_until_something_can_read_it() {
        assert_eq!(screen("seen with her sister"), Verdict::Unread);
        assert_eq!(screen("ok"), Verdict::Unread);
        assert_eq!(screen("  \n"), Verdict::Clean);
    }
}
