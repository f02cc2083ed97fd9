//! Reading resources and errors.

use crate::support::World;

#[test]
fn an_everyday_patient_reads_their_record() {
    let world = World::shared();
    let token = world.token("pat01", "patient/*.rs");
    let patients = world.get(&token, "Patient").matches();
    assert_eq!(patients.len(), 1);
    let observations = world.all(&token, "Observation?_count=100");
    assert!(observations.len() > 100, "{}", observations.len());
    assert!(!world.all(&token, "Immunization").is_empty());
}
