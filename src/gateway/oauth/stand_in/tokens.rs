//! Codes are redeemed, and who signed in is told: as NHS login would, or with the fault that was chosen.

use std::sync::PoisonError;

use aws_lc_rs::{
    digest, hmac,
    signature::{RSA_PKCS1_2048_8192_SHA512, RsaPublicKeyComponents},
};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use http::header;
use serde_json::{Value, json};

use super::{CODE, Fault, MOST, Somebody, StandIn, random};
use crate::{
    Request, Response,
    oauth::{
        form::Form,
        reply::{self, Fault as Refusal},
    },
};

/// Who signed in, for which request.
#[derive(Clone)]
pub(super) struct Granted {
    pub(super) person: Somebody,
    pub(super) fault: Fault,
    pub(super) nonce: String,
    pub(super) challenge: String,
}

impl StandIn {
    pub(super) fn token(&self, request: &Request) -> Response {
        match self.redeem(request) {
            Ok(tokens) => reply::json(&tokens),
            Err(refusal) => reply::fault(&refusal),
        }
    }

    fn redeem(&self, request: &Request) -> Result<Value, Refusal> {
        let form = Form::of_body(request).map_err(|bad| Refusal::of_app("invalid_request", bad.words()))?;
        self.is_client(form.get("client_assertion").unwrap_or_default()).map_err(Refusal::unproven)?;
        if form.get("grant_type") != Some("authorization_code") {
            return Err(Refusal::of_app("unsupported_grant_type", "grant_type is not authorization_code"));
        }
        let code = form.get("code").unwrap_or_default();
        let found = self.codes.lock().unwrap_or_else(PoisonError::into_inner).remove(code);
        let wrong = |why| Refusal::of_app("invalid_grant", why);
        let (granted, made) = found.ok_or_else(|| wrong("the code is unknown or was used"))?;
        if self.clock.now().duration_since(made) >= CODE {
            return Err(wrong("the code has expired"));
        }
        if form.get("redirect_uri") != Some(self.client.redirect_uri.as_str()) {
            return Err(wrong("redirect_uri is another one"));
        }
        let verifier = form.get("code_verifier").unwrap_or_default();
        let made_of_it = digest::digest(&digest::SHA256, verifier.as_bytes());
        if BASE64_URL_SAFE_NO_PAD.encode(made_of_it) != granted.challenge {
            return Err(wrong("code_verifier does not fit"));
        }
        if granted.fault == Fault::NoTokens {
            return Err(Refusal::ours());
        }
        let id_token = self.id_token(&granted).ok_or_else(Refusal::ours)?;
        let access = random();
        let mut opened = self.opened.lock().unwrap_or_else(PoisonError::into_inner);
        if opened.len() >= MOST {
            opened.clear();
        }
        opened.insert(access.clone(), granted);
        Ok(json!({"access_token": access, "token_type": "Bearer", "expires_in": 300, "id_token": id_token}))
    }

    /// `private_key_jwt` with RS512, once.
    fn is_client(&self, assertion: &str) -> Result<(), &'static str> {
        const NOT_SIGNED: &str = "client_assertion is not signed with RS512 by the registered key";
        let (text, signature) = assertion.rsplit_once('.').ok_or(NOT_SIGNED)?;
        let (head, claims) = text.split_once('.').ok_or(NOT_SIGNED)?;
        let decode = |part: &str| BASE64_URL_SAFE_NO_PAD.decode(part).map_err(|_| NOT_SIGNED);
        let object = |part: &str| serde_json::from_slice::<Value>(&decode(part)?).map_err(|_| NOT_SIGNED);
        let (head, claims) = (object(head)?, object(claims)?);
        let key = &self.client.jwks["keys"][0];
        let number = |name: &str| decode(key[name].as_str().unwrap_or_default());
        let public = RsaPublicKeyComponents { n: number("n")?, e: number("e")? };
        let fits = public.verify(&RSA_PKCS1_2048_8192_SHA512, text.as_bytes(), &decode(signature)?).is_ok();
        if head["alg"] != "RS512" || head["kid"] != key["kid"] || !fits {
            return Err(NOT_SIGNED);
        }
        let own = self.client.client_id.as_str();
        if claims["iss"] != own || claims["sub"] != own {
            return Err("iss and sub of client_assertion are not the client_id");
        }
        if claims["aud"] != format!("{}/token", self.issuer) {
            return Err("aud of client_assertion is not the token endpoint");
        }
        let now = self.clock.now().as_second();
        if !claims["exp"].as_i64().is_some_and(|exp| (now..=now + 3600).contains(&exp)) {
            return Err("exp of client_assertion is over, or more than an hour ahead");
        }
        let id = claims["jti"].as_str().ok_or("client_assertion is without jti")?;
        let mut used = self.assertions.lock().unwrap_or_else(PoisonError::into_inner);
        if used.iter().any(|other| other == id) {
            return Err("client_assertion was used before");
        }
        if used.len() >= MOST {
            used.clear();
        }
        used.push(id.to_owned());
        Ok(())
    }

    fn id_token(&self, granted: &Granted) -> Option<String> {
        let fault = granted.fault;
        let or =
            |wrong: Fault, other: &str, right: &str| if fault == wrong { other } else { right }.to_owned();
        let shift = match fault {
            Fault::Expired => -7200,
            Fault::FromTheFuture => 3600,
            _ => 0,
        };
        let made = self.clock.now().as_second() + shift;
        let vot = if matches!(fault, Fault::P5 | Fault::Torn) { "P5.Cp.Cd" } else { "P9.Cp.Cd" };
        let claims = json!({
            "iss": or(Fault::WrongIssuer, "https://other.invalid", &self.issuer),
            "sub": sub(&granted.person),
            "aud": or(Fault::WrongAudience, "another-service", &self.client.client_id),
            "nonce": or(Fault::WrongNonce, "of-another-attempt", &granted.nonce),
            "iat": made,
            "exp": made + 3600,
            "vot": vot,
            "vtm": format!("{}/trustmark", self.issuer),
        });
        match fault {
            Fault::OtherKey => self.unknown.sign(&claims).ok(),
            Fault::Unsigned => Some(format!("{}.", joined("none", &claims))),
            Fault::Hmac => {
                let text = joined("HS512", &claims);
                let key = hmac::Key::new(hmac::HMAC_SHA512, self.key.jwks().to_string().as_bytes());
                let signature = hmac::sign(&key, text.as_bytes());
                Some(format!("{text}.{}", BASE64_URL_SAFE_NO_PAD.encode(signature)))
            }
            _ => self.key.sign(&claims).ok(),
        }
    }

    pub(super) fn userinfo(&self, request: &Request) -> Response {
        let sent = request.headers().get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
        let token = sent.and_then(|value| value.strip_prefix("Bearer ")).unwrap_or_default();
        let found = self.opened.lock().unwrap_or_else(PoisonError::into_inner).get(token).cloned();
        let Some(Granted { person, fault, .. }) = found else {
            return reply::fault(&Refusal::unproven("the access token is unknown"));
        };
        let or =
            |wrong: Fault, other: &str, right: &str| if fault == wrong { other } else { right }.to_owned();
        let number = or(Fault::Stranger, "9998887798", &person.nhs_number);
        let mut said = json!({
            "sub": or(Fault::OtherPerson, "somebody-else", &sub(&person)),
            "iss": self.issuer,
            "aud": self.client.client_id,
            "nhs_number": number,
            "birthdate": or(Fault::OtherBirthDate, "1901-01-01", &person.birthdate),
            "family_name": "Invented",
            "identity_proofing_level": or(Fault::P5, "P5", "P9"),
        });
        if fault == Fault::NoNumber
            && let Some(members) = said.as_object_mut()
        {
            members.remove("nhs_number");
        }
        reply::json(&said)
    }
}

/// The same for a person each time, and not their number.
fn sub(person: &Somebody) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(digest::digest(&digest::SHA256, person.nhs_number.as_bytes()))
}

fn joined(alg: &str, claims: &Value) -> String {
    let header = json!({"alg": alg, "typ": "JWT", "kid": "one"});
    let part = |value: &Value| BASE64_URL_SAFE_NO_PAD.encode(value.to_string());
    format!("{}.{}", part(&header), part(claims))
}
