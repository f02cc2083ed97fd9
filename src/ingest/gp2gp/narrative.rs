//! `NarrativeStatement`: words. They are not served; what they carry is a mark, perhaps for the result that they
//! comment on. Embedded documents are passed over.

use std::io::BufRead;

use record::Container;

use super::{
    head::Head,
    reading::{Inside, Reading},
    rows::Body,
    xml::{Fatal, Tag},
};

/// Reads one.
pub(super) fn read<R: BufRead>(r: &mut Reading<R>, tag: &Tag, inside: Inside) -> Result<(), Fatal> {
    let at = r.begin(tag, Some(inside))?;
    let mut head = Head::default();
    while let Some(child) = r.xml.child(tag)? {
        r.take(&mut head, &child)?;
    }
    r.end_container(at, head, Body::Container(Container::Comment));
    Ok(())
}
