//! Returning the memory of free pages to the system, while other threads use the slab.

use super::{roster::OVERFLOW_NUMBER, shard::Shard, shard_table::ShardTable};
use crate::{
    config::Config,
    key::PageNumber,
    raw::{
        memory,
        page::{Page, PagePointer, free_list::Detached},
        panics::FirstPanic,
        slot::{Slot, lifecycle::Lifecycle},
    },
    stats::{PageStats, ShardStats, Stats},
    sync::Ordering,
    thread_id,
};

impl<T, C: Config> ShardTable<T, C> {
    /// Returns statistics, by shard and page. Reads every slot that was used since its page was blank.
    pub(crate) fn stats(&self) -> Stats {
        let directory = self.directory();
        let shards = self.rows().map(|(row, pages)| ShardStats {
            number: row,
            pages: (0..pages)
                .map(|page| PageNumber::<C>::new(page as u32))
                .map_while(|page_number| {
                    let page = directory.page(row, page_number)?;
                    // SAFETY: the directory has the page under this number, and `self` keeps it.
                    Some(unsafe { page_stats(page, page_number) })
                })
                .collect(),
        });
        Stats { shards: shards.collect() }
    }

    /// Returns the memory of entirely free pages to the system, and the number of its bytes to the caller: of the
    /// current thread's shard (the overflow shard, if it has none), and of the shards whose threads have ended. A panic
    /// of a kept value's destructor is resumed when that is done.
    pub(crate) fn trim(&self) -> usize {
        let directory = self.directory();
        let current = thread_id::current();
        // SAFETY: the current thread has this number, so it owns the shard (T1).
        let own = self.shard(current).filter(|shard| unsafe { shard.row() }.is_some());
        let own = own.or_else(|| self.shard(OVERFLOW_NUMBER));
        let mut panic = FirstPanic::default();
        // SAFETY: the current thread owns the shard, as above, or it is the overflow shard.
        let mut bytes = own.map_or(0, |shard| unsafe { self.trim_shard(shard, &mut panic) });
        for row in 0..directory.rows() {
            let Some(number) = directory.owner(row).thread().filter(|&number| number != current) else { continue };
            // No thread has the number: only this thread can act as its owner meanwhile.
            let Some(_borrowed) = thread_id::borrow(number) else { continue };
            let Some(shard) = self.shard(number) else { continue };
            // SAFETY: the current thread has borrowed the number, so it owns the shard (T1).
            bytes += unsafe { self.trim_shard(shard, &mut panic) };
        }
        panic.resume();
        bytes
    }

    /// Does the same for all shards.
    pub(crate) fn shrink_to_fit(&mut self) -> usize {
        let mut panic = FirstPanic::default();
        let bytes = (0..self.roster().length())
            .filter_map(|number| self.shard(number))
            // SAFETY: the slab is borrowed mutably, so no other thread acts as the owner of any.
            .map(|shard| unsafe { self.trim_shard(shard, &mut panic) })
            .sum();
        panic.resume();
        bytes
    }

    /// # Safety
    ///
    /// The caller is the owner of the shard (T1), or that is the overflow shard.
    unsafe fn trim_shard(&self, shard: &Shard<T, C>, panic: &mut FirstPanic) -> usize {
        // SAFETY: as of this function; an overflow shard's row does not change.
        let Some(row) = (unsafe { shard.row() }) else { return 0 };
        let mut bytes = 0;
        for page_number in (0..shard.pages()).map(|page| PageNumber::<C>::new(page as u32)) {
            let Some(page) = self.directory().page(row, page_number) else { continue };
            // A check before the list is followed, perhaps under a lock and across the whole page.
            // SAFETY: the directory has the page under this number, and `self` keeps it.
            if !unsafe { looks_free(page, page_number) } {
                continue;
            }
            let renew = |detached| {
                // SAFETY: called only after `detach` has given us all slots (L2), when none keeps a value any more; the
                // caller owns the page's shard, or `as_owner` has locked it (T3).
                unsafe { renew(shard, page, page_number, detached) }
            };
            let keeping_values = self.as_owner(shard, || {
                // SAFETY: the caller owns the shard, or `as_owner` has locked it.
                let detached = unsafe { self.detach(shard, row, page, page_number) }?;
                if detached.keeps_values {
                    return Some(detached);
                }
                bytes += renew(detached);
                None
            });
            let Some(detached) = keeping_values else { continue };
            // User code, so the lock of the overflow shard is not held.
            // SAFETY: all slots of the page are off every list, so they are ours (L2); `self` keeps the page.
            unsafe { drop_kept_values(page, page_number, panic) };
            bytes += self.as_owner(shard, || renew(detached));
        }
        bytes
    }

    /// Takes all slots of a page off its lists, if all are free and there is anything to return.
    ///
    /// # Safety
    ///
    /// The caller is the owner of the shard, `row` is the shard's row, and `page` is that of `page_number` there.
    unsafe fn detach(
        &self,
        shard: &Shard<T, C>,
        row: usize,
        page: PagePointer<T, C>,
        page_number: PageNumber<C>,
    ) -> Option<Detached> {
        let slots = page.slots(page_number);
        let list = &page.page().owner.0.list;
        if list.high_water() == 0 {
            return None;
        }
        if let Some((first, counted)) = page.page().others.0.remote.take_all(page_number) {
            // SAFETY: the caller owns the page, and the chain comes from its stack.
            unsafe { list.prepend(slots, first) };
            // SAFETY: the caller owns the shard, and the page's list has slots now.
            unsafe { shard.has_slots(page, page_number) };
            shard.count_by_owner(counted.wrapping_neg());
        }
        // SAFETY: the caller owns the page.
        let detached = unsafe { list.take_all(slots) }?;
        // SAFETY: the caller owns the shard, and the page's list is empty now.
        unsafe { shard.has_no_slots(page_number, |next| self.directory().page(row, next)) };
        Some(detached)
    }
}

/// Returns whether all used slots of a page seem to be free and none is retired. If so, it is worth following the list.
///
/// # Safety
///
/// `page` is that of `number`, and is not freed meanwhile.
unsafe fn looks_free<T, C: Config>(page: PagePointer<T, C>, number: PageNumber<C>) -> bool {
    // Ordering: Relaxed - a hint; a retired slot is on no list, which `detach` will notice.
    let retired = page.page().others.0.retired.load(Ordering::Relaxed);
    // SAFETY: as of this function.
    retired == 0 && unsafe { used_slots(page, number) }.all(|slot| slot.lifecycle.peek(number).is_free())
}

/// # Safety
///
/// `page` is that of `number`, and is not freed meanwhile.
unsafe fn page_stats<T, C: Config>(page: PagePointer<T, C>, number: PageNumber<C>) -> PageStats {
    // SAFETY: as of this function.
    let live = unsafe { used_slots(page, number) }.filter(|slot| !slot.lifecycle.peek(number).is_free()).count();
    let high_water = page.page().owner.0.list.high_water();
    PageStats {
        capacity: page.page().others.0.slots,
        live,
        high_water,
        // Ordering: Relaxed - a number for statistics.
        retired: page.page().others.0.retired.load(Ordering::Relaxed),
        bytes: size_of::<Page<T, C>>() + high_water * size_of::<Slot<T>>(),
    }
}

/// # Safety
///
/// The caller owns all slots of the page (L2), which is that of `number` and is not freed meanwhile.
unsafe fn drop_kept_values<T, C: Config>(page: PagePointer<T, C>, number: PageNumber<C>, panic: &mut FirstPanic) {
    // SAFETY: as of this function.
    for slot in unsafe { used_slots(page, number) } {
        let word = slot.lifecycle.owned(number);
        if word.holds_value() {
            slot.lifecycle.rewrite_free(word.keeping_nothing());
            // SAFETY: the slot is the caller's, holds a value (P1), and its word does not say so any more.
            panic.catch(|| unsafe { slot.drop_value() });
        }
    }
}

/// Resets a page to a new one, except for the generation with which its slots begin. Returns the number of bytes that
/// were returned to the system.
///
/// # Safety
///
/// The caller is the owner of `shard`, and `page` is its page of that number. The caller owns all slots of the page
/// (L2), which hold no values. `detached` is what `detach` has returned for it.
unsafe fn renew<T, C: Config>(
    shard: &Shard<T, C>,
    page: PagePointer<T, C>,
    number: PageNumber<C>,
    detached: Detached,
) -> usize {
    // SAFETY: as of this function.
    let bytes = unsafe { blank(page, number) };
    // SAFETY: as of this function, and the slots are blank.
    unsafe { page.page().owner.0.list.restart(detached.generation) };
    let count = page.page().others.0.slots;
    // SAFETY: as above; the page has that many slots.
    unsafe { page.page().owner.0.list.end_short_page(page.slots(number), count) };
    // SAFETY: as of this function, and the page's list has all its slots.
    unsafe { shard.has_slots(page, number) };
    bytes
}

/// Resets all slots of a page to their state before they were ever used. Returns the number of bytes that were returned
/// to the system.
///
/// # Safety
///
/// The caller owns all slots of the page (L2), which hold no values; it is that of `number`, and is not freed
/// meanwhile.
unsafe fn blank<T, C: Config>(page: PagePointer<T, C>, number: PageNumber<C>) -> usize {
    let size = page.page().owner.0.list.high_water() * size_of::<Slot<T>>();
    // SAFETY: the slots lie in the page's block, and are the caller's; other threads only load their words, and find
    // either what was there or zero.
    let bytes = unsafe { memory::discard(page.first_slot().cast(), size) };
    // Slots outside whole memory pages, and all slots where the system gave no zeros. Each one is checked, since some
    // systems report success but keep huge pages as they are.
    // SAFETY: as of this function.
    for slot in unsafe { used_slots(page, number) } {
        if slot.lifecycle.owned_free() != 0 {
            slot.lifecycle.rewrite_free(Lifecycle::new(0, number));
        }
    }
    bytes
}

/// # Safety
///
/// The page is that of `number`, and is not freed while the result is used.
unsafe fn used_slots<'a, T: 'a, C: Config>(
    page: PagePointer<T, C>,
    number: PageNumber<C>,
) -> impl Iterator<Item = &'a Slot<T>> {
    let slots = page.slots(number);
    (0..page.page().owner.0.list.high_water()).map(move |offset| {
        // SAFETY: the high-water mark is at most the page's number of slots.
        let slot = unsafe { slots.at(offset) };
        // SAFETY: the caller keeps the page.
        unsafe { slot.as_ref() }
    })
}
