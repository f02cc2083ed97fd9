//! Free text through redaction; the harness is in `text.rs`.
#![no_main]
libfuzzer_sys::fuzz_target!(|input: &[u8]| ingest_fuzz::text::run(input));
