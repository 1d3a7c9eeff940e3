//! A global allocator that uses a slab each time that slab asks it for memory, as an allocation tracker does, or pins it.
//!
//! Found by a reader: a nested insertion added the page that the outer one was just making, whose number both then
//! published; and with the overflow shard it waited for a lock that its own thread held.
//!
//! And, in all other modules, one that has no memory.

#![allow(unsafe_code, reason = "a global allocator is")]

use std::{
    alloc::{GlobalAlloc, Layout, System},
    cell::{Cell, RefCell},
    collections::HashMap,
    panic::resume_unwind,
    ptr,
    sync::{Mutex, PoisonError},
    thread,
};

use flagstone::{Config, Slab};

/// Declares tests that run one after another, each on a thread that ends with it: thread numbers belong to the process.
macro_rules! alone_on_a_thread {
    ($($(#[$attribute:meta])* $behaviour:ident)*) => {
        mod alone {$(
            #[test]
            $(#[$attribute])*
            fn $behaviour() {
                $crate::run_alone(super::$behaviour);
            }
        )*}
    };
}

mod every_refusal;
mod keeping;
mod numbers;
mod owing;
mod pinning;
mod refusals;
mod refusing;
mod reserving;

static ALONE: Mutex<()> = Mutex::new(());

fn run_alone(behaviour: fn()) {
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    if let Err(panic) = thread::spawn(behaviour).join() {
        resume_unwind(panic);
    }
}

/// Small pages, so that there are many, and one thread with a shard, so that the others have the overflow shard.
struct Crowded;

impl Config for Crowded {
    const MAX_THREADS: usize = 1;
    const INITIAL_PAGE_SIZE: usize = 1;
    const MAX_PAGES: usize = 8;
}

static NOTES: Slab<u64, Crowded> = Slab::new_with_config();

thread_local! {
    /// Whether this thread's allocations are noted: not while one is being noted.
    static NOTING: Cell<bool> = const { Cell::new(false) };
    /// Whether this thread pins the slab whenever it allocates or frees: not while it does so.
    static PINNING: Cell<bool> = const { Cell::new(false) };
    static NOTED: RefCell<Vec<usize>> = const { RefCell::new(Vec::new()) };
    /// How many more allocations this thread is granted, if it is refused any: of all memory, and of zeroed memory.
    static GRANTED: Cell<Option<usize>> = const { Cell::new(None) };
    static GRANTED_ZEROED: Cell<Option<usize>> = const { Cell::new(None) };
    /// Whether all are granted again after the first one that was refused.
    static REFUSES_ONE: Cell<bool> = const { Cell::new(false) };
    /// What is called at the next allocation of this thread.
    static INTERRUPTION: Cell<Option<fn()>> = const { Cell::new(None) };
    /// How many allocations of this thread were refused.
    static REFUSED: Cell<usize> = const { Cell::new(0) };
    /// Bytes that this thread has allocated, less those that it has given back.
    static BALANCE: Cell<isize> = const { Cell::new(0) };
}

/// Whether an allocation is refused.
fn is_refused(granted: &'static thread::LocalKey<Cell<Option<usize>>>) -> bool {
    granted.with(|granted| {
        let left = granted.get();
        let is_refused = left == Some(0);
        granted.set(left.map(|left| left.saturating_sub(1)).filter(|_| !(is_refused && REFUSES_ONE.get())));
        REFUSED.set(REFUSED.get() + usize::from(is_refused));
        is_refused
    })
}

/// Notes an allocation in the slab, while allocations are noted.
fn note(layout: Layout) {
    if NOTING.replace(false) {
        // Twice, so that the nested insertion may need a page itself.
        for size in [layout.size(), layout.align()] {
            if let Some(key) = NOTES.insert(size as u64) {
                NOTED.with_borrow_mut(|noted| noted.push(key));
            }
        }
        NOTING.set(true);
    }
}

/// Pins the slab and looks at what is there, while a thread wants that.
fn pin() {
    if PINNING.replace(false) {
        let pin = NOTES.pin();
        if let Some(key) = pin.keys().next() {
            assert!(pin.get(key).is_some());
        }
        drop(pin);
        PINNING.set(true);
    }
}

/// Calls what a thread wants to be called at its next allocation, once.
fn interrupt() {
    if let Some(interruption) = INTERRUPTION.take() {
        interruption();
    }
}

struct Tracker;

// SAFETY: all is passed on to the system's allocator.
unsafe impl GlobalAlloc for Tracker {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        if is_refused(&GRANTED) {
            return ptr::null_mut();
        }
        BALANCE.set(BALANCE.get() + layout.size() as isize);
        note(layout);
        pin();
        interrupt();
        // SAFETY: the caller's promises are passed on.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        if is_refused(&GRANTED_ZEROED) {
            return ptr::null_mut();
        }
        BALANCE.set(BALANCE.get() + layout.size() as isize);
        note(layout);
        pin();
        // SAFETY: the caller's promises are passed on.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        BALANCE.set(BALANCE.get() - layout.size() as isize);
        pin();
        // SAFETY: the caller's promises are passed on.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static TRACKER: Tracker = Tracker;

/// Inserts while allocations are noted, and checks that no key came twice and that each finds its value.
fn insert_and_check(first: u64) {
    let mut entries = HashMap::new();
    for value in first..first + 20 {
        NOTING.set(true);
        let key = NOTES.insert(value);
        NOTING.set(false);
        if let Some(key) = key {
            assert!(entries.insert(key, value).is_none(), "key {key:#x} came twice");
        }
    }
    assert!(entries.len() > 7, "most found room");
    let noted = NOTED.take();
    assert!(!noted.is_empty(), "the allocator was asked for pages");
    for key in noted {
        assert!(!entries.contains_key(&key), "key {key:#x} came twice");
        assert!(NOTES.remove(key));
    }
    for (key, value) in entries {
        assert_eq!(NOTES.get(key).map(|entry| *entry), Some(value));
        assert!(NOTES.remove(key));
    }
}

alone_on_a_thread! {
    an_allocator_may_insert_while_the_slab_asks_it_for_a_page
}

fn an_allocator_may_insert_while_the_slab_asks_it_for_a_page() {
    // One after another: each thread's end makes room for the next one's number.
    thread::spawn(|| insert_and_check(0)).join().unwrap();
    let (inside, outside) = std::sync::mpsc::channel::<()>();
    let (done, wait) = std::sync::mpsc::channel::<()>();
    thread::scope(|scope| {
        // This one has the only number that has a shard.
        scope.spawn(move || {
            NOTES.remove(NOTES.insert(1).unwrap());
            inside.send(()).unwrap();
            wait.recv().unwrap();
        });
        outside.recv().unwrap();
        scope.spawn(|| insert_and_check(1_000)).join().unwrap();
        done.send(()).unwrap();
    });
    assert_eq!(NOTES.len(), 0);
    assert!(NOTES.capacity() <= 2 * 255, "no page was lost or counted twice");
}
