//! An allocator that pins a slab while a thread pins it for the first time, or takes from it, and keeps that pin. (A hostile
//! reader found both.)

use std::{
    cell::RefCell,
    sync::{Arc, mpsc},
    thread,
    time::Duration,
};

use flagstone::{Pinned, Slab};

use crate::INTERRUPTION;

alone_on_a_thread! {
    a_pin_that_the_allocator_keeps_from_within_the_first_pin_outlives_that
    take_does_not_wait_for_a_pin_that_the_allocator_keeps_since
}

static FIRST: Slab<Arc<()>> = Slab::new();
static TAKEN: Slab<u64> = Slab::new();

thread_local! {
    static KEPT: RefCell<Option<Pinned<'static, Arc<()>>>> = const { RefCell::new(None) };
    static KEPT_SINCE: RefCell<Option<Pinned<'static, u64>>> = const { RefCell::new(None) };
}

fn a_pin_that_the_allocator_keeps_from_within_the_first_pin_outlives_that() {
    INTERRUPTION.set(Some(|| KEPT.set(Some(FIRST.pin()))));
    let outer = FIRST.pin();
    let kept = KEPT.take().expect("the first pin allocates");
    let value = Arc::new(());
    let key = FIRST.insert(Arc::clone(&value)).unwrap();
    assert!(kept.get(key).is_some());
    drop(outer);
    assert!(FIRST.remove(key));
    assert_eq!(Arc::strong_count(&value), 2, "the pin that is out keeps it");
    drop(kept);
    assert_eq!(Arc::strong_count(&value), 1);
}

fn take_does_not_wait_for_a_pin_that_the_allocator_keeps_since() {
    let (done, wait_for_done) = mpsc::channel();
    // Not joined before it is done: where it waits for itself it does so for ever.
    let thread = thread::spawn(move || {
        let key = TAKEN.insert(7).unwrap();
        // This thread's pin is on the list, and idle.
        drop(TAKEN.pin());
        let ((pinned, is_pinned), (end, wait_for_end)) = (mpsc::channel(), mpsc::channel::<()>());
        let other = thread::spawn(move || {
            let _pin = TAKEN.pin();
            pinned.send(()).unwrap();
            let _ = wait_for_end.recv_timeout(Duration::from_millis(50));
        });
        is_pinned.recv().unwrap();
        // For the other's pin `take` allocates an obligation.
        INTERRUPTION.set(Some(|| KEPT_SINCE.set(Some(TAKEN.pin()))));
        assert_eq!(TAKEN.take(key), Some(7));
        assert!(KEPT_SINCE.take().is_some(), "the allocator has pinned");
        drop(end);
        other.join().unwrap();
        done.send(()).unwrap();
    });
    wait_for_done.recv_timeout(Duration::from_secs(30)).expect("it waits for its own pin");
    thread.join().unwrap();
}
