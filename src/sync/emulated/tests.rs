use std::{
    cell::RefCell,
    sync::{Arc, Mutex},
    thread,
};

use super::*;

/// What happened, in order.
type Log = Arc<Mutex<Vec<String>>>;

/// Records its end, and then uses other thread-locals `uses` times.
struct Noted {
    name: &'static str,
    log: Log,
    uses: usize,
}

impl Drop for Noted {
    fn drop(&mut self) {
        let own = |slot: &'static LocalKey<Slot>| slot.try_with(|_| ()).is_ok();
        let accessible = [own(&FIRST), own(&SECOND)];
        self.note(format!("{} ends, accessible: {accessible:?}", self.name));
        if self.uses > 0 {
            let again = Self { name: "again", log: Arc::clone(&self.log), uses: self.uses - 1 };
            let other = if accessible[0] { &FIRST } else { &SECOND };
            drop(other.replace(Some(again)));
        }
    }
}

impl Noted {
    fn note(&self, what: String) {
        self.log.lock().unwrap().push(what);
    }
}

type Slot = RefCell<Option<Noted>>;

crate::thread_local! {
    static FIRST: Slot = const { RefCell::new(None) };
    static SECOND: Slot = RefCell::new(None);
}

fn log_of(behaviour: impl FnOnce(Log) + Send + 'static) -> Vec<String> {
    let log = Log::default();
    let its_log = Arc::clone(&log);
    thread::spawn(|| behaviour(its_log)).join().unwrap();
    log.lock().unwrap().clone()
}

#[test]
fn each_value_is_destroyed_once_in_the_order_that_was_chosen() {
    let log = log_of(|log| {
        FIRST.set(Some(Noted { name: "first", log: Arc::clone(&log), uses: 0 }));
        SECOND.set(Some(Noted { name: "second", log, uses: 0 }));
    });
    let expected = if begins_with_the_last() {
        ["second ends, accessible: [true, false]", "first ends, accessible: [false, true]"]
    } else {
        ["first ends, accessible: [false, true]", "second ends, accessible: [true, false]"]
    };
    assert_eq!(log, expected);
}

#[test]
fn a_value_that_is_made_anew_is_destroyed_in_the_next_round() {
    // A value that is used in the last round would be leaked.
    for uses in 0..ROUNDS - 1 {
        let log = log_of(move |log| FIRST.set(Some(Noted { name: "first", log, uses })));
        assert_eq!(log.len(), 1 + uses, "{log:?}");
    }
}

crate::thread_local! {
    static NUMBER: Cell<usize> = const { Cell::new(7) };
}

#[test]
fn threads_have_values_of_their_own() {
    NUMBER.set(1);
    assert_eq!(thread::spawn(|| NUMBER.replace(2)).join().unwrap(), 7);
    assert_eq!((NUMBER.get(), NUMBER.take(), NUMBER.get()), (1, 1, 0));
}
