//! What a provider says of itself (OpenID Connect Discovery §3, §4). It is fetched from below the issuer's own name and
//! believed only if it has that name to the letter: so a document of another provider is of no use here.

use std::fmt;

use serde::Deserialize;

/// Longest document that is read, in bytes.
pub const LONGEST: usize = 64 * 1024;

/// Where a provider is asked for what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Metadata {
    /// Where the person goes.
    pub authorization: String,
    /// Where a code is redeemed.
    pub token: String,
    /// Where more is said of the person.
    pub userinfo: Option<String>,
    /// Where its keys are.
    pub jwks: String,
    /// Its answers always say whose they are (RFC 9207).
    pub names_itself: bool,
}

/// Why what a provider says of itself is of no use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BadMetadata {
    /// Not an object with the members that it must have, each there once.
    Malformed,
    /// Of another issuer.
    Issuer,
    /// An endpoint that is not reached over TLS, or not an address at all.
    Endpoint,
    /// It does not sign ID tokens with RS512.
    Signing,
    /// Nobody can prove by a key who they are.
    Authentication,
    /// It has PKCE, and not with S256.
    Challenge,
}

impl fmt::Display for BadMetadata {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Malformed => "its openid-configuration is not an object with the members that it must have",
            Self::Issuer => "its openid-configuration is that of another issuer",
            Self::Endpoint => "an endpoint in its openid-configuration is not an https address",
            Self::Signing => "it does not sign ID tokens with RS512",
            Self::Authentication => "it does not take private_key_jwt with RS512",
            Self::Challenge => "it does not take code challenges with S256",
        })
    }
}

impl std::error::Error for BadMetadata {}

#[derive(Deserialize)]
struct Document {
    issuer: String,
    authorization_endpoint: String,
    token_endpoint: String,
    userinfo_endpoint: Option<String>,
    jwks_uri: String,
    id_token_signing_alg_values_supported: Vec<String>,
    token_endpoint_auth_methods_supported: Option<Vec<String>>,
    token_endpoint_auth_signing_alg_values_supported: Option<Vec<String>>,
    code_challenge_methods_supported: Option<Vec<String>>,
    #[serde(default)]
    authorization_response_iss_parameter_supported: bool,
}

impl Metadata {
    /// Where an issuer's document is.
    #[must_use]
    pub fn address(issuer: &str) -> String {
        format!("{}/.well-known/openid-configuration", issuer.trim_end_matches('/'))
    }

    /// Reads the document of an issuer.
    ///
    /// # Errors
    /// [`BadMetadata`].
    pub fn parse(issuer: &str, text: &[u8]) -> Result<Self, BadMetadata> {
        if text.len() > LONGEST {
            return Err(BadMetadata::Malformed);
        }
        let read: Document = serde_json::from_slice(text).map_err(|_| BadMetadata::Malformed)?;
        if read.issuer != issuer {
            return Err(BadMetadata::Issuer);
        }
        let endpoints = [&read.authorization_endpoint, &read.token_endpoint, &read.jwks_uri];
        if !endpoints.into_iter().chain(&read.userinfo_endpoint).all(|url| is_endpoint(url)) {
            return Err(BadMetadata::Endpoint);
        }
        let has = |list: &[String], one: &str| list.iter().any(|other| other == one);
        let may = |list: &Option<Vec<String>>, one: &str| list.as_deref().is_none_or(|list| has(list, one));
        if !has(&read.id_token_signing_alg_values_supported, "RS512") {
            return Err(BadMetadata::Signing);
        }
        let methods = &read.token_endpoint_auth_methods_supported;
        let proves = methods.as_deref().is_some_and(|list| has(list, "private_key_jwt"));
        if !proves || !may(&read.token_endpoint_auth_signing_alg_values_supported, "RS512") {
            return Err(BadMetadata::Authentication);
        }
        if !may(&read.code_challenge_methods_supported, "S256") {
            return Err(BadMetadata::Challenge);
        }
        Ok(Self {
            authorization: read.authorization_endpoint,
            token: read.token_endpoint,
            userinfo: read.userinfo_endpoint,
            jwks: read.jwks_uri,
            names_itself: read.authorization_response_iss_parameter_supported,
        })
    }
}

/// Whether people and secrets may be sent there: over TLS, without a fragment, to a host and no user.
#[must_use]
pub fn is_endpoint(url: &str) -> bool {
    let visible =
        url.bytes().all(|b| b.is_ascii_graphic() && !matches!(b, b'"' | b'<' | b'>' | b'\\' | b'#'));
    url.len() <= 1024 && visible && url.starts_with("https://") && crate::app::origin(url).is_some()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::provider::fixture::{ISSUER, with};

    fn document() -> Value {
        json!({
            "issuer": ISSUER,
            "authorization_endpoint": "https://login.example/authorize",
            "token_endpoint": "https://login.example/token",
            "userinfo_endpoint": "https://login.example/userinfo",
            "jwks_uri": "https://login.example/jwks",
            "id_token_signing_alg_values_supported": ["RS512"],
            "token_endpoint_auth_methods_supported": ["private_key_jwt"],
        })
    }

    fn read(document: &Value) -> Result<Metadata, BadMetadata> {
        Metadata::parse(ISSUER, document.to_string().as_bytes())
    }

    #[test]
    fn a_document_is_where_its_issuer_says_and_is_its_own_to_the_letter() {
        let address = "https://login.example/.well-known/openid-configuration";
        assert_eq!(Metadata::address(ISSUER), address);
        assert_eq!(Metadata::address("https://login.example"), address);
        let got = read(&document()).unwrap();
        assert_eq!((got.jwks.as_str(), got.names_itself), ("https://login.example/jwks", false));
        for issuer in ["https://login.example", "https://evil.example/", ""] {
            assert_eq!(read(&with(document(), "issuer", json!(issuer))), Err(BadMetadata::Issuer));
        }
    }

    #[test]
    fn nobody_is_sent_where_others_can_listen() {
        for endpoint in ["authorization_endpoint", "token_endpoint", "userinfo_endpoint", "jwks_uri"] {
            for bad in [
                "http://login.example/x",
                "https://me@login.example/x",
                "https://login.example/x#y",
                "/x",
                "",
            ] {
                let got = read(&with(document(), endpoint, json!(bad)));
                assert_eq!(got, Err(BadMetadata::Endpoint), "{endpoint} {bad}");
            }
        }
    }

    #[test]
    fn a_provider_that_cannot_do_what_is_needed_is_refused() {
        for (name, value, why) in [
            ("id_token_signing_alg_values_supported", json!(["RS256", "none"]), BadMetadata::Signing),
            (
                "token_endpoint_auth_methods_supported",
                json!(["client_secret_post"]),
                BadMetadata::Authentication,
            ),
            ("token_endpoint_auth_methods_supported", json!(null), BadMetadata::Authentication),
            (
                "token_endpoint_auth_signing_alg_values_supported",
                json!(["ES256"]),
                BadMetadata::Authentication,
            ),
            ("code_challenge_methods_supported", json!(["plain"]), BadMetadata::Challenge),
            ("issuer", json!(7), BadMetadata::Malformed),
            ("id_token_signing_alg_values_supported", json!(null), BadMetadata::Malformed),
        ] {
            assert_eq!(read(&with(document(), name, value)), Err(why), "{name}");
        }
        let twice = document().to_string().replacen('{', "{\"issuer\":\"x\",", 1);
        assert_eq!(Metadata::parse(ISSUER, twice.as_bytes()), Err(BadMetadata::Malformed));
        assert_eq!(Metadata::parse(ISSUER, &vec![b' '; LONGEST + 1]), Err(BadMetadata::Malformed));
    }
}
