//! A table of guards, of a fixed size: no guard allocates, and what finds no room is not watched.
//!
//! A guard is attributed to the thread that made it, until another thread uses it: from then on to none, since it may be
//! shared. Nothing shows that a guard was sent to another thread before it is used there. So a taker waits for
//! [`PATIENCE`] before it trusts the table.

use core::{
    fmt,
    ops::Range,
    panic::Location,
    ptr,
    sync::atomic::{AtomicPtr, AtomicUsize, Ordering},
    time::Duration,
};
use std::time::Instant;

use crate::thread_token;

/// How long a thread waits before it looks for a guard of its own.
const PATIENCE: Duration = Duration::from_secs(5);

/// When a thread began to wait.
pub(in crate::raw) struct Patience(Instant);

impl Patience {
    pub(in crate::raw) fn begin() -> Self {
        Self(Instant::now())
    }

    /// Returns how long the thread has to wait before it looks for a guard of its own; `None` if it never does.
    pub(in crate::raw) fn left(&self) -> Option<Duration> {
        Some(PATIENCE.saturating_sub(self.0.elapsed()))
    }
}

/// The number of records.
const SIZE: usize = 4096;

/// The number of records in which a slot's guards may be.
const NEIGHBOURHOOD: usize = 64;

/// The number of records in use.
static USED: AtomicUsize = AtomicUsize::new(0);

static RECORDS: [Record; SIZE] = [const { Record::empty() }; SIZE];

/// What is known of one guard.
///
/// All its accesses are relaxed, and have no partner: they order nothing. A record that is out of date can lead to a
/// panic that is wrong, after five seconds, or to none, and to nothing worse.
struct Record {
    /// The address of the slot; 0 if the record is free.
    slot: AtomicUsize,
    /// The token of the thread that made the guard; 0 while the record is not complete, and after another thread has
    /// used the guard.
    thread: AtomicUsize,
    place: AtomicPtr<Location<'static>>,
}

impl Record {
    const fn empty() -> Self {
        Self { slot: AtomicUsize::new(0), thread: AtomicUsize::new(0), place: AtomicPtr::new(ptr::null_mut()) }
    }

    fn clear(&self) {
        // Ordering: Relaxed, all - no partner, see `Record`.
        self.thread.store(0, Ordering::Relaxed);
        self.slot.store(0, Ordering::Relaxed);
        USED.fetch_sub(1, Ordering::Relaxed);
    }
}

/// The records in which guards of a slot may be.
fn neighbourhood(slot: usize) -> impl Iterator<Item = &'static Record> {
    // Fibonacci hashing. The highest bits of the product depend on all bits of the address.
    const FACTOR: usize = 0x9E37_79B9_7F4A_7C15_u64 as usize | 1;
    let first = slot.wrapping_mul(FACTOR) >> (usize::BITS - SIZE.ilog2());
    (first..first + NEIGHBOURHOOD).map(|index| &RECORDS[index % SIZE])
}

/// Where a guard was got, or is waited for.
#[derive(Clone, Copy)]
pub(in crate::raw) struct Caller(&'static Location<'static>);

impl Caller {
    #[inline(always)]
    #[track_caller]
    pub(in crate::raw) const fn here() -> Self {
        Self(Location::caller())
    }
}

impl fmt::Display for Caller {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

/// The record of one guard; `None` if there was no room for one, or the guard has ended.
pub(in crate::raw) struct Holding(Option<&'static Record>);

impl Holding {
    pub(in crate::raw) fn new<S>(slot: *const S, caller: Caller) -> Self {
        let slot = slot.addr();
        let mut records = neighbourhood(slot);
        // Ordering: Relaxed, all - no partner, see `Record`. The exchange gives the record to one guard.
        let free =
            records.find(|record| record.slot.compare_exchange(0, slot, Ordering::Relaxed, Ordering::Relaxed).is_ok());
        if let Some(record) = free {
            USED.fetch_add(1, Ordering::Relaxed);
            record.place.store(ptr::from_ref(caller.0).cast_mut(), Ordering::Relaxed);
            record.thread.store(thread_token::current_or_new(), Ordering::Relaxed);
        }
        Self(free)
    }

    /// Records that the current thread uses the guard, which may be another than the maker.
    #[inline]
    pub(in crate::raw) fn used(&self) {
        if let Some(record) = self.0 {
            // Ordering: Relaxed, both - no partner, see `Record`.
            let maker = record.thread.load(Ordering::Relaxed);
            if maker != 0 && !thread_token::is_current(maker) {
                record.thread.store(0, Ordering::Relaxed);
            }
        }
    }

    /// Records that the guard ends. The slot may be another entry's afterwards.
    pub(in crate::raw) fn end(&mut self) {
        if let Some(record) = self.0.take() {
            record.clear();
        }
    }
}

/// Forgets the guards of a slot that is ended although they are counted: they were leaked.
pub(in crate::raw) fn forget<S>(slot: *const S) {
    // Ordering: Relaxed, both - no partner, see `Record`.
    if USED.load(Ordering::Relaxed) > 0 {
        let slot = slot.addr();
        neighbourhood(slot).filter(|record| record.slot.load(Ordering::Relaxed) == slot).for_each(Record::clear);
    }
}

/// Forgets the guards of all slots in this memory, which is freed.
pub(in crate::raw) fn forget_all(memory: Range<usize>) {
    // Ordering: Relaxed, both - no partner, see `Record`.
    if USED.load(Ordering::Relaxed) > 0 {
        let records = RECORDS.iter().filter(|record| memory.contains(&record.slot.load(Ordering::Relaxed)));
        records.for_each(Record::clear);
    }
}

/// Returns where the current thread got a guard of the entry in this slot that no other thread has used.
pub(in crate::raw) fn own<S>(slot: *const S) -> Option<Caller> {
    let slot = slot.addr();
    let mut records = neighbourhood(slot);
    // Ordering: Relaxed, all - no partner, see `Record`.
    let record = records.find(|record| {
        record.slot.load(Ordering::Relaxed) == slot && thread_token::is_current(record.thread.load(Ordering::Relaxed))
    })?;
    // SAFETY: it is null, or one of the places that were stored, all of which are `'static`.
    unsafe { record.place.load(Ordering::Relaxed).as_ref() }.map(Caller)
}
