#![no_main]

use flagstone_fuzz::SlabSequence;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|sequence: SlabSequence| sequence.run());
