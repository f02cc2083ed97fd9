//! The disclosure tables: for each element of each resource type, from which view on it is shown
//! (`profiles/disclosure/*.toml`). An element that no row names is withheld.

use std::{cell::Cell, collections::BTreeMap, fmt, sync::LazyLock};

use record::{Json, ResourceType};
use serde::{Deserialize, Serialize};

use crate::measured;

/// The two ways in which a resource is released.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum View {
    /// Codes, values, ranges, dates; no text that a person typed.
    Coded,
    /// And free text that passed redaction.
    Full,
}

impl View {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Coded, Self::Full];

    /// The name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Coded => "coded",
            Self::Full => "full",
        }
    }
}

/// A table that cannot be used, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TableError(String);

impl TableError {
    pub(crate) fn new(why: impl fmt::Display) -> Self {
        Self(why.to_string())
    }
}

impl fmt::Display for TableError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for TableError {}

/// How an element is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Show {
    /// In both views, with all that is in it.
    Coded,
    /// In both views if it is word for word the display of a coding beside it; otherwise as [`Show::Screened`].
    CodedIfTerm,
    /// In both views if it is a sign, a number and a unit of the table of units; otherwise as [`Show::Screened`].
    CodedIfMeasured,
    /// In the full view only, and only if its text passed redaction.
    Screened,
    /// In no view.
    Never,
}

/// What a row of an extension has before its name.
const EXTENSION: &str = "extension:";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    show: Show,
    #[serde(rename = "why")]
    _why: String,
}

#[derive(Clone, Debug, Default)]
struct Node {
    show: Option<Show>,
    children: BTreeMap<String, Node>,
    /// By the last part of their URLs.
    extensions: BTreeMap<String, Node>,
}

/// The disclosure table of one resource type.
#[derive(Clone, Debug, Default)]
pub struct DisclosureTable {
    root: Node,
}

impl DisclosureTable {
    /// Reads a table of rows `["Observation.code.text"]` with `show` and `why`. Extensions are rows such as
    /// `["Patient.extension:Name"]`, by the last part of their URL.
    ///
    /// # Errors
    /// If it is not TOML of that shape, or a row is not of this resource type.
    pub fn parse(kind: ResourceType, text: &str) -> Result<Self, TableError> {
        let rows: BTreeMap<String, Row> = toml::from_str(text).map_err(TableError::new)?;
        let mut root = Node::default();
        for (path, row) in rows {
            let mut parts = path.split('.');
            if parts.next() != Some(kind.name()) {
                return Err(TableError::new(format!("{path} is not an element of {}", kind.name())));
            }
            let node = parts.fold(&mut root, |node, part| {
                let (children, name) = match part.strip_prefix(EXTENSION) {
                    Some(name) => (&mut node.extensions, name),
                    None => (&mut node.children, part),
                };
                children.entry(name.to_owned()).or_default()
            });
            node.show = Some(row.show);
        }
        Ok(Self { root })
    }

    /// The table of a resource type that is built in. A table that cannot be read shows nothing.
    #[must_use]
    pub fn built_in(kind: ResourceType) -> &'static Self {
        static PATIENT: LazyLock<DisclosureTable> = LazyLock::new(|| load(ResourceType::Patient));
        static OBSERVATION: LazyLock<DisclosureTable> = LazyLock::new(|| load(ResourceType::Observation));
        static IMMUNIZATION: LazyLock<DisclosureTable> = LazyLock::new(|| load(ResourceType::Immunization));
        match kind {
            ResourceType::Patient => &PATIENT,
            ResourceType::Observation => &OBSERVATION,
            ResourceType::Immunization => &IMMUNIZATION,
        }
    }

    /// The text of the table of a resource type that is built in.
    #[must_use]
    pub fn source(kind: ResourceType) -> &'static str {
        match kind {
            ResourceType::Patient => include_str!("../../profiles/disclosure/patient.toml"),
            ResourceType::Observation => include_str!("../../profiles/disclosure/observation.toml"),
            ResourceType::Immunization => include_str!("../../profiles/disclosure/immunization.toml"),
        }
    }

    /// What a view shows of a resource. `screen` says of a text what redaction lets out of it; for the full view it is
    /// asked about every text that is shown only then, even where another beside it does not pass.
    #[must_use]
    pub fn view<'a>(&self, view: View, resource: Json<'a>, screen: &dyn Fn(&str) -> Passed) -> Shown<'a> {
        let cut = Cut { view, screen, words: Cell::new(false) };
        let body = match resource {
            Json::Object(mut object) => {
                cut.strip(&self.root, &mut object);
                Json::Object(object)
            }
            _ => Json::Bare("null"),
        };
        Shown { body, words: cut.words.get() }
    }

    /// Whether a row names this element (`Observation.code.text`) or shows something that contains it.
    #[must_use]
    pub fn names(&self, path: &str) -> bool {
        let mut node = &self.root;
        for part in path.split('.').skip(1) {
            let child = match part.strip_prefix(EXTENSION) {
                Some(name) => node.extensions.get(name),
                None => node.children.get(part),
            };
            match child {
                Some(child) => node = child,
                None => return node.show.is_some(),
            }
        }
        node.show.is_some() || !(node.children.is_empty() && node.extensions.is_empty())
    }
}

fn load(kind: ResourceType) -> DisclosureTable {
    DisclosureTable::parse(kind, DisclosureTable::source(kind)).unwrap_or_default()
}

/// What redaction lets out of a text.
#[derive(Clone, PartialEq, Eq)]
pub enum Passed {
    /// All of it.
    Whole,
    /// This, in which third parties are masked.
    Masked(String),
    /// Nothing.
    Nothing,
}

/// What a view shows of a resource.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shown<'a> {
    /// The resource without what is withheld.
    pub body: Json<'a>,
    /// Whether any of it is there because redaction let it pass. Without any, the full view is the coded one.
    pub words: bool,
}

type Members<'a> = Vec<(&'a str, Json<'a>)>;

/// One cut of a resource: what is withheld is taken out of it where it stands.
struct Cut<'c> {
    view: View,
    screen: &'c dyn Fn(&str) -> Passed,
    words: Cell<bool>,
}

impl Cut<'_> {
    fn strip(&self, node: &Node, object: &mut Members<'_>) {
        let terms = terms(node, object);
        object.retain_mut(|(key, value)| match *key {
            "extension" => self.extensions(node, value),
            key => {
                let term = terms.contains(&key);
                node.children.get(key).is_some_and(|child| self.element(child, value, term))
            }
        });
    }

    /// Whether an element stays. `term` says that it is the display of a coding beside it.
    fn element(&self, node: &Node, value: &mut Json<'_>, term: bool) -> bool {
        match node.show {
            Some(Show::Never) => false,
            // A number whose unit is partly masked would mislead.
            Some(Show::Coded) if has_uncoded_unit(value) => self.screened(value, false),
            Some(Show::Coded) => true,
            Some(Show::CodedIfTerm) if term => true,
            Some(Show::CodedIfMeasured) if value.text().is_some_and(|text| measured::is_measured(&text)) => {
                true
            }
            Some(Show::CodedIfTerm | Show::CodedIfMeasured | Show::Screened) => self.screened(value, true),
            None => self.inside(node, value),
        }
    }

    /// The parts of an element that has rows only for its children; nothing is left of it if none of them is shown.
    fn inside(&self, node: &Node, value: &mut Json<'_>) -> bool {
        match value {
            Json::Object(object) => {
                self.strip(node, object);
                !object.is_empty()
            }
            Json::List(items) => {
                items.retain_mut(|item| self.inside(node, item));
                !items.is_empty()
            }
            Json::Bare(_) | Json::Spelled(_) | Json::Words(_) => false,
        }
    }

    fn extensions(&self, node: &Node, value: &mut Json<'_>) -> bool {
        let Json::List(extensions) = value else { return false };
        extensions.retain_mut(|extension| {
            let url = extension.get("url").and_then(Json::text);
            let name = url.as_deref().and_then(|url| url.rsplit('/').next());
            let child = name.and_then(|name| node.extensions.get(name));
            child.is_some_and(|child| self.element(child, extension, false))
                // An extension that lost its value says only that there was one.
                && matches!(extension, Json::Object(kept) if kept.len() > 1)
        });
        !extensions.is_empty()
    }

    fn screened(&self, value: &mut Json<'_>, may_mask: bool) -> bool {
        let shown = self.view == View::Full && self.let_out(value, may_mask);
        self.words.set(self.words.get() || shown);
        shown
    }

    /// Whether every text in it passes; it is masked where it stands.
    fn let_out(&self, value: &mut Json<'_>, may_mask: bool) -> bool {
        match value {
            Json::Spelled(_) | Json::Words(_) => match value.text().map(|text| (self.screen)(&text)) {
                Some(Passed::Whole) => true,
                Some(Passed::Masked(masked)) => {
                    *value = Json::Words(masked);
                    may_mask
                }
                Some(Passed::Nothing) | None => false,
            },
            // Each is asked about, whatever becomes of those before it.
            Json::List(items) => {
                items.iter_mut().map(|item| self.let_out(item, may_mask)).filter(|out| !out).count() == 0
            }
            Json::Object(object) => {
                let members = object.iter_mut().map(|(_, member)| self.let_out(member, may_mask));
                members.filter(|out| !out).count() == 0
            }
            Json::Bare(_) => true,
        }
    }
}

/// Whether a quantity in it has a unit of which only words are known. They can have been typed, and a number without
/// its unit would mislead: such a quantity is words as a whole.
fn has_uncoded_unit(value: &Json<'_>) -> bool {
    match value {
        Json::Object(object) => {
            (value.get("unit").is_some() && value.get("code").is_none())
                || object.iter().any(|(_, member)| has_uncoded_unit(member))
        }
        Json::List(items) => items.iter().any(has_uncoded_unit),
        Json::Bare(_) | Json::Spelled(_) | Json::Words(_) => false,
    }
}

/// The elements that are to be shown if they are terms, and are: the display of one of the codings beside them.
fn terms<'a>(node: &Node, object: &Members<'a>) -> Vec<&'a str> {
    let Some((_, codings)) = object.iter().find(|(key, _)| *key == "coding") else { return Vec::new() };
    let asked = |key: &str| node.children.get(key).is_some_and(|child| child.show == Some(Show::CodedIfTerm));
    let terms = object.iter().filter(|(key, value)| asked(key) && is_term(value, codings));
    terms.map(|(key, _)| *key).collect()
}

fn is_term(value: &Json<'_>, codings: &Json<'_>) -> bool {
    let Some(text) = value.text() else { return false };
    codings.items().iter().any(|coding| coding.get("display").is_some_and(|display| display.is(&text)))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn screen(clean: bool) -> impl Fn(&str) -> Passed {
        move |_| if clean { Passed::Whole } else { Passed::Nothing }
    }

    /// What an Observation's table shows of JSON, and whether any of it is words that passed.
    fn cut(view: View, resource: &Value, screen: &dyn Fn(&str) -> Passed) -> (Value, bool) {
        let (json, table) = (resource.to_string(), DisclosureTable::built_in(ResourceType::Observation));
        let shown = table.view(view, Json::read(json.as_bytes()).unwrap(), screen);
        let mut out = Vec::new();
        shown.body.write(&mut out);
        (serde_json::from_slice(&out).unwrap(), shown.words)
    }

    fn view(view: View, resource: &Value, clean: bool) -> Value {
        cut(view, resource, &screen(clean)).0
    }

    #[test]
    fn every_built_in_table_parses() {
        for kind in ResourceType::ALL {
            DisclosureTable::parse(kind, DisclosureTable::source(kind)).unwrap();
        }
    }

    #[test]
    fn an_element_that_no_row_names_is_withheld_at_every_depth() {
        let resource = json!({"resourceType": "Observation", "secret": "x", "code": {"secret": "x", "coding": [{"code": "1"}]},
            "extension": [{"url": "http://example.org/unknown", "valueString": "x"}]});
        let shown = view(View::Full, &resource, true);
        assert_eq!(shown, json!({"resourceType": "Observation", "code": {"coding": [{"code": "1"}]}}));
    }

    #[test]
    fn a_typed_rubric_needs_the_full_view_and_a_clean_verdict_and_a_term_does_not() {
        let rubric = |text: &str| json!({"code": {"coding": [{"display": "Asthma"}], "text": text}});
        let term = rubric("Asthma");
        assert_eq!(view(View::Coded, &term, false), term);
        let typed = rubric("told by her sister");
        let without = json!({"code": {"coding": [{"display": "Asthma"}]}});
        assert_eq!(view(View::Coded, &typed, true), without);
        assert_eq!(view(View::Full, &typed, false), without);
        assert_eq!(view(View::Full, &typed, true), typed);
    }

    #[test]
    fn a_quantity_whose_unit_is_words_is_words() {
        let coded = json!({"valueQuantity": {"value": 1, "unit": "kilogram", "code": "kg"}});
        assert_eq!(view(View::Coded, &coded, false), coded);
        let bare = json!({"valueQuantity": {"value": 1}});
        assert_eq!(view(View::Coded, &bare, false), bare);
        for words in [
            json!({"valueQuantity": {"value": 4, "unit": "kg, said by wife Jane"}}),
            json!({"valueRange": {"low": {"value": 4, "unit": "Jane"}}}),
            json!({"referenceRange": [{"low": {"value": 4, "unit": "Jane"}}]}),
        ] {
            assert_eq!(view(View::Coded, &words, true), json!({}));
            assert_eq!(view(View::Full, &words, false), json!({}));
            assert_eq!(view(View::Full, &words, true), words);
        }
    }

    #[test]
    fn a_sign_a_number_and_a_unit_are_no_words_of_anybody() {
        let measured = json!({"valueString": "~5 mg/L"});
        assert_eq!(view(View::Coded, &measured, false), measured);
        let words = json!({"valueString": "~5 of Jane's"});
        assert_eq!(view(View::Coded, &words, true), json!({}));
        assert_eq!(view(View::Full, &words, false), json!({}));
    }

    #[test]
    fn only_what_redaction_let_pass_tells_the_full_view_from_the_coded_one() {
        let plain = json!({"status": "final", "code": {"coding": [{"display": "Asthma"}], "text": "Asthma"},
            "referenceRange": [{"low": {"value": 1}, "text": "normal"}], "note": [{"text": "x"}]});
        let full = |clean| cut(View::Full, &plain, &screen(clean));
        let coded = cut(View::Coded, &plain, &screen(true));
        assert!(!coded.1 && !full(false).1 && full(true).1);
        assert_eq!(full(false).0, coded.0);
        assert_ne!(full(true).0, coded.0);
    }

    #[test]
    fn a_masked_text_is_shown_masked_and_a_masked_unit_not_at_all() {
        let resource = json!({"note": [{"text": "seen with Jane"}, {"text": "well"}],
            "valueQuantity": {"value": 4, "unit": "Jane"}});
        let mask = |text: &str| match text.contains("Jane") {
            true => Passed::Masked(text.replace("Jane", "[third party]")),
            false => Passed::Whole,
        };
        let (shown, words) = cut(View::Full, &resource, &mask);
        assert_eq!(shown, json!({"note": [{"text": "seen with [third party]"}, {"text": "well"}]}));
        assert!(words);
        assert_eq!(cut(View::Coded, &resource, &mask).0, json!({}));
    }

    #[test]
    fn every_text_that_needs_the_full_view_is_asked_about_even_beside_one_that_does_not_pass() {
        let asked = std::cell::RefCell::new(Vec::new());
        let resource = json!({"note": [{"text": "a"}, {"text": "b"}], "valueString": "c", "status": "final"});
        let shown = cut(View::Full, &resource, &|text| {
            asked.borrow_mut().push(text.to_owned());
            Passed::Nothing
        });
        assert_eq!(shown.0, json!({"status": "final"}));
        assert_eq!(asked.into_inner(), ["a", "b", "c"]);
    }

    #[test]
    fn notes_and_text_results_never_show_unless_clean_and_full() {
        let resource =
            json!({"note": [{"text": "x"}], "valueString": "x", "component": [{"valueString": "x"}]});
        assert_eq!(view(View::Coded, &resource, true), json!({}));
        assert_eq!(view(View::Full, &resource, false), json!({}));
        assert_eq!(view(View::Full, &resource, true), resource);
    }
}
