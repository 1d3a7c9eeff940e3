//! A thread's pin on a slab: one word that says whether it reads without counting, and what it owes when it stops.
//!
//! The word is null while the thread is not pinned, [`pinned`] while it is, or the head of a list of obligations: counts
//! that others have taken on its behalf for entries that they removed meanwhile (invariants N1 to N4 of
//! `implementation.md`). The owner pins and unpins; everybody may push.
//!
//! The pair of barriers on which all of it rests stands at the end of this file.

use core::{
    alloc::Layout,
    mem,
    ptr::{self, NonNull},
};
use std::alloc;

use super::memory::Blank;
use crate::sync::{
    self, AtomicPtr, Ordering,
    barrier::{EXCHANGE_IS_BARRIER, barrier_after_exchange},
    cell::UnsafeCell,
};

/// The head of an empty list: pinned, and nothing is owed. No address of a [`Node`], which are aligned.
fn pinned() -> *mut Node {
    ptr::without_provenance_mut(1)
}

/// A thread's pin on one slab.
pub(super) struct Pin {
    word: AtomicPtr<Node>,
    /// How many pins of its own thread are out. Used by the owner alone.
    depth: UnsafeCell<usize>,
}

// SAFETY: all zero is a thread that is not pinned.
unsafe impl Blank for Pin {
    #[cfg(flagstone_loom)]
    fn blank() -> Self {
        Self { word: AtomicPtr::new(ptr::null_mut()), depth: UnsafeCell::new(0) }
    }
}

impl Pin {
    /// Begins to read without counting, unless a pin of the thread is out already.
    ///
    /// # Safety
    ///
    /// The caller is the owner of the shard to which the pin belongs (T1).
    #[inline(always)]
    pub(super) unsafe fn enter(&self) {
        self.depth.with_mut(|depth| {
            // SAFETY: only the owner uses the depth.
            let depth = unsafe { &mut *depth };
            *depth += 1;
            if *depth == 1 {
                // Ordering: Relaxed - ordered against removals by the barrier behind it. Where the exchange itself is
                // that barrier it is SeqCst, lest the compiler make a plain store of it.
                let ordering = if EXCHANGE_IS_BARRIER { Ordering::SeqCst } else { Ordering::Relaxed };
                self.word.swap(pinned(), ordering);
                barrier_of_the_pinned();
            }
        });
    }

    /// Ends a pin of the thread. If it was the last one, returns what the thread owes.
    ///
    /// # Safety
    ///
    /// The caller is the owner of the shard to which the pin belongs (T1, N4), and has called `enter` before.
    #[inline(always)]
    pub(super) unsafe fn leave(&self) -> Obligations {
        let depth = self.depth.with_mut(|depth| {
            // SAFETY: only the owner uses the depth.
            let depth = unsafe { &mut *depth };
            *depth -= 1;
            *depth
        });
        if depth > 0 {
            return Obligations { head: pinned() };
        }
        // Ordering: Release - pairs with the Acquire in `is_pinned` and `push`: what this thread read comes before the
        // value's end. Acquire - pairs with the Release in `push`; publishes the obligations, and the counts in the
        // words that they are for.
        Obligations { head: self.word.swap(ptr::null_mut(), Ordering::AcqRel) }
    }

    /// Whether the owner is pinned, by the owner.
    ///
    /// # Safety
    ///
    /// The caller is the owner of the shard to which the pin belongs (T1).
    pub(super) unsafe fn is_own(&self) -> bool {
        self.depth.with(|depth| {
            // SAFETY: only the owner uses the depth.
            unsafe { *depth != 0 }
        })
    }

    /// Whether the owner may be reading without counting. Only after [`barrier_of_the_remover`].
    pub(super) fn is_pinned(&self) -> bool {
        // Ordering: Acquire - pairs with the Release in `leave`: what a thread read that is not pinned any more comes
        // before the value's end.
        !self.word.load(Ordering::Acquire).is_null()
    }

    /// Blocks until the owner is seen not pinned: asleep, but it has to look again and again.
    pub(super) fn await_leave(&self) {
        while self.is_pinned() {
            sync::sleep_a_little();
        }
    }

    /// Makes the owner owe what the obligation says; gives it back if the owner is not pinned (any more). Lock-free.
    pub(super) fn push(&self, obligation: Obligation) -> Result<(), Obligation> {
        // Ordering: Acquire - as in `is_pinned`.
        let mut head = self.word.load(Ordering::Acquire);
        loop {
            if head.is_null() {
                return Err(obligation);
            }
            obligation.link(head);
            // Ordering: Release - pairs with the Acquire in `leave`; publishes the obligation and the count for which
            // it stands. Failure is Acquire, as in `is_pinned`.
            match self.word.compare_exchange_weak(head, obligation.expose(), Ordering::Release, Ordering::Acquire) {
                Ok(_) => {
                    mem::forget(obligation);
                    return Ok(());
                }
                Err(word) => head = word,
            }
        }
    }

    /// Takes what a thread owes whose pin was forgotten. For whoever has the slab to himself.
    pub(super) fn forgotten(&self) -> Obligations {
        // Ordering: Relaxed - whatever gave the caller the whole slab came after all pushes.
        Obligations { head: self.word.swap(ptr::null_mut(), Ordering::Relaxed) }
    }
}

/// A count in the word of a removed entry that a pinned thread will give back.
pub(super) struct Obligation {
    node: NonNull<Node>,
}

struct Node {
    key: usize,
    /// The address of the next node, or of [`pinned`]. Of a node that was given back and allocated again meanwhile the
    /// pusher has the address right and the provenance wrong, so it is exposed, and found again where it is followed.
    next: UnsafeCell<usize>,
}

impl Obligation {
    /// `None` if there is no memory for it.
    pub(super) fn new(key: usize) -> Option<Self> {
        // SAFETY: a node's size is not zero.
        let node = NonNull::new(unsafe { alloc::alloc(Layout::new::<Node>()) })?.cast::<Node>();
        // SAFETY: the memory is new, and of this layout.
        unsafe { node.write(Node { key, next: UnsafeCell::new(0) }) };
        Some(Self { node })
    }

    pub(super) fn key(&self) -> usize {
        self.node().key
    }

    fn node(&self) -> &Node {
        // SAFETY: `self` owns the node.
        unsafe { self.node.as_ref() }
    }

    fn link(&self, next: *mut Node) {
        self.node().next.with_mut(|link| {
            // SAFETY: `self` owns the node, which nobody else knows yet.
            unsafe { *link = next.addr() }
        });
    }

    /// The node as others find it.
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

/// What a thread owes that is not pinned any more. To be taken out one by one: what is left is leaked.
#[must_use]
pub(super) struct Obligations {
    /// Null or [`pinned`], or a node that is ours.
    head: *mut Node,
}

impl Obligations {
    #[inline(always)]
    pub(super) fn is_empty(&self) -> bool {
        self.head.addr() <= pinned().addr()
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

/// Between the publication of a pin (an exchange of its word) and the first look at a lifecycle word.
///
/// With [`barrier_of_the_remover`] it makes sure that a pinned thread and a remover cannot miss each other. The pinned
/// does `P1` pin word, barrier, `P2` read a lifecycle word. The remover does `R1` change that word (an exchange or a
/// subtraction that ends the entry, or comes after that in the word's modification order), barrier, `R2` read the pin
/// word. *The pinned's barrier comes first:* `R2` sees the pin, or that the thread has left since; the value waits for
/// it. *The remover's comes first:* `P2` sees `R1`, hence no entry; the value is not read. There is no third case, since
/// both barriers are sequentially consistent fences, or as good (`sync/barrier.rs`).
#[inline(always)]
fn barrier_of_the_pinned() {
    barrier_after_exchange();
}

/// Between the end of an entry and the look at the pins; see [`barrier_of_the_pinned`].
#[inline(always)]
pub(super) fn barrier_of_the_remover() {
    barrier_after_exchange();
}

#[cfg(all(test, not(flagstone_loom)))]
mod tests;
