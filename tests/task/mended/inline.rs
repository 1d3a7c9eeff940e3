//! Wakers that poll as they are woken.

use std::{
    cell::{Cell, RefCell},
    future::{Future, pending},
    pin::Pin,
    rc::Rc,
    sync::Arc,
    task::Wake,
};

use crate::{
    storages::{Stored, on_every_storage},
    trials::poll,
};

on_every_storage! {
    a_claim_that_is_polled_as_it_is_woken_lets_the_executor_end
    a_main_future_that_is_polled_as_it_is_woken_lets_others_end
}

/// More polls than a correct run can need.
const TOO_MANY: usize = 1000;

thread_local! {
    static FUTURE: RefCell<Option<Pin<Box<dyn Future<Output = ()>>>>> = const { RefCell::new(None) };
    static POLLS: Cell<usize> = const { Cell::new(0) };
}

/// Its wakers poll this thread's future.
struct Inline;

impl Wake for Inline {
    fn wake(self: Arc<Self>) {
        POLLS.set(POLLS.get() + 1);
        FUTURE.with(|future| {
            // Not within its own poll, and not for ever.
            if let Ok(mut future) = future.try_borrow_mut() {
                let future = future.as_mut().filter(|_| POLLS.get() < TOO_MANY);
                let _ = future.map(|future| poll(future, &self.into()));
            }
        });
    }
}

/// Polls a future now, and whenever it is woken during `end`. Returns how often.
fn polls_during(future: impl Future<Output = ()> + 'static, end: impl FnOnce()) -> usize {
    FUTURE.set(Some(Box::pin(future)));
    Arc::new(Inline).wake();
    end();
    FUTURE.take();
    POLLS.get()
}

// The claim was told of the end, waited again, was told again, and so on.
fn a_claim_that_is_polled_as_it_is_woken_lets_the_executor_end<M: Stored>() {
    let executor = M::small_executor(0);
    let claim = executor.claim();
    let ended = Rc::new(Cell::new(false));
    let told = Rc::clone(&ended);
    let waiting = async move {
        drop(claim.await);
        told.set(true);
        pending().await
    };
    let polls = polls_during(waiting, || drop(executor));
    assert!(polls <= 2, "{polls} polls");
    assert!(ended.get(), "it waits for what will never be");
}

// A driver that was dropped told all that slept; one of them slept again, was told again, and so on.
fn a_main_future_that_is_polled_as_it_is_woken_lets_others_end<M: Stored>() {
    let executor = Rc::new(M::executor());
    let driven = Rc::clone(&executor);
    let polls = polls_during(async move { driven.run_until(pending()).await }, || executor.block_on(async {}));
    assert!(polls < 10, "{polls} polls");
}
