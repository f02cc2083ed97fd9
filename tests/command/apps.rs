//! The register of apps by command: the way of an app from proposed to retired, and what is refused on it.

use store::{App, AppStatus, Apps, Store};

use super::{
    Ran, run,
    site::{PRACTICE, Site},
};
use crate::support::practice;

const WHO: [&str; 4] = ["--by", "Priya Nair", "--why", "as agreed on Monday"];

fn apps(site: &Site, command: &str, rest: &[&str]) -> Ran {
    let config = site.config();
    run(&[&["admin", "apps", command, "--config", &config], rest].concat())
}

fn step(site: &Site, command: &str) -> Ran {
    apps(site, command, &[&["--client", "diary"], &WHO[..]].concat())
}

fn add(site: &Site, more: &[&str]) -> Ran {
    let good = [
        "--client",
        "diary",
        "--name",
        "Health diary",
        "--redirect-uri",
        "https://diary.example/callback",
        "--scope",
        "launch/patient",
        "--scope",
        "patient/*.rs",
    ];
    apps(site, "add", &[&good[..], more, &WHO].concat())
}

fn status(site: &Site) -> AppStatus {
    site.store().app("diary").unwrap().unwrap().status
}

#[test]
fn an_app_comes_from_proposed_to_retired_with_a_line_for_each_step() {
    let site = Site::new();
    add(&site, &[]).is_good(&["line 1"]);
    assert_eq!(status(&site), AppStatus::Proposed);
    assert_eq!(apps(&site, "list", &[]).out, "proposed   diary                            Health diary\n");
    step(&site, "try").is_good(&["diary is sandbox now"]);
    let refused = step(&site, "approve");
    assert_eq!(refused.code, Some(1));
    refused.says(&["clinical-safety"]);
    let evidence = [
        "--client",
        "diary",
        "--evidence",
        "clinical-safety=CSCR-12",
        "--evidence",
        "data-protection=DPIA-7",
        "--evidence",
        "contract=C-2026-3",
        "--contact",
        "safety@diary.example",
    ];
    apps(&site, "change", &[&evidence[..], &WHO].concat()).is_good(&["line 3"]);
    step(&site, "approve").is_good(&["diary is approved now"]);
    step(&site, "suspend").is_good(&["diary is suspended now"]);
    step(&site, "reinstate").is_good(&["diary is approved now"]);
    step(&site, "retire").is_good(&["diary is retired now"]);
    for command in ["try", "approve", "suspend", "reinstate", "retire"] {
        let refused = step(&site, command);
        assert_eq!(refused.code, Some(1), "{command}");
        refused.says(&["retired"]);
    }
    let shown = apps(&site, "show", &["--client", "diary"]);
    shown.is_good(&[
        "https://diary.example/callback",
        "CSCR-12",
        "safety@diary.example",
        "a public app",
        "from approved to suspended",
        "by Priya Nair",
        "as agreed on Monday",
    ]);
    let history = site.store().app_history("diary").unwrap();
    let steps: Vec<AppStatus> = history.iter().map(|line| line.app.status).collect();
    use AppStatus::{Approved, Proposed, Retired, Sandbox, Suspended};
    assert_eq!(steps, [Proposed, Sandbox, Sandbox, Approved, Suspended, Approved, Retired]);
}

#[test]
fn what_cannot_stand_in_the_register_is_refused_and_nothing_is_written() {
    let site = Site::new();
    let keys = site.path("private.jwks");
    std::fs::write(&keys, r#"{"keys":[{"kty":"EC","crv":"P-384","kid":"a","x":"x","y":"y","d":"d"}]}"#)
        .unwrap();
    for (more, words) in [
        (&["--redirect-uri", "http://diary.example/"][..], "redirect URI"),
        (&["--scope", "system/*.rs"], "no scope"),
        (&["--keys", keys.to_str().unwrap()], "private part"),
        (&["--keys-url", "http://diary.example/jwks"], "https"),
        (&["--per-minute", "0"], "1 to 1000000"),
    ] {
        let refused = add(&site, more);
        assert_eq!(refused.code, Some(1), "{more:?}");
        refused.says(&[words]);
    }
    assert_eq!(add(&site, &["--evidence", "hearsay=x"]).code, Some(2));
    assert!(site.store().apps().unwrap().is_empty());
    add(&site, &[]).is_good(&[]);
    let twice = add(&site, &[]);
    assert_eq!(twice.code, Some(1));
    twice.says(&["already"]);
    let nobody = apps(&site, "suspend", &[&["--client", "nobody"], &WHO[..]].concat());
    assert_eq!(nobody.code, Some(1));
    nobody.says(&["no app with the client id nobody"]);
    step(&site, "suspend").says(&["cannot be done with an app that is proposed"]);
}

#[test]
fn a_practice_blocks_an_app_and_takes_it_back() {
    let site = Site::new();
    add(&site, &[]).is_good(&[]);
    let block = |command: &str| {
        apps(&site, command, &[&["--practice", PRACTICE, "--client", "diary"], &WHO[..]].concat())
    };
    block("block").is_good(&["decision 1 of Y99999"]);
    block("block").is_good(&["nothing to change"]);
    assert!(site.store().practice(&practice()).unwrap().blocked_apps.contains("diary"));
    let log = run(&["admin", "decisions", "--config", &site.config(), "--practice", PRACTICE]);
    log.is_good(&["app diary gets nothing of our patients", "by Priya Nair"]);
    block("unblock").is_good(&["decision 2"]);
    let app: App = site.store().app("diary").unwrap().unwrap();
    assert_eq!(app.practices, None);
    assert!(site.store().practice(&practice()).unwrap().blocked_apps.is_empty());
}
