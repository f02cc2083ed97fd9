//! What can go wrong with a provider, to be tried on purpose.

/// One thing that goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Nothing.
    None,
    /// The identity was not proven with a photo document.
    P5,
    /// The vector of trust and the level say different things.
    Torn,
    /// No NHS number is given.
    NoNumber,
    /// The NHS number is nobody's here.
    Stranger,
    /// The date of birth is another one.
    OtherBirthDate,
    /// Userinfo is of somebody else.
    OtherPerson,
    /// The ID token answers another attempt.
    WrongNonce,
    /// It is of another issuer.
    WrongIssuer,
    /// It is for another service.
    WrongAudience,
    /// It has ended.
    Expired,
    /// It is from an hour ahead.
    FromTheFuture,
    /// It is not signed.
    Unsigned,
    /// It is signed with the published key as a secret.
    Hmac,
    /// It is signed with a key that is not published.
    OtherKey,
    /// The answer says that it is of another provider (RFC 9207).
    MixUp,
    /// The person does not agree.
    Denied,
    /// The provider does not work just now.
    Down,
    /// Codes are not redeemed.
    NoTokens,
}

impl Fault {
    /// All, with the words of the page.
    pub const ALL: [(Self, &'static str, &'static str); 19] = [
        (Self::None, "none", "Nothing: it works"),
        (Self::P5, "p5", "Identity proven at P5 only"),
        (Self::Torn, "torn", "Level P9, vector of trust P5"),
        (Self::NoNumber, "no-number", "No NHS number given"),
        (Self::Stranger, "stranger", "An NHS number that is nobody's here"),
        (Self::OtherBirthDate, "other-birthdate", "Another date of birth"),
        (Self::OtherPerson, "other-person", "Userinfo of somebody else"),
        (Self::WrongNonce, "wrong-nonce", "ID token with another nonce"),
        (Self::WrongIssuer, "wrong-issuer", "ID token of another issuer"),
        (Self::WrongAudience, "wrong-audience", "ID token for another service"),
        (Self::Expired, "expired", "ID token that has ended"),
        (Self::FromTheFuture, "future", "ID token from an hour ahead"),
        (Self::Unsigned, "unsigned", "ID token without a signature"),
        (Self::Hmac, "hmac", "ID token signed with the public key as a secret"),
        (Self::OtherKey, "other-key", "ID token signed with an unknown key"),
        (Self::MixUp, "mix-up", "Answer that names another provider"),
        (Self::Denied, "denied", "The person does not agree to share"),
        (Self::Down, "down", "The provider says that it is out of order"),
        (Self::NoTokens, "no-tokens", "The code is not redeemed"),
    ];

    /// By its name in the form.
    pub(super) fn of(name: &str) -> Option<Self> {
        Self::ALL.iter().find(|(_, known, _)| *known == name).map(|(fault, ..)| *fault)
    }
}
