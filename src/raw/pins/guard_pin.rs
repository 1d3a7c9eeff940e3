//! The pin of a thread without a shard of its own: it holds guards of all entries that the thread looks up.
//!
//! The allocator is the user's, and may itself pin the same slab in this way, or take entries from it. So nothing here
//! is borrowed while memory is allocated or freed.

use core::{
    cell::{Cell, RefCell},
    hash::BuildHasherDefault,
    mem,
    ptr::{self, NonNull},
};
use std::{collections::HashSet, hash::DefaultHasher, sync::Arc};

use crate::{
    config::Config,
    raw::{
        guards::hold::Hold,
        shards::shard_table::ShardTable,
        slot::lifecycle::{Duty, Lifecycle, Released},
    },
    sync,
};

/// A set of keys that needs no thread-local for its seed.
type Keys = HashSet<usize, BuildHasherDefault<DefaultHasher>>;

sync::thread_local_const! {
    /// The newest of the current thread's guard pins, of any slab. Each pin links to the one before.
    static NEWEST: Cell<*const GuardPin> = Cell::new(ptr::null());
}

/// A pin that holds guards.
pub(in crate::raw) struct GuardPin {
    slab: Arc<()>,
    /// The keys of the entries of which the pin has guards.
    keys: RefCell<Keys>,
    /// The neighbours on the thread's list.
    older: Cell<*const GuardPin>,
    newer: Cell<*const GuardPin>,
}

impl GuardPin {
    /// Makes a pin of the current thread, which lives until [`release`](Self::release). Allocates, as `Box` does.
    #[cold]
    #[inline(never)]
    pub(in crate::raw) fn new<T, C: Config>(shards: &ShardTable<T, C>) -> NonNull<Self> {
        let made = NonNull::from(Box::leak(Box::new(Self {
            slab: shards.token.get_or_make(),
            keys: RefCell::default(),
            older: Cell::new(ptr::null()),
            newer: Cell::new(ptr::null()),
        })));
        let _ = NEWEST.try_with(|newest| {
            let older = newest.replace(made.as_ptr());
            // SAFETY: it was just made.
            unsafe { made.as_ref() }.older.set(older);
            // SAFETY: a pin on the current thread's list lives until `release` takes it off, or for ever.
            if let Some(older) = unsafe { older.as_ref() } {
                older.newer.set(made.as_ptr());
            }
        });
        made
    }

    /// Returns whether the current thread has a guard pin of that slab.
    pub(in crate::raw) fn is_out<T, C: Config>(shards: &ShardTable<T, C>) -> bool {
        let mut next = NEWEST.try_with(Cell::get).unwrap_or(ptr::null());
        // SAFETY: as in `new`.
        while let Some(pin) = unsafe { next.as_ref() } {
            if shards.token.is(&pin.slab) {
                return true;
            }
            next = pin.older.get();
        }
        false
    }

    /// Returns the value of the entry of `key`, if there is one. The pin has a guard of the entry from then on.
    #[cold]
    pub(in crate::raw) fn get<'a, T: 'a, C: Config, H: Hold<T, C> + Copy>(
        &'a self,
        hold: H,
        key: usize,
    ) -> Option<&'a T> {
        let shards = hold.shards();
        let found = shards.find(key)?;
        let key = found.key.raw();
        self.make_room();
        let has_guard = self.keys.borrow().contains(&key);
        if has_guard {
            if !found.slot.lifecycle.peek(found.key.page()).is_readable(found.key) {
                return None;
            }
        } else {
            shards.share(key)?;
            self.keys.borrow_mut().insert(key);
        }
        // SAFETY: the guard of the entry is counted until the pin, from which the result is borrowed, is dropped (L3).
        Some(unsafe { &*found.slot.value() })
    }

    /// Makes room for one more key, so that adding it allocates nothing.
    fn make_room(&self) {
        loop {
            let (length, capacity) = {
                let keys = self.keys.borrow();
                (keys.len(), keys.capacity())
            };
            if length < capacity {
                return;
            }
            let mut larger = Keys::with_capacity_and_hasher(2 * length + 4, BuildHasherDefault::default());
            let mut keys = self.keys.borrow_mut();
            // The allocator may have used this same pin, so there may be more keys by now.
            if keys.len() < larger.capacity() {
                larger.extend(keys.drain());
                mem::swap(&mut *keys, &mut larger);
            }
            // The borrow ends before the other set is freed.
            drop(keys);
        }
    }

    /// Ends a pin: releases all its guards and wakes the threads that waited for them. Returns the keys of the removed
    /// entries that have no guard left: the slots of those are the caller's (L2).
    ///
    /// # Safety
    ///
    /// The pin is one of the current thread, of that slab, and is not used afterwards.
    pub(in crate::raw) unsafe fn release<T, C: Config>(
        pin: NonNull<Self>,
        shards: &ShardTable<T, C>,
    ) -> impl Iterator<Item = usize> {
        // SAFETY: as of this function.
        unsafe { pin.as_ref() }.unlist();
        // SAFETY: as of this function; `new` made it from a box, and it is on no list any more.
        let pin = unsafe { Box::from_raw(pin.as_ptr()) };
        let (mut keys, mut wakes) = (pin.keys.take(), false);
        keys.retain(|&key| {
            let found = shards.find_own(key);
            let Released::Gone(before) = found.slot.lifecycle.release() else { return false };
            let duty = Lifecycle::new(before, found.key.page()).duty_of_release();
            wakes |= duty == Duty::WakeTaker;
            if duty == Duty::Destroy {
                found.slot.lifecycle.claim_last(found.key.page());
            }
            duty == Duty::Destroy
        });
        if wakes {
            shards.waiters.wake();
        }
        keys.into_iter()
    }

    /// Takes the pin off its thread's list.
    fn unlist(&self) {
        let (older, newer) = (self.older.get(), self.newer.get());
        // SAFETY: as in `new`.
        if let Some(older) = unsafe { older.as_ref() } {
            older.newer.set(newer);
        }
        // SAFETY: as in `new`.
        match unsafe { newer.as_ref() } {
            Some(newer) => newer.older.set(older),
            None => {
                let _ = NEWEST.try_with(|newest| {
                    // Where thread-locals are lost, a new list may have begun since.
                    if ptr::eq(newest.get(), self) {
                        newest.set(older);
                    }
                });
            }
        }
    }
}

#[cfg(all(test, not(flagstone_loom)))]
mod tests;
