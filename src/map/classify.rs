//! What an entry becomes, or why nothing: by the source's own class of the code, and by the tables for what the class
//! does not tell. It makes no resource.

use std::{borrow::Cow, sync::LazyLock};

use record::{
    CodeClass, CodeRef, CodeSystem, Coded, Content, Dictionary, Entry, Statement, StatementStatus, Subject,
};

use crate::{
    coding::is_nothing,
    giving::{Giving, vaccination},
    table::{CodeTable, five_bytes},
    terminology::{Meaning, Terminology},
};

macro_rules! reasons {
    ($($(#[doc = $doc:literal])+ $name:ident = $code:literal;)+) => {
        /// Why an entry becomes no resource.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum WhyNot { $($(#[doc = $doc])+ $name,)+ }

        impl WhyNot {
            /// Every reason.
            pub const ALL: &'static [Self] = &[$(Self::$name,)+];

            /// The stable code.
            #[must_use]
            pub fn code(self) -> &'static str { match self { $(Self::$name => $code,)+ } }
        }
    };
}

reasons! {
    /// The source deleted it.
    Deleted = "deleted";
    /// It holds other entries.
    Container = "container";
    /// It is a part of who the patient is, or says who may see the record.
    PartOfAnother = "part-of-another";
    /// The patient has not come yet, and every resource names the patient.
    PatientAwaited = "patient-awaited";
    /// Another entry is the patient's.
    OtherPatientEntry = "other-patient-entry";
    /// It is not yet filed.
    Unfiled = "unfiled";
    /// Its code has not come yet.
    CodeAwaited = "code-awaited";
    /// It has neither a code nor words for one.
    NoCode = "no-code";
    /// It is about somebody else.
    SomebodyElse = "somebody-else";
    /// It is about an illness of a relative.
    FamilyHistory = "family-history";
    /// It is an allergy or adverse reaction: a resource type that is not served yet.
    Allergy = "allergy";
    /// It is a referral.
    Referral = "referral";
    /// It is a request for a test.
    Request = "request";
    /// It is a specimen.
    Specimen = "specimen";
    /// It is the ethnic group, religion or the like.
    Demographic = "demographic";
    /// It is a medication: a resource type that is not served yet.
    Medication = "medication";
    /// It is a plan of which only words arrived.
    Plan = "plan";
    /// Its code says that a vaccine was given, and the words beside it that it was not: without the words, which are not
    /// shown to everybody, the code would say the opposite.
    NotGiven = "not-given";
    /// Its code says that a vaccine was given, and the source has a field that does not say so plainly.
    GivingUnclear = "giving-unclear";
    /// It could not be written as FHIR.
    NotEncodable = "not-encodable";
}

/// A statement that becomes a resource, with its code looked up.
pub(crate) struct Resolved<'a> {
    pub(crate) entry: &'a Entry,
    pub(crate) statement: &'a Statement,
    pub(crate) coded: Cow<'a, Coded>,
    pub(crate) class: CodeClass,
    /// What it says of the giving of a vaccine.
    pub(crate) vaccination: Giving,
    /// It is about vaccinations, given or not.
    pub(crate) about_vaccination: bool,
}

static OTHER_PEOPLE: LazyLock<CodeTable> =
    LazyLock::new(|| CodeTable::parse(include_str!("../../profiles/codes/other_people.csv")));
static SOCIAL_HISTORY: LazyLock<CodeTable> =
    LazyLock::new(|| CodeTable::parse(include_str!("../../profiles/codes/social_history.csv")));
/// What a statement becomes.
pub(crate) fn resolve<'a>(
    entry: &'a Entry,
    dictionary: &dyn Dictionary,
    terminology: Option<&Terminology>,
) -> Result<Resolved<'a>, WhyNot> {
    let under = |coded: &Coded, meaning| terminology.is_some_and(|known| known.means(coded, meaning));
    let statement = match &entry.content {
        _ if entry.deleted => return Err(WhyNot::Deleted),
        None => return Err(WhyNot::Deleted),
        Some(Content::Container(_)) => return Err(WhyNot::Container),
        // Lists are looked up before anything is mapped.
        Some(Content::Detail(_) | Content::OnlineAccess(_) | Content::WithLists(_)) => {
            return Err(WhyNot::PartOfAnother);
        }
        Some(Content::Patient(_)) => return Err(WhyNot::OtherPatientEntry),
        Some(Content::Statement(statement)) => statement.as_ref(),
    };
    if statement.status == StatementStatus::Unfiled {
        return Err(WhyNot::Unfiled);
    }
    if statement.subject == Subject::SomebodyElse {
        return Err(WhyNot::SomebodyElse);
    }
    let (coded, said) = match &statement.code {
        CodeRef::Given(coded, class) => (Cow::Borrowed(coded), class.unwrap_or(CodeClass::Other)),
        CodeRef::Local(key) => {
            let (coded, class) = dictionary.code(key).ok_or(WhyNot::CodeAwaited)?;
            (Cow::Owned(coded), class)
        }
    };
    not_served(&coded, said, &under)?;
    let class = if said == CodeClass::Other { by_table(&coded) } else { said };
    let (vaccination, about_vaccination) = vaccination(&coded, class, statement, &under)?;
    Ok(Resolved { entry, statement, coded, class, vaccination, about_vaccination })
}

/// Whether a concept lies under a root that means something (`hierarchies.csv`): never, without a terminology.
pub(crate) type Under<'a> = &'a dyn Fn(&Coded, Meaning) -> bool;

fn not_served(coded: &Coded, class: CodeClass, under: Under<'_>) -> Result<(), WhyNot> {
    if is_nothing(coded) {
        return Err(WhyNot::NoCode);
    }
    match class {
        CodeClass::FamilyHistory => return Err(WhyNot::FamilyHistory),
        CodeClass::Allergy => return Err(WhyNot::Allergy),
        CodeClass::Referral => return Err(WhyNot::Referral),
        CodeClass::Request => return Err(WhyNot::Request),
        CodeClass::Specimen => return Err(WhyNot::Specimen),
        CodeClass::Demographic => return Err(WhyNot::Demographic),
        CodeClass::Medication => return Err(WhyNot::Medication),
        _ => {}
    }
    match other_people(coded) {
        Some("family-history") => return Err(WhyNot::FamilyHistory),
        Some(_) => return Err(WhyNot::SomebodyElse),
        None if under(coded, Meaning::FamilyHistory) => return Err(WhyNot::FamilyHistory),
        None if under(coded, Meaning::SomebodyElse) => return Err(WhyNot::SomebodyElse),
        None => {}
    }
    coded.codings.iter().find_map(degraded).map_or(Ok(()), Err)
}

/// Whether a code or a term is about other people, and what.
fn other_people(coded: &Coded) -> Option<&'static str> {
    let by_code =
        coded.codings.iter().find_map(|coding| OTHER_PEOPLE.code_or_its_twin(coding)).map(|(cells, _)| cells);
    let by_term = || terms(coded).find_map(|term| OTHER_PEOPLE.term(term));
    by_code.or_else(by_term).map(|cells| cells.first().copied().unwrap_or_default())
}

/// A code that says that only words arrived, whatever the thing was (GP2GP, transfer-degraded record entry).
pub(crate) const DEGRADED: &str = "196411000000103";

/// Whether a SNOMED CT id says only that words arrived.
#[must_use]
pub fn is_degraded(code: &str) -> bool {
    code == DEGRADED || degraded_of(code).is_some()
}

/// Codes that say that only words arrived, and of what kind of thing (GP2GP, transfer-degraded entries).
fn degraded(coding: &record::Coding) -> Option<WhyNot> {
    if coding.system == CodeSystem::SnomedCt { degraded_of(&coding.code) } else { None }
}

fn degraded_of(code: &str) -> Option<WhyNot> {
    match code {
        "196461000000101" | "196471000000108" => Some(WhyNot::Allergy),
        "196421000000109" => Some(WhyNot::Medication),
        "196451000000104" => Some(WhyNot::Plan),
        "196431000000106" => Some(WhyNot::Referral),
        "196441000000102" => Some(WhyNot::Request),
        _ => None,
    }
}

/// Every term that the source shows for a code: from its code list, and as it was typed.
pub(crate) fn terms(coded: &Coded) -> impl Iterator<Item = &str> {
    let listed = coded.codings.iter().filter_map(|coding| coding.display.as_deref());
    listed.chain(coded.original_text.as_ref().map(|text| text.expose()))
}

/// The class of a code of which the source does not tell it: chapters 4 and 5 of Read version 2 are laboratory tests
/// and imaging, and the table knows social history.
fn by_table(coded: &Coded) -> CodeClass {
    if is_social_history(coded) {
        return CodeClass::SocialHistory;
    }
    // Of CTV3 those codes begin with a digit that it took over from Read; its own begin with a letter.
    let read = coded.in_system(&CodeSystem::ReadV2).or_else(|| coded.in_system(&CodeSystem::Ctv3));
    let read = read.map(five_bytes).unwrap_or_default();
    match read.chars().next() {
        Some('4') => CodeClass::Laboratory,
        Some('5') => CodeClass::Imaging,
        _ => CodeClass::Other,
    }
}

/// Whether a code is in the table of social history.
pub(crate) fn is_social_history(coded: &Coded) -> bool {
    coded.codings.iter().any(|coding| SOCIAL_HISTORY.code(coding).is_some())
}

#[cfg(test)]
mod tests {
    use record::{ResourceType, Value};

    use super::*;
    use crate::testing::{Made, coded, find, id, map_all, mapped, patient, read, snomed, text};

    fn why(made: Made) -> Option<WhyNot> {
        mapped(vec![made]).unmapped.first().map(|unmapped| unmapped.why)
    }

    #[test]
    fn every_reason_has_a_code_of_its_own() {
        let codes: std::collections::BTreeSet<&str> = WhyNot::ALL.iter().map(|why| why.code()).collect();
        assert_eq!(codes.len(), WhyNot::ALL.len());
    }

    #[test]
    fn an_illness_of_a_relative_is_never_the_patients_own() {
        let asthma = || Made::snomed("a", "195967001", "Asthma");
        assert_eq!(why(asthma().class(CodeClass::FamilyHistory)), Some(WhyNot::FamilyHistory));
        assert_eq!(why(asthma().with(|s| s.subject = Subject::SomebodyElse)), Some(WhyNot::SomebodyElse));
        assert_eq!(
            why(Made::new("a", vec![read("12C2.00", "Ischaemic heart disease")])),
            Some(WhyNot::FamilyHistory)
        );
        assert_eq!(why(Made::snomed("a", "160303001", "a code alone")), Some(WhyNot::FamilyHistory));
        assert_eq!(why(Made::snomed("a", "443454007", "FH: Stroke")), Some(WhyNot::FamilyHistory));
        assert_eq!(
            why(Made::snomed("a", "160266009", "No family history of diabetes")),
            Some(WhyNot::FamilyHistory)
        );
        assert_eq!(why(asthma()), None);
    }

    #[test]
    fn a_ctv3_code_is_about_other_people_if_its_read_twin_is() {
        let ctv3 = record::Coding { system: CodeSystem::Ctv3, ..read("12C2.", "Ischaemic heart disease") };
        assert_eq!(why(Made::new("a", vec![ctv3])), Some(WhyNot::FamilyHistory));
    }

    #[test]
    fn relatives_are_known_by_many_words() {
        for term in [
            "Maternal history of breast cancer",
            "F/H: Huntington's chorea",
            "Family h/o: depression",
            "Mother: schizophrenia",
            "Uncle has schizophrenia",
            "Spouse has dementia",
            "Sibling on child protection register",
            "Ex-husband violent",
            "Wifes mental illness",
            "Vulnerable child in family",
            "Child has cystic fibrosis",
            "Children have sickle cell trait",
            "Father has Huntington's chorea",
            "H/O: father had tuberculosis",
            "H/O mother epileptic",
            "H/O diabetes in mother",
            "History of breast cancer in sister",
            "Thrombophilia in first degree relative",
            "Strong family history of bowel cancer",
            "[V]Family history of malignant neoplasm of breast",
            "Mother-in-law has dementia",
            "Half-brother: haemophilia",
            "Biological father unknown to have HIV",
            "Patient's partner has hepatitis B",
            "Sickle cell disease in partner",
            "Stepson violent",
        ] {
            assert!(why(Made::snomed("a", "195967001", term)).is_some(), "{term}");
        }
        for term in [
            "Ex-smoker",
            "Maternal postnatal examination",
            "Asthma",
            "Personal history of asthma",
            "Child health surveillance",
            "Child 6 week examination",
            "Childhood asthma",
            "Children's food allergy review",
            "Obesity in childhood",
            "Diabetes mellitus in mother complicating pregnancy, childbirth AND/OR puerperium",
            "Lives with mother",
            "Breast-feeding mother",
            "Relative risk of cardiovascular disease",
            "Sondalo score",
            "Babysitting",
            "Infant feeding method",
            "Partial thromboplastin time",
            "Mumps vaccination",
        ] {
            assert_eq!(why(Made::snomed("a", "195967001", term)), None, "{term}");
        }
    }

    #[test]
    fn codes_and_terms_about_other_people_are_not_served() {
        assert_eq!(why(Made::snomed("a", "161077003", "Father smokes")), Some(WhyNot::SomebodyElse));
        assert_eq!(why(Made::new("a", vec![read("13WF200", "a code alone")])), Some(WhyNot::SomebodyElse));
        let typed =
            Made::snomed("a", "196411000000103", "Transfer-degraded record entry").with(|statement| {
                if let CodeRef::Given(coded, _) = &mut statement.code {
                    coded.original_text = Some(text("Foster parent present"));
                }
            });
        assert_eq!(why(typed), Some(WhyNot::SomebodyElse));
    }

    #[test]
    fn what_is_another_kind_of_thing_waits_for_its_own_resource_type() {
        let of = |class| why(Made::snomed("a", "91936005", "a term").class(class));
        assert_eq!(of(CodeClass::Allergy), Some(WhyNot::Allergy));
        assert_eq!(of(CodeClass::Referral), Some(WhyNot::Referral));
        assert_eq!(of(CodeClass::Request), Some(WhyNot::Request));
        assert_eq!(of(CodeClass::Specimen), Some(WhyNot::Specimen));
        assert_eq!(of(CodeClass::Demographic), Some(WhyNot::Demographic));
        for served in
            [CodeClass::Condition, CodeClass::Procedure, CodeClass::Finding, CodeClass::Administrative]
        {
            assert_eq!(of(served), None);
        }
        let degraded = |code| why(Made::snomed("a", code, "degraded"));
        assert_eq!(degraded("196461000000101"), Some(WhyNot::Allergy));
        assert_eq!(degraded("196421000000109"), Some(WhyNot::Medication));
        assert_eq!(degraded("196451000000104"), Some(WhyNot::Plan));
        assert_eq!(degraded(DEGRADED), None);
    }

    #[test]
    fn a_result_that_is_not_filed_is_not_served() {
        assert_eq!(
            why(Made::snomed("a", "1000651000000109", "Potassium")
                .with(|s| s.status = StatementStatus::Unfiled)),
            Some(WhyNot::Unfiled)
        );
    }

    #[test]
    fn a_local_code_is_looked_up_and_waited_for() {
        let local = |key: &str| {
            let code = CodeRef::Local(key.to_owned());
            Made::snomed("a", "1", "x").value("70", "kg").with(|statement| statement.code = code)
        };
        assert_eq!(why(local("not there")), Some(WhyNot::CodeAwaited));
        let mapping = mapped(vec![local("weight")]);
        assert_eq!(find(&mapping, "a").concepts, [(CodeSystem::SnomedCt, "27113001".to_owned())]);
        assert_eq!(find(&mapping, "a").classes, [CodeClass::Measurement]);
    }

    #[test]
    fn a_statement_without_code_and_words_is_nothing() {
        assert_eq!(why(Made::new("a", vec![])), Some(WhyNot::NoCode));
    }

    #[test]
    fn every_coding_is_there_to_be_labelled_by() {
        let made = Made::new("a", vec![read("246..00", "BP"), snomed("163020007", "BP")])
            .with(|s| s.value = Some(Value::Coded(coded(vec![snomed("10828004", "Positive")]))));
        let mapping = mapped(vec![made]);
        let codes: Vec<&str> = find(&mapping, "a").concepts.iter().map(|(_, code)| code.as_str()).collect();
        assert_eq!(codes, ["246..00", "163020007", "10828004"]);
    }

    #[test]
    fn chapters_of_read_version_2_tell_tests_and_imaging_where_the_source_does_not() {
        let section =
            |code: &str| find(&mapped(vec![Made::new("a", vec![read(code, "a test")])]), "a").section;
        assert_eq!(section("44J3.00"), record::Section::TestResults);
        assert_eq!(section("535..00"), record::Section::TestResults);
        assert_eq!(section("1683.00"), record::Section::Consultations);
    }

    #[test]
    fn without_the_patient_nothing_is_served() {
        let mapping = map_all(&[Made::snomed("a", "27113001", "Body weight").0]);
        assert!(mapping.resources.is_empty());
        assert_eq!(mapping.unmapped[0].why, WhyNot::PatientAwaited);
    }

    #[test]
    fn of_two_patient_entries_the_later_counts() {
        let mut later = patient();
        later.id = id("another");
        later.sequence = 2;
        let mapping = map_all(&[later, patient()]);
        assert_eq!(mapping.resources.len(), 1);
        assert_eq!(
            (mapping.resources[0].kind, &mapping.resources[0].sources[0]),
            (ResourceType::Patient, &id("another"))
        );
        assert_eq!(mapping.unmapped[0].why, WhyNot::OtherPatientEntry);
    }
}
