//! Which pages of a shard have free slots on their local lists, and which of them is the lowest. Only the owner uses
//! them.

use core::{
    marker::PhantomData,
    ptr::{self, NonNull},
};

use super::{Available, Shard};
use crate::{config::Config, key::PageNumber, raw::page::PagePointer};

impl<T, C: Config> Available<T, C> {
    /// Removes a page from the set.
    fn without(&mut self, page: u32, find: impl FnOnce(PageNumber<C>) -> Option<PagePointer<T, C>>) {
        self.mask &= !(1 << page);
        self.current = match self.mask {
            0 => ptr::null_mut(),
            mask => find(PageNumber::new(mask.trailing_zeros())).map_or(ptr::null_mut(), |page| page.as_ptr().cast()),
        };
    }
}

impl<T, C: Config> Shard<T, C> {
    /// Records that the shard has claimed a row, and that its first page is published there.
    ///
    /// # Safety
    ///
    /// The caller is the owner (T1), and both are true.
    pub(in crate::raw) unsafe fn begin_with(&self, row: usize, page: PagePointer<T, C>, number: PageNumber<C>) {
        // SAFETY: as of this function.
        unsafe { self.set_row(row) };
        // SAFETY: as of this function.
        unsafe { self.add_page() };
        // SAFETY: as of this function; the list of a new page has all its slots.
        unsafe { self.has_slots(page, number) };
    }

    /// Returns the lowest page that has slots on its local list.
    ///
    /// # Safety
    ///
    /// The caller is the owner (T1).
    #[inline(always)]
    pub(crate) unsafe fn current(&self) -> Option<PagePointer<T, C>> {
        let current = self.owner.0.available.with(|available| {
            // SAFETY: only the owner writes it, and the caller is the owner.
            unsafe { (*available).current }
        });
        // SAFETY: only the owner writes the pointer, and always that of a page of this shard (F4); pages live as long
        // as it.
        NonNull::new(current).map(|page| unsafe { PagePointer::from_ptr(page.cast()) })
    }

    /// Records that the local list of `page` has slots now.
    ///
    /// # Safety
    ///
    /// The caller is the owner (T1), and `number` is the page's.
    pub(crate) unsafe fn has_slots(&self, page: PagePointer<T, C>, number: PageNumber<C>) {
        self.owner.0.available.with_mut(|available| {
            // SAFETY: only the owner reads and writes it, and the caller is the owner.
            let available = unsafe { &mut *available };
            available.mask |= 1 << number.get();
            if available.mask.trailing_zeros() == number.get() {
                available.current = page.as_ptr().cast();
            }
        });
    }

    /// Records that the local list of the current page is empty now, if no other page has slots. Returns whether it
    /// did. It is called by each insertion that takes the last slot of a small slab.
    ///
    /// # Safety
    ///
    /// The caller is the owner (T1).
    #[inline(always)]
    pub(crate) unsafe fn only_page_is_empty(&self) -> bool {
        self.owner.0.available.with_mut(|available| {
            // SAFETY: only the owner reads and writes it, and the caller is the owner.
            let available = unsafe { &mut *available };
            let is_only = available.mask & available.mask.wrapping_sub(1) == 0;
            if is_only {
                *available = Available { current: ptr::null_mut(), mask: 0, _pages: PhantomData };
            }
            is_only
        })
    }

    /// Records that the local list of the current page is empty now. `find` finds a page by its number.
    ///
    /// # Safety
    ///
    /// The caller is the owner (T1).
    #[cold]
    pub(crate) unsafe fn current_is_empty(&self, find: impl FnOnce(PageNumber<C>) -> Option<PagePointer<T, C>>) {
        self.owner.0.available.with_mut(|available| {
            // SAFETY: only the owner reads and writes it, and the caller is the owner.
            let available = unsafe { &mut *available };
            available.without(available.mask.trailing_zeros(), find);
        });
    }

    /// Records that the local list of page `number` is empty now. `find` finds a page by its number.
    ///
    /// # Safety
    ///
    /// The caller is the owner (T1).
    pub(crate) unsafe fn has_no_slots(
        &self,
        number: PageNumber<C>,
        find: impl FnOnce(PageNumber<C>) -> Option<PagePointer<T, C>>,
    ) {
        self.owner.0.available.with_mut(|available| {
            // SAFETY: only the owner reads and writes it, and the caller is the owner.
            let available = unsafe { &mut *available };
            available.without(number.get(), find);
        });
    }
}
