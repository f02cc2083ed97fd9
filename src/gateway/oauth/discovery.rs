//! What SMART clients are told about this authorization server: exactly what works (SMART App Launch 2.2,
//! conformance). `issuer` is for servers that sign identity tokens, which this one does not yet.

use auth::{SignIn, jwk::ALGORITHMS};
use record::ResourceType;
use serde_json::{Map, Value, json};

use crate::service::Urls;

/// The body of `.well-known/smart-configuration`.
#[must_use]
pub fn smart_configuration(urls: &Urls, sandbox: bool) -> Value {
    let mut capabilities = vec![
        "client-public",
        "client-confidential-asymmetric",
        "permission-patient",
        "permission-offline",
        "permission-v1",
        "permission-v2",
    ];
    // Where nobody can sign in, no app can be launched.
    if SignIn::of(sandbox, &urls.base) != SignIn::Unavailable {
        capabilities.extend(["launch-standalone", "context-standalone-patient"]);
    }
    let mut all = endpoints(urls);
    all.insert("capabilities".to_owned(), json!(capabilities));
    Value::Object(all)
}

/// The body of `/.well-known/oauth-authorization-server` (RFC 8414). SMART leaves `issuer` out where there are no ID
/// tokens; here apps learn which `iss` authorization answers have (RFC 9207).
#[must_use]
pub fn authorization_server(urls: &Urls) -> Value {
    let mut all = endpoints(urls);
    all.insert("issuer".to_owned(), json!(urls.base));
    Value::Object(all)
}

fn endpoints(urls: &Urls) -> Map<String, Value> {
    let every_app = ["none", "private_key_jwt"];
    let all = [
        ("authorization_endpoint", json!(urls.authorize())),
        ("token_endpoint", json!(urls.token())),
        ("revocation_endpoint", json!(urls.revoke())),
        ("introspection_endpoint", json!(urls.introspect())),
        ("token_endpoint_auth_methods_supported", json!(every_app)),
        ("token_endpoint_auth_signing_alg_values_supported", json!(ALGORITHMS)),
        ("revocation_endpoint_auth_methods_supported", json!(every_app)),
        ("revocation_endpoint_auth_signing_alg_values_supported", json!(ALGORITHMS)),
        ("introspection_endpoint_auth_methods_supported", json!(["private_key_jwt"])),
        ("introspection_endpoint_auth_signing_alg_values_supported", json!(ALGORITHMS)),
        ("authorization_response_iss_parameter_supported", json!(true)),
        ("grant_types_supported", json!(["authorization_code", "refresh_token"])),
        ("response_types_supported", json!(["code"])),
        ("code_challenge_methods_supported", json!(["S256"])),
        ("scopes_supported", json!(scopes())),
    ];
    all.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

fn scopes() -> Vec<String> {
    let targets = ["*"].into_iter().chain(ResourceType::ALL.into_iter().map(ResourceType::name));
    let data = targets
        .flat_map(|target| ["rs", "r", "s", "read"].map(|rights| format!("patient/{target}.{rights}")));
    ["launch/patient", "offline_access"].into_iter().map(str::to_owned).chain(data).collect()
}

#[cfg(test)]
mod tests {
    use auth::Scopes;

    use super::*;

    #[test]
    fn every_scope_that_is_listed_is_granted_as_it_is_written() {
        let all = ["launch/patient", "offline_access", "patient/*.cruds"].map(str::to_owned);
        for scope in scopes() {
            assert_eq!(Scopes::grant(&scope, &all).unwrap().to_string(), scope);
        }
    }

    #[test]
    fn no_launch_is_claimed_where_nobody_can_sign_in() {
        let of = |base: &str, sandbox| smart_configuration(&Urls { base: base.to_owned() }, sandbox);
        let has =
            |value: &Value| value["capabilities"].as_array().unwrap().contains(&json!("launch-standalone"));
        assert!(has(&of("https://127.0.0.1:8443", true)));
        assert!(!has(&of("https://127.0.0.1:8443", false)));
        assert!(!has(&of("https://gateway.example", true)));
        let served = of("https://127.0.0.1:8443", true);
        assert_eq!(served["code_challenge_methods_supported"], json!(["S256"]));
        assert!(served.get("issuer").is_none(), "only with sso-openid-connect");
        let as_a_server = authorization_server(&Urls { base: "https://gateway.example".to_owned() });
        assert_eq!(as_a_server["issuer"], "https://gateway.example");
        assert_eq!(as_a_server["authorization_response_iss_parameter_supported"], true);
    }
}
