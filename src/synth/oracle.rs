//! What an export means, kept beside it as `oracle.csv`: what each entry that a reader makes of it must come to. It is
//! worked out from the record itself, not from what was written.

use std::{io, path::Path};

/// One entry.
pub struct Meant {
    /// The NHS number of the patient.
    pub nhs_number: String,
    /// The reader's key of the entry.
    pub entry: String,
    /// `observation`, `immunization`, `not-given` for a vaccination that was not done, or `not-served`.
    pub kind: &'static str,
    /// SNOMED CT concept id.
    pub code: String,
    /// The number, as it was written.
    pub value: String,
    /// The sign before it.
    pub operator: &'static str,
    /// Its unit, as it was written.
    pub unit: &'static str,
    /// When it was true, as FHIR writes it.
    pub date: String,
    /// Whether something speaks against showing it.
    pub hidden: bool,
}

/// Writes the oracle of an export into its folder.
pub fn write(meant: &[Meant], out: &Path) -> io::Result<()> {
    let mut file = csv::Writer::from_path(out.join("oracle.csv"))?;
    file.write_record([
        "nhs_number",
        "entry",
        "kind",
        "code",
        "value",
        "operator",
        "unit",
        "date",
        "hidden",
    ])?;
    for one in meant {
        let hidden = if one.hidden { "true" } else { "false" };
        file.write_record([
            one.nhs_number.as_str(),
            &one.entry,
            one.kind,
            &one.code,
            &one.value,
            one.operator,
            one.unit,
            &one.date,
            hidden,
        ])?;
    }
    file.flush()
}
