//! The page on which a tester chooses who signs in and what goes wrong.

use auth::app::policy_source;
use http::{HeaderValue, header};

use super::{Fault, Somebody};
use crate::{
    Response,
    oauth::{
        form::Form,
        page::{escape, hidden},
    },
    outcome::{Outcome, found},
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
         <form method=\"post\" action=\"authorize\">{carried}<p><label for=\"person\">Who signs in?</label><br>\
         <select id=\"person\" name=\"person\">{options}</select></p><p><label for=\"fault\">What goes wrong?</label><br>\
         <select id=\"fault\" name=\"fault\">{faults}</select></p><p><button>Sign in</button></p></form>"
    );
    let leads_to = policy_source(redirect_uri).unwrap_or_default();
    html(&body, &format!("'self' {leads_to}"))
}

/// The request is not one that NHS login would take.
pub(super) fn wrong(why: &str) -> Response {
    let body = format!("<h1>Pretend NHS login</h1><p>It cannot take this request: {}.</p>", escape(why));
    let mut response = html(&body, "'none'");
    *response.status_mut() = Outcome::Invalid(String::new()).status();
    response
}

fn html(body: &str, form_action: &str) -> Response {
    let text = format!(
        "<!doctype html><html lang=\"en-GB\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" \
         content=\"width=device-width,initial-scale=1\"><title>Pretend NHS login</title></head><body><main>{body}</main>\
         </body></html>"
    );
    let mut response = found(text.into_bytes(), "text/html; charset=utf-8");
    let policy =
        format!("default-src 'none'; form-action {form_action}; frame-ancestors 'none'; base-uri 'none'");
    let policy = HeaderValue::from_str(&policy).unwrap_or(HeaderValue::from_static("sandbox"));
    response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, policy);
    response.headers_mut().insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    response
}
