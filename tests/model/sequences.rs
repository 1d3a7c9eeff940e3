//! The sequences themselves, for each configuration on one thread and on four.

use flagstone::DefaultConfig;
use proptest::test_runner::TestError;

use super::{
    alone,
    configurations::{Crowded, Flipping, Narrow, OneSlot, Reserved, Retiring, Shape, Wrapping},
    driver, operations, runner,
};

fn check<C: Shape>(threads: usize, cases: u32) {
    alone(|| {
        let outcome = runner(cases).run(&operations::case(), |case| {
            driver::run::<C>(&case, threads);
            Ok(())
        });
        match outcome {
            Ok(()) => {}
            Err(TestError::Fail(reason, case)) => panic!("{reason}\nthe shortest case found: {case:#?}"),
            Err(TestError::Abort(reason)) => panic!("{reason}"),
        }
    });
}

macro_rules! on_one_thread_and_on_four {
    ($($name:ident: $configuration:ty;)*) => {$(
        mod $name {
            use super::*;

            #[test]
            fn on_one_thread() {
                check::<$configuration>(0, 36);
            }

            #[test]
            fn on_four_threads() {
                check::<$configuration>(4, 20);
            }
        }
    )*};
}

on_one_thread_and_on_four! {
    default: DefaultConfig;
    one_slot: OneSlot;
    retiring: Retiring;
    wrapping: Wrapping;
    flipping: Flipping;
    crowded: Crowded;
    narrow: Narrow;
    reserved: Reserved;
}
