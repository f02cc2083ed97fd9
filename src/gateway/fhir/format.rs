//! JSON or XML: `_format` before `Accept`, JSON where both are as welcome (R4, http.html#mime-type).

use http::{HeaderMap, header};

use crate::outcome::Outcome;

/// The formats of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// `application/fhir+json`
    Json,
    /// `application/fhir+xml`
    Xml,
}

impl Format {
    /// Its media type.
    #[must_use]
    pub fn media_type(self) -> &'static str {
        match self {
            Self::Json => "application/fhir+json",
            Self::Xml => "application/fhir+xml",
        }
    }

    /// A JSON body that we made, in this format.
    pub(crate) fn encode(self, json: Vec<u8>) -> Result<Vec<u8>, Outcome> {
        match self {
            Self::Json => Ok(json),
            Self::Xml => project::xml(&json).ok_or(Outcome::Internal),
        }
    }
}

/// What the client would like. `_format` that is not known is not acceptable; an `Accept` that is not there is any.
pub(crate) fn negotiate(headers: &HeaderMap, format: Option<&str>) -> Result<Format, Outcome> {
    if let Some(format) = format {
        // A plus sign that was not escaped in the query arrives as a space.
        return media_type(&format.replace(' ', "+")).ok_or(Outcome::NotAcceptable);
    }
    let accepts: Vec<&str> =
        headers.get_all(header::ACCEPT).iter().filter_map(|value| value.to_str().ok()).collect();
    if accepts.is_empty() {
        return Ok(Format::Json);
    }
    let (mut json, mut xml) = (0u16, 0u16);
    for range in accepts.iter().flat_map(|value| value.split(',')) {
        let (name, quality) = range_of(range);
        match name.as_str() {
            "*/*" | "application/*" => {
                json = json.max(quality);
                xml = xml.max(quality / 2);
            }
            name => match media_type(name) {
                Some(Format::Json) => json = json.max(quality),
                Some(Format::Xml) => xml = xml.max(quality),
                None => {}
            },
        }
    }
    match (json, xml) {
        (0, 0) => Err(Outcome::NotAcceptable),
        _ if json >= xml => Ok(Format::Json),
        _ => Ok(Format::Xml),
    }
}

/// Every name that clients use for the two formats, today's and those from before R4.
fn media_type(name: &str) -> Option<Format> {
    match name.trim().to_ascii_lowercase().split(';').next()?.trim() {
        "json" | "application/json" | "application/fhir+json" | "application/json+fhir" | "text/json" => {
            Some(Format::Json)
        }
        "xml" | "application/xml" | "application/fhir+xml" | "application/xml+fhir" | "text/xml" => {
            Some(Format::Xml)
        }
        _ => None,
    }
}

/// A media range and its quality in thousandths.
fn range_of(range: &str) -> (String, u16) {
    let mut parts = range.split(';');
    let name = parts.next().unwrap_or_default().trim().to_ascii_lowercase();
    let quality = parts.find_map(|part| part.trim().strip_prefix("q=").map(str::to_owned));
    let quality = quality.and_then(|q| q.trim().parse::<f32>().ok()).unwrap_or(1.0).clamp(0.0, 1.0);
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0 to 1000")]
    let thousandths = (quality * 1000.0) as u16;
    (name, thousandths)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ask(accept: &str, format: Option<&str>) -> Result<Format, Outcome> {
        let mut headers = HeaderMap::new();
        if !accept.is_empty() {
            headers.insert(header::ACCEPT, accept.parse().unwrap());
        }
        negotiate(&headers, format)
    }

    #[test]
    fn json_wins_where_both_are_as_welcome() {
        let hapi = "application/fhir+xml;q=1.0, application/fhir+json;q=1.0, application/xml+fhir;q=0.9";
        for accept in [
            "",
            "*/*",
            "application/json",
            hapi,
            "text/html,*/*;q=0.8",
            "application/fhir+json;fhirVersion=4.0",
        ] {
            assert_eq!(ask(accept, None), Ok(Format::Json), "{accept}");
        }
        assert_eq!(ask("application/fhir+xml", None), Ok(Format::Xml));
        assert_eq!(ask("application/fhir+json;q=0.5, text/xml", None), Ok(Format::Xml));
        assert_eq!(ask("text/html", None), Err(Outcome::NotAcceptable));
        assert_eq!(ask("application/fhir+json;q=0", None), Err(Outcome::NotAcceptable));
    }

    #[test]
    fn the_parameter_overrides_the_header() {
        assert_eq!(ask("application/fhir+json", Some("xml")), Ok(Format::Xml));
        assert_eq!(ask("text/html", Some("application/fhir json")), Ok(Format::Json));
        assert_eq!(ask("application/fhir+json", Some("ttl")), Err(Outcome::NotAcceptable));
    }
}
