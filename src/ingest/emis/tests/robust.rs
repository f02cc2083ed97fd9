//! Any bytes may come: nothing panics, and every row is answered once.

use csv::{ByteRecord, ReaderBuilder};
use proptest::prelude::*;

use super::*;

/// How many rows a CSV parser finds after the header.
fn rows(bytes: &[u8]) -> usize {
    let mut reader = ReaderBuilder::new().has_headers(false).flexible(true).from_reader(bytes);
    let mut record = ByteRecord::new();
    let mut count = 0_usize;
    while reader.read_byte_record(&mut record).unwrap() {
        count += 1;
    }
    count.saturating_sub(1)
}

/// A field that is often nearly right.
fn field() -> impl Strategy<Value = String> {
    prop_oneof![
        Just(braced(HERE)),
        Just(braced(PERSON)),
        Just(guid(ITSELF)),
        Just(String::new()),
        "true|false|TRUE|2024-03-01|YMD|U|09:12:00|120|254063019|Regular|M|Y99999|mmol/L|<=|LO|-?[0-9]{1,3}(\\.[0-9]+)?",
        "<qualifier><item><key>Batch</key><value>[A-Z0-9]{0,4}(</value></item>)?",
        "\\PC{0,12}",
        "[\\s\"',<&{}-]{0,8}",
    ]
}

fn table() -> impl Strategy<Value = &'static str> {
    prop::sample::select(TABLES.to_vec())
}

/// Reads the bytes as a table; rows that were answered if the file was read to its end.
fn answered(table: &str, bytes: &[u8]) -> Option<usize> {
    let (batch, _export) = Export::header_only().raw(table, bytes).open();
    let mut log = Log::default();
    batch.ok()?.read(&mut log).ok()?;
    Some(log.facts.len() + log.rejected.len())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes_after_a_header_are_answered_row_by_row(table in table(), body in prop::collection::vec(any::<u8>(), 0..400)) {
        let mut bytes = Export::header_only().bytes(table);
        bytes.extend(body);
        if let Some(answered) = answered(table, &bytes) {
            prop_assert_eq!(answered, rows(&bytes));
        }
    }

    #[test]
    fn any_fields_are_answered_row_by_row(table in table(), fields in prop::collection::vec(prop::collection::vec(field(), 34), 1..6)) {
        let mut export = Export::header_only();
        // Rows of two organisations refuse the batch; another test is about that.
        let (here, others) = (braced(HERE), [braced(PERSON), guid(ITSELF)]);
        for row in &fields {
            let header = export.headers[table].clone();
            let row: Vec<_> = header.iter().zip(row).map(|(column, value)| {
                // So does an agreement that does not say whose it is.
                let other =
                    column == "OrganisationGuid" && (table == SHARING || others.contains(value));
                (column.as_str(), if other { here.as_str() } else { value.as_str() })
            }).collect();
            export = export.bare(table, &row);
        }
        let bytes = export.bytes(table);
        prop_assert_eq!(answered(table, &bytes), Some(fields.len()));
    }

    #[test]
    fn any_bytes_at_all_do_no_harm(table in table(), bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = answered(table, &bytes);
    }

    #[test]
    fn a_file_cut_anywhere_is_refused_or_read_as_far_as_it_goes(cut in 0usize..1200) {
        let mut bytes = Export::new().row(OBSERVATION, &[]).row(OBSERVATION, &[]).bytes(OBSERVATION);
        bytes.truncate(cut.min(bytes.len()));
        if let Some(answered) = answered(OBSERVATION, &bytes) {
            prop_assert_eq!(answered, rows(&bytes));
            let end = bytes.last().copied();
            prop_assert!(matches!(end, Some(b'"' | b'\r' | b'\n')), "cut inside a field at {}", cut);
        }
    }
}
