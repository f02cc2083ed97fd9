//! Searchset bundles, put together from bytes that are already safe.

use serde_json::Value;

/// A searchset in the making.
pub(crate) struct Bundle {
    out: Vec<u8>,
    entries: usize,
}

impl Bundle {
    /// A bundle with its exact total and its links (relation, URL).
    pub(crate) fn new(total: usize, links: &[(&str, String)]) -> Self {
        let mut out = Vec::with_capacity(1024);
        out.extend_from_slice(br#"{"resourceType":"Bundle","type":"searchset","total":"#);
        out.extend_from_slice(total.to_string().as_bytes());
        out.extend_from_slice(br#","link":["#);
        for (index, (relation, url)) in links.iter().enumerate() {
            if index > 0 {
                out.push(b',');
            }
            let link = serde_json::json!({"relation": relation, "url": url});
            out.extend_from_slice(link.to_string().as_bytes());
        }
        out.push(b']');
        Self { out, entries: 0 }
    }

    /// Adds a match, whose resource `render` appends.
    pub(crate) fn add<E>(
        &mut self,
        full_url: &str,
        render: impl FnOnce(&mut Vec<u8>) -> Result<(), E>,
    ) -> Result<(), E> {
        self.begin();
        self.out.extend_from_slice(br#"{"fullUrl":"#);
        self.out.extend_from_slice(Value::from(full_url).to_string().as_bytes());
        self.out.extend_from_slice(br#","resource":"#);
        render(&mut self.out)?;
        self.out.extend_from_slice(br#","search":{"mode":"match"}}"#);
        Ok(())
    }

    /// Adds what is to be said about the search itself.
    pub(crate) fn add_outcome(&mut self, outcome: &Value) {
        self.begin();
        self.out.extend_from_slice(br#"{"resource":"#);
        self.out.extend_from_slice(outcome.to_string().as_bytes());
        self.out.extend_from_slice(br#","search":{"mode":"outcome"}}"#);
    }

    /// The bytes.
    pub(crate) fn finish(mut self) -> Vec<u8> {
        // FHIR forbids empty arrays.
        if self.entries > 0 {
            self.out.push(b']');
        }
        self.out.push(b'}');
        self.out
    }

    fn begin(&mut self) {
        self.out.extend_from_slice(if self.entries == 0 {
            b",\"entry\":[".as_slice()
        } else {
            b",".as_slice()
        });
        self.entries += 1;
    }
}
