//! What pins mean for the entries of a slab: nothing that a pinned thread may be reading is ended.

use super::{
    ending::Ending,
    lifecycle::{Duty, NotExclusive},
    panics::FirstPanic,
    pin::{Obligation, Obligations, Pin, barrier_of_the_remover},
    shard_table::{Found, ShardTable},
    table::TablePointer,
};
use crate::{config::Config, sync::Ordering, thread_id};

impl<T, C: Config> ShardTable<T, C> {
    /// Pins the current thread. `None` if it has no shard of its own, or there is no memory for the table.
    #[inline(always)]
    pub(super) fn enter(&self) -> Option<(TablePointer<T, C>, usize)> {
        let number = thread_id::current();
        // Ordering: Relaxed - before the barrier in `Pin::enter`, and pairs with the load behind that of the remover: whatever
        // bound was read here, whoever raised it, a remover whose barrier comes later reads that one or a larger one.
        if number < self.pinned_shards.load(Ordering::Relaxed) {
            if let Some(table) = self.table() {
                // SAFETY: only numbers of shards were ever put into `pinned_shards`, and the current thread has this one.
                return Some(unsafe { enter_shard(table, number) });
            }
        }
        self.enter_first()
    }

    /// The first pin of a number, which lets removers look at it from now on.
    #[cold]
    #[inline(never)]
    fn enter_first(&self) -> Option<(TablePointer<T, C>, usize)> {
        let table = self.table_or_allocate()?;
        let number = thread_id::current_or_register();
        if number > C::MAX_THREADS {
            return None;
        }
        // Ordering: Relaxed - before the barrier in `Pin::enter`, so a remover that misses it is seen by the pinned.
        self.pinned_shards.fetch_max(number + 1, Ordering::Relaxed);
        // SAFETY: the number was just compared, and the current thread has it.
        Some(unsafe { enter_shard(table, number) })
    }

    /// Ends a pin, and what waits for it.
    ///
    /// # Safety
    ///
    /// The current thread got `table` and `number` from `enter` of this table, and passes them once.
    #[inline(always)]
    pub(super) unsafe fn leave<E: Ending<T>>(&self, table: TablePointer<T, C>, number: usize) {
        // SAFETY: `enter` has found the pin.
        let pin = unsafe { table.pin(number) };
        // SAFETY: the current thread has kept the number since (N4), so the pin is its own.
        let owed = unsafe { pin.leave() };
        thread_id::give_up(number);
        if !owed.is_empty() {
            self.settle::<E>(owed);
        }
    }

    /// Gives back what a thread owes that is not pinned any more: ends the values whose last reader it was. A panic in
    /// user code goes on when all is settled.
    #[cold]
    #[inline(never)]
    fn settle<E: Ending<T>>(&self, owed: Obligations) {
        let mut panic = FirstPanic::default();
        for obligation in owed {
            let found = self.find_own(obligation.key());
            drop(obligation);
            match found.slot.lifecycle.release_after_pins(found.key, 1) {
                Duty::None => {}
                Duty::WakeTaker => self.waiters.wake(),
                Duty::Destroy => {
                    // SAFETY: the last count of a removed entry was given back, so the slot is ours (L2), and no pinned
                    // thread reads it any more (N1).
                    panic.catch(|| unsafe { self.end_value::<E>(&found) });
                }
            }
        }
        panic.resume();
    }

    fn find_own(&self, key: usize) -> Found<'_, T, C> {
        let Some(found) = self.find(key) else { unreachable!("the key was made from this table") };
        found
    }

    /// The pins of all shards that were ever pinned.
    pub(super) fn pins(&self) -> impl Iterator<Item = &Pin> {
        // Ordering: Relaxed - behind the barrier of the remover.
        let shards = self.pinned_shards.load(Ordering::Relaxed);
        self.table().into_iter().flat_map(move |table| {
            // SAFETY: only numbers of shards were ever put into `pinned_shards`.
            (1..shards).map(move |number| unsafe { table.pin(number) })
        })
    }

    /// Whether any thread may have pinned the slab, ever: asked by whoever has just made a slot his own or exclusive.
    #[inline(always)]
    pub(super) fn was_ever_pinned(&self) -> bool {
        barrier_of_the_remover();
        // Ordering: Relaxed - behind the barrier.
        self.pinned_shards.load(Ordering::Relaxed) != 0
    }

    /// Whether any thread may be reading, without being counted, what the caller has just made exclusive.
    pub(super) fn is_pinned(&self) -> bool {
        self.was_ever_pinned() && self.pins().any(Pin::is_pinned)
    }

    /// Makes an entry exclusive, if nobody has a guard of it and nobody has the slab pinned (N2).
    pub(super) fn exclude_pins<E: Ending<T>>(&self, found: &Found<'_, T, C>) -> Result<(), NotExclusive> {
        // A look beforehand, so that an entry which cannot be had is not absent for a moment to everybody else.
        if self.is_pinned() && found.slot.lifecycle.peek(found.key.page()).is_present(found.key) {
            return Err(NotExclusive::InUse);
        }
        found.slot.lifecycle.exclude(found.key)?;
        if self.is_pinned() {
            // SAFETY: this is what letting go of the exclusive guard returns.
            unsafe { self.finish::<E>(found.key, found.slot.lifecycle.include(found.key)) };
            return Err(NotExclusive::InUse);
        }
        Ok(())
    }

    /// Whether the current thread has pinned this slab, by its shard.
    pub(super) fn is_pinned_here(&self) -> bool {
        let number = thread_id::of_pins();
        if number > C::MAX_THREADS {
            return false;
        }
        // SAFETY: the number was just compared.
        let pin = self.table().map(|table| unsafe { table.pin(number) });
        // SAFETY: the current thread has this number, or keeps it for its pins (N4), so the pin is its own.
        pin.is_some_and(|pin| unsafe { pin.is_own() })
    }

    /// Waits until no pinned thread can be reading the value of an entry that the caller takes.
    ///
    /// # Safety
    ///
    /// The caller owns the slot of `found` (L2), and is not pinned himself.
    pub(super) unsafe fn wait_for_pins(&self, found: &Found<'_, T, C>) {
        // SAFETY: the caller owns the slot.
        if self.is_pinned() && unsafe { self.oblige_pins(found, true) } == Duty::None {
            self.waiters.wait_until(|| found.slot.lifecycle.await_release(found.key.page()));
        }
    }

    /// Makes each pinned thread owe a count of the entry, and says what is due if none of them does (any more):
    /// [`Duty::None`] while one owes, else the slot is the caller's again.
    ///
    /// # Safety
    ///
    /// The caller owns the slot of `found` (L2).
    pub(super) unsafe fn oblige_pins(&self, found: &Found<'_, T, C>, taken: bool) -> Duty {
        // One count for each thread that may be pinned, and the caller's own, so that no obligation is the last before
        // all are made. What nobody owes is given back in the end, with the caller's.
        let mut counts = 1 + C::MAX_THREADS;
        found.slot.lifecycle.count_pins(found.key, counts, taken);
        let mut spare = None;
        for pin in self.pins().filter(|pin| pin.is_pinned()) {
            match spare.take().or_else(|| Obligation::new(found.key.raw())).map(|obligation| pin.push(obligation)) {
                Some(Ok(())) => counts -= 1,
                Some(Err(obligation)) => spare = Some(obligation),
                // No memory. A taker waits here; else that count stays for ever, as that of a guard that was forgotten.
                None if taken => pin.await_leave(),
                None => counts -= 1,
            }
        }
        found.slot.lifecycle.release_after_pins(found.key, counts)
    }
}

/// # Safety
///
/// `number` is the current thread's, and that of a shard.
#[inline(always)]
unsafe fn enter_shard<T, C: Config>(table: TablePointer<T, C>, number: usize) -> (TablePointer<T, C>, usize) {
    thread_id::keep();
    // SAFETY: the caller says that there is such a shard.
    let pin = unsafe { table.pin(number) };
    // SAFETY: the current thread has this number, so the pin is its own (T1).
    unsafe { pin.enter() };
    (table, number)
}
