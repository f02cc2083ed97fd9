//! The disclosure tables: for each element of each resource type, from which view on it is shown
//! (`profiles/disclosure/*.toml`). An element that no row names is withheld.

use std::{
    collections::{BTreeMap, HashMap},
    fmt,
    sync::LazyLock,
};

use record::ResourceType;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

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
    /// In the full view only, and only if its text passed redaction.
    Screened,
    /// In no view.
    Never,
}

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
    children: HashMap<String, Node>,
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
            let node = parts.fold(&mut root, |node, part| node.children.entry(part.to_owned()).or_default());
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

    /// What a view shows of a resource. `clean` says of a text whether redaction let it pass.
    #[must_use]
    pub fn view(&self, view: View, resource: &Value, clean: &dyn Fn(&str) -> bool) -> Value {
        match resource {
            Value::Object(object) => Value::Object(strip(&self.root, view, object, clean)),
            _ => Value::Null,
        }
    }

    /// Whether a row names this element (`Observation.code.text`) or shows something that contains it.
    #[must_use]
    pub fn names(&self, path: &str) -> bool {
        let mut node = &self.root;
        for part in path.split('.').skip(1) {
            match node.children.get(part) {
                Some(child) => node = child,
                None => return node.show.is_some(),
            }
        }
        node.show.is_some() || !node.children.is_empty()
    }
}

fn load(kind: ResourceType) -> DisclosureTable {
    DisclosureTable::parse(kind, DisclosureTable::source(kind)).unwrap_or_default()
}

fn strip(
    node: &Node,
    view: View,
    object: &Map<String, Value>,
    clean: &dyn Fn(&str) -> bool,
) -> Map<String, Value> {
    let mut kept = Map::new();
    for (key, value) in object {
        let value = match key.as_str() {
            "extension" => extensions(node, view, value, clean),
            _ => node.children.get(key).and_then(|child| element(child, view, value, object, clean)),
        };
        if let Some(value) = value {
            kept.insert(key.clone(), value);
        }
    }
    kept
}

fn element(
    node: &Node,
    view: View,
    value: &Value,
    beside: &Map<String, Value>,
    clean: &dyn Fn(&str) -> bool,
) -> Option<Value> {
    match node.show {
        Some(Show::Never) => None,
        Some(Show::Coded) if has_uncoded_unit(value) => screened(view, value, clean),
        Some(Show::Coded) => Some(value.clone()),
        Some(Show::CodedIfTerm) if is_term(value, beside) => Some(value.clone()),
        Some(Show::CodedIfTerm | Show::Screened) => screened(view, value, clean),
        None => inside(node, view, value, clean),
    }
}

/// The parts of an element that has rows only for its children; nothing is left of it if none of them is shown.
fn inside(node: &Node, view: View, value: &Value, clean: &dyn Fn(&str) -> bool) -> Option<Value> {
    match value {
        Value::Object(object) => {
            let kept = strip(node, view, object, clean);
            (!kept.is_empty()).then_some(Value::Object(kept))
        }
        Value::Array(items) => {
            let kept: Vec<Value> = items.iter().filter_map(|item| inside(node, view, item, clean)).collect();
            (!kept.is_empty()).then_some(Value::Array(kept))
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => None,
    }
}

fn extensions(node: &Node, view: View, value: &Value, clean: &dyn Fn(&str) -> bool) -> Option<Value> {
    let kept: Vec<Value> = value
        .as_array()?
        .iter()
        .filter_map(|extension| {
            let name = extension.get("url")?.as_str()?.rsplit('/').next()?;
            let child = node.children.get(&format!("extension:{name}"))?;
            let kept = element(child, view, extension, &Map::new(), clean)?;
            // An extension that lost its value says only that there was one.
            (kept.as_object()?.len() > 1).then_some(kept)
        })
        .collect();
    (!kept.is_empty()).then_some(Value::Array(kept))
}

fn screened(view: View, value: &Value, clean: &dyn Fn(&str) -> bool) -> Option<Value> {
    match view {
        View::Coded => None,
        View::Full => all_clean(value, clean).then(|| value.clone()),
    }
}

/// Whether a quantity in it has a unit of which only words are known. They can have been typed, and a number without
/// its unit would mislead: such a quantity is words as a whole.
fn has_uncoded_unit(value: &Value) -> bool {
    match value {
        Value::Object(object) => {
            (object.contains_key("unit") && !object.contains_key("code"))
                || object.values().any(has_uncoded_unit)
        }
        Value::Array(items) => items.iter().any(has_uncoded_unit),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
    }
}

fn all_clean(value: &Value, clean: &dyn Fn(&str) -> bool) -> bool {
    match value {
        Value::String(text) => clean(text),
        Value::Array(items) => items.iter().all(|item| all_clean(item, clean)),
        Value::Object(object) => object.values().all(|item| all_clean(item, clean)),
        Value::Null | Value::Bool(_) | Value::Number(_) => true,
    }
}

/// Whether a text is the display of one of the codings beside it.
fn is_term(value: &Value, beside: &Map<String, Value>) -> bool {
    let (Some(text), Some(codings)) = (value.as_str(), beside.get("coding").and_then(Value::as_array)) else {
        return false;
    };
    codings.iter().any(|coding| coding.get("display").and_then(Value::as_str) == Some(text))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn view(view: View, resource: &Value, clean: bool) -> Value {
        DisclosureTable::built_in(ResourceType::Observation).view(view, resource, &|_| clean)
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
    fn notes_and_text_results_never_show_unless_clean_and_full() {
        let resource =
            json!({"note": [{"text": "x"}], "valueString": "x", "component": [{"valueString": "x"}]});
        assert_eq!(view(View::Coded, &resource, true), json!({}));
        assert_eq!(view(View::Full, &resource, false), json!({}));
        assert_eq!(view(View::Full, &resource, true), resource);
    }
}
