//! Who signed in, if their identity was proven well enough for a record: NHS login's level P9, which compares a face
//! with a photograph. At P5 somebody knows a patient's details, and need not be the patient.

use std::fmt;

use jiff::civil::Date;
use serde::Deserialize;

use super::id_token::Proven;
use crate::secret::sha256;

/// Longest answer of a userinfo endpoint that is read, in bytes.
const LONGEST: usize = 16 * 1024;
/// The level that opens records.
const LEVEL: &str = "P9";
/// The vectors of trust that open records (RFC 8485): those that NHS login gives for P9.
pub(super) const VECTORS: [&str; 3] = ["P9.Cp.Cd", "P9.Cp.Ck", "P9.Cm"];

/// What a provider says of a person, in an ID token or as userinfo.
#[derive(Deserialize)]
pub(super) struct Said {
    pub(super) sub: String,
    pub(super) vot: Option<String>,
    pub(super) identity_proofing_level: Option<String>,
    pub(super) nhs_number: Option<String>,
    pub(super) birthdate: Option<String>,
}

/// Somebody whose identity was proven at P9. They need not be a patient of any practice here.
pub struct Person {
    /// The account that is theirs at each sign-in: made from issuer and `sub`, and nothing else of them.
    pub account: String,
    /// Their NHS number, and their date of birth: a record with another one is not theirs.
    pub proven: store::Proven,
}

impl fmt::Debug for Person {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Person(..)")
    }
}

/// Why what was proven identifies nobody well enough.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotIdentified {
    /// Userinfo is not a JSON object of claims, or too long.
    Malformed,
    /// Userinfo is of somebody else than the ID token.
    SomebodyElse,
    /// ID token and userinfo contradict each other.
    Contradiction,
    /// Not proven at P9.
    Level,
    /// There is no valid NHS number.
    NhsNumber,
    /// There is no whole date of birth.
    Birthdate,
}

impl fmt::Display for NotIdentified {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Malformed => "userinfo is not an object of claims of the right types, each there once",
            Self::SomebodyElse => "sub of userinfo is not that of the ID token",
            Self::Contradiction => "ID token and userinfo say different things",
            Self::Level => "the identity was not proven at P9",
            Self::NhsNumber => "no valid nhs_number was given",
            Self::Birthdate => "no whole birthdate was given",
        })
    }
}

impl std::error::Error for NotIdentified {}

impl Person {
    /// The person of a proven ID token, with what userinfo says besides, if it was asked. Userinfo is not signed, so
    /// the vector of trust counts in the ID token alone, and what both say must be the same.
    ///
    /// # Errors
    /// [`NotIdentified`].
    pub fn of(proven: Proven, userinfo: Option<&[u8]>) -> Result<Self, NotIdentified> {
        let token = proven.said;
        let more = userinfo.map(Said::parse).transpose()?;
        if more.as_ref().is_some_and(|more| more.sub != token.sub) {
            return Err(NotIdentified::SomebodyElse);
        }
        let (vot, level, number, born) = match more {
            None => (None, None, None, None),
            Some(more) => (more.vot, more.identity_proofing_level, more.nhs_number, more.birthdate),
        };
        let contradicts = matches!((&vot, &token.vot), (Some(one), Some(other)) if one != other);
        let level = agreed(token.identity_proofing_level, level)?;
        let number = agreed(token.nhs_number, number)?;
        let born = agreed(token.birthdate, born)?;
        if contradicts {
            return Err(NotIdentified::Contradiction);
        }
        if level.as_deref() != Some(LEVEL) || !token.vot.is_some_and(|vot| VECTORS.contains(&vot.as_str())) {
            return Err(NotIdentified::Level);
        }
        let nhs_number = number.and_then(|text| text.parse().ok()).ok_or(NotIdentified::NhsNumber)?;
        let born = born.and_then(|text| whole_date(&text)).ok_or(NotIdentified::Birthdate)?;
        Ok(Self { account: account(&proven.issuer, &token.sub), proven: store::Proven { nhs_number, born } })
    }
}

impl Said {
    fn parse(text: &[u8]) -> Result<Self, NotIdentified> {
        if text.len() > LONGEST {
            return Err(NotIdentified::Malformed);
        }
        serde_json::from_slice(text).map_err(|_| NotIdentified::Malformed)
    }
}

/// What one of them says, or both alike.
fn agreed(one: Option<String>, other: Option<String>) -> Result<Option<String>, NotIdentified> {
    match (one, other) {
        (Some(one), Some(other)) if one != other => Err(NotIdentified::Contradiction),
        (one, other) => Ok(one.or(other)),
    }
}

/// `birthdate` may be a year alone, or have the year 0000 (OpenID Connect Core §5.1): neither tells people apart.
fn whole_date(text: &str) -> Option<Date> {
    let shape = text.len() == 10
        && text.bytes().enumerate().all(|(at, b)| match at {
            4 | 7 => b == b'-',
            _ => b.is_ascii_digit(),
        });
    let date: Date = shape.then(|| text.parse().ok()).flatten()?;
    (date.year() > 0).then_some(date)
}

/// The lengths keep an issuer and a `sub` from being read as another pair.
fn account(issuer: &str, sub: &str) -> String {
    let both = format!("recordgate: account of a person\n{}:{issuer}{sub}", issuer.len());
    let hash = sha256(both.as_bytes());
    // 128 bits: nobody finds a second pair for a name, and a practice can still copy it from a letter.
    hash.iter().take(16).fold("oidc-".to_owned(), |text, byte| format!("{text}{byte:02x}"))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::{
        fixture::now,
        provider::{
            IdToken,
            fixture::{asked, claims, keys, sign, with},
        },
    };

    fn person(claims: &Value, userinfo: Option<Value>) -> Result<Person, NotIdentified> {
        let token = sign(&json!({"alg": "RS512", "kid": "one"}), claims);
        let proven = IdToken::parse(&token).unwrap().prove(&keys(), &asked(), now()).unwrap();
        Person::of(proven, userinfo.map(|info| info.to_string().into_bytes()).as_deref())
    }

    fn without(names: &[&str]) -> Value {
        names.iter().fold(claims(), |claims, name| with(claims, name, json!(null)))
    }

    fn why(claims: &Value, userinfo: Option<Value>) -> NotIdentified {
        person(claims, userinfo).unwrap_err()
    }

    #[test]
    fn a_person_proven_at_p9_is_known_by_number_and_date_of_birth_from_token_or_userinfo() {
        let both = ["nhs_number", "birthdate", "identity_proofing_level"];
        let info = json!({"sub": "somebody", "nhs_number": "9990000018", "birthdate": "1970-01-31",
            "identity_proofing_level": "P9", "email": "nobody@login.example"});
        for got in [
            person(&claims(), None),
            person(&claims(), Some(info.clone())),
            person(&without(&both), Some(info)),
        ] {
            let got = got.unwrap();
            assert_eq!(got.proven.nhs_number.expose(), "9990000018");
            assert_eq!(got.proven.born.to_string(), "1970-01-31");
        }
    }

    #[test]
    fn nothing_below_p9_opens_a_record() {
        for level in [json!("P5"), json!("P0"), json!("p9"), json!("P90"), json!(""), json!(null)] {
            let claims = with(claims(), "identity_proofing_level", level.clone());
            assert_eq!(why(&claims, None), NotIdentified::Level, "{level}");
        }
        for vot in
            [json!("P5.Cp.Cd"), json!("P0.Cp"), json!("P9"), json!("P9.Cp"), json!("P5.P9.Cm"), json!(null)]
        {
            assert_eq!(why(&with(claims(), "vot", vot.clone()), None), NotIdentified::Level, "{vot}");
        }
    }

    #[test]
    fn userinfo_lifts_nobody_and_is_of_the_same_person() {
        let info = |name: &str, value: &str| Some(with(json!({"sub": "somebody"}), name, json!(value)));
        assert_eq!(why(&without(&["vot"]), info("vot", "P9.Cp.Cd")), NotIdentified::Level, "not signed");
        assert_eq!(why(&claims(), info("sub", "another")), NotIdentified::SomebodyElse);
        for (name, value) in [
            ("vot", "P5.Cp.Cd"),
            ("identity_proofing_level", "P5"),
            ("nhs_number", "9990000026"),
            ("birthdate", "1970-01-30"),
        ] {
            assert_eq!(why(&claims(), info(name, value)), NotIdentified::Contradiction, "{name}");
        }
        for info in [json!({}), json!([]), json!({"sub": 7}), json!({"sub": "x".repeat(LONGEST)})] {
            assert_eq!(why(&claims(), Some(info)), NotIdentified::Malformed);
        }
    }

    #[test]
    fn a_number_that_is_none_and_a_date_that_is_not_whole_identify_nobody() {
        for number in [json!(null), json!(""), json!("9990000019"), json!("999000001")] {
            assert_eq!(why(&with(claims(), "nhs_number", number), None), NotIdentified::NhsNumber);
        }
        for born in
            ["", "1970", "1970-01", "0000-01-31", "1970-02-30", "19700131", "1970-01-31T00:00", "31-01-1970"]
        {
            let claims = with(claims(), "birthdate", json!(born));
            assert_eq!(why(&claims, None), NotIdentified::Birthdate, "{born}");
        }
    }

    #[test]
    fn an_account_is_the_same_each_time_another_for_each_issuer_and_says_nothing_of_the_person() {
        let got = person(&claims(), None).unwrap();
        assert_eq!(got.account, person(&claims(), None).unwrap().account);
        let renumbered = person(&with(claims(), "birthdate", json!("1971-01-31")), None).unwrap();
        assert_eq!(got.account, renumbered.account, "issuer and sub alone");
        assert_ne!(account("https://a/", "b"), account("https://a/b", ""));
        assert_ne!(account("https://a/", "bc"), account("https://a/b", "c"));
        assert!(!got.account.contains("somebody") && !got.account.contains("9990000018"));
        assert_eq!(format!("{got:?}"), "Person(..)");
    }
}
