//! Views of JSON that a test made up.

use policy::{DisclosureTable, Passed, View};
use record::{Json, ResourceType};
use serde_json::Value;

/// What a view shows of a resource.
pub fn cut(kind: ResourceType, view: View, resource: &Value, screen: &dyn Fn(&str) -> Passed) -> Value {
    let (json, mut out) = (resource.to_string(), Vec::new());
    let resource = Json::read(json.as_bytes()).unwrap();
    DisclosureTable::built_in(kind).view(view, resource, screen).body.write(&mut out);
    serde_json::from_slice(&out).unwrap()
}
