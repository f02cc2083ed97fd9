//! XML from JSON that we made, by way of fhirbolt's generic element model (no typed R4, so it compiles quickly). It is
//! never given anything that came from outside: fhirbolt unwraps in places, and a panic of its ends here.

use std::panic;

use fhirbolt::{FhirReleases, element::Element};

use crate::EncodeError;

/// The XML of a resource of ours. Elements come out in the order in which they are given, so the JSON must have them
/// in the specification's order.
///
/// # Errors
/// If the bytes are not a resource of R4's.
pub fn json_to_xml(json: &[u8]) -> Result<Vec<u8>, EncodeError> {
    let made = panic::catch_unwind(|| {
        let element: Element<{ FhirReleases::R4 }> =
            fhirbolt::json::from_slice(json, None).map_err(|_| EncodeError)?;
        fhirbolt::xml::to_vec(&element, None).map_err(|_| EncodeError)
    });
    made.map_err(|_| EncodeError)?.map(|xml| keep_line_ends(&xml))
}

/// Writes line ends and tabs inside attribute values as character references: an XML reader turns bare ones into
/// spaces (XML 1.0, 3.3.3). The writer quotes values with `"` and never leaves one bare inside.
fn keep_line_ends(xml: &[u8]) -> Vec<u8> {
    let mut kept = Vec::with_capacity(xml.len() + 64);
    let (mut in_tag, mut in_value) = (false, false);
    for &byte in xml {
        match byte {
            b'<' if !in_value => in_tag = true,
            b'>' if !in_value => in_tag = false,
            b'"' if in_tag => in_value = !in_value,
            _ => {}
        }
        match byte {
            b'\n' if in_value => kept.extend_from_slice(b"&#10;"),
            b'\r' if in_value => kept.extend_from_slice(b"&#13;"),
            b'\t' if in_value => kept.extend_from_slice(b"&#9;"),
            _ => kept.push(byte),
        }
    }
    kept
}
