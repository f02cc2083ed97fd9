//! I3, the headline: two worlds, one with a hidden entry and one that never had it. Any sequence of requests that an app
//! can make is answered alike in both, to the byte (but for the seal of page links, which is random).

mod closed;
mod requests;
mod sweep;
mod ways;
mod worlds;

use std::{collections::BTreeMap, sync::LazyLock};

use proptest::prelude::*;

use self::{
    requests::{Ask, asks},
    sweep::sweep,
    worlds::{Pair, Side, pairs},
};
use crate::{
    gateway::reading::next_page,
    support::{Answer, fingerprint},
};

static PAIRS: LazyLock<Vec<Pair>> = LazyLock::new(pairs);

/// As many pages as anybody walks.
const PAGES: usize = 60;

type Seen = (u16, BTreeMap<String, String>, String);

/// What can be seen of an answer, page links unsealed.
fn seen(answer: &Answer) -> Seen {
    let (status, headers, body) = fingerprint(answer);
    (status, headers, unsealed(&String::from_utf8(body).unwrap()))
}

fn unsealed(text: &str) -> String {
    let mut parts = text.split("_page=");
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let rest = part.trim_start_matches(|c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_');
        out.push_str("_page=-");
        out.push_str(rest);
    }
    out
}

/// All that an app sees by a request and by walking the pages behind it.
fn walk(side: &Side, ask: &Ask) -> Vec<Seen> {
    let (world, bearer) = (&side.world, format!("Bearer {}", side.token_of(ask.scope)));
    let mut headers: Vec<(&str, &str)> = ask.headers.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
    headers.push(("authorization", &bearer));
    let mut answer = world.ask(&ask.method, &ask.path, &headers, &ask.body);
    let mut pages = vec![seen(&answer)];
    while let Some(link) = next_page(&answer).filter(|_| ask.method != "HEAD" && pages.len() < PAGES) {
        answer = world.ask("GET", &link, &headers, "");
        pages.push(seen(&answer));
    }
    pages
}

fn alike(pair: &Pair, ask: &Ask) -> Result<usize, TestCaseError> {
    let (a, b) = (walk(&pair.a, ask), walk(&pair.b, ask));
    let differ: Vec<(&Seen, &Seen)> = a.iter().zip(&b).filter(|(a, b)| a != b).take(1).collect();
    prop_assert!(differ.is_empty() && a.len() == b.len(), "{}: {ask:?}\n{differ:#?}", pair.name);
    Ok(a.len())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn twin_worlds_answer_alike(pair in any::<prop::sample::Index>(), asks in prop::collection::vec(asks(), 1..6)) {
        let pair = pair.get(&PAIRS);
        for ask in &asks {
            alike(pair, ask)?;
        }
    }
}

/// The same for each pair and one of every kind of request, whatever chance brings.
#[test]
fn twin_worlds_answer_every_kind_of_request_alike() {
    for pair in PAIRS.iter() {
        let mut pages = 0;
        for ask in sweep(pair) {
            pages += alike(pair, &ask).unwrap_or_else(|error| panic!("{error}"));
        }
        assert!(pages > 400, "{} answers compared", pages);
    }
}

/// The worlds do differ within, and a world that shows what the other has not is told apart by these very requests.
#[test]
fn worlds_that_differ_in_what_may_be_seen_are_told_apart() {
    for pair in PAIRS.iter() {
        assert_ne!(worlds::kept(&pair.a), worlds::kept(&pair.b), "{}: nothing is hidden", pair.name);
        let shown = pair.b.world.get(pair.b.token(), "Observation").ids();
        assert_eq!(!shown.is_empty(), pair.of_a_record, "{}", pair.name);
        let differs = |ask: &Ask| walk(&pair.open, ask) != walk(&pair.b, ask);
        assert!(sweep(pair).iter().any(differs), "{}: showing it changes nothing", pair.name);
    }
}
