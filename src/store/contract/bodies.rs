//! Views that are the same bytes, views that come apart, and headers that share what they are found by.

use policy::{AccessLevel, AccessRequest, Actor, Decision, FeedAccess, Grant, Header, PracticeRules};

use super::*;

/// A view with these words as its body, and what tells them from others as its digest.
fn view(version: u32, words: &str) -> ViewHeader {
    let mut digest = [0; 16];
    digest.iter_mut().zip(words.bytes()).for_each(|(to, byte)| *to = byte);
    let pair = |code: &str| (String::from("http://snomed.info/sct"), code.to_owned());
    let day = |text: &str| text.parse::<Timestamp>().unwrap();
    let index = Index {
        codes: vec![pair("1"), pair(words)],
        status: Some("final".into()),
        date: Some((day("2024-06-30T23:00:00Z"), day("2024-07-01T23:00:00Z"))),
        family: vec!["smith".into(), "final".into()],
        active: Some(true),
        ..Index::default()
    };
    ViewHeader { version, updated: day("2026-11-25T12:00:00.123456789Z"), digest, index }
}

fn header(id: &str, coded: Option<ViewHeader>, full: Option<ViewHeader>) -> Header {
    let recorded = Some(date(2024, 3, 1));
    Header {
        id: id.into(),
        kind: ResourceType::Observation,
        labels: Labels::new(Section::Consultations, recorded, MarksCarried::Yes),
        coded,
        full,
        last_version: 7,
        sources: vec![EntryId::new("observation/a").unwrap()],
    }
}

/// Releases one resource of these views, with the bodies that changed.
fn swap(store: &Lmdb, header: Header, bodies: Vec<BodyChange>) -> Result<bool, StoreError> {
    let mut new = release("p", "s", None, &[]);
    new.release = Release { bodies, access: FeedAccess::default(), ..new.release };
    new.release.released.headers = vec![header];
    store.release(&practice(), &as_of(store), &[new])
}

fn body(id: &str, view: View, words: Option<&str>) -> BodyChange {
    BodyChange { id: id.into(), view, bytes: words.map(|words| words.as_bytes().to_vec()) }
}

/// What a level shows of the first resource.
fn shown(store: &Lmdb, level: AccessLevel) -> Option<String> {
    let subject = Subject { practice: practice(), patient: patient("p") };
    let snapshot = store.read(&subject).unwrap().unwrap();
    let header = &snapshot.released().headers[0];
    let (from, sections_off) = (date(2000, 1, 1), BTreeSet::new());
    let grant = Grant { effective_date: from, current: level, historical: level, sections_off };
    let standing = Standing { regular: true, ..snapshot.released().standing.clone() };
    let request = AccessRequest {
        today: date(2026, 11, 25),
        practice_shares: true,
        rules: &PracticeRules::default(),
        suppressed: false,
        standing: &standing,
        actor: Actor::Patient(Some(&grant)),
        types: &ResourceType::ALL.into_iter().collect(),
    };
    let admission = policy::admit(&request).unwrap();
    let Decision::Show(permit) = policy::decide(&admission, header.kind, &header.labels) else { return None };
    let disclosed = policy::disclose(header, permit)?;
    Some(String::from_utf8(snapshot.body(&disclosed).unwrap()).unwrap())
}

fn both(store: &Lmdb) -> (Option<String>, Option<String>) {
    (shown(store, AccessLevel::Detailed), shown(store, AccessLevel::Full))
}

fn words(coded: &str, full: &str) -> (Option<String>, Option<String>) {
    (Some(coded.to_owned()), Some(full.to_owned()))
}

const ID: &str = "00112233445566778899aabbccddeeff";

fn bodies_kept(store: &Lmdb) -> u64 {
    store.sizes().unwrap().into_iter().find(|space| space.name == "body").unwrap().values
}

#[test]
fn views_that_are_the_same_bytes_are_kept_once_and_each_is_read() {
    for id in [ID, "r1", &ID.to_uppercase()] {
        let f = fixture();
        let same = || Some(view(1, "same"));
        let bodies = View::ALL.map(|view| body(id, view, Some("same"))).to_vec();
        swap(&f.store, header(id, same(), same()), bodies).unwrap();
        assert_eq!((both(&f.store), bodies_kept(&f.store)), (words("same", "same"), 1), "{id}");
    }
}

#[test]
fn views_may_come_apart_and_together_again_whichever_of_them_changes() {
    let f = fixture();
    let same = || Some(view(1, "same"));
    let bodies = View::ALL.map(|view| body(ID, view, Some("same"))).to_vec();
    swap(&f.store, header(ID, same(), same()), bodies).unwrap();
    let coded = || Some(view(2, "coded"));
    swap(&f.store, header(ID, coded(), same()), vec![body(ID, View::Coded, Some("coded"))]).unwrap();
    assert_eq!((both(&f.store), bodies_kept(&f.store)), (words("coded", "same"), 2));
    let full = Some(view(2, "coded"));
    swap(&f.store, header(ID, coded(), full), vec![body(ID, View::Full, Some("coded"))]).unwrap();
    assert_eq!((both(&f.store), bodies_kept(&f.store)), (words("coded", "coded"), 1));
    swap(&f.store, header(ID, None, coded()), vec![body(ID, View::Coded, None)]).unwrap();
    assert_eq!((both(&f.store), bodies_kept(&f.store)), ((None, Some("coded".to_owned())), 1));
    swap(&f.store, header(ID, None, None), vec![body(ID, View::Full, None)]).unwrap();
    assert_eq!((both(&f.store), bodies_kept(&f.store)), ((None, None), 0));
}

#[test]
fn different_bytes_under_one_digest_are_refused_and_the_old_record_stands() {
    let f = fixture();
    let old = || Some(view(1, "old"));
    swap(&f.store, header(ID, old(), None), vec![body(ID, View::Coded, Some("old"))]).unwrap();
    let new = || Some(view(2, "new"));
    let bodies = vec![body(ID, View::Coded, Some("new")), body(ID, View::Full, Some("another"))];
    assert!(matches!(swap(&f.store, header(ID, new(), new()), bodies), Err(StoreError::Damaged("body"))));
    assert_eq!(both(&f.store), (Some("old".to_owned()), None));
}

#[test]
fn headers_come_back_as_they_were_to_the_last_digit() {
    let f = fixture();
    let headers = vec![
        header(ID, Some(view(1, "x")), Some(view(1, "x"))),
        header("not hexadecimal", Some(view(2, "x")), Some(view(3, "y"))),
        header(&ID.to_uppercase(), None, Some(view(1, "z"))),
        header(&ID.replace('0', "é"), None, None),
    ];
    let mut new = release("p", "s", None, &[]);
    new.release.released.headers.clone_from(&headers);
    new.release.released.gone = vec![("gone".into(), 3)];
    let expected = new.release.released.clone();
    f.store.release(&practice(), &as_of(&f.store), &[new]).unwrap();
    let facts = f.store.facts(&practice(), &patient("p")).unwrap();
    assert_eq!(facts.released.as_deref(), Some(&expected));
}
