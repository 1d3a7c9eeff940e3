//! Giving the memory of free pages back to the system, while other threads go on.

use super::{
    free_list::Detached,
    lifecycle::Lifecycle,
    memory,
    page::{Page, PagePointer},
    panics::FirstPanic,
    shard::Shard,
    shard_table::{OVERFLOW_SHARD, ShardTable},
    slot::Slot,
    table::TablePointer,
};
use crate::{
    config::Config,
    key::PageNumber,
    stats::{PageStats, ShardStats, Stats},
    sync::Ordering,
    thread_id,
};

impl<T, C: Config> ShardTable<T, C> {
    /// What there is, shard by shard and page by page. Looks at every slot that was ever used.
    pub(crate) fn stats(&self) -> Stats {
        let shards = self.shards().map(|(number, shard)| ShardStats {
            number,
            pages: (0..shard.pages())
                .map(|page| PageNumber::<C>::new(page as u32))
                .map_while(|page_number| {
                    let page = self.page(number, page_number)?;
                    // SAFETY: the table has it as that, and `self` keeps it.
                    Some(unsafe { page_stats(page, page_number) })
                })
                .collect(),
        });
        Stats { shards: shards.filter(|shard| !shard.pages.is_empty()).collect() }
    }

    /// Gives back the memory of the entirely free pages of the current thread's shard (the overflow shard, if it has
    /// none), and returns how many bytes that were. A panic of a kept value's destructor goes on when that is done.
    pub(crate) fn trim(&self) -> usize {
        let Some(table) = self.table() else { return 0 };
        let number = match thread_id::current() {
            number if number <= C::MAX_THREADS => number,
            _ => OVERFLOW_SHARD,
        };
        let mut panic = FirstPanic::default();
        // SAFETY: our table; the current thread has this number, so it owns the shard (T1), or it is the overflow shard.
        let bytes = unsafe { self.trim_shard(table, number, &mut panic) };
        panic.resume();
        bytes
    }

    /// Does that for all shards.
    pub(crate) fn shrink_to_fit(&mut self) -> usize {
        let Some(table) = self.table() else { return 0 };
        let mut panic = FirstPanic::default();
        let bytes = (0..self.shards_in_use())
            // SAFETY: our table and its shards. The slab is borrowed mutably, so nobody else acts as the owner of any.
            .map(|number| unsafe { self.trim_shard(table, number, &mut panic) })
            .sum();
        panic.resume();
        bytes
    }

    /// # Safety
    ///
    /// `table` is this one's. The caller is the owner of shard `number` (T1), or that is the overflow shard.
    unsafe fn trim_shard(&self, table: TablePointer<T, C>, number: usize, panic: &mut FirstPanic) -> usize {
        // SAFETY: there is such a shard.
        let shard = unsafe { table.shard(number) };
        let mut bytes = 0;
        for page_number in (0..shard.pages()).map(|page| PageNumber::<C>::new(page as u32)) {
            let Some(page) = table.page(number, page_number) else { continue };
            // Before the list is followed, perhaps under a lock and all over the page.
            // SAFETY: the table has it as that, and `self` keeps it.
            if !unsafe { looks_free(page, page_number) } {
                continue;
            }
            let renew = |detached| {
                // SAFETY: called where `detach` has given us all slots (L2) and none keeps a value any more; the caller
                // owns the page's shard, or `as_owner` has locked it (T3).
                unsafe { renew(shard, page, page_number, detached) }
            };
            let keeping_values = self.as_owner(number, || {
                // SAFETY: the caller owns the shard, or `as_owner` has locked it.
                let detached = unsafe { detach(table, number, page, page_number) }?;
                if detached.keeps_values {
                    return Some(detached);
                }
                bytes += renew(detached);
                None
            });
            let Some(detached) = keeping_values else { continue };
            // User code, so not as the owner of the overflow shard.
            // SAFETY: all slots of the page are off every list, so they are ours (L2); `self` keeps the page.
            unsafe { drop_kept_values(page, page_number, panic) };
            bytes += self.as_owner(number, || renew(detached));
        }
        bytes
    }
}

/// Whether all used slots of a page seem to be free, and none has retired: then it is worth while to look closer.
///
/// # Safety
///
/// `page` is that of `number`, and is not freed meanwhile.
unsafe fn looks_free<T, C: Config>(page: PagePointer<T, C>, number: PageNumber<C>) -> bool {
    // Ordering: Relaxed - a hint; a retired slot is on no list, as `detach` will find.
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
        capacity: number.size(),
        live,
        high_water,
        // Ordering: Relaxed - a number for statistics.
        retired: page.page().others.0.retired.load(Ordering::Relaxed),
        bytes: size_of::<Page<T, C>>() + high_water * size_of::<Slot<T>>(),
    }
}

/// Takes all slots of a page off its lists, if all are free and there is anything to be given back.
///
/// # Safety
///
/// The caller is the owner of shard `number`, and `page` is that of `page_number` there.
unsafe fn detach<T, C: Config>(
    table: TablePointer<T, C>,
    number: usize,
    page: PagePointer<T, C>,
    page_number: PageNumber<C>,
) -> Option<Detached> {
    // SAFETY: there is such a shard.
    let shard = unsafe { table.shard(number) };
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
    unsafe { shard.has_no_slots(page_number, |next| table.page(number, next)) };
    Some(detached)
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

/// Makes a page as new, but for the generation with which its slots begin, and returns how many bytes the system got back.
///
/// # Safety
///
/// The caller is the owner of `shard`, whose page of that number it is, and of all its slots (L2), which hold no values;
/// `detached` is what [`detach`] has returned for it.
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
    // SAFETY: as of this function, and the page's list has all its slots.
    unsafe { shard.has_slots(page, number) };
    bytes
}

/// Makes all slots of a page as they were before they were ever used, and returns how many bytes the system got back.
///
/// # Safety
///
/// The caller owns all slots of the page (L2), which hold no values; it is that of `number`, and is not freed meanwhile.
unsafe fn blank<T, C: Config>(page: PagePointer<T, C>, number: PageNumber<C>) -> usize {
    let size = page.page().owner.0.list.high_water() * size_of::<Slot<T>>();
    // SAFETY: the slots lie in the page's block, and are the caller's; others only load their words, and find either
    // what was there or zero.
    let bytes = unsafe { memory::discard(page.first_slot().cast(), size) };
    // Those beside whole pages of the system, and all of them where it gave no zeros: looked at one by one, since systems
    // have kept huge pages and said that they have not.
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
        // SAFETY: the high-water mark is at most the page's size.
        let slot = unsafe { slots.at(offset) };
        // SAFETY: the caller keeps the page.
        unsafe { slot.as_ref() }
    })
}
