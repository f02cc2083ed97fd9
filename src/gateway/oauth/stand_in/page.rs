//! The page on which a tester chooses who signs in and what goes wrong.

use auth::app::policy_source;

use super::{Fault, Somebody};
use crate::{
    Response,
    oauth::{
        form::Form,
        page::{Kind, Page, escape, hidden},
        reply,
    },
};

/// What comes back with the choice.
const CARRIED: [&str; 8] = [
    "response_type",
    "client_id",
    "redirect_uri",
    "scope",
    "nonce",
    "code_challenge",
    "code_challenge_method",
    "state",
];

pub(super) fn choose(people: &[Somebody], form: &Form, redirect_uri: &str) -> Response {
    let carried: String =
        CARRIED.iter().filter_map(|name| form.get(name).map(|value| hidden(name, value))).collect();
    let options: String = people
        .iter()
        .enumerate()
        .map(|(at, one)| format!("<option value=\"{at}\">{}</option>", escape(&one.label)))
        .collect();
    let faults: String = Fault::ALL
        .iter()
        .map(|(_, name, words)| format!("<option value=\"{name}\">{words}</option>"))
        .collect();
    let body = format!(
        "<h1>Pretend NHS login</h1><p>This is not NHS login. It stands in for it in a sandbox, where everybody is made up.</p>\
         <form method=\"post\" action=\"authorize\">{carried}<label for=\"person\">Who signs in?</label>\
         <select id=\"person\" name=\"person\">{options}</select><label for=\"fault\">What goes wrong?</label>\
         <select id=\"fault\" name=\"fault\">{faults}</select><button>Sign in</button></form>"
    );
    reply::page(&Page::leading_to("Pretend NHS login", &body, policy_source(redirect_uri)))
}

/// The request is not one that NHS login would take.
pub(super) fn wrong(why: &str) -> Response {
    let body = format!("<p>It cannot take this request: {}.</p>", escape(why));
    reply::page(&Page::plain(Kind::Refusal, "Pretend NHS login", &body))
}
