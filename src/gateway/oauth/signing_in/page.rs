//! The pages of signing in with a provider, and their words: what is the matter, and what the person can do next.
//! None says more of a record than whoever proved its NHS number and date of birth may know.

use auth::{authorize::Authorization, provider::matching::NotOwn};

use super::provider::{Provider, Trouble};
use crate::oauth::{
    authorize::CARRIED,
    form::Form,
    page::{BUTTONS, Kind, NOTHING_SHARED, Page, carried, choices, escape, hidden},
};

impl Page {
    /// With what would you like to sign in?
    pub(super) fn providers(authorization: &Authorization, links: &str, back: &str) -> Self {
        let title = format!("{} asks to see a GP record", escape(&authorization.app.name));
        let body = format!(
            "<h1>{title}</h1><p>Sign in first, so that nobody else sees your record. After that you choose what the app may \
             see.</p>{links}<p><a href=\"{}\">Do not sign in: go back to the app</a></p>",
            escape(back)
        );
        Self::leading_nowhere(Kind::Question, &title, &body)
    }

    /// May the app see this? Whoever is asked has signed in.
    pub(super) fn consent(authorization: &Authorization, form: &Form, ticket: &str) -> Self {
        let title = format!("{} asks to see a GP record", escape(&authorization.app.name));
        let body = format!(
            "<h1>{title}</h1><p>You are signed in.</p><form method=\"post\" action=\"answer\">{}{}{BUTTONS}</form>",
            hidden("ticket", ticket),
            choices(authorization, form)
        );
        Self::question(&title, &body, authorization)
    }

    /// The answer does not belong to anything that this browser began, or not any more.
    pub(super) fn lost() -> Self {
        let body = "<p>This sign-in was not begun in this browser, took longer than 30 minutes, or was used before.</p>\
                    <p>Go back to the app and begin again. Your browser must take cookies from this site.</p>";
        Self::plain(Kind::Refusal, "Begin again from the app", &format!("{body}{NOTHING_SHARED}"))
    }

    /// Too many have begun to sign in from here.
    pub(in crate::oauth) fn too_often() -> Self {
        let body =
            "<p>Too many people have begun to sign in from your network. Wait a minute and try again.</p>";
        Self::plain(Kind::TooOften, "Wait a minute", &format!("{body}{NOTHING_SHARED}"))
    }

    /// The provider sent the person back without having signed them in.
    pub(super) fn refused_there(provider: &Provider, back: &str) -> Self {
        let name = escape(&provider.name);
        let body = format!(
            "<p>{name} did not sign you in, or you chose not to share your details with this service.</p><p>To see your GP \
             record you need both. You can go back to the app and try again.</p>"
        );
        Self::with_way_back(Kind::Question, &format!("{name} did not sign you in"), &body, back)
    }

    /// Something went wrong between this server and the provider.
    pub(in crate::oauth) fn trouble(why: Trouble, provider: &Provider, back: &str) -> Self {
        let name = escape(&provider.name);
        match why {
            Trouble::Away => Self::with_way_back(
                Kind::Unavailable,
                &format!("{name} does not answer"),
                &format!("<p>We cannot reach {name} now. Try again in a few minutes.</p>"),
                back,
            ),
            Trouble::Distrusted => Self::with_way_back(
                Kind::Refusal,
                "We could not be sure who signed in",
                &format!(
                    "<p>What came from {name} was not a good proof of who you are, so we did not use it. Go back to the app \
                     and try again. If it happens again, tell the makers of the app.</p>"
                ),
                back,
            ),
            Trouble::Level => Self::with_way_back(
                Kind::Question,
                "Prove who you are first",
                &format!(
                    "<p>You have signed in, but {name} has not yet checked that you are who you say you are. A GP record is \
                     shown only to people whose identity was checked with a photo document.</p><p>In {name}, choose to prove \
                     who you are: you need your passport, driving licence or another photo document and a camera. Or ask \
                     your GP practice for help. Then go back to the app and try again.</p>"
                ),
                back,
            ),
            Trouble::NoDetails => Self::with_way_back(
                Kind::Question,
                "We need your NHS number and date of birth",
                &format!(
                    "<p>{name} did not tell us your NHS number and your date of birth, so we cannot find your record. Sign in \
                     again and agree to share them.</p>"
                ),
                back,
            ),
        }
    }

    /// There is no record that the person may see.
    pub(super) fn not_own(why: NotOwn, account: &str, back: &str) -> Self {
        let (title, words) = match why {
            NotOwn::Unknown => (
                "We cannot find your record",
                "<p>You have proved who you are, but no GP practice that uses this service has you as a patient with this NHS \
                 number and date of birth.</p><p>Ask your GP practice whether it uses this service, and whether your NHS \
                 number and date of birth are right in its system.</p>",
            ),
            NotOwn::NotEnabled => (
                "Your practice has not opened your record online",
                "<p>You have proved who you are, but your GP practice does not let you see your record through this \
                 service.</p><p>Ask the practice to switch on online access to your GP record. It can tell you what it has \
                 decided and why.</p>",
            ),
            NotOwn::Left => (
                "You are not registered at that practice any more",
                "<p>The practice that uses this service says that you have left it, so your record there is not shown any \
                 more.</p><p>Ask the practice where you are registered now.</p>",
            ),
            NotOwn::Several => (
                "Two practices have you as a patient",
                "<p>More than one GP practice says that you are registered there now, so we do not know whose record is \
                 yours.</p><p>Ask the practice that you have left to end your registration. Then try again.</p>",
            ),
        };
        let act = format!(
            "<p>Do you want to see the record of somebody for whom you act? Give that person's GP practice this name, with \
             which you sign in here: <code>{}</code></p>",
            escape(account)
        );
        Self::with_way_back(Kind::Question, title, &format!("{words}{act}"), back)
    }

    fn with_way_back(kind: Kind, title: &str, body: &str, back: &str) -> Self {
        let words = if back.ends_with("/account") { "Go back" } else { "Go back to the app" };
        let body = format!("{body}{NOTHING_SHARED}<p><a href=\"{}\">{words}</a></p>", escape(back));
        Self::plain(kind, title, &body)
    }
}

/// Where somebody goes to sign in with each provider, as links: what a form leads to would have to be known in advance,
/// and a provider sends people on to where it likes.
pub(super) fn links<'a>(providers: impl Iterator<Item = &'a Provider>, form: &Form) -> String {
    let pairs = CARRIED.iter().filter_map(|name| form.get(name).map(|value| (*name, value)));
    let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
    let link = |provider: &Provider| {
        format!(
            "<p><a class=\"button\" href=\"sign-in/{}?{}\">Continue with {}</a></p>",
            escape(&provider.key),
            escape(&query),
            escape(&provider.name)
        )
    };
    providers.map(link).collect()
}

/// Who answers on the second page: in a sandbox whoever has that name, otherwise whoever holds the ticket.
pub(in crate::oauth) fn who(form: &Form) -> (&'static str, String) {
    match form.get("ticket") {
        Some(ticket) => ("answer", hidden("ticket", ticket)),
        None => (
            "authorize",
            format!("{}{}", carried(form), hidden("user", form.get("user").unwrap_or_default())),
        ),
    }
}
