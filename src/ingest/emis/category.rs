//! `EmisCodeCategoryDescription`: what kind of thing a code stands for. The one thing in the extract that tells a
//! vaccination or a relative's illness from anything else.

use record::CodeClass;

/// The published categories. Those that say nothing for us, and any new one, are [`CodeClass::Other`].
#[rustfmt::skip]
const CATEGORIES: [(&str, CodeClass); 48] = [
    ("Administration, documents and attachments",  CodeClass::Administrative),
    ("Allergy and adverse drug reactions",         CodeClass::Allergy),
    ("Allergy and adverse reactions",              CodeClass::Allergy),
    ("Biochemistry",                               CodeClass::Laboratory),
    ("Biological values",                          CodeClass::Measurement),
    ("Body structure",                             CodeClass::Other),
    ("Care episode outcome",                       CodeClass::Administrative),
    ("Conditions, operations and procedures",      CodeClass::Condition),
    ("Cytology/Histology",                         CodeClass::Laboratory),
    ("Dental disorder",                            CodeClass::Condition),
    ("Dental finding",                             CodeClass::Finding),
    ("Dental procedure",                           CodeClass::Procedure),
    // Electrodiagnostics and the like: FHIR's category "procedure" is defined by them.
    ("Diagnostics",                                CodeClass::Procedure),
    ("Discharged from service",                    CodeClass::Administrative),
    ("EMIS Qualifier",                             CodeClass::Other),
    ("Ethnicity",                                  CodeClass::Demographic),
    ("Family history",                             CodeClass::FamilyHistory),
    ("Haematology",                                CodeClass::Laboratory),
    ("Health management, screening and monitoring", CodeClass::Other),
    ("HMP",                                        CodeClass::Other),
    ("Immunisations",                              CodeClass::Immunisation),
    ("Immunology",                                 CodeClass::Laboratory),
    ("Intervention category",                      CodeClass::Procedure),
    ("Intervention target",                        CodeClass::Other),
    ("Investigation requests",                     CodeClass::Request),
    ("KC60",                                       CodeClass::SexualHealth),
    ("Marital status",                             CodeClass::Demographic),
    ("Microbiology",                               CodeClass::Laboratory),
    ("Nationality",                                CodeClass::Demographic),
    ("Nursing problem",                            CodeClass::Condition),
    ("Nursing problem domain",                     CodeClass::Other),
    ("Obstetrics and Birth",                       CodeClass::Finding),
    ("Pathology specimen",                         CodeClass::Specimen),
    ("Personal Health and Social",                 CodeClass::SocialHistory),
    ("Planned dental intervention",                CodeClass::Procedure),
    ("Problem rating scale for outcomes",          CodeClass::Other),
    ("Procedure code",                             CodeClass::Procedure),
    ("Radiology",                                  CodeClass::Imaging),
    ("Reason for care",                            CodeClass::Other),
    ("Referral",                                   CodeClass::Referral),
    ("Referral activity",                          CodeClass::Referral),
    ("Referral rejected",                          CodeClass::Referral),
    ("Referral withdrawn",                         CodeClass::Referral),
    ("Regiment",                                   CodeClass::Other),
    ("Religion",                                   CodeClass::Demographic),
    ("Symptoms and Findings",                      CodeClass::Finding),
    ("Trade/Branch",                               CodeClass::Other),
    ("Unset",                                      CodeClass::Other),
];

/// The class of a category, in whatever case it is written.
pub(super) fn class(category: &str) -> CodeClass {
    let found = CATEGORIES.iter().find(|(name, _)| name.eq_ignore_ascii_case(category));
    found.map_or(CodeClass::Other, |(_, class)| *class)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_category_stands_once_and_an_unknown_one_is_other() {
        let mut names: Vec<_> = CATEGORIES.iter().map(|(name, _)| name.to_lowercase()).collect();
        names.sort();
        names.dedup();
        assert_eq!(names.len(), 48);
        assert_eq!(class("IMMUNISATIONS"), CodeClass::Immunisation);
        assert_eq!(class("family history"), CodeClass::FamilyHistory);
        assert_eq!(class("Something new"), CodeClass::Other);
        assert_eq!(class(""), CodeClass::Other);
    }
}
