//! Resources and bundles as JSON text, members in the order in which they are given. What it writes is well formed
//! whatever it is given.

use crate::Options;

/// A value.
#[derive(Clone)]
pub enum Tree {
    /// A text.
    Text(String),
    /// A number, digit by digit.
    Number(String),
    /// `true` or `false`.
    Bool(bool),
    /// A list.
    List(Vec<Tree>),
    /// An object.
    Object(Vec<(&'static str, Tree)>),
}

/// A text.
pub fn text(text: impl Into<String>) -> Tree {
    Tree::Text(text.into())
}

/// A reference to a resource.
pub fn reference(kind: &str, id: &str) -> Tree {
    Tree::Object(vec![("reference", text(format!("{kind}/{id}")))])
}

/// A coding.
pub fn coding(system: &str, code: &str, display: &str) -> Tree {
    Tree::Object(vec![("system", text(system)), ("code", text(code)), ("display", text(display))])
}

/// A concept of codings.
pub fn concept(codings: Vec<Tree>) -> Tree {
    Tree::Object(vec![("coding", Tree::List(codings))])
}

/// A resource of a profile, with the label that keeps it from the patient if it is hidden.
pub fn resource(kind: &'static str, id: &str, hidden: bool, members: Vec<(&'static str, Tree)>) -> Tree {
    let profile = format!("https://fhir.nhs.uk/STU3/StructureDefinition/CareConnect-GPC-{kind}-1");
    let mut meta = vec![("profile", Tree::List(vec![text(profile)]))];
    if hidden {
        let label = coding("http://hl7.org/fhir/v3/ActCode", "NOPAT", "no disclosure to patient");
        meta.push(("security", Tree::List(vec![label])));
    }
    let mut all = vec![("resourceType", text(kind)), ("id", text(id)), ("meta", Tree::Object(meta))];
    all.extend(members);
    Tree::Object(all)
}

/// A bundle of resources, made on the day of the export.
pub fn bundle(options: &Options, resources: Vec<Tree>) -> String {
    let entries = resources.into_iter().map(|resource| Tree::Object(vec![("resource", resource)])).collect();
    let made = format!("{}T01:05:00+00:00", options.today);
    let bundle = Tree::Object(vec![
        ("resourceType", text("Bundle")),
        ("meta", Tree::Object(vec![("lastUpdated", text(made))])),
        ("type", text("collection")),
        ("entry", Tree::List(entries)),
    ]);
    let mut out = String::new();
    bundle.write(&mut out, 0);
    out.push('\n');
    out
}

impl Tree {
    fn write(&self, out: &mut String, depth: usize) {
        match self {
            Self::Text(text) => quoted(text, out),
            Self::Number(digits) => *out += digits,
            Self::Bool(yes) => *out += if *yes { "true" } else { "false" },
            Self::List(items) => {
                out.push('[');
                for (at, item) in items.iter().enumerate() {
                    part(out, at, depth);
                    item.write(out, depth + 1);
                }
                out.push(']');
            }
            Self::Object(members) => {
                out.push('{');
                for (at, (name, value)) in members.iter().enumerate() {
                    part(out, at, depth);
                    quoted(name, out);
                    out.push(':');
                    value.write(out, depth + 1);
                }
                out.push('}');
            }
        }
    }
}

/// Parts two members; entries, and what is directly in them, stand on lines of their own.
fn part(out: &mut String, at: usize, depth: usize) {
    if at > 0 {
        out.push(',');
    }
    if depth <= 3 {
        out.push('\n');
    }
}

fn quoted(text: &str, out: &mut String) {
    out.push('"');
    for character in text.chars() {
        match character {
            '"' => *out += "\\\"",
            '\\' => *out += "\\\\",
            '\n' => *out += "\\n",
            '\r' => *out += "\\r",
            '\t' => *out += "\\t",
            control if control < ' ' => *out += &format!("\\u{:04x}", u32::from(control)),
            other => out.push(other),
        }
    }
    out.push('"');
}
