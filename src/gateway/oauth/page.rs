//! The pages that a person sees: plain HTML without scripts, everything that was sent escaped. `/practice` has pages
//! of its own; nothing here knows HTTP.

use std::{fmt::Write, sync::LazyLock};

use auth::{
    Categories, Scopes,
    app::policy_source,
    authorize::{Authorization, Untrusted},
    sign_in::Role,
};
use aws_lc_rs::digest;
use base64::{Engine, prelude::BASE64_STANDARD};
use record::ResourceType;

use super::{
    authorize::{CARRIED, CHOICE, CHOSEN, COME_BACK},
    choosing::Record,
    form::Form,
    signing_in::who,
    words::{CHOOSER, TAG, is_mark, say},
};

/// A page, and where its form may lead.
pub(super) struct Page {
    pub(super) kind: Kind,
    pub(super) html: String,
    leads_to: Option<String>,
}

/// What a page is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// It asks something.
    Question,
    /// The request is not good.
    Refusal,
    /// The form came from elsewhere.
    Forgery,
    /// It was asked too often.
    TooOften,
    /// It cannot be done on this server.
    Unavailable,
    /// The server failed.
    Failure,
}

/// For the app's developer.
const TRY: &str = "It is only proposed: in a sandbox, `recordgate admin apps try` lets it in.";
const STYLE: &str = "body{font:1.1rem/1.5 system-ui,sans-serif;max-width:38rem;margin:2rem auto;padding:0 1rem;\
color:#1b1f23;background:#fff}h1{font-size:1.6rem;line-height:1.25}label{display:block;font-weight:600;margin-top:1rem}\
input,select{font:inherit;padding:.5rem;width:100%;box-sizing:border-box;border:2px solid #1b1f23}\
input[type=checkbox]{width:1.3rem;height:1.3rem;margin:0 .5rem 0 0;vertical-align:middle}fieldset{margin:1rem 0;\
border:2px solid #4b5563}\
button{font:inherit;font-weight:600;padding:.6rem 1.4rem;margin:1.2rem .8rem 0 0;border:2px solid #14532d;\
background:#14532d;color:#fff;cursor:pointer}a.button{display:inline-block;font-weight:600;padding:.6rem 1.4rem;border:2px solid #14532d;\
background:#14532d;color:#fff;text-decoration:none}button[value=deny]{background:#fff;color:#1b1f23;border-color:#1b1f23}\
:focus-visible{outline:3px solid #b45309;outline-offset:2px}code{word-break:break-all}mark{background:#fde68a}\
table{border-collapse:collapse;width:100%;table-layout:fixed}th,td{border:1px solid #4b5563;padding:.4rem;\
text-align:left;vertical-align:top;overflow-wrap:anywhere}nav{text-align:right;margin-bottom:1rem}nav a,nav span{margin-left:.7rem}.error{border-left:4px solid #b91c1c;padding-left:.8rem}.note{color:#4b5563}";

static STYLE_HASH: LazyLock<String> =
    LazyLock::new(|| BASE64_STANDARD.encode(digest::digest(&digest::SHA256, STYLE.as_bytes())));

impl Page {
    /// Who are you, and may the app see this?
    pub(super) fn sign_in(
        authorization: &Authorization,
        form: &Form,
        ways_in: Option<&str>,
        problem: Option<&str>,
    ) -> Self {
        let title = asks(authorization);
        let problem =
            problem.map(|words| format!("<p class=\"error\" role=\"alert\">{words}</p>")).unwrap_or_default();
        let name = escape(form.get("user").unwrap_or_default());
        let body = format!(
            "<h1>{title}</h1>{problem}<form method=\"post\" action=\"authorize\">{}{}\
             <label for=\"user\">{}</label>\
             <input id=\"user\" name=\"user\" value=\"{name}\" autocomplete=\"off\" autocapitalize=\"none\">{}</form>\
             <p class=\"note\">{}</p>{}",
            carried(form),
            choices(authorization, form),
            say("sandbox.name", &[]),
            buttons(),
            say("sandbox.note", &[]),
            ways_in.map(|links| format!("<h2>{}</h2>{links}", say("sandbox.or", &[]))).unwrap_or_default()
        );
        Self::question(&title, &body, authorization)
    }

    /// Whose record may the app see?
    pub(super) fn choose(authorization: &Authorization, form: &Form, records: &[Record]) -> Self {
        let title = say("choose.title", &[("app", &escape(&authorization.app.name))]);
        let options: String = records.iter().map(option).collect();
        let (action, who) = who(form);
        let body = format!(
            "<h1>{title}</h1>{}<form method=\"post\" action=\"{action}\">{who}{}\
             <label for=\"patient\">{}</label><select id=\"patient\" name=\"patient\">{options}</select>\
             {}</form>",
            terms(authorization),
            chosen(form),
            say("choose.record", &[]),
            buttons()
        );
        Self::question(&title, &body, authorization)
    }

    /// The request cannot be trusted enough to send anybody anywhere.
    pub(super) fn untrusted(why: &Untrusted) -> Self {
        let body = match why {
            Untrusted::NoClient | Untrusted::UnknownClient => {
                paragraph(&say("refused.unknown", &[("why", &in_english(&why.to_string()))]))
            }
            Untrusted::NotServed { name, can_be_tried } => {
                let words = paragraph(&say("refused.not-served", &[("app", &escape(name))]));
                let remedy = can_be_tried.then(|| paragraph(&in_english(TRY)));
                format!("{words}{}", remedy.unwrap_or_default())
            }
            Untrusted::WrongRedirect { sent, registered } => wrong_redirect(sent.as_deref(), registered),
        };
        Self::plain(Kind::Refusal, &say("refused.title", &[]), &format!("{body}{}", nothing_shared()))
    }

    /// The request cannot be read.
    pub(super) fn refusal(words: &str) -> Self {
        let body = paragraph(&say("refused.unusable", &[("why", &in_english(words))]));
        Self::plain(Kind::Refusal, &say("refused.title", &[]), &format!("{body}{}", nothing_shared()))
    }

    /// The answer did not come from our own form.
    pub(super) fn forgery() -> Self {
        let body = format!("{}{}", paragraph(&say("forgery.words", &[])), nothing_shared());
        Self::plain(Kind::Forgery, &say("forgery.title", &[]), &body)
    }

    /// Nobody can sign in.
    pub(super) fn no_sign_in() -> Self {
        let body = format!("{}{}", paragraph(&say("no-sign-in.words", &[])), nothing_shared());
        Self::plain(Kind::Unavailable, &say("no-sign-in.title", &[]), &body)
    }

    /// The person has no record here.
    pub(super) fn no_record() -> Self {
        let body = format!(
            "{}{}{}",
            paragraph(&say("no-record.words", &[])),
            paragraph(&say("no-record.who-decides", &[])),
            nothing_shared()
        );
        Self::plain(Kind::Question, &say("no-record.title", &[]), &body)
    }

    /// The server failed.
    pub(super) fn failure() -> Self {
        let body = format!("{}{}", paragraph(&say("failure.words", &[])), nothing_shared());
        Self::plain(Kind::Failure, &say("failure.title", &[]), &body)
    }

    /// The content security policy. Browsers hold the redirect that follows a form against `form-action` too.
    pub(super) fn policy(&self) -> String {
        let target = match &self.leads_to {
            Some(source) => format!("'self' {source}"),
            None => "'none'".to_owned(),
        };
        format!(
            "default-src 'none'; style-src 'sha256-{}'; form-action {target}; frame-ancestors 'none'; base-uri 'none'",
            *STYLE_HASH
        )
    }

    pub(super) fn question(title: &str, body: &str, authorization: &Authorization) -> Self {
        Self::leading_to(title, body, policy_source(&authorization.redirect_uri))
    }

    /// A page whose form leads to another site.
    pub(super) fn leading_to(title: &str, body: &str, leads_to: Option<String>) -> Self {
        Self { kind: Kind::Question, html: document(title, body), leads_to }
    }

    /// A page whose form, if it has one, leads nowhere.
    pub(super) fn leading_nowhere(kind: Kind, title: &str, body: &str) -> Self {
        Self { kind, html: document(title, body), leads_to: None }
    }

    pub(super) fn plain(kind: Kind, title: &str, body: &str) -> Self {
        Self::leading_nowhere(kind, title, &format!("<h1>{title}</h1>{body}"))
    }
}

/// That an app asks for something, as a title.
pub(super) fn asks(authorization: &Authorization) -> String {
    say("consent.title", &[("app", &escape(&authorization.app.name))])
}

pub(super) fn nothing_shared() -> String {
    paragraph(&say("nothing-shared", &[]))
}

pub(super) fn paragraph(words: &str) -> String {
    format!("<p>{words}</p>")
}

/// Words for developers, which are in English whatever language the page is in.
fn in_english(words: &str) -> String {
    format!("<span lang=\"en\">{}</span>", escape(words))
}

pub(super) fn buttons() -> String {
    format!(
        "<button name=\"decision\" value=\"allow\">{}</button><button name=\"decision\" value=\"deny\">{}</button>",
        say("consent.allow", &[]),
        say("consent.deny", &[])
    )
}

fn document(title: &str, body: &str) -> String {
    format!(
        "<!doctype html><html lang=\"{TAG}\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width,initial-scale=1\"><title>{title}</title>\
         <style>{STYLE}</style></head><body>{CHOOSER}<main>{body}</main></body></html>"
    )
}

/// What the app wants to see, to be left out part by part; how long, and where the person goes next.
pub(super) fn choices(authorization: &Authorization, form: &Form) -> String {
    let app = escape(&authorization.app.name);
    let scopes = &authorization.scopes;
    let ticked = |name: &str| form.get(CHOICE).is_none() || form.get(name).is_some();
    let asked = CHOSEN.iter().filter_map(|(name, kind)| {
        let kind = kind.filter(|kind| scopes.types().contains(kind))?;
        Some(tick(name, ticked(name), &in_words(kind, scopes.seen_in(kind))))
    });
    let asked: String = asked.collect();
    let named = [("app", app.as_str())];
    let comes_back = (scopes.offline() || scopes.online()).then(|| {
        let words = format!("{} {}", say("consent.come-back", &named), how_long(scopes));
        tick(COME_BACK, ticked(COME_BACK), &words)
    });
    let sees = if asked.is_empty() {
        paragraph(&say("consent.nothing", &named))
    } else {
        format!(
            "<fieldset><legend>{}</legend>{asked}</fieldset><p class=\"note\">{}</p>",
            say("consent.parts", &named),
            say("consent.untick", &[])
        )
    };
    format!("{}{sees}{}{}", hidden(CHOICE, "yes"), comes_back.unwrap_or_default(), next(authorization))
}

fn tick(name: &str, ticked: bool, words: &str) -> String {
    let ticked = if ticked { " checked" } else { "" };
    format!("<label><input type=\"checkbox\" name=\"{name}\" value=\"yes\"{ticked}> {words}</label>")
}

/// What was chosen on the page before.
fn chosen(form: &Form) -> String {
    CHOSEN.iter().filter_map(|(name, _)| form.get(name).map(|value| hidden(name, value))).collect()
}

/// What the app will see, how long, and where the person goes next.
fn terms(authorization: &Authorization) -> String {
    let app = escape(&authorization.app.name);
    let scopes = &authorization.scopes;
    let named = [("app", app.as_str())];
    let item = |kind: ResourceType| format!("<li>{}</li>", in_words(kind, scopes.seen_in(kind)));
    let items: String = scopes.types().into_iter().map(item).collect();
    let sees = if items.is_empty() {
        paragraph(&say("consent.nothing", &named))
    } else {
        format!("{}<ul>{items}</ul>", paragraph(&say("consent.sees", &named)))
    };
    format!("{sees}<p>{} {}</p>{}", how_long(scopes), say("consent.no-change", &[]), next(authorization))
}

fn how_long(scopes: &Scopes) -> String {
    let name = if scopes.offline() {
        "consent.offline"
    } else if scopes.online() {
        "consent.online"
    } else {
        "consent.once"
    };
    say(name, &[])
}

fn next(authorization: &Authorization) -> String {
    let next = escape(&policy_source(&authorization.redirect_uri).unwrap_or_default());
    paragraph(&say("consent.next", &[("where", &format!("<code>{next}</code>"))]))
}

/// A type, and the categories of it if the app sees no others.
pub(super) fn in_words(kind: ResourceType, categories: Option<Categories>) -> String {
    let kind = match kind {
        ResourceType::Patient => say("type.patient", &[]),
        ResourceType::Observation => say("type.observation", &[]),
        ResourceType::Immunization => say("type.immunization", &[]),
    };
    let codes: Vec<String> = categories.into_iter().flatten().map(|(_, code)| escape(&code)).collect();
    if codes.is_empty() { kind } else { say("type.only", &[("type", &kind), ("codes", &codes.join(", "))]) }
}

fn option(record: &Record) -> String {
    format!("<option value=\"{}\">{}</option>", escape(&record.choice.patient), whose(record))
}

/// Whose record it is, for whoever may choose it.
pub(super) fn whose(record: &Record) -> String {
    let practice = record.practice.as_deref().unwrap_or(record.choice.subject.practice.as_str());
    let practice = escape(practice);
    match (record.choice.role, record.name.as_deref().map(escape)) {
        (Role::Patient, _) => say("record.own", &[("practice", &practice)]),
        (Role::Proxy, Some(name)) => say("record.named", &[("name", &name), ("practice", &practice)]),
        (Role::Proxy, None) if record.alone => say("record.alone", &[("practice", &practice)]),
        (Role::Proxy, None) => {
            let patient = escape(&record.choice.patient);
            say("record.other", &[("practice", &practice), ("patient", &patient)])
        }
    }
}

pub(super) fn carried(form: &Form) -> String {
    CARRIED.iter().filter_map(|name| form.get(name).map(|value| hidden(name, value))).collect()
}

pub(super) fn hidden(name: &str, value: &str) -> String {
    format!("<input type=\"hidden\" name=\"{name}\" value=\"{}\">", escape(value))
}

/// For the app's developer: what came beside what was expected, with the first difference marked.
fn wrong_redirect(sent: Option<&str>, registered: &[String]) -> String {
    let mut html = format!(
        "<p>{}</p><table><thead><tr><th scope=\"col\">{}</th><th scope=\"col\">{}</th></tr></thead><tbody>",
        say("redirect.words", &[]),
        say("redirect.sent", &[]),
        say("redirect.registered", &[])
    );
    for uri in registered {
        let cells = match sent {
            Some(sent) => (format!("<code>{}</code>", marked(sent, common(sent, uri))), common(sent, uri)),
            None => (say("redirect.missing", &[]), uri.len()),
        };
        let _ = write!(html, "<tr><td>{}</td><td><code>{}</code></td></tr>", cells.0, marked(uri, cells.1));
    }
    if registered.is_empty() {
        let sent = sent.map(escape).unwrap_or_default();
        let _ = write!(html, "<tr><td><code>{sent}</code></td><td>{}</td></tr>", say("redirect.none", &[]));
    }
    html.push_str("</tbody></table>");
    html
}

/// Bytes up to the first character that differs.
fn common(a: &str, b: &str) -> usize {
    a.chars().zip(b.chars()).take_while(|(a, b)| a == b).map(|(c, _)| c.len_utf8()).sum()
}

fn marked(text: &str, same: usize) -> String {
    let (head, tail) = text.split_at_checked(same).unwrap_or(("", text));
    if tail.is_empty() { escape(head) } else { format!("{}<mark>{}</mark>", escape(head), escape(tail)) }
}

/// Safe as text and as an attribute's value in double quotes.
pub(super) fn escape(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            c if c.is_control() || is_mark(c) => safe.push('\u{fffd}'),
            c => safe.push(c),
        }
    }
    safe
}
