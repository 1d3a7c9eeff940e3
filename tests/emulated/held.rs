//! What the thread-locals of the tests hold: pins, guards, and values that use the slab when they are dropped.

use std::{
    cell::RefCell,
    mem,
    sync::{Arc, Mutex, PoisonError},
    thread,
};

use flagstone::{OwnedEntry, Pinned, emulated::LocalKey};

use crate::{
    dice::Dice,
    ledger::{SLAB, Value},
    owners::{claim, insert, number_of, release},
};

type Slot = RefCell<Option<Held>>;

thread_local! {
    static A: Slot = const { RefCell::new(None) };
    static B: Slot = RefCell::new(None);
    static C: Slot = const { RefCell::new(None) };
}

pub(crate) static SLOTS: [&LocalKey<Slot>; 3] = [&A, &B, &C];

/// Keys of entries that any thread may remove.
static SHARED: Mutex<Vec<usize>> = Mutex::new(Vec::new());

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Pin,
    Guard,
    Deeds,
}

pub(crate) struct Held {
    thread: usize,
    what: What,
    dice: Dice,
    /// Its thread has no pins outside of a call of a method here, so it may wait for those of other threads.
    may_take: bool,
    /// How often its end fills a thread-local again.
    again: usize,
}

enum What {
    Pin(NumberedPin),
    Guard(OwnedEntry<Value>),
    Deeds,
    Nothing,
}

impl Held {
    pub(crate) fn new(kind: Kind, thread: usize, mut dice: Dice, may_take: bool, again: usize) -> Self {
        dice.below(2);
        let what = match kind {
            Kind::Pin => What::Pin(NumberedPin::new(thread)),
            Kind::Guard => What::Guard(Arc::clone(&SLAB).get_owned(insert(thread)).expect("it is present")),
            Kind::Deeds => What::Deeds,
        };
        Self { thread, what, dice, may_take, again }
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        let Self { thread, ref mut dice, may_take, again, .. } = *self;
        match mem::replace(&mut self.what, What::Nothing) {
            What::Pin(pin) => pin.end(dice),
            What::Guard(guard) => {
                guard.look();
                assert!(SLAB.remove(guard.key()));
                do_something(thread, dice, may_take);
                guard.look();
            }
            What::Deeds => {
                for _ in 0..dice.below(4) {
                    do_something(thread, dice, may_take);
                }
            }
            What::Nothing => {}
        }
        if again > 0 {
            let kind = if dice.below(2) == 0 { Kind::Guard } else { Kind::Deeds };
            let slot = SLOTS[dice.below(SLOTS.len())];
            // Not into itself, and not where something is already.
            if slot.try_with(|held| held.borrow().is_none()) == Ok(true) {
                drop(slot.replace(Some(Self::new(kind, thread, dice.clone(), may_take, again - 1))));
            }
        }
    }
}

/// One short use of the slab.
fn do_something(thread: usize, dice: &mut Dice, may_take: bool) {
    let key = insert(thread);
    match dice.below(5) {
        0 => assert!(SLAB.remove(key)),
        1 => {
            let pin = NumberedPin::new(thread);
            assert!(SLAB.remove(key));
            pin.end(dice);
        }
        2 if may_take => SLAB.take(key).expect("no other thread has the key").look(),
        3 => {
            SHARED.lock().unwrap_or_else(PoisonError::into_inner).push(key);
            let shared = {
                let mut shared = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
                let index = dice.below(shared.len().max(1));
                (index < shared.len()).then(|| shared.swap_remove(index))
            };
            if let Some(key) = shared {
                SLAB.get(key).expect("only its remover has the key now").look();
                assert!(SLAB.remove(key));
            }
        }
        _ => {
            let guard = SLAB.get(key).expect("it is present");
            assert!(SLAB.remove(key));
            guard.look();
        }
    }
}

/// Removes what the threads have left for each other.
pub(crate) fn remove_shared() {
    for key in mem::take(&mut *SHARED.lock().unwrap_or_else(PoisonError::into_inner)) {
        assert!(SLAB.remove(key));
    }
}

/// A pin, and the number under which it is.
struct NumberedPin {
    pinned: Pinned<'static, Value>,
    number: usize,
    thread: usize,
    key: usize,
}

impl NumberedPin {
    fn new(thread: usize) -> Self {
        let key = insert(thread);
        let pin = Self { pinned: SLAB.pin(), number: number_of(key), thread, key };
        claim(pin.number, thread);
        pin
    }

    /// Reads an entry, removes it, lets others do what they like, and reads it again before the pin is dropped.
    fn end(self, dice: &mut Dice) {
        let value = self.pinned.get(self.key).expect("only this thread removes it");
        value.look();
        assert!(SLAB.remove(self.key));
        if dice.below(2) == 0 {
            let nested = SLAB.pin();
            assert!(nested.get(self.key).is_none());
        }
        if dice.below(2) == 0 {
            do_something(self.thread, dice, false);
        }
        thread::yield_now();
        value.look();
        release(self.number, self.thread);
    }
}
