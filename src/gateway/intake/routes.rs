//! The addresses of the intake and the methods that each takes. `openapi.json` describes the same ones.

use http::Method;

/// What all addresses begin with.
pub(super) const BASE: &str = "/intake/v1";

/// An address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Route {
    OpenApi,
    Batches,
    Batch(String),
    File(String, String),
    Commit(String),
    Report(String),
    Summary(String),
    Gp2gp,
}

impl Route {
    /// The address that a path is, if it is one.
    pub(super) fn of(path: &str) -> Option<Self> {
        let mut parts = path.strip_prefix(BASE)?.strip_prefix('/')?.split('/');
        let parts = (parts.next()?, parts.next(), parts.next(), parts.next(), parts.next());
        Some(match parts {
            ("openapi.json", None, ..) => Self::OpenApi,
            ("gp2gp", None, ..) => Self::Gp2gp,
            ("batches", None, ..) => Self::Batches,
            ("batches", Some(id), None, ..) => Self::Batch(decoded(id)?),
            ("batches", Some(id), Some("commit"), None, _) => Self::Commit(decoded(id)?),
            ("batches", Some(id), Some("report"), None, _) => Self::Report(decoded(id)?),
            ("batches", Some(id), Some("summary"), None, _) => Self::Summary(decoded(id)?),
            ("batches", Some(id), Some("files"), Some(name), None) => {
                Self::File(decoded(id)?, decoded(name)?)
            }
            _ => return None,
        })
    }

    /// How metrics, traces and the OpenAPI document call it.
    pub(super) fn template(&self) -> &'static str {
        match self {
            Self::OpenApi => "/intake/v1/openapi.json",
            Self::Batches => "/intake/v1/batches",
            Self::Batch(_) => "/intake/v1/batches/{id}",
            Self::File(..) => "/intake/v1/batches/{id}/files/{name}",
            Self::Commit(_) => "/intake/v1/batches/{id}/commit",
            Self::Report(_) => "/intake/v1/batches/{id}/report",
            Self::Summary(_) => "/intake/v1/batches/{id}/summary",
            Self::Gp2gp => "/intake/v1/gp2gp",
        }
    }

    /// The methods that it takes, as in `Allow`.
    pub(super) fn allow(&self) -> &'static str {
        match self {
            Self::OpenApi | Self::Report(_) | Self::Summary(_) => "GET, HEAD, OPTIONS",
            Self::Batches => "GET, HEAD, POST, OPTIONS",
            Self::Batch(_) => "GET, HEAD, DELETE, OPTIONS",
            Self::File(..) => "GET, HEAD, PUT, OPTIONS",
            Self::Commit(_) | Self::Gp2gp => "POST, OPTIONS",
        }
    }

    pub(super) fn allows(&self, method: &Method) -> bool {
        self.allow().split(", ").any(|allowed| allowed == method.as_str())
    }
}

/// A part of a path without its percent-encoding. What it names is looked up among what was announced, never on disk.
fn decoded(part: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(part.len());
    let mut rest = part.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'%' => {
                let digit = |byte: Option<u8>| char::from(byte?).to_digit(16);
                u8::try_from(digit(rest.next())? * 16 + digit(rest.next())?).ok()?
            }
            byte => byte,
        });
    }
    String::from_utf8(bytes).ok().filter(|text| !text.is_empty())
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use super::*;

    #[test]
    fn a_path_is_one_address_or_none() {
        let file = |id: &str, name: &str| Some(Route::File(id.into(), name.into()));
        assert_eq!(Route::of("/intake/v1/batches/1/files/a%20b.csv"), file("1", "a b.csv"));
        assert_eq!(Route::of("/intake/v1/batches/1/files/..%2F..%2Fx"), file("1", "../../x"));
        for none in [
            "/intake/v1",
            "/intake/v1/",
            "/intake/v2/batches",
            "/intake/v1/batches/",
            "/intake/v1/batches/1/",
            "/intake/v1/batches/1/files",
            "/intake/v1/batches/1/files/a/b",
            "/intake/v1/batches/1/commit/x",
            "/intake/v1/batches/1/files/%zz",
            "/intake/v1/batches/1/files/%ff",
            "/intake/v1/gp2gp/x",
            "/healthz",
        ] {
            assert_eq!(Route::of(none), None, "{none}");
        }
    }

    #[test]
    fn the_document_describes_these_addresses_and_methods_and_no_others() {
        let document: serde_json::Value = serde_json::from_str(super::super::OPENAPI).unwrap();
        let mut described = BTreeMap::new();
        for (path, item) in document["paths"].as_object().unwrap() {
            let methods: BTreeSet<String> = item
                .as_object()
                .unwrap()
                .keys()
                .filter(|key| !matches!(key.as_str(), "parameters" | "summary" | "description"))
                .map(|method| method.to_uppercase())
                .collect();
            described.insert(format!("{BASE}{path}"), methods);
        }
        let id = || "1".to_owned();
        let routes = [
            Route::OpenApi,
            Route::Batches,
            Route::Batch(id()),
            Route::File(id(), id()),
            Route::Commit(id()),
            Route::Report(id()),
            Route::Summary(id()),
            Route::Gp2gp,
        ];
        let there = routes.map(|route| {
            // Every address answers OPTIONS, and GET where it says HEAD; the document says so once for all.
            let methods = route.allow().split(", ").filter(|method| *method != "OPTIONS");
            (route.template().to_owned(), methods.map(str::to_owned).collect::<BTreeSet<_>>())
        });
        assert_eq!(described, BTreeMap::from(there));
    }
}
