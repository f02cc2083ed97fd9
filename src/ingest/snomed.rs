//! What suppliers send where a SNOMED CT concept belongs ([`record::SnomedId`]): descriptions, codes of their own, junk.

use record::{CodeSystem, SnomedId};

/// What an identifier stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Component {
    /// A concept.
    Concept,
    /// A description of a concept.
    Description,
    /// A concept in EMIS's own namespaces: well formed, but in no edition that anybody else has.
    EmisConcept,
}

/// EMIS's namespaces, the second one for medicines.
const EMIS_NAMESPACES: [&str; 2] = ["1000006", "1000033"];

/// What an identifier stands for, or `None` where it is none.
pub(crate) fn component(id: &str) -> Option<Component> {
    match SnomedId::parse(id)? {
        SnomedId::Concept(_) if EMIS_NAMESPACES.contains(&namespace(id)) => Some(Component::EmisConcept),
        SnomedId::Concept(_) => Some(Component::Concept),
        SnomedId::Description(_) => Some(Component::Description),
    }
}

/// The seven digits before the partition, where the partition says that they are a namespace.
fn namespace(id: &str) -> &str {
    let (from, to) = (id.len().saturating_sub(10), id.len().saturating_sub(3));
    let long = id.as_bytes().get(to) == Some(&b'1');
    id.get(from..to).filter(|namespace| long && namespace.len() == 7).unwrap_or_default()
}

/// The system that a code belongs to which was sent as one of SNOMED CT: suppliers put descriptions where concepts
/// belong, and what fails its own check is kept as sent, but never passed on as SNOMED CT.
pub(crate) fn system(code: &str) -> CodeSystem {
    match component(code) {
        Some(Component::Concept | Component::EmisConcept) => CodeSystem::SnomedCt,
        Some(Component::Description) => CodeSystem::SnomedCtDescription,
        None => CodeSystem::Oid("2.16.840.1.113883.2.1.3.2.4.15".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_partition_tells_concepts_from_descriptions() {
        for (id, component_of) in [
            ("73211009", Some(Component::Concept)),
            ("138875005", Some(Component::Concept)),
            ("1364731000000104", Some(Component::Concept)),
            ("999004351000000109", Some(Component::Concept)),
            ("121589010", Some(Component::Description)),
            ("254063019", Some(Component::Description)),
        ] {
            assert_eq!(component(id), component_of, "{id}");
        }
    }

    #[test]
    fn concepts_of_emis_are_told_apart() {
        let id = (0..10)
            .map(|check| format!("9123410000061{}{check}", "10"))
            .find(|id| SnomedId::parse(id).is_some())
            .unwrap();
        // The namespace stands right before the partition.
        assert_eq!(component(&id), Some(Component::Concept), "{id}");
        let id = (0..10)
            .map(|check| format!("99123100000610{check}"))
            .find(|id| SnomedId::parse(id).is_some())
            .unwrap();
        assert_eq!(component(&id), Some(Component::EmisConcept), "{id}");
    }

    #[test]
    fn wrong_check_digits_shapes_and_partitions_are_none() {
        for id in
            ["", "0", "-1", "73211008", "7321100", "073211009", "73211009x", "١٢٣٤٥٦", "1234567890123456789"]
        {
            assert_eq!(component(id), None, "{id}");
        }
    }
}
