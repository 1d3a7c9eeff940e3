//! Fault 5: an attempt at exclusive access that failed hid the entry from other threads for a moment.

use std::{
    sync::{
        Barrier,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    thread,
};

use flagstone::{Config, ExclusiveError, Pool, Slab};

use crate::configs::on_every_configuration;

on_every_configuration! {
    fault_05_of_issue_13_failed_attempts_hide_a_slabs_entry_from_no_thread
    fault_05_of_issue_13_failed_attempts_hide_a_pools_entry_from_no_thread
}

const ROUNDS: usize = 5_000;

/// While one thread has the store pinned, two others attempt what fails under its pin, and yet another one looks, which has no
/// pin of its own: each at least so many times.
fn look_while_others_attempt<P>(pin: impl Fn() -> P + Sync, attempt: impl Fn() + Sync, look: impl Fn(usize) + Sync) {
    /// That one thread has ended, perhaps by a panic: then the others end too.
    struct Done<'a>(&'a AtomicBool);

    impl Drop for Done<'_> {
        fn drop(&mut self) {
            self.0.store(true, Ordering::Relaxed);
        }
    }

    let (pinned, done) = (Barrier::new(3), AtomicBool::new(false));
    let attempts = [AtomicUsize::new(0), AtomicUsize::new(0)];
    thread::scope(|scope| {
        let pin = pin();
        let attempting = attempts.each_ref().map(|attempts| {
            scope.spawn(|| {
                let _done = Done(&done);
                pinned.wait();
                while !done.load(Ordering::Relaxed) {
                    attempt();
                    attempts.fetch_add(1, Ordering::Relaxed);
                }
            })
        });
        let looking = scope.spawn(|| {
            let _done = Done(&done);
            pinned.wait();
            let are_enough = || attempts.iter().all(|attempts| attempts.load(Ordering::Relaxed) >= ROUNDS);
            for turn in 0.. {
                look(turn);
                if done.load(Ordering::Relaxed) || (turn >= ROUNDS && are_enough()) {
                    break;
                }
            }
        });
        looking.join().unwrap();
        attempting.into_iter().for_each(|attempting| attempting.join().unwrap());
        drop(pin);
    });
}

fn fault_05_of_issue_13_failed_attempts_hide_a_slabs_entry_from_no_thread<C: Config>() {
    let slab = Slab::<usize>::new_with_config::<C>();
    let key = slab.insert(7).unwrap();
    let attempt = || {
        assert_eq!(slab.get_exclusive(key).map(drop), Err(ExclusiveError::InUse));
        assert_eq!(slab.try_take(key), None);
    };
    look_while_others_attempt(
        || slab.pin(),
        attempt,
        |turn| {
            assert!(slab.contains(key));
            assert_eq!(slab.get(key).map(|entry| *entry), Some(7), "turn {turn}");
            let mut seen = 0;
            slab.retain(|seen_key, &value| {
                seen += usize::from((seen_key, value) == (key, 7));
                true
            });
            assert_eq!(seen, 1, "turn {turn}");
            // Now and then by a pin of its own too.
            if turn % 4 == 0 {
                let pinned = slab.pin();
                assert!(pinned.contains(key) && pinned.get(key) == Some(&7), "turn {turn}");
                assert!(pinned.iter().eq([(key, &7)]), "turn {turn}");
                assert!(pinned.keys().eq([key]), "turn {turn}");
                assert_eq!(pinned.iter().fold(0, |count, _| count + 1), 1, "turn {turn}");
            }
        },
    );
    assert_eq!(slab.try_take(key), Some(7));
}

fn fault_05_of_issue_13_failed_attempts_hide_a_pools_entry_from_no_thread<C: Config>() {
    let pool = Pool::<u64>::new_with_config::<C>();
    let key = pool.create_with(|value| *value = 7).unwrap();
    look_while_others_attempt(
        || pool.pin(),
        || assert_eq!(pool.get_exclusive(key).map(drop), Err(ExclusiveError::InUse)),
        |turn| {
            assert!(pool.contains(key));
            assert_eq!(pool.get(key).map(|entry| *entry), Some(7), "turn {turn}");
            let mut seen = 0;
            pool.retain(|seen_key, &value| {
                seen += usize::from((seen_key, value) == (key, 7));
                true
            });
            assert_eq!(seen, 1, "turn {turn}");
            if turn % 4 == 0 {
                let pinned = pool.pin();
                assert!(pinned.contains(key) && pinned.get(key) == Some(&7), "turn {turn}");
                assert!(pinned.iter().eq([(key, &7)]) && pinned.keys().eq([key]), "turn {turn}");
            }
        },
    );
    assert!(pool.get_exclusive(key).is_ok() && pool.clear(key));
}
