//! The executors in which everything is tried.

use std::future::Future;

use async_executor::Executor;
use flagstone::task::LocalExecutor;
use tokio::runtime::Builder;

/// Runs a future to its end.
pub(crate) trait Runs {
    fn run<F: Future<Output: Send + 'static> + Send + 'static>(future: F) -> F::Output;
}

pub(crate) struct TokioOnOneThread;
pub(crate) struct TokioOnThreads;
pub(crate) struct AsyncExecutor;
pub(crate) struct Ours;

impl Runs for TokioOnOneThread {
    fn run<F: Future<Output: Send + 'static> + Send + 'static>(future: F) -> F::Output {
        let runtime = Builder::new_current_thread().build().unwrap();
        // As a task, which has a budget.
        runtime.block_on(async { tokio::spawn(future).await.unwrap() })
    }
}

impl Runs for TokioOnThreads {
    fn run<F: Future<Output: Send + 'static> + Send + 'static>(future: F) -> F::Output {
        let runtime = Builder::new_multi_thread().worker_threads(2).build().unwrap();
        runtime.block_on(async { tokio::spawn(future).await.unwrap() })
    }
}

impl Runs for AsyncExecutor {
    fn run<F: Future<Output: Send + 'static> + Send + 'static>(future: F) -> F::Output {
        let executor = Executor::new();
        let task = executor.spawn(future);
        // Only the parking is ours.
        LocalExecutor::new().block_on(executor.run(task))
    }
}

impl Runs for Ours {
    fn run<F: Future<Output: Send + 'static> + Send + 'static>(future: F) -> F::Output {
        let executor = LocalExecutor::new();
        executor.block_on(executor.spawn(future)).unwrap()
    }
}

/// Declares a test of each behaviour in each executor.
macro_rules! in_every_executor {
    ($($behaviour:ident)*) => {$(
        mod $behaviour {
            #[test]
            fn tokio_on_one_thread() {
                super::$behaviour::<$crate::executors::TokioOnOneThread>();
            }

            #[test]
            fn tokio_on_threads() {
                super::$behaviour::<$crate::executors::TokioOnThreads>();
            }

            #[test]
            fn async_executor() {
                super::$behaviour::<$crate::executors::AsyncExecutor>();
            }

            #[test]
            fn ours() {
                super::$behaviour::<$crate::executors::Ours>();
            }
        }
    )*};
}
pub(crate) use in_every_executor;
