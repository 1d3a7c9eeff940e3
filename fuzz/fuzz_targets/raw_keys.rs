#![no_main]

use flagstone_fuzz::Guesses;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|guesses: Guesses| guesses.run());
