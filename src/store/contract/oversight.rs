//! What people of a practice decide: it is kept, written down, and what hides counts at once.

use policy::{
    AccessLevel, Decided, FeedAccess, Grant, LegalBasis, ProxyGrant, Reason, RuleChange, Sensitivity,
};

use super::*;
use crate::{Account, Change, Decisions, Proven};

fn decided(why: &str) -> Decided {
    Decided { by: "Dr A".into(), at: Timestamp::UNIX_EPOCH, why: why.into() }
}

fn decide(store: &dyn Store, change: &Change) -> Option<u64> {
    store.decide(&practice(), change, &decided("asked to")).unwrap()
}

fn id(name: &str) -> EntryId {
    EntryId::new(name).unwrap()
}

fn hide(entry: &str) -> Change {
    Change::Hide { patient: patient("p"), entry: id(entry) }
}

fn unhide(entry: &str) -> Change {
    Change::Unhide { patient: patient("p"), entry: id(entry) }
}

fn subject() -> Subject {
    Subject { practice: practice(), patient: patient("p") }
}

fn linked(name: &str, role: Role, to: &str) -> Fact {
    fact("p", Entry { links: vec![Link { role, to: id(to) }], ..entry(name, 1, &[]) })
}

/// A release with a header for each name, made from the entry of that name.
fn released(names: &[&str]) -> NewRelease {
    let mut new = release("p", "s", Some(b"{}"), &[]);
    let header = new.release.released.headers.remove(0);
    new.release.released.headers = names
        .iter()
        .map(|name| policy::Header { id: (*name).to_owned(), sources: vec![id(name)], ..header.clone() })
        .collect();
    new
}

fn withheld(store: &dyn Store) -> Vec<String> {
    let snapshot = store.read(&subject()).unwrap().unwrap();
    let hidden = snapshot.released().headers.iter();
    let hidden = hidden.filter(|header| header.labels.reasons.contains(&Reason::HiddenByPractice));
    hidden.map(|header| header.id.clone()).collect()
}

#[test]
fn what_is_hidden_is_withheld_at_once_even_while_a_batch_is_open_with_all_that_belongs_to_it() {
    let f = fixture();
    let names = ["alone", "in-it", "half", "other-half", "panel"];
    load(
        &f.store,
        &[
            fact("p", entry("alone", 1, &[])),
            fact("p", entry("visit", 1, &[])),
            linked("in-it", Role::Consultation, "visit"),
            fact("p", entry("panel", 1, &[])),
            linked("half", Role::Panel, "panel"),
            linked("other-half", Role::Panel, "panel"),
        ],
    );
    f.store.release(&practice(), &as_of(&f.store), &[released(&names)]).unwrap();
    f.store.begin(&practice(), "next").unwrap();
    assert!(withheld(&f.store).is_empty());
    assert_eq!(decide(&f.store, &hide("visit")), Some(1));
    assert_eq!(withheld(&f.store), ["in-it"]);
    assert_eq!(decide(&f.store, &hide("half")), Some(2));
    assert_eq!(withheld(&f.store), ["in-it", "half", "other-half", "panel"]);
    assert_eq!(decide(&f.store, &unhide("half")), Some(3));
    assert_eq!(withheld(&f.store).len(), 4, "what shows again waits for a projection");
    f.store.close(&practice()).unwrap();
    assert_eq!(f.store.dirty(&practice(), 9).unwrap(), [patient("p")]);
    let snapshot = f.store.read(&subject()).unwrap().unwrap();
    let labels = &snapshot.released().headers[1].labels;
    assert!(labels.grounds.contains(&(Reason::HiddenByPractice, id("in-it"))));
}

#[test]
fn what_was_read_before_something_was_hidden_is_not_swapped_in() {
    let f = fixture();
    load(&f.store, &[fact("p", entry("e", 1, &[]))]);
    let before = as_of(&f.store);
    decide(&f.store, &hide("e"));
    assert!(!f.store.release(&practice(), &before, &[released(&["e"])]).unwrap());
    assert!(before.but_for_decisions(&as_of(&f.store)));
    assert_eq!(f.store.dirty(&practice(), 9).unwrap(), [patient("p")]);
    assert!(f.store.facts(&practice(), &patient("p")).unwrap().oversight.hidden.contains_key(&id("e")));
    assert!(f.store.release(&practice(), &as_of(&f.store), &[released(&["e"])]).unwrap());
    f.store.make_with(&practice(), &MadeWith { all: [1; 16], ..MadeWith::default() }).unwrap();
    assert!(!before.but_for_decisions(&as_of(&f.store)), "made with something else too");
}

#[test]
fn each_decision_is_written_down_once_with_who_when_and_why_and_none_is_ever_changed() {
    let f = fixture();
    assert_eq!(decide(&f.store, &unhide("e")), None, "there is nothing to undo");
    let rules = Change::Rules {
        changes: vec![
            RuleChange::Section { section: Section::TestResults, open: false },
            RuleChange::Sensitive { class: Sensitivity::DomesticAbuse, proxies: true, shown: true },
            RuleChange::FreeTextFrom { day: Some(date(2024, 1, 1)) },
        ],
    };
    let all = [hide("e"), unhide("e"), hide("e"), rules.clone(), Change::Suppress { patient: patient("p") }];
    for (number, change) in (1..).zip(&all) {
        assert_eq!(decide(&f.store, change), Some(number));
    }
    assert_eq!(decide(&f.store, &hide("e")), None);
    assert_eq!(decide(&f.store, &rules), None);
    let log = f.store.decisions(&practice(), 0, 99).unwrap();
    assert_eq!(log.iter().map(|line| &line.change).collect::<Vec<_>>(), all.iter().collect::<Vec<_>>());
    assert!(log.iter().all(|line| line.decided == decided("asked to")));
    assert_eq!(f.store.decisions(&practice(), 2, 2).unwrap(), log[2..4]);
    assert!(f.store.decisions(&"Y9999".parse().unwrap(), 0, 9).unwrap().is_empty());
    let settings = f.store.practice(&practice()).unwrap();
    assert_eq!(settings.rules.sections_off, [Section::TestResults].into());
    assert_eq!(settings.rules.shown_to_proxies, [Sensitivity::DomesticAbuse].into());
    assert_eq!(settings.rules.free_text_from, Some(date(2024, 1, 1)));
    assert!(!format!("{log:?}").contains("asked to"));
}

fn grant(current: AccessLevel) -> Grant {
    Grant {
        effective_date: date(2020, 1, 1),
        current,
        historical: AccessLevel::None,
        sections_off: BTreeSet::new(),
    }
}

#[test]
fn a_decision_about_one_thing_leaves_what_the_feed_grants_as_it_is() {
    let f = fixture();
    let feed = |current| {
        let mut new = release("p", "s", None, &[]);
        new.release.access = FeedAccess { own: Some(grant(current)), ..FeedAccess::default() };
        f.store.release(&practice(), &as_of(&f.store), &[new]).unwrap();
    };
    load(&f.store, &[fact("p", entry("e", 1, &[]))]);
    feed(AccessLevel::Summary);
    let proxy = ProxyGrant {
        grant: grant(AccessLevel::Detailed),
        legal_basis: LegalBasis::Consent,
        relationship: None,
        starts: date(2024, 1, 1),
        ends: None,
        reviewed_since_eleven: false,
    };
    f.store.set_account(&Account { id: "carer".into(), ..Account::default() }).unwrap();
    let account = || "carer".to_owned();
    let add = Change::Proxy { patient: patient("p"), account: account(), proxy: Box::new(proxy.clone()) };
    assert_eq!(decide(&f.store, &add), Some(1));
    assert_eq!(decide(&f.store, &add), None);
    assert_eq!(f.store.account("carer").unwrap().unwrap().acts_for, [subject()]);
    let matched = f.store.match_account("carer", &carer(), Some(&subject())).unwrap();
    assert_eq!(
        (matched.own, matched.acts_for),
        (Some(subject()), vec![subject()]),
        "signing in ends nothing"
    );
    let new = f.store.match_account("new", &carer(), None).unwrap();
    assert_eq!((f.store.account("new").unwrap(), &new.own), (Some(new.clone()), &None));
    assert_eq!(decide(&f.store, &Change::Suppress { patient: patient("p") }), Some(2));
    feed(AccessLevel::Full);
    let access = f.store.access(&subject()).unwrap();
    assert_eq!(access.own, Some(grant(AccessLevel::Full)), "as the feed says now");
    assert_eq!(access.proxies["carer"], proxy);
    assert_eq!(access.suppressed, Some(decided("asked to")));
    let own = Change::Access { patient: patient("p"), grant: grant(AccessLevel::Detailed) };
    assert_eq!(decide(&f.store, &own), Some(3));
    let end = |day| Change::EndProxy { patient: patient("p"), account: account(), last: date(2025, 1, day) };
    assert_eq!(
        (decide(&f.store, &end(2)), decide(&f.store, &end(3))),
        (Some(4), None),
        "an end is not put off"
    );
    assert_eq!(decide(&f.store, &Change::Unsuppress { patient: patient("p") }), Some(5));
    let access = f.store.access(&subject()).unwrap();
    assert_eq!(access.own, Some(grant(AccessLevel::Detailed)), "as the practice says");
    assert_eq!((access.proxies["carer"].ends, access.suppressed), (Some(date(2025, 1, 2)), None));
}

fn carer() -> Proven {
    Proven { nhs_number: "9990000018".parse().unwrap(), born: date(1980, 5, 4) }
}

#[test]
fn somebody_may_be_named_as_who_they_will_prove_to_be_before_they_have_an_account_or_after() {
    let proxy = |current| ProxyGrant {
        grant: grant(current),
        legal_basis: LegalBasis::Consent,
        relationship: None,
        starts: date(2024, 1, 1),
        ends: None,
        reviewed_since_eleven: false,
    };
    let add = |account: String, current| Change::Proxy {
        patient: patient("p"),
        account,
        proxy: Box::new(proxy(current)),
    };
    let somebody_else = Proven { born: date(1980, 5, 5), ..carer() };
    for before in [true, false] {
        let f = fixture();
        load(&f.store, &[fact("p", entry("e", 1, &[]))]);
        let sign_in = |id: &str, proven: &Proven| f.store.match_account(id, proven, None).unwrap();
        if !before {
            assert_eq!(sign_in("hash", &carer()).acts_for, []);
        }
        assert_eq!(decide(&f.store, &add(carer().name(), AccessLevel::Detailed)), Some(1));
        if before {
            assert_eq!(sign_in("hash", &carer()).acts_for, [subject()]);
        }
        let account = f.store.account("hash").unwrap().unwrap();
        assert_eq!(account.acts_for, [subject()]);
        let access = f.store.access(&subject()).unwrap();
        assert_eq!(access.proxy(&account), Some(&proxy(AccessLevel::Detailed)));
        let other = sign_in("other", &somebody_else);
        assert_eq!((access.proxy(&other), other.acts_for), (None, vec![]), "born another day");
        assert_eq!(decide(&f.store, &add("hash".to_owned(), AccessLevel::Summary)), Some(2));
        let access = f.store.access(&subject()).unwrap();
        assert_eq!(access.proxy(&account), Some(&proxy(AccessLevel::Summary)), "the account goes before");
    }
}

#[test]
fn a_person_is_named_in_one_way() {
    assert_eq!(carer().name(), "9990000018 born 1980-05-04");
    assert!(Proven::named(&carer().name()) == Some(carer()));
    for other in
        ["", "carer", "999 000 0018 born 1980-05-04", "9990000019 born 1980-05-04", "9990000018 born 1980"]
    {
        assert!(Proven::named(other).is_none(), "{other}");
    }
}
