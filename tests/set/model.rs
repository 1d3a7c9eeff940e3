//! Sequences of all operations, in random order, against an oracle that says which future is polled when.
//!
//! `PROPTEST_CASES` sets the number of cases, where the default is 60; a failure prints the shortest sequence that
//! shows it.

mod actor;
mod driver;
mod operations;
mod oracle;

use std::env;

use proptest::test_runner::{Config, TestError, TestRunner};

use crate::homes::{Heap, Home, Place};

fn check<H: Home, const N: usize>(cases: u32) {
    let of_sixty: u32 = env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(60);
    let cases = (cases * of_sixty / 60).max(1);
    let config = Config { cases, failure_persistence: None, max_shrink_iters: 5_000, ..Config::default() };
    let outcome = TestRunner::new(config).run(&operations::lives(N), |lives| {
        driver::run::<H, N>(&lives);
        Ok(())
    });
    match outcome {
        Ok(()) => {}
        Err(TestError::Fail(reason, lives)) => panic!("{reason}\nthe shortest case found: {lives:#?}"),
        Err(TestError::Abort(reason)) => panic!("{reason}"),
    }
}

macro_rules! of_size {
    ($($name:ident: $size:literal, $cases:literal;)*) => {$(
        mod $name {
            use super::*;

            #[test]
            fn on_heap() {
                crate::homes::with_much_stack(|| check::<Heap, $size>($cases));
            }

            #[test]
            fn in_place() {
                crate::homes::with_much_stack(|| check::<Place, $size>($cases));
            }
        }
    )*};
}

of_size! {
    one: 1, 60;
    two: 2, 60;
    seven: 7, 100;
    a_leaf_less_one: 63, 60;
    a_leaf: 64, 60;
    a_leaf_and_one: 65, 60;
    a_block: 512, 40;
    a_block_and_one: 513, 40;
    two_blocks: 1000, 60;
    two_levels: 31_745, 8;
}
