//! The storage of a set's futures: slots with a word each, and the free list.
//!
//! A key is `[ generation | index ]`, with as few bits for the index as the capacity needs. The word of a full slot is
//! its key. The word of a free slot has the generation of the next key and, in place of its own index, the index of the
//! next free slot, or of none (B1).

use crate::raw::FirstPanic;
use core::{
    alloc::Layout,
    cell::{Cell, UnsafeCell},
    iter,
    mem::MaybeUninit,
    pin::Pin,
    ptr::NonNull,
};

/// Room for a future, and its word.
pub(crate) struct FutureSlot<F> {
    word: Cell<usize>,
    future: UnsafeCell<MaybeUninit<F>>,
}

impl<F> FutureSlot<F> {
    /// Creates an unused slot for a list of `capacity` slots. It is on no list yet.
    pub(super) const fn new(capacity: usize) -> Self {
        Self { word: Cell::new(index_mask(capacity)), future: UnsafeCell::new(MaybeUninit::uninit()) }
    }
}

/// Returns the mask of an index: enough bits to name each of `capacity` slots, and to name none of them.
const fn index_mask(capacity: usize) -> usize {
    match capacity.checked_ilog2() {
        Some(highest_bit) => usize::MAX >> (usize::BITS - 1 - highest_bit),
        None => 0,
    }
}

/// The slots of a set, on the heap or where the caller pinned them. They belong to the owner alone.
pub(crate) struct FutureSlots<F> {
    slots: NonNull<FutureSlot<F>>,
    capacity: usize,
    /// The bits of an index. If all of them are set, the index names no slot.
    index_mask: usize,
    /// The first free slot.
    free: usize,
    len: usize,
}

// SAFETY: the slots are this list's alone, and so are the futures: they move to other threads only with the list.
unsafe impl<F: Send> Send for FutureSlots<F> {}

// SAFETY: a shared list returns only keys and numbers, and no future.
unsafe impl<F> Sync for FutureSlots<F> {}

impl<F> FutureSlots<F> {
    /// Returns the layout of `capacity` slots. `None` if they exceed the address space.
    pub(super) fn layout(capacity: usize) -> Option<Layout> {
        Layout::array::<FutureSlot<F>>(capacity).ok()
    }

    /// Allocates slots on the heap, to be freed by [`free_heap`](Self::free_heap).
    ///
    /// # Panics
    ///
    /// If that many slots exceed the address space.
    pub(super) fn on_heap(capacity: usize) -> Self {
        let slots: Box<[FutureSlot<F>]> = iter::repeat_with(|| FutureSlot::new(capacity)).take(capacity).collect();
        let slots = NonNull::from(Box::leak(slots)).cast();
        // SAFETY: the slots are this list's from now on, until they are freed.
        unsafe { Self::of(slots, capacity) }
    }

    /// Makes a list of slots that are owned elsewhere.
    ///
    /// # Safety
    ///
    /// Nothing else touches the slots while the list is used. They were made for this capacity, and do not move.
    pub(super) unsafe fn of(slots: NonNull<FutureSlot<F>>, capacity: usize) -> Self {
        let index_mask = index_mask(capacity);
        let mut slots = Self { slots, capacity, index_mask, free: index_mask, len: 0 };
        for index in (0..capacity).rev() {
            // SAFETY: there is such a slot.
            let word = unsafe { slots.slot(index) }.word.get();
            if slots.key_at(index).is_some() {
                slots.len += 1;
            } else {
                slots.link(index, word);
            }
        }
        slots
    }

    /// # Safety
    ///
    /// There is such a slot.
    #[inline(always)]
    unsafe fn slot(&self, index: usize) -> &FutureSlot<F> {
        debug_assert!(index < self.capacity);
        // SAFETY: as of this function.
        let slot = unsafe { self.slots.add(index) };
        // SAFETY: slots live as long as the list is used.
        unsafe { slot.as_ref() }
    }

    /// Puts a slot on the free list, with the generation of `word`.
    #[inline(always)]
    fn link(&mut self, index: usize, word: usize) {
        // SAFETY: every caller has taken the index from a slot.
        unsafe { self.slot(index) }.word.set(word & !self.index_mask | self.free);
        self.free = index;
    }

    pub(crate) fn capacity(&self) -> usize {
        self.capacity
    }

    pub(crate) fn len(&self) -> usize {
        self.len
    }

    /// Returns the index in a key, whether or not there is such a slot.
    #[inline(always)]
    pub(super) fn index(&self, key: usize) -> usize {
        key & self.index_mask
    }

    /// Stores the future that `make` makes of its key. `None` if there is no room. A panic of `make` changes nothing.
    #[inline(always)]
    pub(super) fn insert_with(&mut self, make: impl FnOnce(usize) -> F) -> Option<usize> {
        let index = self.free;
        if index == self.index_mask {
            return None;
        }
        // SAFETY: the free list names slots (B1).
        let slot = unsafe { self.slot(index) };
        let word = slot.word.get();
        let key = word & !self.index_mask | index;
        let future = make(key);
        // SAFETY: the slot is free, and the owner's.
        unsafe { slot.future.get().write(MaybeUninit::new(future)) };
        slot.word.set(key);
        self.free = word & self.index_mask;
        self.len += 1;
        Some(key)
    }

    /// Returns the key of the entry in a slot.
    ///
    /// # Panics
    ///
    /// If there is no such slot.
    #[inline(always)]
    pub(crate) fn key_at(&self, index: usize) -> Option<usize> {
        assert!(index < self.capacity);
        // SAFETY: it was just compared.
        let word = unsafe { self.slot(index) }.word.get();
        (self.index(word) == index).then_some(word)
    }

    /// Returns whether there is an entry of this key.
    #[inline(always)]
    pub(crate) fn contains(&self, key: usize) -> bool {
        let index = self.index(key);
        // SAFETY: it is compared before.
        index < self.capacity && unsafe { self.slot(index) }.word.get() == key
    }

    /// Returns the future of an entry, which is not moved until it is dropped.
    #[inline(always)]
    pub(crate) fn get(&mut self, key: usize) -> Option<Pin<&mut F>> {
        // SAFETY: the entry is there.
        self.contains(key).then(|| unsafe { self.get_unchecked(self.index(key)) })
    }

    /// # Safety
    ///
    /// There is an entry of this index.
    #[inline(always)]
    pub(super) unsafe fn get_unchecked(&mut self, index: usize) -> Pin<&mut F> {
        // SAFETY: as of this function.
        let future = unsafe { self.future(index) };
        // SAFETY: the slot is full (B1), and the list, which is borrowed, alone touches it.
        let future = unsafe { &mut *future };
        // SAFETY: slots do not move, and a future is dropped where it is (B5), or moved if it may be.
        unsafe { Pin::new_unchecked(future) }
    }

    /// # Safety
    ///
    /// There is a slot of this index.
    #[inline(always)]
    unsafe fn future(&self, index: usize) -> *mut F {
        // SAFETY: as of this function.
        unsafe { self.slot(index) }.future.get().cast()
    }

    /// Ends an entry: drops its future, then frees its slot, even if the destructor panics. Returns whether there was
    /// one.
    #[inline(always)]
    pub(super) fn drop_entry(&mut self, key: usize, panic: &mut FirstPanic) -> bool {
        let is_there = self.contains(key);
        if is_there {
            // SAFETY: the entry is there.
            let future = unsafe { self.future(self.index(key)) };
            // SAFETY: the slot is full (B1), and is free afterwards.
            panic.catch(|| unsafe { future.drop_in_place() });
            self.free_slot(key);
        }
        is_there
    }

    /// Ends an entry, and moves its future out.
    pub(super) fn take(&mut self, key: usize) -> Option<F>
    where
        F: Unpin,
    {
        if !self.contains(key) {
            return None;
        }
        // SAFETY: the entry is there.
        let future = unsafe { self.future(self.index(key)) };
        // SAFETY: the slot is full (B1), and is free afterwards; the future may be moved.
        let future = unsafe { future.read() };
        self.free_slot(key);
        Some(future)
    }

    /// Frees the slot of an entry. Its next key has the next generation; after the last generation comes the first.
    #[inline(always)]
    fn free_slot(&mut self, key: usize) {
        self.len -= 1;
        self.link(self.index(key), (key | self.index_mask).wrapping_add(1));
    }

    /// Drops all futures.
    pub(super) fn clear(&mut self, panic: &mut FirstPanic) {
        for index in 0..self.capacity {
            if self.len == 0 {
                return;
            }
            if let Some(key) = self.key_at(index) {
                self.drop_entry(key, panic);
            }
        }
    }

    /// Frees the memory, without dropping futures.
    ///
    /// # Safety
    ///
    /// The slots are from [`on_heap`](Self::on_heap), and the list is not used any more.
    pub(super) unsafe fn free_heap(&mut self) {
        let slots = NonNull::slice_from_raw_parts(self.slots, self.capacity);
        // SAFETY: as of this function.
        drop(unsafe { Box::from_raw(slots.as_ptr()) });
    }
}
