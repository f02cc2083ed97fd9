//! The people of a line as JSON: patient, relationships and staff, in any of the shapes that exports have.

use ::redact::{Patient, Person, Record};
use serde_json::Value;

/// Reads them; `Err` says what is wrong without a word of what stands there.
pub(crate) fn record(line: &Value) -> Result<Record, &'static str> {
    let patient = match &line["patient"] {
        Value::Object(_) => patient(&line["patient"])?,
        Value::Null => return Err("patient is missing"),
        _ => return Err("patient is not an object"),
    };
    let people = rows(line, "relationships")?.iter().map(person).collect::<Result<_, _>>()?;
    let staff = rows(line, "staff")?
        .iter()
        .map(|row| name(row).ok_or("staff without a name"))
        .collect::<Result<_, _>>()?;
    Ok(Record { patient, people, staff })
}

fn rows(line: &Value, key: &str) -> Result<Vec<Value>, &'static str> {
    match &line[key] {
        Value::Null => Ok(Vec::new()),
        Value::Array(rows) => Ok(rows.clone()),
        _ => Err("relationships and staff are lists"),
    }
}

/// A word, or words; an array's are kept apart. Numbers are words too.
fn words(row: &Value, keys: &[&str]) -> Result<Vec<String>, &'static str> {
    let mut found = Vec::new();
    for value in keys.iter().map(|key| &row[*key]) {
        match value {
            Value::Null => {}
            Value::String(word) => found.push(word.clone()),
            Value::Number(number) => found.push(number.to_string()),
            Value::Array(all) if all.iter().all(Value::is_string) => {
                found.extend(all.iter().filter_map(Value::as_str).map(str::to_owned));
            }
            _ => return Err("a detail of a person is neither words nor a list of words"),
        }
    }
    Ok(found)
}

fn patient(row: &Value) -> Result<Patient, &'static str> {
    let one = |keys: &[&str]| words(row, keys).map(|found| found.join(" "));
    Ok(Patient {
        given: one(&["given"])?,
        family: one(&["family"])?,
        known_as: one(&["known_as"])?,
        sex: one(&["sex"])?,
        dob: one(&["dob"])?,
        phones: words(row, &["phone", "phones", "mobile"])?,
        addresses: words(row, &["address", "addresses", "postcode"])?,
        emails: words(row, &["email", "emails"])?,
        nhs: one(&["nhs"])?,
    })
}

fn name(row: &Value) -> Option<String> {
    let parts: Vec<&str> = match row {
        Value::String(name) => vec![name],
        _ if row["name"].is_string() => vec![row["name"].as_str()?],
        _ => ["given", "family"].iter().filter_map(|key| row[*key].as_str()).collect(),
    };
    Some(parts.join(" ")).filter(|name| !name.trim().is_empty())
}

fn person(row: &Value) -> Result<Person, &'static str> {
    if !row.is_object() && !row.is_string() {
        return Err("a relationship is neither an object nor a name");
    }
    Ok(Person {
        name: name(row).unwrap_or_default(),
        addresses: words(row, &["address", "addresses"])?,
        relationship: words(row, &["relationship", "relation", "type"])?.join(" "),
    })
}
