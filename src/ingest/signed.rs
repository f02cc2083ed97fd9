//! Numbers with a sign that FHIR has not.

use record::{FreeText, Value};

/// A number with such a sign (`~`) and its unit, as words, as they were sent: the number alone would read as exact. A sign
/// that ends in a letter or a digit does not run into the number.
pub(crate) fn in_words(sign: &str, number: &str, unit: &str) -> Value {
    let between = if sign.ends_with(char::is_alphanumeric) { " " } else { "" };
    FreeText::new(format!("{sign}{between}{number} {unit}").trim()).map_or(Value::Unread, Value::Text)
}
