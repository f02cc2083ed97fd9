//! `Coding_ClinicalCode`: the code list that observations refer to by `CodeId`. It is sent whole each time.

use record::{CodeClass, CodeSystem, Coded, Coding, Fact, IssueCode, Reference, ReferenceKey};

use super::{
    Emis, category,
    organisation::Practice,
    read_code::{is_sexual_health, read_code},
    row::Row,
};
use crate::{
    delimited::{Table, Unusable, columns},
    snomed::{Component, component},
};

columns! {
    /// Clinical codes. `ParentCodeId` came with version 5.4.
    ClinicalCodes = "Coding_ClinicalCode";
    required {
        id: "CodeId", term: "Term", read: "ReadTermId", snomed: "SnomedCTConceptId",
        category: "EmisCodeCategoryDescription", sequence: "ProcessingId",
    }
    optional {}
    unused { "SnomedCTDescriptionId", "NationalCode", "NationalCodeCategory", "NationalDescription", "ParentCodeId", }
}

impl Table<Emis> for ClinicalCodes {
    fn fact(&self, row: &mut Row<'_>, _: &mut Practice) -> Result<Fact, Unusable> {
        let Some(id) = key(row.text(self.id)) else {
            return Err(row
                .error(IssueCode::KeyInvalid, self.id)
                .detail("a code's key is a whole number")
                .into());
        };
        let display = row.some(self.term);
        let codings =
            [self.snomed(row), read_code(row.text(self.read)), Some((CodeSystem::Egton, id.clone()))];
        let coding = |(system, code)| Coding { system, code, display: display.clone() };
        let coded =
            Coded { codings: codings.into_iter().flatten().map(coding).collect(), original_text: None };
        let code = Box::new(Reference::Code(coded, self.class(row)));
        let sequence = row.sequence(self.sequence, false);
        Ok(Fact::Reference(ReferenceKey::Code(id), code, sequence))
    }
}

impl ClinicalCodes {
    /// The concept, if the field holds one that others know too. Blank, 0 and -1 stand for none.
    fn snomed(&self, row: &mut Row<'_>) -> Option<(CodeSystem, String)> {
        let id = row.text(self.snomed);
        match component(id) {
            Some(Component::Concept) => Some((CodeSystem::SnomedCt, id.to_owned())),
            Some(Component::Description) => Some((CodeSystem::SnomedCtDescription, id.to_owned())),
            Some(Component::EmisConcept) => None,
            None if matches!(id, "" | "0" | "-1") => None,
            None => {
                row.warn(IssueCode::PartIgnored, self.snomed, "it is not a SNOMED CT identifier");
                None
            }
        }
    }

    fn class(&self, row: &Row<'_>) -> CodeClass {
        if is_sexual_health(row.text(self.read)) {
            return CodeClass::SexualHealth;
        }
        category::class(row.text(self.category))
    }
}

/// The key of a code: a whole number that is not 0, here and where observations name it.
pub(super) fn key(text: &str) -> Option<String> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let fits = (1..=19).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit());
    (fits && !digits.starts_with('0')).then(|| text.to_owned())
}
