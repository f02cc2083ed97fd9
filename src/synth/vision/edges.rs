//! Oddities that a valid extract may hold, all for one patient: each was met by those who read this format.

use std::io;

use super::table::{File, Row};

/// Rows with one thing odd about each. None of them is a vaccination that was given or refused.
const ROWS: &[&Row<'static>] = &[
    // Deleted, in a full extract, with nothing but its keys.
    &[("ACTION", "D"), ("CONTEXT", ""), ("RUBRIC", ""), ("DATE", ""), ("RECORDED_DATE", "")],
    &[("CONTEXT", "R")],
    &[("CODE", "DNA"), ("RUBRIC", "")],
    &[("CODE", "13m1.0")],
    &[("CODE", "#9V0..")],
    &[("CODE", "22A..00"), ("SNOMED_CODE", "9223372036854775808")],
    &[("TIME", "9999")],
    &[("CODE", "246..00"), ("ENTITY", "BP"), ("VALUE1", "140"), ("VALUE2", "")],
    &[("CODE", "246..00"), ("ENTITY", "BP"), ("VALUE1", "0"), ("VALUE2", "0")],
    &[("CODE", "4K2..00"), ("SUBSET", "T"), ("VALUE1", "POSITIVE")],
    &[("CODE", "22A..00"), ("ENTITY", "WEIGHT"), ("VALUE1", "80.5"), ("VALUE2", "27.1")],
    &[
        ("CODE", "22A..00"),
        ("ENTITY", "WEIGHT"),
        ("VALUE1", "80.5"),
        ("SUBSET", "I"),
        ("IMMS_STATUS", "Given"),
    ],
    &[("CODE", "1371.00"), ("ENTITY", "SMOKING"), ("VALUE1", "0"), ("VALUE2", "0")],
    &[("CODE", "65M1.00"), ("RUBRIC", "MMR vaccination"), ("SUBSET", "I"), ("IMMS_STATUS", "Pending")],
    &[
        ("CODE", "65M1.00"),
        ("RUBRIC", "MMR vaccination"),
        ("SUBSET", "I"),
        ("IMMS_STATUS", ""),
        ("IMMS_BATCH", "AB1, \"second\""),
    ],
    &[("SUBSET", "R"), ("CODE", "a6b1.00"), ("RUBRIC", "Examplol tablets 5mg"), ("DMD_CODE", "322236009")],
];

/// Writes them.
pub(super) fn write(pid: &str, file: &mut File) -> io::Result<()> {
    for (number, odd) in ROWS.iter().enumerate() {
        let id = (900_000 + number).to_string();
        let usual: &Row<'_> = &[
            ("PID", pid),
            ("ID", &id),
            ("DATE", "20240301"),
            ("RECORDED_DATE", "20240301"),
            ("RUBRIC", "An oddity"),
            ("CONTEXT", "A"),
            ("ACTION", "A"),
            ("SUBSET", "C"),
        ];
        let kept = usual.iter().filter(|(name, _)| odd.iter().all(|(own, _)| own != name));
        let row: Vec<(&'static str, &str)> = odd.iter().chain(kept).copied().collect();
        file.row(&row)?;
    }
    Ok(())
}
