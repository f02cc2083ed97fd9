//! `tpp-csv`; the harness is in `lib.rs`.
#![no_main]
libfuzzer_sys::fuzz_target!(|input: &[u8]| ingest_fuzz::run(ingest::Format::TppCsv, input));
