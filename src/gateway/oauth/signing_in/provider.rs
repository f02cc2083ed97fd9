//! One identity provider while the service runs: what it says of itself and its keys, as they were last fetched, and the
//! exchange of a code for who signed in. [`AskProvider`] is the only way to it.

use std::sync::{Arc, Mutex, PoisonError};

use auth::{
    COOL_DOWN, KeptKeys, Next,
    jwk::KeySet,
    provider::{Attempt, ClientKey, IdToken, Metadata, NotIdentified, Person, trip::Returned},
};
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;

use crate::oauth::keys::allowed;

/// Its document is fetched again after so long; after an attempt that failed, not before a cool-down.
const KEPT: SignedDuration = SignedDuration::from_mins(60);

/// How a provider is asked.
pub enum How<'a> {
    /// By GET.
    Get,
    /// By GET, with an access token.
    Bearer(&'a str),
    /// By POST of a form.
    Form(String),
}

impl std::fmt::Debug for How<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("How(..)")
    }
}

/// What a provider answered.
#[derive(Clone)]
pub struct Answered {
    /// The status.
    pub status: u16,
    /// The body.
    pub body: Vec<u8>,
    /// `Cache-Control`, if there was one.
    pub cache_control: Option<String>,
}

impl std::fmt::Debug for Answered {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Answered(..)")
    }
}

/// Asks a provider.
pub trait AskProvider: Send + Sync {
    /// Asks at a URL of `https`. It may take some seconds.
    ///
    /// # Errors
    /// Why there is no answer, for the log: nothing of what was sent.
    fn ask(&self, url: &str, how: &How<'_>) -> Result<Answered, String>;
}

/// A provider as it is configured.
pub struct Provider {
    /// Its name in addresses.
    pub key: String,
    /// What people know it by.
    pub name: String,
    /// Its own name, to the letter.
    pub issuer: String,
    /// What this server is called there.
    pub client_id: String,
    /// By what it knows this server.
    pub client_key: ClientKey,
    /// The way to it.
    pub ask: Arc<dyn AskProvider>,
    /// What it was last heard to say.
    pub heard: Heard,
}

/// What a provider was last heard to say.
#[derive(Default)]
pub struct Heard {
    about: Mutex<About>,
    keys: Mutex<KeptKeys>,
}

#[derive(Default)]
struct About {
    said: Option<(Arc<Metadata>, Timestamp)>,
    tried: Option<Timestamp>,
}

impl std::fmt::Debug for Provider {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Provider({})", self.key)
    }
}

impl std::fmt::Debug for Heard {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Heard(..)")
    }
}

/// Why nobody is known to have signed in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::oauth) enum Trouble {
    /// The provider cannot be reached, or does not do what it should.
    Away,
    /// What it said is not believed.
    Distrusted,
    /// The identity was not proven at P9.
    Level,
    /// There is no NHS number or no date of birth.
    NoDetails,
}

#[derive(Deserialize)]
struct Tokens {
    id_token: String,
    access_token: String,
    token_type: String,
}

impl Provider {
    /// What it says of itself, fetched at most once in a cool-down. Whoever comes while it is fetched waits for it.
    pub(in crate::oauth) fn about(&self, now: Timestamp) -> Result<Arc<Metadata>, Trouble> {
        let within = |from: Timestamp, long: SignedDuration| {
            let since = now.duration_since(from);
            !since.is_negative() && since < long
        };
        let mut about = self.heard.about.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((said, _)) = about.said.as_ref().filter(|(_, at)| within(*at, KEPT)) {
            return Ok(Arc::clone(said));
        }
        if about.tried.is_some_and(|tried| within(tried, COOL_DOWN)) {
            return Err(Trouble::Away);
        }
        about.tried = Some(now);
        let answered = self.asked(&Metadata::address(&self.issuer), &How::Get)?;
        let said = Metadata::parse(&self.issuer, &answered.body);
        let said = Arc::new(said.map_err(|why| self.distrusted(&why))?);
        about.said = Some((Arc::clone(&said), now));
        Ok(said)
    }

    /// Redeems a code for who signed in.
    pub(super) fn person(
        &self,
        about: &Metadata,
        redirect_uri: &str,
        code: &str,
        returned: &Returned,
        now: Timestamp,
    ) -> Result<Person, Trouble> {
        let tokens = self.redeem(about, redirect_uri, code, returned, now)?;
        let token = IdToken::parse(&tokens.id_token).map_err(|why| self.distrusted(&why))?;
        let keys = self.keys(about, token.key_id(), now)?;
        let asked =
            Attempt { issuer: &self.issuer, client_id: &self.client_id, nonce: returned.nonce.as_str() };
        let proven = token.prove(&keys, &asked, now).map_err(|why| self.distrusted(&why))?;
        let more = match &about.userinfo {
            Some(url) => Some(self.asked(url, &How::Bearer(&tokens.access_token))?.body),
            None => None,
        };
        Person::of(proven, more.as_deref()).map_err(|why| {
            tracing::info!(provider = self.key, %why, "nobody was identified");
            match why {
                NotIdentified::Level => Trouble::Level,
                NotIdentified::NhsNumber | NotIdentified::Birthdate => Trouble::NoDetails,
                NotIdentified::Malformed | NotIdentified::SomebodyElse | NotIdentified::Contradiction => {
                    Trouble::Distrusted
                }
            }
        })
    }

    fn redeem(
        &self,
        about: &Metadata,
        redirect_uri: &str,
        code: &str,
        returned: &Returned,
        now: Timestamp,
    ) -> Result<Tokens, Trouble> {
        let assertion = self.client_key.assertion(&self.client_id, &about.token, now);
        let assertion = assertion.map_err(|failure| {
            super::super::log(&failure);
            Trouble::Away
        })?;
        let form = [
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", redirect_uri),
            ("code_verifier", &returned.verifier),
            ("client_id", &self.client_id),
            ("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"),
            ("client_assertion", &assertion),
        ];
        let form = form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish();
        let answered = self.asked(&about.token, &How::Form(form))?;
        let tokens: Tokens = serde_json::from_slice(&answered.body)
            .map_err(|_| self.distrusted(&"its token endpoint answered something else than tokens"))?;
        // What is to be shown as another kind of token cannot be used as a bearer's.
        let bearer = tokens.token_type.eq_ignore_ascii_case("bearer") && is_token(&tokens.access_token);
        if bearer { Ok(tokens) } else { Err(self.distrusted(&"its access token is not a bearer's")) }
    }

    /// The lock is held while they are fetched: an ID token comes from the provider itself, so that nobody else can make
    /// this server ask for a key that is not there, and whoever signs in meanwhile waits for an answer and not in vain.
    fn keys(&self, about: &Metadata, key_id: &str, now: Timestamp) -> Result<Arc<KeySet>, Trouble> {
        let mut kept = self.heard.keys.lock().unwrap_or_else(PoisonError::into_inner);
        match kept.next(key_id, now) {
            Next::Use(keys) => Ok(keys),
            Next::NotNow => Err(Trouble::Away),
            Next::Fetch => {
                let answered = self.asked(&about.jwks, &How::Get)?;
                let keys = KeySet::of_provider(&answered.body).map_err(|why| self.distrusted(&why))?;
                let keys = Arc::new(keys);
                // What may not be kept is good until it may be fetched again: people sign in at the same time.
                let kept_for = answered.cache_control.as_deref().and_then(allowed);
                let kept_for = kept_for.map(|kept_for| kept_for.max(COOL_DOWN));
                kept.keep(Arc::clone(&keys), kept_for, now);
                Ok(keys)
            }
        }
    }

    fn asked(&self, url: &str, how: &How<'_>) -> Result<Answered, Trouble> {
        let why = match self.ask.ask(url, how) {
            Ok(answered) if answered.status == 200 => return Ok(answered),
            Ok(answered) => format!("it answered {}", answered.status),
            Err(why) => why,
        };
        tracing::warn!(provider = self.key, url, why, "an identity provider does not answer as it should");
        Err(Trouble::Away)
    }

    fn distrusted(&self, why: &dyn std::fmt::Display) -> Trouble {
        tracing::warn!(provider = self.key, %why, "an identity provider is not believed");
        Trouble::Distrusted
    }
}

/// RFC 6750 §2.1: what can stand in a header.
fn is_token(text: &str) -> bool {
    let fits = |b: u8| b.is_ascii_alphanumeric() || b"-._~+/=".contains(&b);
    (1..=8192).contains(&text.len()) && text.bytes().all(fits)
}
