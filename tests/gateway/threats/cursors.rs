//! Page links, validators, caches and ids: T30 to T35.

use std::collections::BTreeSet;

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use jiff::civil::date;
use policy::{LegalBasis, ProxyGrant};
use record::ResourceType;
use store::Store;

use super::{Stage, entries, observation};
use crate::{
    gateway::fixture::{later, noted, weight},
    support::{World, app, everything, subject},
};

fn first_link(stage: &Stage) -> String {
    stage.get("Observation?_count=2").link("next").unwrap()
}

#[test]
fn t30_a_page_link_is_good_for_its_app_its_patient_and_a_day() {
    let stage = Stage::new();
    stage.world.store.set_app(&app("app2")).unwrap();
    stage.world.let_in("q", &subject("q"), everything());
    let link = first_link(&stage);
    let second = stage.get(&link);
    assert_eq!((second.status, second.ids().len()), (200, 2));
    let now = || gateway::clock::Clock::now(&*stage.world.clock);
    let of_app2 =
        auth::issue_sandbox_token(&*stage.world.store, now(), "p", "patient/*.rs", "app2").unwrap().token;
    let of_q = stage.world.token("q", "patient/*.rs");
    for token in [&of_app2, &of_q] {
        assert_eq!(stage.world.get(token, "Observation?_count=2").status, 200);
        let answer = stage.world.get(token, &link);
        assert_eq!(answer.status, 410);
        assert!(second.ids().iter().all(|id| !answer.text().contains(id)));
    }
    // Somebody else who may open the same record, in the same app.
    let carer = ProxyGrant {
        grant: everything(),
        legal_basis: LegalBasis::Consent,
        relationship: Some("PROXY".into()),
        starts: date(2020, 1, 1),
        ends: None,
        reviewed_since_eleven: false,
    };
    stage.world.let_in_proxy("carer", &subject("p"), carer);
    let of_carer = stage.world.token("carer", "patient/*.rs");
    assert!(!stage.world.get(&of_carer, "Observation?_count=2").ids().is_empty());
    assert_eq!(stage.world.get(&of_carer, &link).status, 410, "for its own account");
    let immunizations = link.replace("/Observation?", "/Immunization?");
    assert_eq!(stage.get(&immunizations).status, 410, "for its own type");

    let renewed = |seconds: i64| {
        stage.world.clock.forward(seconds);
        stage.world.token("p", "patient/*.rs")
    };
    assert_eq!(stage.world.get(&renewed(24 * 3600), &link).status, 200);
    assert_eq!(stage.world.get(&renewed(1), &link).status, 410);

    let token = renewed(0);
    let link = stage.world.get(&token, "Observation?_count=2").link("next").unwrap();
    let form = [("content-type", "application/x-www-form-urlencoded")];
    stage.world.ask("POST", "/oauth/revoke", &form, &format!("client_id=app&token={token}"));
    assert_eq!(stage.world.get(&token, &link).status, 401);
}

#[test]
fn t31_a_page_link_can_be_neither_read_nor_changed() {
    let stage = Stage::shared();
    let link = first_link(stage);
    let (base, sealed) = link.split_once("_page=").unwrap();
    let bytes = BASE64_URL_SAFE_NO_PAD.decode(sealed).unwrap();
    let plain = String::from_utf8_lossy(&bytes);
    for secret in entries()
        .iter()
        .map(|entry| observation("p", entry.id.as_str()))
        .chain(["Observation".into(), "count".into()])
    {
        assert!(!plain.contains(&secret) && !sealed.contains(&secret));
    }
    for at in 0..sealed.len() {
        let mut changed = sealed.as_bytes().to_vec();
        changed[at] = if changed[at] == b'A' { b'B' } else { b'A' };
        if changed != sealed.as_bytes() {
            let changed = String::from_utf8(changed).unwrap();
            assert_eq!(stage.get(&format!("{base}_page={changed}")).status, 410, "{at}");
        }
    }
    for changed in
        [&sealed[1..], &sealed[..sealed.len() - 1], &format!("{sealed}A"), &format!("{sealed}="), ""]
    {
        assert_eq!(stage.get(&format!("{base}_page={changed}")).status, 410);
    }
    let links: BTreeSet<String> = (0..5).map(|_| first_link(stage)).collect();
    assert_eq!(links.len(), 5, "the same place is sealed anew each time");
    let with_more = stage.get(&format!("{link}&code=0&_count=200")).ids();
    assert_eq!(with_more, stage.get(&link).ids(), "what is added does not change the search");
}

#[test]
fn t32_validators_tell_nothing_of_words_that_are_withheld() {
    let world = World::of(vec![noted(weight("x", "80"), "words of wife Zofia")]);
    let token = world.token("p", "patient/*.rs");
    let path = format!("Observation/{}", observation("p", "x"));
    let seen = |world: &World| {
        let answer = world.get(&token, &path);
        let header = |name: &str| answer.header(name).unwrap().to_owned();
        (header("etag"), header("last-modified"), answer.body.clone())
    };
    let before = seen(&world);
    world.clock.forward(60);
    world.put("p", vec![later(noted(weight("x", "80"), "other words of brother Piers"))]);
    assert_eq!(seen(&world), before, "only the words changed");
    world.put("p", vec![later(later(weight("x", "81")))]);
    let after = seen(&world);
    assert!(after.0 != before.0 && after.1 != before.1 && after.2 != before.2);
}

#[test]
fn t33_nothing_of_a_patient_is_ever_cached() {
    let stage = Stage::shared();
    let id = observation("p", "weight-day");
    for path in [
        "Patient",
        "Observation?_count=1",
        &format!("Observation/{id}"),
        "Observation/x",
        "Observation?date=x",
    ] {
        for header in [("accept", "*/*"), ("if-none-match", "*")] {
            let answer = stage.ask("GET", path, &[header], "");
            assert_eq!(answer.header("cache-control"), Some("no-store"), "{path}");
            let vary = answer.header("vary").unwrap();
            assert!(vary.contains("Authorization") && vary.contains("Accept"), "{path}: {vary}");
        }
    }
}

#[test]
fn t34_ids_are_the_same_for_ever_and_tell_nothing() {
    let stage = Stage::shared();
    let ids: Vec<String> = ["Patient", "Observation?_count=200", "Immunization"]
        .iter()
        .flat_map(|p| stage.get(p).ids())
        .collect();
    assert!(ids.len() > 15);
    assert_eq!(ids.iter().collect::<BTreeSet<_>>().len(), ids.len());
    for id in &ids {
        assert!(
            id.len() == 32 && id.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b)),
            "{id}"
        );
        assert!(!id.contains("9990000018"));
    }
    let again = Stage::new();
    assert_eq!(
        again.get("Observation?_count=200").ids().len(),
        stage.get("Observation?_count=200").ids().len()
    );
    assert!(again.get("Observation?_count=200").ids().iter().all(|id| ids.contains(id)), "loaded anew");
    let other = project::IdKey::new(&[9; 32]);
    let entry = record::EntryId::new("weight-day").unwrap();
    let elsewhere =
        other.resource(&subject("p").practice, &subject("p").patient, ResourceType::Observation, &entry);
    assert!(!ids.contains(&elsewhere), "another deployment has other ids");
    assert_ne!(observation("p", "weight-day"), observation("q", "weight-day"), "each patient has their own");
}

/// A body that holds both what the client wrote and what it may not know is the ground of BREACH; here the former stands
/// in the link to itself.
#[test]
fn t35_no_answer_is_compressed_whatever_the_client_accepts() {
    let stage = Stage::shared();
    for accepted in ["gzip", "br, gzip, deflate, zstd", "identity;q=0, *", "gzip;q=1.0, identity;q=0"] {
        for path in ["Observation?code=guess", "Observation", "Patient", "Observation/none", "metadata"] {
            let plain = stage.get(path);
            let answer = stage.ask("GET", path, &[("accept-encoding", accepted)], "");
            assert_eq!(answer.header("content-encoding"), None, "{path} {accepted}");
            assert_eq!((answer.status, answer.body.len()), (plain.status, plain.body.len()), "{path}");
        }
    }
}
