//! Announcements of the intake; the harness is in `announcement.rs`.
#![no_main]
libfuzzer_sys::fuzz_target!(|input: &[u8]| ingest_fuzz::announcement::run(input));
