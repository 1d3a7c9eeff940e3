//! A global allocator that uses a slab each time that slab asks it for memory, as an allocation tracker does.
//!
//! Found by a reader: a nested insertion added the page that the outer one was just making, whose number both then
//! published; and with the overflow shard it waited for a lock that its own thread held.

#![allow(unsafe_code, reason = "a global allocator is")]

use std::{
    alloc::{GlobalAlloc, Layout, System},
    cell::{Cell, RefCell},
    collections::HashMap,
    thread,
};

use flagstone::{Config, Slab};

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
    static NOTED: RefCell<Vec<usize>> = const { RefCell::new(Vec::new()) };
}

struct Tracker;

// SAFETY: all is passed on to the system's allocator.
unsafe impl GlobalAlloc for Tracker {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller's promises are passed on.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        if NOTING.replace(false) {
            // Twice, so that the nested insertion may need a page itself.
            for size in [layout.size(), layout.align()] {
                if let Some(key) = NOTES.insert(size as u64) {
                    NOTED.with_borrow_mut(|noted| noted.push(key));
                }
            }
            NOTING.set(true);
        }
        // SAFETY: the caller's promises are passed on.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
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

#[test]
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
