#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| forthright_tests::personal_data::check(input));
