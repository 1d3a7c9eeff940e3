//! A thread's pin of a slab: one word that says whether the thread reads without reference counting, and holds the list
//! of counts that the thread must release when it stops.
//!
//! The word is null while the thread is not pinned, [`pinned`] while it is, or the head of a list of obligations. An
//! obligation is a deferred-release record: another thread has removed an entry meanwhile and taken a count of it on
//! behalf of the pinned thread (invariants N1 to N4 of `implementation.md`). The owner pins and unpins. Any thread may
//! push.
//!
//! The correctness of all this depends on a pair of barriers, at the end of this file.

use core::{
    alloc::Layout,
    iter, mem,
    ptr::{self, NonNull},
};
use std::alloc;

use crate::{
    raw::memory::Blank,
    sync::{
        self, AtomicPtr, Ordering,
        barrier::{EXCHANGE_IS_BARRIER, barrier_after_exchange},
        cell::UnsafeCell,
    },
};

/// Returns the head of an empty list: pinned, without obligations. It is not the address of a [`Node`], since nodes are
/// aligned.
fn pinned() -> *mut Node {
    ptr::without_provenance_mut(1)
}

/// The depth of a pin that is on the list and not active.
const LISTED: usize = 1;

/// A thread's pin on one slab.
pub(in crate::raw) struct Pin {
    word: AtomicPtr<Node>,
    /// The number of active pins of its own thread, and one more if the pin is on the list of its slab. Used only by
    /// the owner. It is at most one more than the count of the thread's record, which is checked with every pin
    /// (`thread_id`), so it cannot wrap.
    depth: UnsafeCell<usize>,
    /// The pin that was listed before this one. Written before this one is listed.
    next: UnsafeCell<*const Pin>,
}

// SAFETY: all zero is a thread that is not pinned, nor on the list.
unsafe impl Blank for Pin {
    #[cfg(flagstone_loom)]
    fn blank() -> Self {
        Self { word: AtomicPtr::new(ptr::null_mut()), depth: UnsafeCell::new(0), next: UnsafeCell::new(ptr::null()) }
    }
}

/// The pins of all threads that ever pinned a slab. A pin is added to the list once and stays, so there is no ABA
/// problem.
pub(in crate::raw) struct PinList(AtomicPtr<Pin>);

impl PinList {
    sync::const_fn! {
        pub(in crate::raw) fn new() -> Self {
            Self(AtomicPtr::new(ptr::null_mut()))
        }
    }

    /// Puts a pin on the list, unless it is there already. Lock-free.
    ///
    /// # Safety
    ///
    /// The caller is the owner of the pin (T1), which lives as long as the list and does not move.
    pub(in crate::raw) unsafe fn list(&self, pin: &Pin) {
        // SAFETY: as of this function.
        if unsafe { pin.is_listed() } {
            return;
        }
        // Ordering: Relaxed - the head is not followed here.
        let mut head = self.0.load(Ordering::Relaxed);
        loop {
            // SAFETY: the pin is not listed yet, so no other thread knows its link.
            pin.next.with_mut(|next| unsafe { *next = head });
            // Ordering: Release - pairs with the Acquire in `iter`; publishes the pin and its link. Those that were
            // listed before are published by their own releases: this continues their release sequences.
            let listed = ptr::from_ref(pin).cast_mut();
            match self.0.compare_exchange_weak(head, listed, Ordering::Release, Ordering::Relaxed) {
                Ok(_) => break,
                Err(word) => head = word,
            }
        }
        // SAFETY: only the owner uses it.
        pin.depth.with_mut(|depth| unsafe { *depth = LISTED });
    }

    /// Returns whether the list is empty. To be called only after [`barrier_of_the_remover`].
    #[inline(always)]
    pub(in crate::raw) fn is_empty(&self) -> bool {
        // Ordering: Relaxed - behind the barrier of the remover; nothing is followed.
        self.0.load(Ordering::Relaxed).is_null()
    }

    /// Returns an iterator over all listed pins. To be called only after [`barrier_of_the_remover`].
    pub(in crate::raw) fn iter(&self) -> impl Iterator<Item = &Pin> {
        // Ordering: Acquire - pairs with the Release in `list`: the pins and their links are followed.
        let mut next = self.0.load(Ordering::Acquire).cast_const();
        iter::from_fn(move || {
            // SAFETY: a pin on the list lives as long as the list.
            let pin = unsafe { next.as_ref() }?;
            // SAFETY: a link is not written after the pin was listed.
            next = pin.next.with(|next| unsafe { *next });
            Some(pin)
        })
    }
}

impl Pin {
    /// Returns whether the pin is on the list of its slab.
    ///
    /// # Safety
    ///
    /// The caller is the owner of the shard to which the pin belongs (T1).
    pub(in crate::raw) unsafe fn is_listed(&self) -> bool {
        // SAFETY: only the owner uses it.
        self.depth.with(|depth| unsafe { *depth >= LISTED })
    }

    /// Returns whether the pin is on the list of its slab, and no pin of the thread is active.
    ///
    /// # Safety
    ///
    /// The caller is the owner of the shard to which the pin belongs (T1).
    #[inline(always)]
    pub(in crate::raw) unsafe fn is_idle(&self) -> bool {
        // SAFETY: only the owner uses it.
        self.depth.with(|depth| unsafe { *depth == LISTED })
    }

    /// Begins a read-side critical section: the thread reads without reference counting from now on.
    ///
    /// # Safety
    ///
    /// The caller is the owner of the shard to which the pin belongs (T1), and the pin is idle.
    #[inline(always)]
    pub(in crate::raw) unsafe fn enter(&self) {
        // SAFETY: as of this function.
        debug_assert!(unsafe { self.is_idle() }, "an active pin would end with this one");
        // SAFETY: only the owner uses the depth.
        self.depth.with_mut(|depth| unsafe { *depth = LISTED + 1 });
        // Ordering: Relaxed - ordered against removals by the barrier that follows. Where the swap itself is that
        // barrier it is SeqCst, so that the compiler does not replace it by a plain store.
        let ordering = if EXCHANGE_IS_BARRIER { Ordering::SeqCst } else { Ordering::Relaxed };
        self.word.swap(pinned(), ordering);
        barrier_of_the_pinned();
    }

    /// Counts another pin while one is active.
    ///
    /// # Safety
    ///
    /// The caller is the owner of the shard to which the pin belongs (T1), and a pin is active.
    pub(in crate::raw) unsafe fn enter_again(&self) {
        // SAFETY: only the owner uses the depth.
        self.depth.with_mut(|depth| unsafe { *depth += 1 });
    }

    /// Ends a pin of the thread. If it was the last one, returns the thread's obligations.
    ///
    /// # Safety
    ///
    /// The caller is the owner of the shard to which the pin belongs (T1, N4), and has called `enter` before.
    #[inline(always)]
    pub(in crate::raw) unsafe fn leave(&self) -> Obligations {
        let depth = self.depth.with_mut(|depth| {
            // SAFETY: only the owner uses the depth.
            let depth = unsafe { &mut *depth };
            *depth -= 1;
            *depth
        });
        if depth > LISTED {
            return Obligations { head: pinned() };
        }
        // Ordering: Release - pairs with the Acquire in `is_pinned` and `push`: this thread's reads happen before the
        // value's end. Acquire - pairs with the Release in `push`; publishes the obligations, and the counts in the
        // words that they are for.
        Obligations { head: self.word.swap(ptr::null_mut(), Ordering::AcqRel) }
    }

    /// Returns whether the owner is pinned. Called by the owner itself.
    ///
    /// # Safety
    ///
    /// The caller is the owner of the shard to which the pin belongs (T1).
    pub(in crate::raw) unsafe fn is_own(&self) -> bool {
        // SAFETY: only the owner uses the depth.
        self.depth.with(|depth| unsafe { *depth > LISTED })
    }

    /// Returns whether the owner may be reading without reference counting. To be called only after
    /// [`barrier_of_the_remover`].
    pub(in crate::raw) fn is_pinned(&self) -> bool {
        // Ordering: Acquire - pairs with the Release in `leave`: the reads of a thread that is not pinned any more
        // happen before the value's end.
        !self.word.load(Ordering::Acquire).is_null()
    }

    /// Blocks until the owner is seen not pinned. It polls, and sleeps in between.
    pub(in crate::raw) fn await_leave(&self) {
        while self.is_pinned() {
            sync::sleep_a_little();
        }
    }

    /// Pushes an obligation onto the owner's list. Returns it as the error if the owner is not pinned (any more).
    /// Lock-free.
    pub(in crate::raw) fn push(&self, obligation: Obligation) -> Result<(), Obligation> {
        // Ordering: Acquire - as in `is_pinned`.
        let mut head = self.word.load(Ordering::Acquire);
        loop {
            if head.is_null() {
                return Err(obligation);
            }
            obligation.link(head);
            // Ordering: Release - pairs with the Acquire in `leave`; publishes the obligation and the count that it
            // represents. Failure is Acquire, as in `is_pinned`.
            match self.word.compare_exchange_weak(head, obligation.expose(), Ordering::Release, Ordering::Acquire) {
                Ok(_) => {
                    mem::forget(obligation);
                    return Ok(());
                }
                Err(word) => head = word,
            }
        }
    }

    /// Takes the obligations of a thread whose pin was leaked. For a caller with exclusive access to the slab.
    pub(in crate::raw) fn forgotten(&self) -> Obligations {
        // Ordering: Relaxed - the operation that gave the caller exclusive access to the slab is ordered after all
        // pushes.
        Obligations { head: self.word.swap(ptr::null_mut(), Ordering::Relaxed) }
    }
}

/// A deferred-release record: a count in the word of a removed entry, which a pinned thread will release.
pub(in crate::raw) struct Obligation {
    node: NonNull<Node>,
}

struct Node {
    /// The key of the entry, or of the slot whose value is to be ended.
    key: usize,
    /// The address of the next node, or of [`pinned`]. If the next node was freed and allocated again meanwhile, the
    /// pusher's pointer has the correct address but the wrong provenance. So provenance is exposed, and recovered where
    /// the link is followed.
    next: UnsafeCell<usize>,
}

impl Obligation {
    /// Allocates an obligation. `None` if the allocator refuses memory.
    pub(in crate::raw) fn new(key: usize) -> Option<Self> {
        // SAFETY: a node's size is not zero.
        let node = NonNull::new(unsafe { alloc::alloc(Layout::new::<Node>()) })?.cast::<Node>();
        // SAFETY: the memory is new, and of this layout.
        unsafe { node.write(Node { key, next: UnsafeCell::new(0) }) };
        Some(Self { node })
    }

    pub(in crate::raw) fn key(&self) -> usize {
        self.node().key
    }

    fn node(&self) -> &Node {
        // SAFETY: `self` owns the node.
        unsafe { self.node.as_ref() }
    }

    fn link(&self, next: *mut Node) {
        self.node().next.with_mut(|link| {
            // SAFETY: `self` owns the node, which no other thread knows yet.
            unsafe { *link = next.addr() }
        });
    }

    /// Returns the node's pointer for other threads, with its provenance exposed.
    fn expose(&self) -> *mut Node {
        let _ = self.node.as_ptr().expose_provenance();
        self.node.as_ptr()
    }
}

impl Drop for Obligation {
    fn drop(&mut self) {
        // SAFETY: `self` owns the node.
        unsafe { self.node.drop_in_place() };
        // SAFETY: `new` allocated it with this layout.
        unsafe { alloc::dealloc(self.node.as_ptr().cast(), Layout::new::<Node>()) };
    }
}

/// The obligations of a thread that is not pinned any more. To be taken out one by one: those that are left are leaked.
#[must_use]
pub(in crate::raw) struct Obligations {
    /// Null or [`pinned`], or a node that is ours.
    head: *mut Node,
}

impl Obligations {
    pub(in crate::raw) fn none() -> Self {
        Self { head: ptr::null_mut() }
    }

    #[inline(always)]
    pub(in crate::raw) fn is_empty(&self) -> bool {
        self.head.addr() <= pinned().addr()
    }

    /// Puts an obligation in front. Allocates nothing.
    pub(in crate::raw) fn add(&mut self, obligation: Obligation) {
        obligation.link(self.head);
        self.head = obligation.expose();
        mem::forget(obligation);
    }
}

impl Iterator for Obligations {
    type Item = Obligation;

    fn next(&mut self) -> Option<Obligation> {
        if self.is_empty() {
            return None;
        }
        let obligation = Obligation { node: NonNull::new(self.head)? };
        let next = obligation.node().next.with(|next| {
            // SAFETY: the list was taken whole, so its nodes are ours.
            unsafe { *next }
        });
        self.head = ptr::with_exposed_provenance_mut(next);
        Some(obligation)
    }
}

/// Orders the publication of a pin (a swap of its word) before the first load of a lifecycle word.
///
/// With [`barrier_of_the_remover`] it ensures that a pinned thread and a remover cannot miss each other. The pinned
/// thread does `P1` swap its pin word, barrier, `P2` load a lifecycle word. The remover does `R1` change that lifecycle
/// word (an RMW that ends the entry, or that follows such an RMW in the word's modification order), barrier, `R2` load
/// the pin word. *If the barrier of the pinned thread comes first:* `R2` sees the pin, or that the thread has left
/// since; reclamation waits for the pin. *If the barrier of the remover comes first:* `P2` sees `R1`, hence no entry;
/// the value is not read. There is no third case, since both barriers are sequentially consistent fences, or equivalent
/// to them (`sync/barrier.rs`).
#[inline(always)]
fn barrier_of_the_pinned() {
    barrier_after_exchange();
}

/// Orders the end of an entry before the loads of the pin words: see [`barrier_of_the_pinned`].
#[inline(always)]
pub(in crate::raw) fn barrier_of_the_remover() {
    barrier_after_exchange();
}

#[cfg(all(test, not(flagstone_loom)))]
mod tests;
