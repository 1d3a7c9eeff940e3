//! Numbers of threads whose pins end by panic, or late. They belong to the process, so each of these runs in one of its own.

use std::{
    cell::RefCell,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::mpsc,
    thread,
    time::Duration,
};

use flagstone::{Pinned, Slab};

use crate::crowd::{on_a_thread_without_a_shard, others_claim_all};
use crate::{alone::alone, configs::TwoThreads, value::Ledger};

alone! {
    fn a_panic_when_a_pin_ends_costs_the_thread_nothing() {
        let ledger = Ledger::new();
        let slab = Slab::<_>::new();
        for _ in 0..20 {
            thread::scope(|scope| {
                scope.spawn(|| {
                    let key = slab.insert(ledger.bomb()).unwrap();
                    let pinned = slab.pin();
                    assert!(slab.remove(key));
                    catch_unwind(AssertUnwindSafe(|| drop(pinned))).unwrap_err();
                }).join().unwrap();
            });
            assert_eq!((slab.len(), slab.capacity()), (0, 32));
        }
    }

    fn what_a_thread_without_a_shard_has_seen_on_a_walk_stays() {
        let ledger = Ledger::new();
        let slab = Slab::new_with_config::<TwoThreads>();
        on_a_thread_without_a_shard(|| {
            others_claim_all::<TwoThreads>(|| drop(slab.pin()));
            let keys = [(); 3].map(|()| slab.insert(ledger.value()).unwrap());
            let pinned = slab.pin();
            let seen: Vec<_> = pinned.iter().collect();
            assert!(keys.iter().all(|&key| slab.remove(key)));
            assert_eq!((seen.len(), ledger.dropped()), (3, 0));
            assert!(seen.into_iter().all(|(key, value)| keys[value.id()] == key));
            drop(pinned);
            assert_eq!(ledger.dropped(), 3);
        });
    }

    fn take_of_what_an_own_pin_without_a_shard_reads_panics() {
        let (said, wait_for_said) = mpsc::channel();
        // Not joined: where it waits for itself it does so for ever.
        thread::spawn(move || {
            on_a_thread_without_a_shard(|| {
                let slab = Slab::new_with_config::<TwoThreads>();
                others_claim_all::<TwoThreads>(|| drop(slab.pin()));
                let key = slab.insert(1).unwrap();
                let pinned = slab.pin();
                assert!(pinned.get(key).is_some());
                said.send(catch_unwind(AssertUnwindSafe(|| slab.take(key))).is_err()).unwrap();
            });
        });
        assert!(wait_for_said.recv_timeout(Duration::from_secs(10)).expect("it waits for itself"));
    }

    #[cfg_attr(flagstone_emulated_locals, ignore = "the thread cannot find its pin once it has lost all thread-locals")]
    fn take_under_an_own_pin_panics_also_when_the_registration_has_ended() {
        static SLAB: Slab<u8> = Slab::new();

        struct Kept(#[expect(dead_code)] Pinned<'static, u8>, usize, mpsc::Sender<bool>);

        impl Drop for Kept {
            fn drop(&mut self) {
                let refused = catch_unwind(AssertUnwindSafe(|| SLAB.take(self.1))).is_err();
                self.2.send(refused).unwrap();
            }
        }

        thread_local!(static KEPT: RefCell<Option<Kept>> = const { RefCell::new(None) });

        for local_first in [false, true] {
            let (said, wait_for_said) = mpsc::channel();
            thread::spawn(move || {
                if local_first {
                    KEPT.set(None);
                }
                let key = SLAB.insert(1).unwrap();
                KEPT.set(Some(Kept(SLAB.pin(), key, said)));
            });
            assert!(wait_for_said.recv_timeout(Duration::from_secs(10)).expect("it waits for itself"));
        }
    }
}
