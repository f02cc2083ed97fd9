//! Putting version, time and labels into a body. A body begins with type, id and `meta`, which is never empty.

use jiff::Timestamp;
use policy::{Disclosed, Labels};

const META: &[u8] = b"\"meta\":{";

/// Appends a disclosed body with its version and time.
pub fn render(disclosed: &Disclosed<'_>, body: &[u8], out: &mut Vec<u8>) {
    let version =
        format!(r#""versionId":"{}","lastUpdated":"{}","#, disclosed.version(), instant(disclosed.updated()));
    splice(body, &version, out);
}

/// Appends a mapped resource as the practice sees it: whole, with its marks as security labels.
pub fn practice_side(labels: &Labels, json: &[u8], out: &mut Vec<u8>) {
    let codes: Vec<String> = labels.reasons.iter().map(|reason| map::security_label(reason.code())).collect();
    let security =
        if codes.is_empty() { String::new() } else { format!(r#""security":[{}],"#, codes.join(",")) };
    splice(json, &security, out);
}

/// A FHIR `instant` in UTC with milliseconds.
fn instant(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string()
}

fn splice(body: &[u8], insert: &str, out: &mut Vec<u8>) {
    let meta = body.windows(META.len()).position(|window| window == META);
    let at = meta.map_or(0, |start| start + META.len());
    let (head, tail) = body.split_at(at);
    out.reserve(body.len() + insert.len());
    out.extend_from_slice(head);
    if at > 0 {
        out.extend_from_slice(insert.as_bytes());
    }
    out.extend_from_slice(tail);
}
