//! What SMART clients are told about this authorization server: exactly what works (SMART App Launch 2.2,
//! conformance). `issuer` and `jwks_uri` stand there only where ID tokens are signed.

use auth::{
    SignIn,
    jwk::{ALGORITHMS, PROOF_ALGORITHMS},
};
use record::ResourceType;
use serde_json::{Map, Value, json};

use super::{Offered, words::TAGS};
use crate::service::Urls;

/// The body of `.well-known/smart-configuration`.
#[must_use]
pub fn smart_configuration(urls: &Urls, sandbox: bool, offered: Offered) -> Value {
    let mut capabilities = vec![
        "client-public",
        "client-confidential-asymmetric",
        "permission-patient",
        "permission-offline",
        "permission-online",
        "permission-v1",
        "permission-v2",
    ];
    // Where nobody can sign in, no app can be launched.
    if offered.sign_in || SignIn::of(sandbox, &urls.base) != SignIn::Unavailable {
        capabilities.extend(["launch-standalone", "context-standalone-patient"]);
    }
    if offered.identity {
        capabilities.push("sso-openid-connect");
    }
    let mut all = endpoints(urls, offered);
    all.insert("capabilities".to_owned(), json!(capabilities));
    Value::Object(all)
}

/// The body of `/.well-known/oauth-authorization-server` (RFC 8414). SMART leaves `issuer` out where there are no ID
/// tokens; here apps learn which `iss` authorization answers have (RFC 9207).
#[must_use]
pub fn authorization_server(urls: &Urls, offered: Offered) -> Value {
    let mut all = endpoints(urls, offered);
    all.insert("issuer".to_owned(), json!(urls.base));
    Value::Object(all)
}

fn endpoints(urls: &Urls, offered: Offered) -> Map<String, Value> {
    let every_app = ["none", "private_key_jwt"];
    let all = [
        ("authorization_endpoint", json!(urls.authorize())),
        ("token_endpoint", json!(urls.token())),
        ("revocation_endpoint", json!(urls.revoke())),
        ("introspection_endpoint", json!(urls.introspect())),
        ("pushed_authorization_request_endpoint", json!(urls.pushed())),
        ("token_endpoint_auth_methods_supported", json!(every_app)),
        ("token_endpoint_auth_signing_alg_values_supported", json!(ALGORITHMS)),
        ("revocation_endpoint_auth_methods_supported", json!(every_app)),
        ("revocation_endpoint_auth_signing_alg_values_supported", json!(ALGORITHMS)),
        ("introspection_endpoint_auth_methods_supported", json!(["private_key_jwt"])),
        ("introspection_endpoint_auth_signing_alg_values_supported", json!(ALGORITHMS)),
        ("authorization_response_iss_parameter_supported", json!(true)),
        ("grant_types_supported", json!(["authorization_code", "refresh_token"])),
        ("response_types_supported", json!(["code"])),
        ("response_modes_supported", json!(["query"])),
        ("ui_locales_supported", json!(TAGS)),
        ("code_challenge_methods_supported", json!(["S256"])),
        ("dpop_signing_alg_values_supported", json!(PROOF_ALGORITHMS)),
        ("scopes_supported", json!(scopes(offered))),
    ];
    // RFC 8705 §3.3.
    let certificates =
        offered.certificates.then(|| ("tls_client_certificate_bound_access_tokens", json!(true)));
    let registration = offered.registration.then(|| ("registration_endpoint", json!(urls.register())));
    let identity = offered.identity.then(|| [("issuer", json!(urls.base)), ("jwks_uri", json!(urls.jwks()))]);
    let all = all.into_iter().chain(certificates).chain(registration).chain(identity.into_iter().flatten());
    all.map(|(name, value)| (name.to_owned(), value)).collect()
}

/// The body of `/.well-known/openid-configuration` (OpenID Connect Discovery), where there are ID tokens.
#[must_use]
pub fn openid_configuration(urls: &Urls, offered: Offered) -> Option<Value> {
    let mut all = endpoints(urls, offered);
    let also = [
        ("subject_types_supported", json!(["pairwise"])),
        ("id_token_signing_alg_values_supported", json!(["RS256"])),
        ("claims_supported", json!(["iss", "sub", "aud", "exp", "iat", "auth_time", "nonce", "fhirUser"])),
        ("request_parameter_supported", json!(false)),
        ("request_uri_parameter_supported", json!(false)),
    ];
    all.extend(also.map(|(name, value)| (name.to_owned(), value)));
    offered.identity.then_some(Value::Object(all))
}

fn scopes(offered: Offered) -> Vec<String> {
    let targets = ["*"].into_iter().chain(ResourceType::ALL.into_iter().map(ResourceType::name));
    let data = targets
        .flat_map(|target| ["rs", "r", "s", "read"].map(|rights| format!("patient/{target}.{rights}")));
    let identity: &[&str] = if offered.identity { &["openid", "fhirUser"] } else { &[] };
    let other =
        ["launch/patient", "offline_access", "online_access"].into_iter().chain(identity.iter().copied());
    other.map(str::to_owned).chain(data).collect()
}

#[cfg(test)]
mod tests {
    use auth::Scopes;

    use super::*;

    #[test]
    fn every_scope_that_is_listed_is_granted_as_it_is_written() {
        let all = ["launch/patient", "offline_access", "online_access", "patient/*.cruds"].map(str::to_owned);
        for scope in scopes(Offered::default()) {
            assert_eq!(Scopes::grant(&scope, &all).unwrap().to_string(), scope);
        }
    }

    #[test]
    fn no_launch_is_claimed_where_nobody_can_sign_in() {
        let of = |base: &str, sandbox| {
            smart_configuration(&Urls { base: base.to_owned() }, sandbox, Offered::default())
        };
        let has =
            |value: &Value| value["capabilities"].as_array().unwrap().contains(&json!("launch-standalone"));
        assert!(has(&of("https://127.0.0.1:8443", true)));
        assert!(!has(&of("https://127.0.0.1:8443", false)));
        assert!(!has(&of("https://gateway.example", true)));
        let urls = Urls { base: "https://gateway.example".to_owned() };
        let with_providers = Offered { sign_in: true, ..Offered::default() };
        assert!(has(&smart_configuration(&urls, false, with_providers)));
        let served = of("https://127.0.0.1:8443", true);
        assert_eq!(served["code_challenge_methods_supported"], json!(["S256"]));
        assert!(served.get("issuer").is_none(), "only with sso-openid-connect");
        let as_a_server =
            authorization_server(&Urls { base: "https://gateway.example".to_owned() }, Offered::default());
        assert_eq!(as_a_server["issuer"], "https://gateway.example");
        assert_eq!(as_a_server["authorization_response_iss_parameter_supported"], true);
    }
}
