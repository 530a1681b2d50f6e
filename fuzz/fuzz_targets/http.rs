#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| sonoff_fuzz::http::run(input));
