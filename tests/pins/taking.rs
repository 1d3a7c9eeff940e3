//! `take` and `try_take` under pins.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::mpsc,
    thread,
};

use flagstone::{Config, Slab};

use super::under_anothers_pin;
use crate::{configs::on_every_configuration, value::Ledger};

on_every_configuration! {
    take_under_anothers_pin_waits_for_it
    of_an_absent_entry_take_is_refused_by_no_pin
    after_a_pin_there_is_nothing_to_wait_for
    take_under_an_own_pin_says_that_it_would_wait_for_ever
}

/// Starts `take` of an entry that `hold` holds, waits until it has begun, and then drops the guard.
fn take_while<C: Config, G>(slab: &Slab<u32, C>, key: usize, hold: impl FnOnce() -> G) {
    let held = hold();
    thread::scope(|scope| {
        let (taken, wait_for_taken) = mpsc::channel();
        scope.spawn(move || taken.send(slab.take(key)).unwrap());
        while slab.contains(key) {
            thread::yield_now();
        }
        wait_for_taken.try_recv().unwrap_err();
        assert!(!slab.remove(key) && slab.get(key).is_none());
        assert_eq!(slab.len(), 1);
        drop(held);
        assert_eq!(wait_for_taken.recv().unwrap(), Some(7));
    });
    assert_eq!(slab.len(), 0);
}

fn take_under_anothers_pin_waits_for_it<C: Config>() {
    let slab = Slab::new_with_config::<C>();
    for _ in 0..3 {
        let key = slab.insert(7).unwrap();
        take_while(&slab, key, || {
            let pinned = slab.pin();
            assert_eq!(pinned.get(key), Some(&7));
            pinned
        });
        let key = slab.insert(7).unwrap();
        take_while(&slab, key, || {
            let (pinned, guard) = (slab.pin(), slab.get(key).unwrap());
            assert_eq!(pinned.get(key), Some(&7));
            (pinned, guard)
        });
        let key = slab.insert(7).unwrap();
        take_while(&slab, key, || {
            let (pinned, guard) = (slab.pin(), slab.get(key).unwrap());
            assert_eq!(pinned.get(key), Some(&7));
            (guard, pinned)
        });
    }
}

fn of_an_absent_entry_take_is_refused_by_no_pin<C: Config>() {
    let slab = Slab::new_with_config::<C>();
    let key = slab.insert(1).unwrap();
    let pinned = slab.pin();
    assert!(pinned.get(key).is_some() && slab.remove(key));
    assert_eq!(slab.take(key), None);
    assert_eq!(slab.take(usize::MAX), None);
    assert_eq!(slab.try_take(key), None);
}

fn after_a_pin_there_is_nothing_to_wait_for<C: Config>() {
    let slab = Slab::new_with_config::<C>();
    for _ in 0..3 {
        let key = slab.insert(1).unwrap();
        drop(slab.pin());
        under_anothers_pin(&slab, key, |_| (), || ());
        assert_eq!(slab.take(key), Some(1));
        // A pin of another slab does not count.
        let other = Slab::<u8>::new();
        let _pinned = other.pin();
        assert_eq!(slab.take(slab.insert(1).unwrap()), Some(1));
    }
}

fn take_under_an_own_pin_says_that_it_would_wait_for_ever<C: Config>() {
    let ledger = Ledger::new();
    let slab = Slab::new_with_config::<C>();
    let key = slab.insert(ledger.value()).unwrap();
    for _ in 0..3 {
        let outer = slab.pin();
        drop(slab.pin());
        let panic = catch_unwind(AssertUnwindSafe(|| slab.take(key))).unwrap_err();
        assert_eq!(
            panic.downcast_ref::<String>().unwrap(),
            &format!(
                "flagstone: `take` of entry {key:#x} would wait for ever: this thread has pinned the slab, and may be \
                 reading it"
            )
        );
        assert_eq!((outer.get(key).unwrap().id(), slab.len()), (0, 1));
        assert!(slab.get(key).is_some() && slab.contains(key));
    }
    assert_eq!(slab.take(key).unwrap().id(), 0);
}

#[cfg(target_os = "linux")]
crate::alone::alone! {
    fn a_taker_that_waits_for_a_pin_uses_no_processor_time() {
        let slab = Slab::<u32>::new();
        let key = slab.insert(1).unwrap();
        crate::sleeping::takes_asleep(|| slab.take(key), || !slab.contains(key), slab.pin());
    }
}
