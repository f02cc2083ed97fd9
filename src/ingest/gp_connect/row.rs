//! One bundle's resources while it is read: what refers to what is settled only at its end. Bounded by [`ROWS`].

use record::{
    CodeClass, Container, Demographics, Effective, Issue, Mark, OdsCode, PersonName, Role, Statement,
};

use super::json::Object;

/// More resources than any patient has.
pub(super) const ROWS: usize = 200_000;

/// A resource.
#[derive(Debug)]
pub(super) struct Row {
    /// `Observation/` and its id.
    pub(super) key: String,
    /// Its full address in this bundle, by which others may refer to it.
    pub(super) address: Option<String>,
    /// The line on which it begins.
    pub(super) line: u64,
    /// What it says.
    pub(super) body: Body,
    /// What was said about its visibility.
    pub(super) marks: Vec<Mark>,
    /// What it depends on.
    pub(super) names: Vec<(Role, String)>,
    /// What depends on it.
    pub(super) holds: Vec<String>,
    /// The observation that it is a name for.
    pub(super) about: Vec<String>,
    /// The observations that are its parts.
    pub(super) members: Vec<String>,
    /// The observations that it was derived from, perhaps as a part of one.
    pub(super) derived: Vec<String>,
    /// Whom it is about.
    pub(super) subject: Option<String>,
    /// Who did it.
    pub(super) performer: Option<String>,
    /// The organisation that manages the patient.
    pub(super) managed_by: Option<String>,
    /// The ODS code of the organisation that it is, or that manages it.
    pub(super) ods: Option<OdsCode>,
    /// Who made the vaccine.
    pub(super) maker: Option<String>,
    /// When it was entered.
    pub(super) recorded: Option<Effective>,
    /// The source says that it should not have been there.
    pub(super) deleted: bool,
    /// The source's own order.
    pub(super) sequence: Option<u64>,
}

/// What a resource says.
#[derive(Debug)]
pub(super) enum Body {
    /// The patient.
    Patient(Box<Demographics>),
    /// A clinician's name.
    Staff(PersonName),
    /// A role of the clinician of this reference.
    InRole(Option<String>),
    /// An organisation's name.
    Organisation(Option<String>),
    /// Something that is not served, but whose marks count; and what it says that the things in it are.
    Container(Container, Option<CodeClass>),
    /// A statement, and its components.
    Statements(Box<Statement>, Vec<Statement>),
    /// What cannot be used, and why.
    Rejected(Box<Issue>),
}

impl Row {
    /// A resource of which nothing is known but its key and its marks.
    pub(super) fn new(key: String, line: u64, marks: Vec<Mark>) -> Self {
        Self {
            key,
            address: None,
            line,
            body: Body::Container(Container::Heading, None),
            marks,
            names: Vec::new(),
            holds: Vec::new(),
            about: Vec::new(),
            members: Vec::new(),
            derived: Vec::new(),
            subject: None,
            performer: None,
            managed_by: None,
            ods: None,
            maker: None,
            recorded: None,
            deleted: false,
            sequence: None,
        }
    }

    /// Adds what an element refers to, which this depends on.
    pub(super) fn depends_on(&mut self, role: Role, of: &Object, element: &str) {
        self.names.extend(references(of, element).into_iter().map(|to| (role, to)));
    }
}

/// The ODS code in an organisation's identifiers, or in the one of a reference to it.
pub(super) fn ods_code(of: &Object) -> Option<OdsCode> {
    const ODS: &str = "https://fhir.nhs.uk/Id/ods-organization-code";
    let mut all = of.object("identifier").into_iter().chain(of.objects("identifier"));
    all.find(|one| one.text("system") == Some(ODS))?.text("value")?.parse().ok()
}

/// What an element that is a reference, or a list of them, refers to, in its normal form. What is inside the resource
/// itself is no other one.
pub(super) fn references(of: &Object, element: &str) -> Vec<String> {
    let one = of.object(element).into_iter();
    let all = one.chain(of.objects(element)).filter_map(|reference| reference.text("reference"));
    all.filter(|reference| !reference.starts_with('#')).map(normal).collect()
}

/// The type and id of a reference, without the address in front and the version behind; another form as it is.
pub(super) fn normal(reference: &str) -> String {
    let current = reference.split("/_history/").next().unwrap_or(reference);
    let mut parts = current.rsplit('/');
    match (parts.next(), parts.next()) {
        (Some(id), Some(kind)) if kind.starts_with(|c: char| c.is_ascii_uppercase()) && !id.is_empty() => {
            format!("{kind}/{id}")
        }
        _ => current.to_owned(),
    }
}
