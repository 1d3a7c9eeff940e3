//! Threads come and go: numbers and shards are handed on, and those beyond the limit share the overflow shard.
//!
//! Property: the next thread with a number finds its shard as the last one left it, entries, free slots and what others
//! give back meanwhile; threads without a shard, and calls in destructors of thread-locals, insert one at a time.
//!
//! Invariants: T1 (which thread owns a shard), T2 (the registry's lock hands it on), T3 (the overflow shard's owner
//! holds its lock).
//!
//! Orderings: none of their own but the two locks'. Note that under `loom` a thread that was joined may still have its
//! thread-locals.

use std::cell::RefCell;

use loom::{
    sync::atomic::{AtomicUsize, Ordering},
    thread,
};

use crate::{
    check::{Shared, check, first_of_overflow, key_of},
    sizes::{OneSlot, OneThread, TwoSlots},
    value::Tally,
};

/// The first thread's entry is removed by the main thread while the second one takes the shard over, or takes a new
/// one if it comes too early.
#[test]
fn thread_end_and_reuse() {
    let outcomes = ["a shard of its own", "the same shard"];
    check("threads::thread_end_and_reuse", &outcomes, |slab: Shared<TwoSlots>, tally| {
        let insert = |number, tally: &Tally| {
            let tally = tally.clone();
            thread::spawn(move || slab.insert(tally.value(number)).unwrap())
        };
        let first = insert(1, tally).join().unwrap();
        let second = insert(2, tally);
        assert!(slab.remove(first));
        let second = second.join().unwrap();
        let inherited = second == key_of::<TwoSlots>(1, 0, 0, 1);
        assert!(inherited || second == key_of::<TwoSlots>(2, 0, 0, 0));
        tally.note(if inherited { "the same shard" } else { "a shard of its own" });
        assert_eq!(slab.get(second).unwrap().read(), 2);
    });
}

/// The shard has one slot, so the second thread has room in it only if the first one's has come back.
#[test]
fn inherited_slot_is_used_again() {
    let outcomes = ["used again", "full", "a shard of its own"];
    check("threads::inherited_slot_is_used_again", &outcomes, |slab: Shared<OneSlot>, tally| {
        let first = thread::spawn({
            let tally = tally.clone();
            move || slab.insert(tally.value(1)).unwrap()
        });
        let first = first.join().unwrap();
        let second = thread::spawn({
            let tally = tally.clone();
            move || slab.insert(tally.value(2))
        });
        assert!(slab.remove(first));
        tally.note(match second.join().unwrap() {
            None => "full",
            Some(key) if key == key_of::<OneSlot>(1, 0, 1, 0) => "used again",
            Some(key) => {
                assert_eq!(key, key_of::<OneSlot>(2, 0, 0, 0));
                "a shard of its own"
            }
        });
    });
}

/// Two threads at once, one of which may get the number of the other when that ends.
#[test]
fn two_threads_register() {
    check("threads::two_threads_register", &["two shards", "one shard"], |slab: Shared<OneSlot>, tally| {
        let threads = [1, 2].map(|number| {
            let tally = tally.clone();
            thread::spawn(move || {
                let key = slab.insert(tally.value(number)).unwrap();
                assert!(slab.remove(key));
                key
            })
        });
        let [left, right] = threads.map(|thread| thread.join().unwrap());
        assert_ne!(left, right);
        tally.note(if slab.capacity() == 2 { "two shards" } else { "one shard" });
    });
}

#[test]
fn overflow_shard() {
    let outcomes = ["inserted", "full"];
    check("threads::overflow_shard", &outcomes, |slab: Shared<OneThread>, tally| {
        let key = slab.insert(tally.value(1)).unwrap();
        assert_eq!(key, key_of::<OneThread>(1, 0, 0, 0), "the only shard that a thread has to itself");
        let threads = [2, 3].map(|number| {
            let tally = tally.clone();
            thread::spawn(move || match slab.insert(tally.value(number)) {
                Some(key) => {
                    assert_eq!(slab.get(key).unwrap().read(), number);
                    assert!(slab.remove(key));
                    tally.note("inserted");
                }
                None => tally.note("full"),
            })
        });
        for thread in threads {
            thread.join().unwrap();
        }
        assert_eq!(tally.alive(), 1);
    });
}

loom::thread_local! {
    static AT_EXIT: RefCell<Option<AtExit>> = RefCell::new(None);
}

/// Inserts when its thread's locals are torn down.
struct AtExit {
    slab: Shared<OneThread>,
    tally: Tally,
    done: std::sync::Arc<AtomicUsize>,
}

impl Drop for AtExit {
    fn drop(&mut self) {
        let key = self.slab.insert(self.tally.value(2)).unwrap();
        assert_eq!(key, first_of_overflow::<OneThread>(), "the overflow shard");
        self.done.store(1, Ordering::Release);
    }
}

#[test]
fn destructor_of_a_thread_local() {
    check("threads::destructor_of_a_thread_local", &["done"], |slab: Shared<OneThread>, tally| {
        let done = std::sync::Arc::new(AtomicUsize::new(0));
        let key = slab.insert(tally.value(1)).unwrap();
        thread::spawn({
            let (tally, done) = (tally.clone(), done.clone());
            move || {
                // Asks for its number, has none, and never gets one.
                assert!(slab.remove(key));
                AT_EXIT.with(|at_exit| *at_exit.borrow_mut() = Some(AtExit { slab, tally, done }));
            }
        });
        while done.load(Ordering::Acquire) == 0 {
            thread::yield_now();
        }
        assert_eq!(slab.get(first_of_overflow::<OneThread>()).unwrap().read(), 2);
        tally.note("done");
    });
}
