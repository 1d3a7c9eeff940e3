//! Two threads use a slab first, at once: each makes all that a slab begins with, and one publishes it.
//!
//! Property: neither thread's entry is lost, each has a row of its own or the overflow shard, and what the slower one has made
//! is freed, or used as far as it can be.
//!
//! Invariants: T1 and T3, and that a table is replaced by one that has all that it had.
//!
//! Orderings: `join` and `found` Release with `roster` and `directory` Acquire; `Once::fill` Release with its own Acquire where
//! another thread was first.

use std::cell::RefCell;

use flagstone::Slab;
use loom::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
};

use crate::{
    check::{Shared, check, first_of_overflow, key_of},
    joining::{insert, newcomer},
    mailbox::Mailbox,
    sizes::{OneSlot, OneThread},
    value::Tally,
};

/// Gives the current thread a number, so that no other one has the same after it has ended. With the key of an entry in the
/// slab that is used for that.
pub(crate) fn register() -> (Slab<usize, OneSlot>, usize) {
    let slab = Slab::new_with_config::<OneSlot>();
    let key = slab.insert(0).unwrap();
    (slab, key)
}

/// Two threads use a fresh slab at once.
#[test]
fn by_two() {
    let outcomes = ["the other is first", "this one is first"];
    check("founding::by_two", &outcomes, |slab: Shared<OneSlot>, tally| {
        let _number = register();
        let other = newcomer(slab, 2, tally);
        let key = insert(slab, 1, tally);
        let others = other.join().unwrap();
        assert_ne!(key, others);
        assert_eq!([key, others].map(|key| slab.get(key).unwrap().read()), [1, 2]);
        let is_first = key == key_of::<OneSlot>(1, 0, 0, 0);
        tally.note(if is_first { "this one is first" } else { "the other is first" });
        assert_eq!(slab.len(), 2);
    });
}

/// One of the two founds the slab by a pin.
#[test]
fn by_a_pin_and_an_insertion() {
    let outcomes = ["the other is first", "this one is first", "found", "not there yet"];
    check("founding::by_a_pin_and_an_insertion", &outcomes, |slab: Shared<OneSlot>, tally| {
        let _number = register();
        let mailbox = Mailbox::new();
        let other = thread::spawn({
            let (mailbox, tally) = (mailbox.clone(), tally.clone());
            move || {
                let pinned = slab.pin();
                match mailbox.receive() {
                    None => tally.note("not there yet"),
                    Some(key) => {
                        assert_eq!(pinned.get(key).expect("the key was handed over").read(), 1);
                        tally.note("found");
                    }
                }
            }
        });
        let key = insert(slab, 1, tally);
        mailbox.hand_over(key);
        let is_first = key == key_of::<OneSlot>(1, 0, 0, 0);
        tally.note(if is_first { "this one is first" } else { "the other is first" });
        other.join().unwrap();
    });
}

/// The only row goes to one of the two, and the other one shares the overflow shard.
#[test]
fn by_two_of_which_one_has_no_shard() {
    let outcomes = ["the other has it", "this one has it"];
    let name = "founding::by_two_of_which_one_has_no_shard";
    check(name, &outcomes, |slab: Shared<OneThread>, tally| {
        let _number = register();
        let other = newcomer(slab, 2, tally);
        let key = insert(slab, 1, tally);
        let others = other.join().unwrap();
        let (own, overflow) = (key_of::<OneThread>(1, 0, 0, 0), first_of_overflow::<OneThread>());
        assert!([[own, overflow], [overflow, own]].contains(&[key, others]));
        assert_eq!([key, others].map(|key| slab.get(key).unwrap().read()), [1, 2]);
        tally.note(if key == own { "this one has it" } else { "the other has it" });
    });
}

loom::thread_local! {
    static AT_EXIT: RefCell<Option<AtExit>> = RefCell::new(None);
}

/// Inserts when its thread's locals are torn down, so without a number.
struct AtExit {
    slab: Shared<OneSlot>,
    tally: Tally,
    done: Arc<AtomicUsize>,
}

impl Drop for AtExit {
    fn drop(&mut self) {
        let key = insert(self.slab, 2, &self.tally);
        assert_eq!(key, first_of_overflow::<OneSlot>(), "the overflow shard");
        self.done.store(1, Ordering::Release);
    }
}

/// One of the two has no number, so what it founds begins with the overflow shard.
#[test]
fn by_a_thread_without_a_number() {
    check("founding::by_a_thread_without_a_number", &[], |slab: Shared<OneSlot>, tally| {
        let done = Arc::new(AtomicUsize::new(0));
        let (before, key) = register();
        let before = std::sync::Arc::new(before);
        thread::spawn({
            let (tally, done, before) = (tally.clone(), Arc::clone(&done), std::sync::Arc::clone(&before));
            move || {
                // Asks for its number, has none, and never gets one.
                assert!(before.remove(key));
                AT_EXIT.with(|at_exit| *at_exit.borrow_mut() = Some(AtExit { slab, tally, done }));
            }
        });
        let key = insert(slab, 1, tally);
        assert_eq!(key, key_of::<OneSlot>(1, 0, 0, 0), "a row of its own");
        while done.load(Ordering::Acquire) == 0 {
            thread::yield_now();
        }
        let others = first_of_overflow::<OneSlot>();
        assert_eq!([key, others].map(|key| slab.get(key).unwrap().read()), [1, 2]);
    });
}
