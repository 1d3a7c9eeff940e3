#![no_main]

use flagstone_fuzz::PoolSequence;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|sequence: PoolSequence| sequence.run());
