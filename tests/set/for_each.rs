//! Bounded fan-out in one call.

use std::{
    cell::{Cell, RefCell},
    future::{pending, ready},
    iter,
    panic::{AssertUnwindSafe, catch_unwind},
    rc::Rc,
};

use flagstone::{
    future_set::{for_each_concurrent, try_for_each_concurrent},
    task::{LocalExecutor, yield_now},
};

use crate::value::Ledger;

fn block_on<T>(future: impl Future<Output = T>) -> T {
    LocalExecutor::new().block_on(future)
}

#[test]
fn each_item_has_its_future_and_no_more_run_than_the_limit() {
    for limit in [1, 2, 7, 100, usize::MAX] {
        let (running, most, done) = (Cell::new(0_usize), Cell::new(0), RefCell::new(vec![]));
        block_on(for_each_concurrent(0..50, limit, async |number| {
            running.set(running.get() + 1);
            most.set(most.get().max(running.get()));
            for _ in 0..=number % 5 {
                yield_now().await;
            }
            running.set(running.get() - 1);
            done.borrow_mut().push(number);
        }));
        let mut done = done.into_inner();
        done.sort_unstable();
        assert_eq!((most.get(), running.get()), (limit.min(50), 0));
        assert!(done.into_iter().eq(0..50));
    }
    block_on(for_each_concurrent(iter::empty::<()>(), 1, ready));
}

#[test]
fn items_are_taken_as_there_is_room() {
    let taken = Cell::new(0);
    let items = (0..10).inspect(|_| taken.set(taken.get() + 1)).filter(|_| true); // its upper bound is 10
    let mut all = Box::pin(for_each_concurrent(items, 3, |_| pending()));
    block_on(async {
        assert!(futures_poll_once(all.as_mut()).await.is_none());
    });
    assert_eq!(taken.get(), 3);
}

/// Polls once.
async fn futures_poll_once<F: Future>(mut future: std::pin::Pin<&mut F>) -> Option<F::Output> {
    std::future::poll_fn(|context| {
        std::task::Poll::Ready(match future.as_mut().poll(context) {
            std::task::Poll::Ready(output) => Some(output),
            std::task::Poll::Pending => None,
        })
    })
    .await
}

#[test]
fn the_first_error_ends_it_and_drops_the_others() {
    let (ledger, taken) = (Ledger::new(), Cell::new(0));
    let items = (0..).inspect(|_| taken.set(taken.get() + 1));
    let result = block_on(try_for_each_concurrent(items, 4, |number| {
        let value = ledger.value();
        async move {
            let _value = value;
            match number {
                0 => pending().await,
                10 => Err("ten"),
                _ => Ok(()),
            }
        }
    }));
    assert_eq!(result, Err("ten"));
    assert!(ledger.dropped() <= 15, "no more are made: {}", ledger.dropped());
    assert_eq!(taken.get() as usize, ledger.dropped(), "no item is lost");
}

#[test]
fn no_future_is_made_after_an_error() {
    let made = Cell::new(0);
    let result = block_on(try_for_each_concurrent(0..10, 2, |number| {
        made.set(made.get() + 1);
        ready(if number == 0 { Err(()) } else { Ok(()) })
    }));
    assert_eq!((result, made.get()), (Err(()), 2));
}

#[test]
fn dropping_it_drops_the_futures() {
    let ledger = Ledger::new();
    let mut all = Box::pin(for_each_concurrent(0..10, 3, |_| {
        let value = ledger.value();
        async move {
            let _value = value;
            pending().await
        }
    }));
    block_on(async { assert!(futures_poll_once(all.as_mut()).await.is_none()) });
    assert_eq!(ledger.dropped(), 0);
    drop(all);
    assert_eq!(ledger.dropped(), 3);
}

#[test]
fn others_run_while_all_futures_are_ready() {
    let executor = LocalExecutor::new();
    let (rounds, ended) = (Rc::new(Cell::new(0)), Rc::new(Cell::new(false)));
    let other = executor.spawn({
        let (rounds, ended) = (Rc::clone(&rounds), Rc::clone(&ended));
        async move {
            while !ended.get() {
                rounds.set(rounds.get() + 1);
                yield_now().await;
            }
        }
    });
    executor.block_on(async {
        for_each_concurrent(0..10_000, 8, |_| ready(())).await;
        ended.set(true);
        other.await.unwrap();
    });
    assert!(rounds.get() >= 10_000 / 256, "{}", rounds.get());
}

#[test]
fn a_limit_of_zero_is_refused_at_once() {
    let payload = catch_unwind(|| drop(for_each_concurrent(0..1, 0, |_| ready(())))).unwrap_err();
    assert_eq!(payload.downcast_ref::<&str>(), Some(&"flagstone: with a limit of 0 no future would ever run"));
}

#[test]
fn a_panic_drops_the_others() {
    let ledger = Ledger::new();
    let result = catch_unwind(AssertUnwindSafe(|| {
        block_on(for_each_concurrent(0..10, 4, |number| {
            let value = ledger.value();
            async move {
                let _value = value;
                assert_ne!(number, 5, "as told");
            }
        }));
    }));
    assert!(result.is_err());
}
