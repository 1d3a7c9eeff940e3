//! The sequences themselves, for slabs and pools, each configuration on one thread and on four.

use flagstone::{Pool, Slab};
use proptest::test_runner::TestError;

use super::{
    alone,
    configurations::{self, every_configuration},
    driver::{self, Driven},
    operations, runner,
    value::Value,
};

fn check<S: Driven>(threads: usize, cases: u32) {
    alone(|| {
        let outcome = runner(cases).run(&operations::case(S::WEIGHT, S::operation(), S::later_operation()), |case| {
            driver::run::<S>(&case, threads);
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
            fn slab_on_one_thread() {
                check::<Slab<Value, $configuration>>(0, 36);
            }

            #[test]
            fn slab_on_four_threads() {
                check::<Slab<Value, $configuration>>(4, 20);
            }

            #[test]
            fn pool_on_one_thread() {
                check::<Pool<Value, $configuration>>(0, 36);
            }

            #[test]
            fn pool_on_four_threads() {
                check::<Pool<Value, $configuration>>(4, 20);
            }
        }
    )*};
}

every_configuration! { on_one_thread_and_on_four }
