//! `ehrComposition`: a consultation, with the time at which its statements were entered and who entered them.

use std::io::BufRead;

use record::{Container, IssueCode};

use super::{
    compound::component,
    head::Head,
    reading::{Inside, Reading},
    rows::{At, Body},
    xml::{Fatal, Tag},
};

/// Reads one.
pub(super) fn read<R: BufRead>(r: &mut Reading<R>, tag: &Tag) -> Result<At, Fatal> {
    let at = r.begin(tag, None)?;
    let mut head = Head::default();
    while let Some(child) = r.xml.child(tag)? {
        match child.name.as_str() {
            "component" => {
                head.marks.extend(component(r, &child, Inside { composition: at, parent: None })?);
            }
            _ => r.take(&mut head, &child)?,
        }
    }
    // Never the extract's own time: that is when the record was sent.
    let fallback = || head.availability().and_then(|at| at.map_or_else(|| head.when(), |at| Ok(Some(at))));
    let recorded = match head.recorded {
        Some(at) => Some(at),
        None => fallback().unwrap_or_else(|field| {
            r.notes.warn(IssueCode::PartIgnored, tag.line, field, "when it was entered cannot be read");
            None
        }),
    };
    head.recorded = recorded;
    let performer = head.participant(&["PPRF", "PRF", "RESP", "AUT"]).map(str::to_owned);
    r.end_container(at, head, Body::Container(Container::Consultation));
    for (_, row) in r.rows.iter_mut().skip(at) {
        row.recorded = row.recorded.or(recorded);
        let statement = match &mut row.body {
            Body::Statement(statement) => Some(&mut **statement),
            Body::Comment(statement) => statement.as_deref_mut(),
            Body::Compound(compound) => compound.header.as_mut(),
            Body::Container(_) | Body::Problem { .. } => None,
        };
        if let Some(statement) = statement
            && statement.performer.is_none()
        {
            statement.performer.clone_from(&performer);
        }
    }
    Ok(at)
}
