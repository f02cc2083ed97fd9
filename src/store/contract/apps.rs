//! The register of apps, and what may be used once.

use jiff::{SignedDuration, Timestamp};
use policy::Decided;

use super::*;
use crate::{App, AppKeys, AppStatus, Apps, Change, Decisions, Pushed};

fn decided(by: &str) -> Decided {
    Decided { by: by.to_owned(), at: Timestamp::UNIX_EPOCH, why: "a reason".to_owned() }
}

fn app(id: &str) -> App {
    App { client_id: id.to_owned(), name: "An app".to_owned(), ..App::default() }
}

#[test]
fn an_app_changes_with_its_history_and_only_from_what_it_was() {
    let f = fixture();
    let (first, other) = (app("one"), app("one-more"));
    assert_eq!(f.store.change_app(None, &first, &decided("Ann")).unwrap(), Some(1));
    assert_eq!(f.store.change_app(None, &other, &decided("Ann")).unwrap(), Some(1));
    let approved = App { status: AppStatus::Approved, ..first.clone() };
    assert_eq!(f.store.change_app(None, &approved, &decided("Bob")).unwrap(), None, "it is there");
    assert_eq!(f.store.change_app(Some(&other), &approved, &decided("Bob")).unwrap(), None);
    assert_eq!(f.store.change_app(Some(&first), &first, &decided("Bob")).unwrap(), None, "nothing changes");
    assert_eq!(f.store.change_app(Some(&first), &approved, &decided("Bob")).unwrap(), Some(2));
    assert_eq!(f.store.app("one").unwrap(), Some(approved.clone()));
    let ids: Vec<String> = f.store.apps().unwrap().into_iter().map(|app| app.client_id).collect();
    assert_eq!(ids, ["one", "one-more"]);
    let history = f.store.app_history("one").unwrap();
    let lines: Vec<_> =
        history.iter().map(|line| (line.number, line.app.status, line.decided.by.as_str())).collect();
    assert_eq!(lines, [(1, AppStatus::Proposed, "Ann"), (2, AppStatus::Approved, "Bob")]);
    assert_eq!(f.store.app_history("on").unwrap(), []);
    drop(f.store);
    let again = open(&f.dir).unwrap();
    assert_eq!(again.app("one").unwrap(), Some(approved));
    assert_eq!(again.app_history("one").unwrap(), history);
}

#[test]
fn an_app_of_before_there_were_keys_is_a_public_one() {
    let old = r#"{"client_id":"a","name":"A","redirect_uris":[],"scopes":[],"status":"approved"}"#;
    let read: App = serde_json::from_str(old).unwrap();
    assert_eq!(read, App { status: AppStatus::Approved, name: "A".to_owned(), ..app("a") });
    let keys = Some(AppKeys::Url { url: "https://app.example/jwks".to_owned() });
    let new = App { keys, ..read };
    assert_eq!(serde_json::from_str::<App>(&serde_json::to_string(&new).unwrap()).unwrap(), new);
}

fn at(seconds: i64) -> Timestamp {
    Timestamp::UNIX_EPOCH + SignedDuration::from_secs(seconds)
}

#[test]
fn what_may_be_used_once_is_used_by_one_of_many_and_after_reopening_by_nobody() {
    let f = fixture();
    let won = std::thread::scope(|scope| {
        let threads: Vec<_> =
            (0..16).map(|_| scope.spawn(|| f.store.use_once(&[1; 32], at(100), at(200)).unwrap())).collect();
        threads.into_iter().map(|thread| usize::from(thread.join().unwrap())).sum::<usize>()
    });
    assert_eq!(won, 1);
    assert!(f.store.use_once(&[2; 32], at(100), at(200)).unwrap());
    drop(f.store);
    let again = open(&f.dir).unwrap();
    for what in [[1; 32], [2; 32]] {
        assert!(!again.use_once(&what, at(200), at(300)).unwrap());
    }
}

#[test]
fn what_was_used_is_forgotten_only_when_nobody_would_take_it() {
    let f = fixture();
    assert!(f.store.use_once(&[1; 32], at(100), at(200)).unwrap());
    assert!(f.store.use_once(&[2; 32], at(200), at(300)).unwrap());
    assert!(!f.store.use_once(&[1; 32], at(200), at(300)).unwrap(), "its time is not over");
    assert!(f.store.use_once(&[3; 32], at(201), at(300)).unwrap());
    assert!(f.store.use_once(&[1; 32], at(201), at(300)).unwrap(), "it was forgotten");
    assert!(!f.store.use_once(&[2; 32], at(201), at(300)).unwrap());
}

#[test]
fn a_practice_blocks_an_app_and_takes_it_back_and_both_are_logged() {
    let f = fixture();
    let block = |blocked| {
        let change = Change::App { client_id: "one".to_owned(), blocked };
        f.store.decide(&practice(), &change, &decided("Ann")).unwrap()
    };
    assert_eq!(block(false), None);
    assert_eq!(block(true), Some(1));
    assert_eq!(block(true), None);
    assert!(f.store.practice(&practice()).unwrap().blocked_apps.contains("one"));
    assert_eq!(block(false), Some(2));
    assert!(f.store.practice(&practice()).unwrap().blocked_apps.is_empty());
    let log = f.store.decisions(&practice(), 0, 9).unwrap();
    assert_eq!(log.len(), 2);
    assert_eq!(log[0].change, Change::App { client_id: "one".to_owned(), blocked: true });
}

#[test]
fn a_pushed_request_is_kept_until_it_is_over() {
    let f = fixture();
    let pushed = |seconds| Pushed {
        client_id: "one".to_owned(),
        parameters: vec![("state".to_owned(), "s".to_owned())],
        account: (seconds > 100).then(|| "ann".to_owned()),
        expires: at(seconds),
    };
    f.store.keep_pushed(&[1; 32], at(0), &pushed(100)).unwrap();
    f.store.keep_pushed(&[2; 32], at(100), &pushed(200)).unwrap();
    assert_eq!(f.store.pushed(&[1; 32]).unwrap(), Some(pushed(100)));
    assert_eq!(f.store.pushed(&[3; 32]).unwrap(), None);
    f.store.keep_pushed(&[3; 32], at(101), &pushed(201)).unwrap();
    assert_eq!(f.store.pushed(&[1; 32]).unwrap(), None, "it was thrown away");
    drop(f.store);
    assert_eq!(open(&f.dir).unwrap().pushed(&[2; 32]).unwrap(), Some(pushed(200)));
}
