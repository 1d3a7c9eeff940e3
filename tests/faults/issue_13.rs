//! The faults of issue 13, by their numbers there.

mod attempts;
mod endings;
mod keys;
mod pins;
mod shards;
mod waiting;

use std::{
    ops::{Deref, DerefMut},
    sync::{
        atomic::{AtomicBool, AtomicUsize, Ordering},
        mpsc,
    },
    thread,
    time::Duration,
};

use flagstone::{ExclusiveError, Pool, Slab};

/// Runs `behaviour` on a thread of its own, and fails if it does not end.
fn ends(behaviour: impl FnOnce() + Send + 'static) {
    let (done, wait_for_done) = mpsc::channel();
    // Not joined before it is done: where it waits for itself it does so for ever.
    let thread = thread::spawn(move || {
        behaviour();
        done.send(()).unwrap();
    });
    match wait_for_done.recv_timeout(Duration::from_secs(30)) {
        Err(mpsc::RecvTimeoutError::Timeout) => panic!("it does not end"),
        Err(mpsc::RecvTimeoutError::Disconnected) | Ok(()) => thread.join().unwrap(),
    }
}

/// A guard that is read through, one that is written through, and something that is only held.
type Shared<'a> = Box<dyn Deref<Target = u64> + 'a>;
type Exclusive<'a> = Box<dyn DerefMut<Target = u64> + 'a>;

trait Held {}

impl<T> Held for T {}

/// What slabs and pools of numbers have in common.
trait Store: Default + Send + Sync + 'static {
    fn make(&self, value: u64) -> usize;
    fn get(&self, key: usize) -> Option<Shared<'_>>;
    fn get_exclusive(&self, key: usize) -> Result<Exclusive<'_>, ExclusiveError>;
    fn wait_exclusive(&self, key: usize) -> Option<Exclusive<'_>>;
    fn contains(&self, key: usize) -> bool;
    fn pin(&self) -> Box<dyn Held + '_>;
    /// What a slab calls `remove` and a pool `clear`.
    fn end(&self, key: usize) -> bool;
    fn len(&self) -> usize;

    fn read(&self, key: usize) -> Option<u64> {
        self.get(key).map(|value| **value)
    }

    /// Blocks until the entry cannot be got any more.
    fn await_absence(&self, key: usize) {
        while self.contains(key) {
            thread::yield_now();
        }
    }
}

macro_rules! store {
    ($store:ident, $make:expr, $end:ident) => {
        impl Store for $store<u64> {
            fn make(&self, value: u64) -> usize {
                $make(self, value).unwrap()
            }

            fn get(&self, key: usize) -> Option<Shared<'_>> {
                Some(Box::new(self.get(key)?))
            }

            fn get_exclusive(&self, key: usize) -> Result<Exclusive<'_>, ExclusiveError> {
                Ok(Box::new(self.get_exclusive(key)?))
            }

            fn wait_exclusive(&self, key: usize) -> Option<Exclusive<'_>> {
                Some(Box::new(self.wait_exclusive(key)?))
            }

            fn contains(&self, key: usize) -> bool {
                self.contains(key)
            }

            fn pin(&self) -> Box<dyn Held + '_> {
                Box::new(self.pin())
            }

            fn end(&self, key: usize) -> bool {
                self.$end(key)
            }

            fn len(&self) -> usize {
                self.len()
            }
        }
    };
}

store! { Slab, |slab: &Self, value| slab.insert(value), remove }
store! { Pool, |pool: &Self, value| pool.create_with(|place| *place = value), clear }

/// Declares tests of behaviours of slabs and of pools, none of which may take for ever.
macro_rules! in_slabs_and_in_pools {
    ($($behaviour:ident)*) => {
        mod slab {
            $(#[test] fn $behaviour() { $crate::issue_13::ends(super::$behaviour::<flagstone::Slab<u64>>); })*
        }

        mod pool {
            $(#[test] fn $behaviour() { $crate::issue_13::ends(super::$behaviour::<flagstone::Pool<u64>>); })*
        }
    };
}
use in_slabs_and_in_pools;

/// Runs `behaviour` while two threads pin the store in turns, so that one or both have it pinned at any time.
fn while_two_pin_in_turns<S: Store>(store: &S, behaviour: impl FnOnce()) {
    /// Also when the behaviour has panicked.
    struct Done<'a>(&'a AtomicBool);

    impl Drop for Done<'_> {
        fn drop(&mut self) {
            self.0.store(true, Ordering::Relaxed);
        }
    }

    let (is_done, turns) = (AtomicBool::new(false), AtomicUsize::new(0));
    // Whose turn it is finds the store pinned by the other thread, but for the very first turn.
    let pin_in_turns = |turn: mpsc::Receiver<()>, other: mpsc::Sender<()>| {
        let mut pin = None;
        while turn.recv().is_ok() && !is_done.load(Ordering::Relaxed) {
            drop(pin.take());
            pin = Some(store.pin());
            turns.fetch_add(1, Ordering::Relaxed);
            if other.send(()).is_err() {
                return;
            }
        }
    };
    let ((to_first, first), (to_second, second)) = (mpsc::channel(), mpsc::channel());
    to_first.send(()).unwrap();
    thread::scope(|scope| {
        let _done = Done(&is_done);
        let pin_in_turns = &pin_in_turns;
        scope.spawn(move || pin_in_turns(first, to_second));
        scope.spawn(move || pin_in_turns(second, to_first));
        while turns.load(Ordering::Relaxed) < 2 {
            thread::yield_now();
        }
        behaviour();
    });
}
