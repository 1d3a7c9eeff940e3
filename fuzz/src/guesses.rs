//! Keys that were never handed out.

use flagstone::{Pool, Slab};
use libfuzzer_sys::arbitrary::{Arbitrary, Result, Unstructured};

use crate::{
    draw::draw,
    model::{
        alone, configurations,
        guess::{self, Guess},
        guessed::check_guesses,
        value::Value,
    },
    sizes::fuzzed_configurations,
};

/// The number of a configuration, how many slots are used, and the keys that are tried on them.
#[derive(Debug)]
pub struct Guesses {
    configuration: usize,
    slots: usize,
    is_pinned: bool,
    in_a_pool: bool,
    guesses: Vec<Guess>,
}

impl Arbitrary<'_> for Guesses {
    fn arbitrary(bytes: &mut Unstructured<'_>) -> Result<Self> {
        let [configuration, slots, kind] = <[u8; 3]>::arbitrary(bytes)?;
        let strategy = guess::guess();
        let mut guesses = Vec::new();
        while !bytes.is_empty() {
            // Raw keys, so that the fuzzer can insert values that it sees compared, or keys made from real ones.
            guesses.push(match u8::arbitrary(bytes)? {
                0..0x40 => Guess::Anything(usize::arbitrary(bytes)?),
                _ => draw(&strategy, &<[u8; 3]>::arbitrary(bytes)?),
            });
        }
        Ok(Self {
            configuration: usize::from(configuration),
            slots: 1 + usize::from(slots % 32),
            is_pinned: kind & 1 != 0,
            in_a_pool: kind & 2 != 0,
            guesses,
        })
    }
}

impl Guesses {
    /// Tries all keys, and panics if one finds an entry that it should not, or changes anything.
    pub fn run(&self) {
        macro_rules! checks {
            ($($configuration:ty),*) => {
                [$([check_guesses::<Slab<Value, $configuration>>, check_guesses::<Pool<Value, $configuration>>]),*]
            };
        }
        let checks = fuzzed_configurations! { checks };
        let check = checks[self.configuration % checks.len()][usize::from(self.in_a_pool)];
        alone(|| check(self.slots, &self.guesses, self.is_pinned));
    }
}
