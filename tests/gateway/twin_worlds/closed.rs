//! Records of which nothing is served: in A there is one, in B there is none.

use jiff::civil::date;
use policy::{AccessLevel, Grant, LegalBasis, ProxyGrant};
use record::{Content, Demographics, Entry, Mark, Registration};
use store::{Change, Decisions};

use super::{
    ways::{carer, decided},
    worlds::{Pair, beside, side},
};
use crate::{
    gateway::fixture::{deleted, later, marked},
    support::{World, everything, level, person, practice, subject},
};

fn who(change: impl FnOnce(&mut Demographics)) -> Entry {
    let mut who = person("p");
    match &mut who.content {
        Some(Content::Patient(demographics)) => change(demographics),
        _ => panic!("no patient"),
    }
    who
}

/// A record in which only the patient is other than usual, and what is done to it; seen by `account`.
fn closed(
    name: &'static str,
    who: Entry,
    account: &str,
    then: &dyn Fn(&World),
    open: &dyn Fn(&World),
) -> Pair {
    let a = side(beside(vec![vec![who]]), account, then);
    let shown = side(beside(vec![vec![person("p")]]), account, open);
    // A token is of somebody who was there once; then nothing is left of them.
    let b = side(vec![vec![person("p")]], account, open);
    b.world.put("p", vec![later(deleted(person("p")))]);
    Pair { name, a, b, open: shown, of_a_record: false }
}

pub fn pairs() -> Vec<Pair> {
    let let_in: &dyn Fn(&World) = &|world| world.let_in("p", &subject("p"), everything());
    let standing = |name, who: Entry| closed(name, who, "p", let_in, let_in);
    let granted = |name, grant: Grant| {
        closed(name, person("p"), "p", &|world| world.let_in("p", &subject("p"), grant.clone()), let_in)
    };
    let acting: &dyn Fn(&World) = &|world| world.let_in_proxy("carer", &subject("p"), carer(everything()));
    let proxied = |name, grant: ProxyGrant| {
        let then = |world: &World| world.let_in_proxy("carer", &subject("p"), grant.clone());
        closed(name, person("p"), "carer", &then, acting)
    };
    let suppressed: &dyn Fn(&World) = &|world| {
        let_in(world);
        let change = Change::Suppress { patient: subject("p").patient };
        assert!(world.store.decide(&practice(), &change, &decided()).unwrap().is_some());
    };
    vec![
        closed("a suppressed record", person("p"), "p", suppressed, let_in),
        standing("a sensitive patient", marked(person("p"), Mark::SensitivePatient)),
        standing("a patient with a mark that nobody knows", marked(person("p"), Mark::Unrecognised)),
        standing("a dummy patient", who(|who| who.dummy = true)),
        standing("a patient who died", who(|who| who.death_date = Some(date(2026, 1, 1)))),
        standing("a patient who moved away", who(|who| who.deducted_on = Some(date(2026, 1, 1)))),
        standing(
            "a temporary patient",
            who(|who| who.registration = Registration::Other("Temporary".into())),
        ),
        granted("a grant of nothing", level(AccessLevel::None)),
        proxied(
            "a carer whose time is over",
            ProxyGrant { ends: Some(date(2026, 1, 1)), ..carer(everything()) },
        ),
        proxied(
            "a parent of a grown child",
            ProxyGrant { legal_basis: LegalBasis::ParentalResponsibility, ..carer(everything()) },
        ),
    ]
}
