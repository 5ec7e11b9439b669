#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| ballsession_fuzz_targets::run("tokens", data));
