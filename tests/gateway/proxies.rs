//! What somebody who acts for a patient is shown of what is sensitive.

use jiff::civil::date;
use policy::{LegalBasis, ProxyGrant};
use record::{CodeClass, Entry, Role};

use super::fixture::{classed, linked, weight};
use crate::support::{World, coded, everything, subject};

fn world(entries: Vec<Entry>) -> World {
    let world = World::of(entries);
    let proxy = ProxyGrant {
        grant: everything(),
        legal_basis: LegalBasis::Consent,
        relationship: None,
        starts: date(2020, 1, 1),
        ends: None,
        reviewed_since_eleven: false,
    };
    world.let_in_proxy("carer", &subject("p"), proxy);
    world
}

/// The values that the patient and the carer are shown.
fn shown(world: &World) -> [Vec<String>; 2] {
    ["p", "carer"].map(|who| {
        let answer = world.get(&world.token(who, "patient/*.rs"), "Observation?_count=100");
        let values = answer.matches().into_iter().map(|one| one["valueQuantity"]["value"].clone());
        let mut values: Vec<String> =
            values.filter(|value| !value.is_null()).map(|value| value.to_string()).collect();
        values.sort();
        values
    })
}

#[test]
fn what_stands_under_a_sensitive_heading_or_problem_is_as_sensitive_for_a_proxy() {
    let syphilis = || coded("it", "76272004", "Syphilis");
    for (role, class) in [
        (Role::Problem, CodeClass::Condition),
        (Role::Panel, CodeClass::Laboratory),
        (Role::Heading, CodeClass::Other),
        (Role::Problem, CodeClass::Medication),
    ] {
        let between = linked(coded("between", "386053000", "Evaluation procedure"), role, "it");
        let world = world(vec![
            classed(syphilis(), class),
            linked(weight("under", "70"), role, "it"),
            between,
            linked(weight("deeper", "71"), Role::Panel, "between"),
            weight("beside", "72"),
        ]);
        let [patient, carer] = shown(&world);
        assert_eq!(patient, ["70", "71", "72"], "{role:?} {class:?}");
        assert_eq!(carer, ["72"], "{role:?} {class:?}");
    }
}
