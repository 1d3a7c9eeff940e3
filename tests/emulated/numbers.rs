//! Numbers come back from threads that end with pins, or that get new numbers while they end.

use std::{cell::RefCell, thread};

use flagstone::Pinned;

use crate::{
    ledger::{SLAB, Value, alone},
    owners::{insert, number_of},
};

/// Uses the slab in each round of its thread's end, and pins it from one to the next.
struct Again {
    rounds: usize,
    pinned: Option<Pinned<'static, Value>>,
}

impl Drop for Again {
    fn drop(&mut self) {
        let key = insert(0);
        assert!(SLAB.remove(key));
        // Without a number it would pin by guards.
        let pinned = (number_of(key) > 0).then(|| SLAB.pin());
        drop(self.pinned.take());
        if self.rounds > 0 {
            let next = Self { rounds: self.rounds - 1, pinned };
            // One of the two is being destroyed: that was this value's place.
            let slot = if LEFT.try_with(|_| ()).is_ok() { &LEFT } else { &RIGHT };
            drop(slot.replace(Some(next)));
        }
    }
}

thread_local! {
    static LEFT: RefCell<Option<Again>> = const { RefCell::new(None) };
    static RIGHT: RefCell<Option<Again>> = const { RefCell::new(None) };
}

#[test]
fn numbers_come_back_in_whatever_round_they_were_got() {
    alone(|| {
        // No thread but this one, the harness's and the test's own lives meanwhile.
        let number = || {
            let key = insert(0);
            assert!(SLAB.remove(key));
            number_of(key)
        };
        let lowest = thread::spawn(number).join().unwrap();
        for turn in 0..400 {
            // With more the last round would make anew what it leaks.
            let (rounds, local_first) = (turn / 2 % 3, turn % 2 == 0);
            let behaviour = move || {
                if local_first {
                    LEFT.set(None);
                }
                assert_eq!(number(), lowest);
                let pinned = (turn % 3 == 0).then(|| SLAB.pin());
                LEFT.set(Some(Again { rounds, pinned }));
            };
            thread::spawn(behaviour).join().unwrap();
            assert_eq!(thread::spawn(number).join().unwrap(), lowest, "turn {turn}");
        }
    });
}
