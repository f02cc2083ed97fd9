//! What SMART clients are told about this authorization server: exactly what works (SMART App Launch 2.2,
//! conformance). `issuer` is for servers that sign identity tokens, which this one does not yet.

use auth::SignIn;
use record::ResourceType;
use serde_json::{Value, json};

use crate::service::Urls;

/// The body of `.well-known/smart-configuration`.
#[must_use]
pub fn smart_configuration(urls: &Urls, sandbox: bool) -> Value {
    let mut capabilities =
        vec!["client-public", "permission-patient", "permission-offline", "permission-v1", "permission-v2"];
    // Where nobody can sign in, no app can be launched.
    if SignIn::of(sandbox, &urls.base) != SignIn::Unavailable {
        capabilities.extend(["launch-standalone", "context-standalone-patient"]);
    }
    json!({
        "authorization_endpoint": urls.authorize(),
        "token_endpoint": urls.token(),
        "revocation_endpoint": urls.revoke(),
        "token_endpoint_auth_methods_supported": ["none"],
        "grant_types_supported": ["authorization_code", "refresh_token"],
        "response_types_supported": ["code"],
        "code_challenge_methods_supported": ["S256"],
        "scopes_supported": scopes(),
        "capabilities": capabilities,
    })
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
    }
}
