//! The pages of `/account`.

use std::{collections::BTreeSet, fmt::Write};

use jiff::{Timestamp, Unit};
use record::{ResourceType, london};

use super::{Connected, NO_APP, Sheet};
use crate::{
    audit::{Acting, Row},
    fhir::RELATED_PERSON,
    oauth::{
        page::{Kind, Page, escape, hidden, in_words, paragraph, whose},
        words::say,
    },
};

impl Page {
    /// How somebody who has not signed in does so.
    pub(super) fn account_way_in(by_name: bool, providers: &[(&str, &str)], problem: Option<&str>) -> Self {
        let problem =
            problem.map_or(String::new(), |words| format!("<p class=\"error\" role=\"alert\">{words}</p>"));
        let title = say("account.title", &[]);
        let mut body = format!("<h1>{title}</h1>{problem}{}", paragraph(&say("account.sign-in", &[])));
        for (key, name) in providers {
            let _ = write!(
                body,
                "<p><a class=\"button\" href=\"/account/sign-in/{}\">{}</a></p>",
                escape(key),
                say("providers.continue", &[("provider", &escape(name))])
            );
        }
        if by_name {
            let _ = write!(
                body,
                "<form method=\"post\" action=\"/account/sign-in\"><label for=\"user\">{}</label>\
                 <input id=\"user\" name=\"user\" autocomplete=\"off\" autocapitalize=\"none\"><button>{}</button></form>\
                 <p class=\"note\">{}</p>",
                say("sandbox.name", &[]),
                say("account.sign-in-button", &[]),
                say("sandbox.note", &[])
            );
        } else if providers.is_empty() {
            body.push_str(&paragraph(&say("no-sign-in.title", &[])));
        }
        Self::own_form(&title, &body)
    }

    /// What is told of a record.
    pub(super) fn account(sheet: &Sheet, now: Timestamp) -> Self {
        let title = whose(&sheet.records[sheet.chosen]);
        let body = format!(
            "<h1>{title}</h1>{}<h2>{}</h2>{}<h2>{}</h2>{}\
             <form method=\"post\" action=\"/account/sign-out\"><button>{}</button></form><p class=\"note\">{}</p>",
            others(sheet),
            say("account.apps", &[]),
            apps(sheet, now),
            say("account.looks", &[]),
            looked(sheet),
            say("account.sign-out", &[]),
            say("account.how-long", &[])
        );
        Self::own_form(&title, &body)
    }

    /// The person has no record here.
    pub(super) fn account_without_record(account: &str) -> Self {
        let name = format!("<code>{}</code>", escape(account));
        let body = format!(
            "{}{}",
            paragraph(&say("account.none", &[])),
            paragraph(&say("account.none-act", &[("name", &name)]))
        );
        Self::plain(Kind::Question, &say("account.none-title", &[]), &body)
    }

    pub(super) fn signed_out() -> Self {
        let body = format!(
            "{}<p><a href=\"/account\">{}</a></p>",
            paragraph(&say("signed-out.words", &[])),
            say("signed-out.again", &[])
        );
        Self::plain(Kind::Question, &say("signed-out.title", &[]), &body)
    }

    pub(super) fn no_such_account_page() -> Self {
        let body = format!(
            "{}<p><a href=\"/account\">{}</a></p>",
            paragraph(&say("account.no-page", &[])),
            say("account.title", &[])
        );
        Self::plain(Kind::Refusal, &say("account.no-page-title", &[]), &body)
    }

    pub(super) fn too_many_looks() -> Self {
        Self::plain(Kind::TooOften, &say("too-often.title", &[]), &paragraph(&say("account.too-often", &[])))
    }

    pub(super) fn looks_behind() -> Self {
        Self::plain(Kind::Unavailable, &say("too-often.title", &[]), &paragraph(&say("account.behind", &[])))
    }

    fn own_form(title: &str, body: &str) -> Self {
        Self::leading_to(title, body, Some(String::new()))
    }
}

/// Links to the other records.
fn others(sheet: &Sheet) -> String {
    let others = sheet.records.iter().enumerate().filter(|(at, _)| *at != sheet.chosen);
    let links: String = others
        .map(|(_, record)| {
            let patient = escape(&record.choice.patient);
            format!("<li><a href=\"/account?patient={patient}\">{}</a></li>", whose(record))
        })
        .collect();
    if links.is_empty() {
        links
    } else {
        format!("{}<ul>{links}</ul>", paragraph(&say("account.others", &[])))
    }
}

fn apps(sheet: &Sheet, now: Timestamp) -> String {
    if sheet.apps.is_empty() {
        return paragraph(&say("account.no-app", &[]));
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
        sees.push(say("account.sees-nothing", &[]));
    }
    let used = match app.used {
        Some(at) => say("account.used", &[("when", &time(at))]),
        None if sheet.looks.behind => String::new(),
        None => say("account.unused", &[]),
    };
    let lasts_hours = app.until.since((Unit::Hour, now)).is_ok_and(|left| left.get_hours() < 24);
    let ends = if lasts_hours {
        say("account.until", &[("when", &time(app.until))])
    } else {
        say("account.until-or-longer", &[("when", &day(app.until))])
    };
    let sees = say("account.sees", &[("what", &sees.join("; "))]);
    let since = say("account.since", &[("when", &time(app.since))]);
    format!(
        "<li><h3>{name}</h3><p>{sees} {since} {ends} {used}</p>\
         <form method=\"post\" action=\"/account/stop\">{}{}<button>{}</button></form></li>",
        hidden("app", &app.client_id),
        hidden("patient", &sheet.choice().patient),
        say("account.stop", &[("app", &name)])
    )
}

fn looked(sheet: &Sheet) -> String {
    let looks = &sheet.looks;
    if looks.behind {
        return paragraph(&say("account.behind", &[]));
    }
    let mut body = String::new();
    if looks.rows.is_empty() {
        body.push_str(&paragraph(&say("account.nobody", &[])));
    } else {
        let together = looks.rows.chunk_by(is_one_look);
        let rows: String = together.map(|rows| look(sheet, rows)).collect();
        let _ = write!(
            body,
            "<table><thead><tr><th scope=\"col\">{}</th><th scope=\"col\">{}</th><th scope=\"col\">{}</th></tr></thead>\
             <tbody>{rows}</tbody></table>",
            say("account.when", &[]),
            say("account.who", &[]),
            say("account.what", &[])
        );
    }
    let patient = escape(&sheet.choice().patient);
    if let Some(place) = looks.earlier {
        let words = say("account.earlier", &[]);
        let _ = write!(body, "<p><a href=\"/account?patient={patient}&amp;before={place}\">{words}</a></p>");
    }
    let before = sheet.before.map_or(String::new(), |place| format!("&amp;before={place}"));
    let _ = write!(
        body,
        "<p><a href=\"/account/events?patient={patient}{before}\">{}</a></p><p class=\"note\">{}</p>",
        say("account.keep", &[]),
        say("account.staff", &[])
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
        _ if row.account == sheet.account => "account.you",
        Acting::Myself => "account.patient",
        Acting::Proxy => "account.proxy",
    };
    let who = match row.app.as_str() {
        NO_APP => say(&format!("{who}.here"), &[]),
        app => say(who, &[("app", &escape(sheet.names.get(app).map_or(app, String::as_str)))]),
    };
    let kind = match ResourceType::from_name(&row.kind) {
        Some(kind) => in_words(kind, None),
        None if row.kind == RELATED_PERSON => say("type.related-person", &[]),
        None => escape(&row.kind),
    };
    let shown: BTreeSet<&String> = rows.iter().flat_map(|row| &row.shown).collect();
    let shown = match shown.len() {
        0 => say("account.nothing", &[]),
        1 => kind,
        several => format!("{kind} ({several})"),
    };
    format!("<tr><td>{}</td><td>{who}</td><td>{shown}</td></tr>", time(row.at))
}

/// A minute in London: `26 November 2026, 14:09`, in the language's own order.
fn time(at: Timestamp) -> String {
    let local = local(at);
    say("time", &[("day", &day(at)), ("time", &local.strftime("%H:%M").to_string())])
}

fn day(at: Timestamp) -> String {
    let local = local(at);
    let month = say(&format!("month.{}", local.month()), &[]);
    say("day", &[("day", &local.day().to_string()), ("month", &month), ("year", &local.year().to_string())])
}

fn local(at: Timestamp) -> jiff::Zoned {
    at.to_zoned(london())
}
