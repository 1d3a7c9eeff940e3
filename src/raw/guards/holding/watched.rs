//! A table of guards, of a fixed size: no guard allocates, and what finds no room is not watched.
//!
//! A guard belongs to the thread that used it last, which is at first the thread that made it. Nothing shows that a
//! guard was sent to another thread before it is used there. So a taker waits for [`PATIENCE`] before it trusts the
//! table.

use core::{
    fmt,
    panic::Location,
    ptr,
    sync::atomic::{AtomicPtr, AtomicUsize, Ordering},
    time::Duration,
};

use crate::thread_token;

/// How long a thread waits before it looks for a guard of its own.
pub(in crate::raw) const PATIENCE: Option<Duration> = Some(Duration::from_secs(5));

/// The number of records.
const SIZE: usize = 4096;

/// The number of records in which a slot's guards may be.
const NEIGHBOURHOOD: usize = 64;

static RECORDS: [Record; SIZE] = [const { Record::empty() }; SIZE];

/// What is known of one guard. It needs no ordering: a record that is out of date can lead to a wrong panic, after five
/// seconds, and to nothing worse.
struct Record {
    /// The address of the slot; 0 if the record is free.
    slot: AtomicUsize,
    /// The token of the thread that used the guard last; 0 while the record is not complete.
    thread: AtomicUsize,
    place: AtomicPtr<Location<'static>>,
}

impl Record {
    const fn empty() -> Self {
        Self { slot: AtomicUsize::new(0), thread: AtomicUsize::new(0), place: AtomicPtr::new(ptr::null_mut()) }
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
        let free =
            records.find(|record| record.slot.compare_exchange(0, slot, Ordering::Relaxed, Ordering::Relaxed).is_ok());
        if let Some(record) = free {
            record.place.store(ptr::from_ref(caller.0).cast_mut(), Ordering::Relaxed);
            record.thread.store(thread_token::current_or_new(), Ordering::Relaxed);
        }
        Self(free)
    }

    /// Records that the current thread uses the guard.
    #[inline]
    pub(in crate::raw) fn used(&self) {
        if let Some(record) = self.0 {
            if !thread_token::is_current(record.thread.load(Ordering::Relaxed)) {
                record.thread.store(thread_token::current_or_new(), Ordering::Relaxed);
            }
        }
    }

    /// Records that the guard ends. The slot may be another entry's afterwards.
    pub(in crate::raw) fn end(&mut self) {
        if let Some(record) = self.0.take() {
            record.thread.store(0, Ordering::Relaxed);
            record.slot.store(0, Ordering::Relaxed);
        }
    }
}

/// Returns where the current thread got a guard of the entry in this slot.
pub(in crate::raw) fn own<S>(slot: *const S) -> Option<Caller> {
    let slot = slot.addr();
    let mut records = neighbourhood(slot);
    let record = records.find(|record| {
        record.slot.load(Ordering::Relaxed) == slot && thread_token::is_current(record.thread.load(Ordering::Relaxed))
    })?;
    // SAFETY: it is null, or one of the places that were stored, all of which are `'static`.
    unsafe { record.place.load(Ordering::Relaxed).as_ref() }.map(Caller)
}
