//! The small number of the current thread, which is reused after the thread has ended.
//!
//! A process-wide registry hands out the lowest free number, from 1 up. The next thread that gets a number takes over
//! the shards of that number in every slab. The registry's lock orders the last plain write of one owner before the
//! first read of the next (invariant T2 of `implementation.md`).
//!
//! A number is held by its [`Record`], a reference count of the registration of a thread and of each pin of that
//! thread. When the thread releases the last count, it gives the number back. Thread-locals only point to the record,
//! because they may be destroyed earlier. On targets without native thread-locals std destroys all of them, in any
//! order, and initialises them again if they are used afterwards.
//!
//! | thread-local | if it is destroyed and initialised again |
//! | --- | --- |
//! | `CURRENT`, a cache | the thread seems to have no number until it requests one, and gets the same one again |
//! | `REGISTRATION` | its destructor has released the registration's count; the thread may get another number |

mod record;
mod registry;

use core::{
    cell::{Cell, OnceCell},
    marker::PhantomData,
    ops::DerefMut,
};
use std::sync::{PoisonError, TryLockError};

pub(crate) use self::record::Record;
use self::registry::{Registry, Spare};
use crate::sync::{
    self, Mutex,
    shared::{self, Handle, Shared},
};

/// No number yet. Like [`ENDED`] larger than any number, so that one comparison tells both from a shard's number.
const UNREGISTERED: usize = usize::MAX - 1;

/// The thread has no number and gets none: its thread-locals are being destroyed, or the allocator refused memory for
/// one.
const ENDED: usize = usize::MAX;

sync::thread_local_const! {
    /// Every insertion and removal reads it, so it has neither a lazy initialiser nor a destructor.
    static CURRENT: Current = Current {
        number: Cell::new(UNREGISTERED),
        record: Cell::new(None),
        former: Cell::new(None),
    };
}

/// A thread's cache of its registration.
struct Current {
    number: Cell<usize>,
    /// The record of `number`, if that is one.
    record: Cell<Option<&'static Record>>,
    /// The record of the thread's previous registration, while pins still hold that number.
    former: Cell<Option<&'static Record>>,
}

sync::thread_local! {
    /// Exists to run its destructor.
    static REGISTRATION: Registration = Registration::new();
}

sync::lazy_static! {
    static ref REGISTRY: Shared<Mutex<Registry>> = shared::new(Mutex::new(Registry::default()));
}

fn registry() -> Handle<Mutex<Registry>> {
    shared::handle(&REGISTRY)
}

fn lock(registry: &Handle<Mutex<Registry>>) -> impl DerefMut<Target = Registry> + '_ {
    registry.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A thread's hold on its number.
struct Registration {
    /// `None` until the thread has a number.
    record: Cell<Option<&'static Record>>,
    registry: OnceCell<Handle<Mutex<Registry>>>,
}

impl Registration {
    fn new() -> Self {
        Self { record: Cell::new(None), registry: OnceCell::new() }
    }

    fn registry(&self) -> impl DerefMut<Target = Registry> + '_ {
        lock(self.registry.get_or_init(registry))
    }

    /// Returns the record of the thread's number, which it gets now if it has none. `None` if the allocator refuses
    /// memory for it.
    fn register(&self) -> Option<&'static Record> {
        let mut spare = Spare::default();
        loop {
            // The allocator is the user's, and may itself use a slab. So `spare` is allocated, and the rest of it
            // freed, without the lock held. The allocator may have registered the thread meanwhile.
            if let Some(record) = self.record.get() {
                return Some(record);
            }
            let taken = self.registry().take(&mut spare);
            if let Some(record) = taken {
                record.begin();
                self.record.set(Some(record));
                return Some(record);
            }
            let wanted = self.registry().wanted_room();
            match Spare::allocate(wanted) {
                Some(larger) => spare = larger,
                None => return self.record.get(),
            }
        }
    }
}

impl Drop for Registration {
    fn drop(&mut self) {
        let record = self.record.get();
        // This comes first: from here on this thread owns no shard.
        let _ = CURRENT.try_with(|current| {
            current.number.set(ENDED);
            current.record.set(None);
            current.former.set(record);
        });
        if let Some(record) = record.filter(|record| record.release()) {
            forget_former(record);
            self.registry().give_back(record.number());
        }
    }
}

impl Record {
    /// Undoes one call of [`keep`](Self::keep) on the same thread. With the last count it gives the number back.
    #[inline(always)]
    pub(crate) fn give_up(&self) {
        if self.release() {
            give_back(self);
        }
    }
}

/// Gives a number back, after the current thread has released its last count at the end of a pin.
#[cold]
#[inline(never)]
fn give_back(record: &Record) {
    forget_former(record);
    lock(&registry()).give_back(record.number());
}

/// Clears the record of the former registration if it has that number: the current thread has no pin under it any more.
fn forget_former(record: &Record) {
    let _ = CURRENT.try_with(|current| {
        if current.former.get().is_some_and(|former| former.number() == record.number()) {
            current.former.set(None);
        }
    });
}

/// Returns the number under which the current thread's pins are, if it has any: its own number, or the former one after
/// its registration has ended. Otherwise returns a value larger than any number, or a number under which the thread has
/// no pins.
///
/// Where thread-locals are lost, a thread may have pins under a number that it cannot find any more.
pub(crate) fn of_pins() -> usize {
    let number = |record: Option<&Record>| record.map_or(ENDED, Record::number);
    match current() {
        // Or the cache was lost.
        UNREGISTERED => number(REGISTRATION.try_with(|registration| registration.record.get()).ok().flatten()),
        ENDED => number(CURRENT.try_with(|current| current.former.get()).ok().flatten()),
        current => current,
    }
}

/// Returns the current thread's number if it has one, otherwise a value larger than any number. Wait-free: one plain
/// load.
#[inline(always)]
pub(crate) fn current() -> usize {
    CURRENT.try_with(|current| current.number.get()).unwrap_or(ENDED)
}

/// Returns the record of the number that [`current`] returns, if that is a number. Wait-free: one plain load.
#[inline(always)]
pub(crate) fn record() -> Option<&'static Record> {
    CURRENT.try_with(|current| current.record.get()).ok().flatten()
}

/// Returns the same as [`current`], after it has given the thread a number if the thread has none yet and can still get
/// one. May wait for the registry's lock.
#[cold]
pub(crate) fn current_or_register() -> usize {
    let current = current();
    if current != UNREGISTERED {
        return current;
    }
    let record = REGISTRATION.try_with(Registration::register).ok().flatten();
    let number = record.map_or(ENDED, Record::number);
    let _ = CURRENT.try_with(|current| {
        current.number.set(number);
        current.record.set(record);
    });
    number
}

/// Takes a number that no thread has, until the result is dropped, so that the current thread can act as the owner of
/// shards whose thread has ended. The registry's lock orders that as it does for threads (T1, T2). Returns `None` if a
/// thread has the number, keeps it for a pin or has borrowed it, if it was never handed out, or if the registry is
/// busy.
///
/// The number does not become the thread's: [`current`] and [`record()`] return what they did.
pub(crate) fn borrow(number: usize) -> Option<Borrowed> {
    let registry = registry();
    let mut locked = try_lock(&registry)?;
    let is_free = locked.take_number(number);
    drop(locked);
    is_free.then(|| Borrowed { number, registry, _of_this_thread: PhantomData })
}

/// Locks the registry, or returns `None` if another thread holds the lock and still holds it after some tries. So a
/// thread that is descheduled with the lock held does not block a thread that only borrows a number.
fn try_lock(registry: &Handle<Mutex<Registry>>) -> Option<impl DerefMut<Target = Registry> + '_> {
    // The model checkers would only explore the same tries again and again.
    let looks = if cfg!(any(flagstone_loom, flagstone_shuttle)) { 1 } else { 64 };
    for _ in 0..looks {
        match registry.try_lock() {
            Ok(locked) => return Some(locked),
            Err(TryLockError::Poisoned(locked)) => return Some(locked.into_inner()),
            Err(TryLockError::WouldBlock) => core::hint::spin_loop(),
        }
    }
    None
}

/// A borrowed number. Neither `Send` nor `Sync`: only its thread acts as the owner.
pub(crate) struct Borrowed {
    number: usize,
    registry: Handle<Mutex<Registry>>,
    _of_this_thread: PhantomData<*mut ()>,
}

impl Drop for Borrowed {
    fn drop(&mut self) {
        lock(&self.registry).give_back(self.number);
    }
}

#[cfg(all(test, not(flagstone_loom)))]
mod tests;
