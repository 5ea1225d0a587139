#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| forthright_tests::model::check(input));
