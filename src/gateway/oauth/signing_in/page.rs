//! The pages of signing in with a provider: what is the matter, and what the person can do next. None says more of a record
//! than whoever proved its NHS number and date of birth may know.

use auth::{authorize::Authorization, provider::matching::NotOwn};

use super::provider::{Provider, Trouble};
use crate::oauth::{
    authorize::CARRIED,
    form::Form,
    page::{Kind, Page, asks, buttons, carried, choices, escape, hidden, nothing_shared, paragraph},
    words::{PARAMETER, say},
};

impl Page {
    /// With what would you like to sign in?
    pub(super) fn providers(authorization: &Authorization, links: &str, back: &str) -> Self {
        let title = asks(authorization);
        let body = format!(
            "<h1>{title}</h1>{}{links}<p><a href=\"{}\">{}</a></p>",
            paragraph(&say("providers.words", &[])),
            escape(back),
            say("providers.back", &[])
        );
        Self::leading_nowhere(Kind::Question, &title, &body)
    }

    /// May the app see this? Whoever is asked has signed in.
    pub(super) fn consent(authorization: &Authorization, form: &Form, ticket: &str) -> Self {
        let title = asks(authorization);
        let body = format!(
            "<h1>{title}</h1>{}<form method=\"post\" action=\"answer\">{}{}{}{}</form>",
            paragraph(&say("consent.signed-in", &[])),
            hidden("ticket", ticket),
            language_asked_for(form),
            choices(authorization, form),
            buttons()
        );
        Self::question(&title, &body, authorization)
    }

    /// The answer does not belong to anything that this browser began, or not any more.
    pub(super) fn lost() -> Self {
        let body = format!(
            "{}{}{}",
            paragraph(&say("lost.why", &[])),
            paragraph(&say("lost.what", &[])),
            nothing_shared()
        );
        Self::plain(Kind::Refusal, &say("lost.title", &[]), &body)
    }

    /// Too many have begun to sign in from here.
    pub(in crate::oauth) fn too_often() -> Self {
        let body = format!("{}{}", paragraph(&say("too-often.words", &[])), nothing_shared());
        Self::plain(Kind::TooOften, &say("too-often.title", &[]), &body)
    }

    /// The provider sent the person back without having signed them in.
    pub(super) fn refused_there(provider: &Provider, back: &str) -> Self {
        Self::about_provider(Kind::Question, "refused-there", provider, back)
    }

    /// Something went wrong between this server and the provider.
    pub(in crate::oauth) fn trouble(why: Trouble, provider: &Provider, back: &str) -> Self {
        let (kind, name) = match why {
            Trouble::Away => (Kind::Unavailable, "away"),
            Trouble::Distrusted => (Kind::Refusal, "distrusted"),
            Trouble::Level => (Kind::Question, "level"),
            Trouble::NoDetails => (Kind::Question, "no-details"),
        };
        Self::about_provider(kind, name, provider, back)
    }

    fn about_provider(kind: Kind, name: &str, provider: &Provider, back: &str) -> Self {
        let provider = escape(&provider.name);
        let named = [("provider", provider.as_str())];
        let said = |part: &str| say(&format!("{name}.{part}"), &named);
        Self::with_way_back(kind, &said("title"), &paragraph(&said("words")), back)
    }

    /// There is no record that the person may see.
    pub(super) fn not_own(why: NotOwn, account: Option<&str>, back: &str) -> Self {
        let name = match why {
            NotOwn::Unknown => "not-own.unknown",
            NotOwn::NotEnabled => "not-own.not-enabled",
            NotOwn::Left => "not-own.left",
            NotOwn::Several => "not-own.several",
        };
        let said = |part: &str| say(&format!("{name}.{part}"), &[]);
        let act = account.map_or_else(String::new, |account| {
            let account = format!("<code>{}</code>", escape(account));
            paragraph(&say("not-own.act", &[("name", &account)]))
        });
        let body = format!("{}{}{act}", paragraph(&said("words")), paragraph(&said("next")));
        Self::with_way_back(Kind::Question, &said("title"), &body, back)
    }

    fn with_way_back(kind: Kind, title: &str, body: &str, back: &str) -> Self {
        let words = if back.ends_with("/account") { "back.account" } else { "back.app" };
        let body =
            format!("{body}{}<p><a href=\"{}\">{}</a></p>", nothing_shared(), escape(back), say(words, &[]));
        Self::plain(kind, title, &body)
    }
}

/// Where somebody goes to sign in with each provider, as links: what a form leads to would have to be known in advance,
/// and a provider sends people on to where it likes.
pub(super) fn links<'a>(providers: impl Iterator<Item = &'a Provider>, letters: bool, form: &Form) -> String {
    let pairs = CARRIED.iter().filter_map(|name| form.get(name).map(|value| (*name, value)));
    let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
    let link = |provider: &Provider| {
        format!(
            "<p><a class=\"button\" href=\"sign-in/{}?{}\">{}</a></p>",
            escape(&provider.key),
            escape(&query),
            say("providers.continue", &[("provider", &escape(&provider.name))])
        )
    };
    let letter = letters.then(|| {
        format!(
            "<p><a class=\"button\" href=\"letter?{}\">{}</a></p>",
            escape(&query),
            say("providers.letter", &[])
        )
    });
    providers.map(link).chain(letter).collect()
}

/// Who answers on the second page: in a sandbox whoever has that name, otherwise whoever holds the ticket.
pub(in crate::oauth) fn who(form: &Form) -> (&'static str, String) {
    match form.get("ticket") {
        Some(ticket) => ("answer", format!("{}{}", hidden("ticket", ticket), language_asked_for(form))),
        None => (
            "authorize",
            format!("{}{}", carried(form), hidden("user", form.get("user").unwrap_or_default())),
        ),
    }
}

fn language_asked_for(form: &Form) -> String {
    form.get(PARAMETER).map(|tags| hidden(PARAMETER, tags)).unwrap_or_default()
}
