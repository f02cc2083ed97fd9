//! The pages of `/account`, and their words.

use std::fmt::Write;

use jiff::{Timestamp, Unit, tz::TimeZone};
use record::{ResourceType, london};

use super::{Connected, Sheet};
use crate::{
    audit::{Acting, Row},
    oauth::page::{Kind, Page, Record, escape, hidden, in_words, whose},
};

impl Page {
    /// How somebody who has not signed in does so.
    pub(super) fn account_way_in(by_name: bool, providers: &[(&str, &str)], problem: Option<&str>) -> Self {
        let problem = problem.map_or(String::new(), |words| {
            format!("<p class=\"error\" role=\"alert\">{}</p>", escape(words))
        });
        let mut body = format!(
            "<h1>Your apps, and who has looked</h1>{problem}<p>Sign in to see which apps you have let into a GP record, to \
             stop one, and to see who has looked at the record.</p>"
        );
        for (key, name) in providers {
            let _ = write!(
                body,
                "<p><a class=\"button\" href=\"/account/sign-in/{}\">Continue with {}</a></p>",
                escape(key),
                escape(name)
            );
        }
        if by_name {
            body.push_str(
                "<form method=\"post\" action=\"/account/sign-in\"><label for=\"user\">Your name in this sandbox</label>\
                 <input id=\"user\" name=\"user\" autocomplete=\"off\" autocapitalize=\"none\"><button>Sign in</button></form>\
                 <p class=\"note\">This is a sandbox: everybody in it is made up, and no password is asked for.</p>",
            );
        } else if providers.is_empty() {
            body.push_str("<p>Sign-in is not set up on this server.</p>");
        }
        Self::own_form("Your apps, and who has looked", &body)
    }

    /// What is told of a record.
    pub(super) fn account(sheet: &Sheet, now: Timestamp) -> Self {
        let (choice, practice) = &sheet.records[sheet.chosen];
        let title = whose(&Record { choice, practice: practice.clone() });
        let body = format!(
            "<h1>{title}</h1>{}<h2>Apps that you have let in</h2>{}<h2>Who has looked</h2>{}\
             <form method=\"post\" action=\"/account/sign-out\"><button>Sign out</button></form>\
             <p class=\"note\">You are signed in for 15 minutes.</p>",
            others(sheet),
            apps(sheet, now),
            looked(sheet)
        );
        Self::own_form(&title, &body)
    }

    /// The person has no record here.
    pub(super) fn account_without_record(account: &str) -> Self {
        let body = format!(
            "<p>There is no GP record here that is yours, and nobody for whom you may act today.</p><p>If you are to act for \
             somebody, give their GP practice this name, with which you sign in here: <code>{}</code></p>",
            escape(account)
        );
        Self::plain(Kind::Question, "There is no record", &body)
    }

    pub(super) fn signed_out() -> Self {
        let body = "<p>Nobody who uses this browser after you sees your account.</p><p><a href=\"/account\">Sign in again</a></p>";
        Self::plain(Kind::Question, "You are signed out", body)
    }

    pub(super) fn no_such_account_page() -> Self {
        let body = "<p>This address does not lead to anything of yours.</p><p><a href=\"/account\">Your apps, and who has \
                    looked</a></p>";
        Self::plain(Kind::Refusal, "There is no such page", body)
    }

    pub(super) fn too_many_looks() -> Self {
        Self::plain(
            Kind::TooOften,
            "Wait a minute",
            "<p>You have looked very often. Wait a minute and try again.</p>",
        )
    }

    fn own_form(title: &str, body: &str) -> Self {
        Self::leading_to(title, body, Some(String::new()))
    }
}

/// Links to the other records.
fn others(sheet: &Sheet) -> String {
    let others = sheet.records.iter().enumerate().filter(|(at, _)| *at != sheet.chosen);
    let links: String = others
        .map(|(_, (choice, practice))| {
            let words = whose(&Record { choice, practice: practice.clone() });
            format!("<li><a href=\"/account?patient={}\">{words}</a></li>", escape(&choice.patient))
        })
        .collect();
    if links.is_empty() { links } else { format!("<p>Or look at another record:</p><ul>{links}</ul>") }
}

fn apps(sheet: &Sheet, now: Timestamp) -> String {
    if sheet.apps.is_empty() {
        return "<p>No app can see this record with your permission now.</p>".to_owned();
    }
    let rows: String = sheet.apps.iter().map(|app| connected(sheet, app, now)).collect();
    format!("<ul class=\"apps\">{rows}</ul>")
}

fn connected(sheet: &Sheet, app: &Connected, now: Timestamp) -> String {
    let name = escape(&app.name);
    let mut sees: Vec<String> = ResourceType::ALL
        .into_iter()
        .filter(|kind| app.scopes.iter().any(|scopes| scopes.types().contains(kind)))
        .map(|kind| {
            let of = app.scopes.iter().find(|scopes| scopes.types().contains(&kind));
            in_words(kind, of.and_then(|scopes| scopes.seen_in(kind)))
        })
        .collect();
    if sees.is_empty() {
        sees.push("which record it is, and nothing in it".to_owned());
    }
    let used = sheet.looks.rows.iter().find(|row| row.app == app.client_id && row.account == sheet.account);
    let used = used.map_or_else(
        || "It has not looked lately.".to_owned(),
        |row| format!("It last looked on {}.", time(row.at)),
    );
    let ends = match app.until.since((Unit::Hour, now)) {
        Ok(left) if left.get_hours() < 24 => format!("until {}", time(app.until)),
        _ => format!("until {}, or longer if it comes back before", day(app.until)),
    };
    format!(
        "<li><h3>{name}</h3><p>It may see: {}. You let it in on {}, {ends}. {used}</p>\
         <form method=\"post\" action=\"/account/stop\">{}{}<button>Stop {name}</button></form></li>",
        sees.join("; "),
        time(app.since),
        hidden("app", &app.client_id),
        hidden("patient", &sheet.choice().patient),
    )
}

fn looked(sheet: &Sheet) -> String {
    let looks = &sheet.looks;
    let mut body = String::new();
    if looks.rows.is_empty() {
        body.push_str("<p>Nobody has looked in the time that was gone through.</p>");
    } else {
        let together = looks.rows.chunk_by(is_one_look);
        let rows: String = together.map(|rows| look(sheet, rows)).collect();
        let _ = write!(
            body,
            "<table><thead><tr><th scope=\"col\">When</th><th scope=\"col\">Who, with which app</th>\
             <th scope=\"col\">What was shown</th></tr></thead><tbody>{rows}</tbody></table>"
        );
    }
    if looks.left_out > 0 {
        let _ = write!(body, "<p>{} more on those days are not listed.</p>", looks.left_out);
    }
    let patient = escape(&sheet.choice().patient);
    if let Some(day) = looks.earlier {
        let _ = write!(body, "<p><a href=\"/account?patient={patient}&amp;before={day}\">Earlier</a></p>");
    }
    let _ = write!(
        body,
        "<p><a href=\"/account/events?patient={patient}\">Keep this list as a file (FHIR AuditEvent)</a></p>\
         <p class=\"note\">The staff of your practice look at its own system, which keeps a list of its own.</p>"
    );
    body
}

/// Page after page of one search is one look.
fn is_one_look(one: &Row, other: &Row) -> bool {
    let of = |row: &Row| (time(row.at), row.app.clone(), row.account.clone(), row.kind.clone());
    of(one) == of(other)
}

fn look(sheet: &Sheet, rows: &[Row]) -> String {
    let Some(row) = rows.first() else { return String::new() };
    let who = match row.acting {
        _ if row.account == sheet.account => "You",
        Acting::Myself => "The patient",
        Acting::Proxy => "Somebody who acts for this person",
    };
    let app = escape(sheet.names.get(&row.app).unwrap_or(&row.app));
    let kind =
        ResourceType::from_name(&row.kind).map_or_else(|| escape(&row.kind), |kind| in_words(kind, None));
    let shown = match rows.iter().map(|row| row.shown.len()).sum() {
        0 => "nothing".to_owned(),
        1 => kind,
        several => format!("{kind} ({several})"),
    };
    format!("<tr><td>{}</td><td>{who}, with {app}</td><td>{shown}</td></tr>", time(row.at))
}

fn time(at: Timestamp) -> String {
    local(at).strftime("%-d %B %Y at %H:%M").to_string()
}

fn day(at: Timestamp) -> String {
    local(at).strftime("%-d %B %Y").to_string()
}

fn local(at: Timestamp) -> jiff::Zoned {
    let zone: TimeZone = london();
    at.to_zoned(zone)
}
