//! Sequences of operations.

use std::fmt::Debug;

use flagstone::{Pool, Slab};
use libfuzzer_sys::arbitrary::{Arbitrary, Result, Unstructured};

use crate::{
    draw::draw,
    model::{
        alone, configurations,
        driver::{self, Driven},
        operations::{self, Case, Phase},
        value::Value,
    },
    sizes::fuzzed_configurations,
};

/// How many bytes encode an operation, or the end of a phase.
const STEP: usize = 3;

/// A first byte from this value on stands for an operation that came later than the first inputs of the corpus.
const IS_LATER: u8 = 0xE8;

/// A first byte from this value on ends the phase. Others stand for an operation by one of the threads.
const ENDS_PHASE: u8 = 0xF8;

/// The number of a configuration, how many threads there are (0: only the calling thread), and what they do.
#[derive(Debug)]
struct Sequence<Own> {
    configuration: usize,
    threads: usize,
    case: Case<Own>,
}

impl<Own: Clone + Debug + 'static> Sequence<Own> {
    fn from_bytes<S: Driven<Operation = Own>>(bytes: &mut Unstructured<'_>) -> Result<Self> {
        let [configuration, header, end] = <[u8; 3]>::arbitrary(bytes)?;
        let operation = operations::operation(S::WEIGHT, S::operation());
        let later_operation = operations::later_operation(S::later_operation());
        let interlude = operations::interlude();
        let (mut phases, mut steps) = (Vec::new(), Vec::new());
        let mut end_phase = |steps: &mut Vec<_>, [kind, seed @ ..]: [u8; STEP]| {
            let (operations, pins_first) = (std::mem::take(steps), kind % 2 == 0);
            phases.push(Phase { operations, pins_first, interlude: draw(&interlude, &seed) });
        };
        for &step in bytes.bytes(bytes.len())?.as_chunks::<STEP>().0 {
            let [worker, seed @ ..] = step;
            if worker >= ENDS_PHASE {
                end_phase(&mut steps, step);
            } else if worker >= IS_LATER {
                steps.push((usize::from(worker), draw(&later_operation, &seed)));
            } else {
                steps.push((usize::from(worker), draw(&operation, &seed)));
            }
        }
        end_phase(&mut steps, [end; STEP]);
        Ok(Self {
            configuration: usize::from(configuration),
            // Threads take time, and one thread finds most faults.
            threads: usize::from(header % 16).saturating_sub(11),
            case: Case { phases, has_pins: header & 0x30 != 0, into_iter: (header & 0xC0 == 0).then_some(end % 8) },
        })
    }
}

macro_rules! slab_runs {
    ($($configuration:ty),*) => { [$(driver::run::<Slab<Value, $configuration>>),*] };
}

macro_rules! pool_runs {
    ($($configuration:ty),*) => { [$(driver::run::<Pool<Value, $configuration>>),*] };
}

macro_rules! sequence {
    ($name:ident, $store:ident, $runs:ident) => {
        /// A case that does not depend on its configuration.
        #[derive(Debug)]
        pub struct $name(Sequence<<$store<Value> as Driven>::Operation>);

        impl Arbitrary<'_> for $name {
            fn arbitrary(bytes: &mut Unstructured<'_>) -> Result<Self> {
                Sequence::from_bytes::<$store<Value>>(bytes).map(Self)
            }
        }

        impl $name {
            /// Runs it on a new store and on the oracle, and panics if they differ.
            pub fn run(&self) {
                let Self(Sequence { configuration, threads, case }) = self;
                let runs = fuzzed_configurations! { $runs };
                alone(|| runs[configuration % runs.len()](case, *threads));
            }
        }
    };
}

sequence! { SlabSequence, Slab, slab_runs }
sequence! { PoolSequence, Pool, pool_runs }
