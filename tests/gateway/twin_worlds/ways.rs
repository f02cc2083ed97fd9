//! Further ways of being hidden: by what the practice decided, by who looks, by what a thing is about, and words by what is
//! in them or by the feed that they came with.

use jiff::{Timestamp, civil::date};
use policy::{
    AccessLevel, Decided, Grant, LegalBasis, PracticeRules, ProxyGrant, Screening, Sensitivity, ThirdParties,
};
use record::{Effective, Entry, EntryId, Mark, MarksCarried, Role, Section, StatementStatus, Subject};
use store::{Change, Decisions, Store};

use super::worlds::{Batches, Pair, beside, granted, mmr, pair, secret, side};
use crate::{
    gateway::fixture::{consultation, linked, marked, noted, on, recorded},
    support::{World, coded, everything, level, practice, subject, with},
};

const CLEAN: &str = "Chest clear, review in two weeks.";
const REVIEW: &str = "Neighbour told us in confidence that she smokes; please do not tell her.";

pub fn pairs() -> Vec<Pair> {
    let mut pairs = by_what_it_is();
    pairs.extend(by_the_practice());
    pairs.extend(by_who_looks());
    pairs.extend(words());
    pairs
}

/// `p` is let in, after something else was done in every world, and something in A alone.
fn done(
    name: &'static str,
    [a, b, open]: [Batches; 3],
    everywhere: &dyn Fn(&World),
    in_a: &dyn Fn(&World),
) -> Pair {
    let made = |batches: Batches, in_a: &dyn Fn(&World)| {
        side(beside(batches), "p", &|world| {
            everywhere(world);
            in_a(world);
            world.let_in("p", &subject("p"), everything());
        })
    };
    let nothing: &dyn Fn(&World) = &|_| {};
    let (a, b, open) = (made(a, in_a), made(b, nothing), made(open, nothing));
    Pair { name, a, b, open, of_a_record: true }
}

pub(super) fn decided() -> Decided {
    Decided { by: "Dr A".into(), at: Timestamp::UNIX_EPOCH, why: "asked to".into() }
}

fn now(code: &str, term: &str) -> Entry {
    on(coded("secret", code, term), Effective::Day(date(2023, 12, 24)))
}

fn by_what_it_is() -> Vec<Pair> {
    let hidden = |name, hidden: Entry| pair(name, vec![vec![hidden]], vec![], vec![secret()]);
    let statement = |change: fn(&mut record::Statement)| with(secret(), change);
    let somebody_else = statement(|statement| statement.subject = Subject::SomebodyElse);
    let inside =
        || vec![linked(secret(), Role::Consultation, "visit"), linked(mmr(), Role::Consultation, "visit")];
    let confidential = [vec![marked(consultation("visit"), Mark::Confidential)], inside()].concat();
    let open = [vec![consultation("visit")], inside()].concat();
    vec![
        hidden("nobody has filed it", statement(|statement| statement.status = StatementStatus::Unfiled)),
        hidden("marked as not filed", marked(secret(), Mark::NotFiled)),
        hidden("marked as of a sensitive patient", marked(secret(), Mark::SensitivePatient)),
        hidden("about a relative by its subject", somebody_else),
        hidden("about a relative by its code", now("160303001", "Family history of diabetes")),
        hidden("about somebody around the patient", now("161077003", "Father smokes")),
        pair("a confidential consultation", vec![confidential], vec![], open),
    ]
}

fn hide(entry: &'static str) -> impl Fn(&World) {
    move |world| {
        let change = Change::Hide { patient: subject("p").patient, entry: EntryId::new(entry).unwrap() };
        assert!(world.store.decide(&practice(), &change, &decided()).unwrap().is_some());
    }
}

fn rules(rules: PracticeRules) -> impl Fn(&World) {
    move |world| {
        world.store.set_rules(&practice(), &rules).unwrap();
        world.release();
    }
}

fn by_the_practice() -> Vec<Pair> {
    let one = |entry: Entry| vec![vec![entry]];
    let never = || vec![vec![]];
    let inside = || vec![vec![consultation("visit"), linked(secret(), Role::Consultation, "visit")]];
    let off = PracticeRules { sections_off: [Section::Immunisations].into(), ..PracticeRules::default() };
    let withheld = PracticeRules {
        withheld_from_patients: [Sensitivity::SexuallyTransmittedInfection].into(),
        ..PracticeRules::default()
    };
    let infection = now("15628003", "Gonorrhoea");
    let of_the_section = crate::gateway::fixture::classed(
        now("310376006", "No consent for immunisation"),
        record::CodeClass::Immunisation,
    );
    let nothing: &dyn Fn(&World) = &|_| {};
    vec![
        done("hidden by the practice", [one(secret()), never(), one(secret())], nothing, &|world| {
            hide("secret")(world);
            world.release();
        }),
        done(
            "hidden by the practice, and not yet made anew",
            [one(secret()), never(), one(secret())],
            &|world| assert!(world.store.begin(&practice(), "next").unwrap().batch > 0),
            &hide("secret"),
        ),
        done("in what the practice has hidden", [inside(), never(), inside()], nothing, &|world| {
            hide("visit")(world);
            world.release();
        }),
        done(
            "of a section that the practice has switched off",
            [one(of_the_section), never(), one(secret())],
            &rules(off),
            nothing,
        ),
        done(
            "of a class that the practice withholds from patients",
            [one(infection), never(), one(secret())],
            &rules(withheld),
            nothing,
        ),
    ]
}

pub(super) fn carer(grant: Grant) -> ProxyGrant {
    ProxyGrant {
        grant,
        legal_basis: LegalBasis::Consent,
        relationship: Some("CAREGIVER".to_owned()),
        starts: date(2020, 1, 1),
        ends: None,
        reviewed_since_eleven: false,
    }
}

/// By level, and by what those who act for the patient are not shown.
fn by_who_looks() -> Vec<Pair> {
    let summary = Grant {
        effective_date: date(2024, 5, 1),
        current: AccessLevel::Summary,
        historical: AccessLevel::Full,
        ..everything()
    };
    let late = recorded(secret(), date(2024, 6, 1));
    let proxied = |name, code: &str, term: &str| {
        let made = |entries: Vec<Entry>| {
            side(beside(vec![entries]), "carer", &|world| {
                world.let_in_proxy("carer", &subject("p"), carer(everything()));
            })
        };
        let (a, b, open) = (made(vec![now(code, term)]), made(vec![]), made(vec![secret()]));
        Pair { name, a, b, open, of_a_record: true }
    };
    vec![
        granted("of a level that opens no entries", vec![vec![late]], vec![], vec![secret()], summary),
        proxied("an infection, to a carer", "15628003", "Gonorrhoea"),
        proxied("a termination, to a carer", "57797005", "Termination of pregnancy"),
        proxied("abuse, to a carer", "412732008", "History of domestic violence"),
    ]
}

/// Words that are withheld while the entry is shown.
fn words() -> Vec<Pair> {
    let unmarked = |entry: Entry| Entry { marks_carried: MarksCarried::No, ..entry };
    let one = |entry: Entry| vec![vec![entry]];
    let clean = || one(noted(secret(), CLEAN));
    let nothing: &dyn Fn(&World) = &|_| {};
    let screening = Screening { third_parties: ThirdParties::Mask, ..Screening::default() };
    let mask = PracticeRules { screening, ..PracticeRules::default() };
    let told = |who: &str| one(noted(secret(), &format!("Cough kept wife {who} awake, she rang.")));
    let not_shared: &dyn Fn(&World) = &|world| {
        let (practice, entry) = (practice(), EntryId::new("secret").unwrap());
        let about =
            world.loader(&practice).decide_words(&subject("p").patient, &entry, false, &decided()).unwrap();
        assert_eq!(about, 1);
    };
    vec![
        done(
            "words of a feed that carries no marks",
            [one(unmarked(noted(secret(), CLEAN))), one(unmarked(secret())), clean()],
            nothing,
            nothing,
        ),
        granted(
            "words at a level without words",
            vec![vec![noted(secret(), CLEAN)]],
            vec![secret()],
            vec![mmr()],
            level(AccessLevel::Detailed),
        ),
        done(
            "words that wait for a clinician",
            [one(noted(secret(), REVIEW)), one(secret()), clean()],
            nothing,
            nothing,
        ),
        done(
            "words that a clinician did not share",
            [one(noted(secret(), REVIEW)), one(secret()), clean()],
            nothing,
            not_shared,
        ),
        done("whom a masked note is about", [told("Zofia"), told("Maria"), clean()], &rules(mask), nothing),
    ]
}
