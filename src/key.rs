//! Keys: shard, page, generation and offset in one `usize`.
//!
//! From the least significant bit up: the field that generation and offset share, the page number, the shard number,
//! the reserved bits. A page of `2^n` slots uses the low `n` bits of the shared field for the offset and all the rest
//! for the generation. The lifecycle word keeps the generation in its topmost bits, so that a key shifted up by
//! [`Layout::LIFT`] and a lifecycle word can be compared under one mask.

use core::marker::PhantomData;

use crate::{
    bits::Field,
    config::{Config, Layout},
};

/// The number of a page within its shard, and the sizes and masks that follow from it.
pub(crate) struct PageNumber<C>(u32, PhantomData<fn(C) -> C>);

impl<C> Clone for PageNumber<C> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<C> Copy for PageNumber<C> {}

impl<C: Config> PageNumber<C> {
    #[inline(always)]
    pub(crate) const fn new(number: u32) -> Self {
        debug_assert!((number as usize) < C::MAX_PAGES);
        Self(number, PhantomData)
    }

    #[inline(always)]
    pub(crate) const fn get(self) -> u32 {
        self.0
    }

    /// The number of slots in the page.
    #[inline(always)]
    pub(crate) const fn size(self) -> usize {
        Layout::<C>::INITIAL_PAGE_SIZE << self.0
    }

    /// The bits of the generation, in a lifecycle word.
    #[inline(always)]
    pub(crate) const fn generation_mask(self) -> usize {
        // Shifted constant first: one instruction instead of two.
        (Layout::<C>::INITIAL_PAGE_SIZE << Layout::<C>::LIFT).wrapping_neg() << self.0
    }

    /// The bits of the generation, and the bit below them, which is the highest of the count.
    #[inline(always)]
    pub(crate) const fn generation_mask_and_below(self) -> usize {
        // From the other mask, which callers have: a shift by one is cheaper than another by a variable.
        (self.generation_mask() as isize >> 1) as usize
    }

    /// The number of bits of the generation.
    pub(crate) const fn generation_bits(self) -> u32 {
        self.generation_mask().count_ones()
    }
}

/// A key, well formed or not.
pub(crate) struct Key<C>(usize, PhantomData<fn(C) -> C>);

impl<C> Clone for Key<C> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<C> Copy for Key<C> {}

impl<C: Config> Key<C> {
    const SHARED: Field = Field::new(0, Layout::<C>::SHARED_BITS);
    const PAGE: Field = Self::SHARED.then(Layout::<C>::PAGE_BITS);
    const SHARD: Field = Self::PAGE.then(Layout::<C>::SHARD_BITS);

    /// Returns a key that was passed in. Bits that the configuration reserves for the caller are ignored.
    #[inline(always)]
    pub(crate) const fn from_raw(raw: usize) -> Self {
        // Without reserved bits the mask is all ones, and costs nothing.
        Self(raw & (usize::MAX >> (C::RESERVED_BITS as u32 % usize::BITS)), PhantomData)
    }

    /// The key of generation 0 and offset 0: what all keys of a page share.
    pub(crate) const fn of_page(shard: usize, page: PageNumber<C>) -> Self {
        Self(Self::SHARD.put(shard) | Self::PAGE.put(page.get() as usize), PhantomData)
    }

    /// A key of the same page. `generation` is in its position in a lifecycle word; all other bits of it are zero.
    #[inline(always)]
    pub(crate) const fn with(self, generation: usize, offset: usize) -> Self {
        debug_assert!(offset < self.page().size() && generation & !self.page().generation_mask() == 0);
        Self(self.0 | (generation >> Layout::<C>::LIFT) | offset, PhantomData)
    }

    #[inline(always)]
    pub(crate) const fn raw(self) -> usize {
        self.0
    }

    /// The key's index in the directory: its shard number and page number, and above them all higher bits. So a key
    /// with a bit set that no valid key has gets an index past the end.
    #[inline(always)]
    pub(crate) const fn index(self) -> usize {
        self.0 >> Self::SHARED.end()
    }

    #[inline(always)]
    pub(crate) const fn shard(self) -> usize {
        // Not masked: callers have found a page by `index`, so no higher bit is set.
        self.0 >> Self::SHARD.shift
    }

    /// The page number, which may be that of no page.
    #[inline(always)]
    pub(crate) const fn page(self) -> PageNumber<C> {
        PageNumber(Self::PAGE.get(self.0) as u32, PhantomData)
    }

    #[inline(always)]
    pub(crate) const fn offset(self) -> usize {
        // What is left of the shared field without the generation, which callers need anyway.
        (self.lifted() ^ self.generation()) >> Layout::<C>::LIFT
    }

    /// The shared field, shifted such that the generation is in its position in a lifecycle word. The offset is below
    /// it.
    #[inline(always)]
    pub(crate) const fn lifted(self) -> usize {
        self.0 << Layout::<C>::LIFT
    }

    /// The generation, where a lifecycle word has it.
    #[inline(always)]
    pub(crate) const fn generation(self) -> usize {
        self.lifted() & self.page().generation_mask()
    }
}

#[cfg(test)]
mod tests;
