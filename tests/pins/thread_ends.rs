//! Threads that are many, or that end with pins. Their numbers belong to the process, so each of these runs in one of
//! its own.

use std::{cell::RefCell, sync::Arc, thread};

use flagstone::{Config, Pinned, Slab};

use crate::{
    alone::alone,
    configs::{Odd, TwoThreads},
    crowd::{at_the_end_of_a_thread, on_a_thread_without_a_shard, others_claim_all},
    value::{Counted, Ledger},
};

alone! {
    fn a_thread_without_a_shard_reads_and_what_it_has_read_stays() {
        let ledger = Ledger::new();
        let slab = Slab::new_with_config::<TwoThreads>();
        on_a_thread_without_a_shard(|| {
            others_claim_all::<TwoThreads>(|| drop(slab.pin()));
            for turn in 0..20 {
                let keys = [(); 3].map(|()| slab.insert(ledger.value()).unwrap());
                let (outer, inner) = (slab.pin(), slab.pin());
                let values = keys.map(|key| outer.get(key).unwrap());
                assert!(keys.iter().all(|&key| outer.get(key).is_some() && outer.contains(key)));
                let value = inner.get(keys[0]).unwrap();
                assert!(slab.remove(keys[0]) && slab.remove(keys[1]));
                thread::scope(|scope| assert!(scope.spawn(|| slab.remove(keys[2])).join().unwrap()));
                assert!(keys.iter().all(|&key| outer.get(key).is_none() && inner.get(key).is_none()));
                assert_eq!((values.map(Counted::id), value.id()), ([0, 1, 2].map(|index| 3 * turn + index), 3 * turn));
                assert_eq!((slab.len(), ledger.dropped()), (3, 3 * turn));
                if turn % 2 == 0 {
                    drop(outer);
                    assert!(inner.get(keys[0]).is_none());
                    assert_eq!((value.id(), ledger.dropped()), (3 * turn, 3 * turn + 2));
                    drop(inner);
                } else {
                    drop(inner);
                    assert_eq!(ledger.dropped(), 3 * turn);
                    drop(outer);
                }
                assert_eq!((slab.len(), ledger.dropped()), (0, 3 * (turn + 1)));
            }
        });
    }

    fn pins_are_made_and_dropped_by_destructors_of_thread_locals() {
        fn check<C: Config + 'static>(slab_first: bool) {
            let ledger = Arc::new(Ledger::new());
            let slab = Arc::new(Slab::<Counted>::new_with_config::<C>());
            let key = slab.insert(ledger.value()).unwrap();
            let (its_slab, its_ledger) = (Arc::clone(&slab), Arc::clone(&ledger));
            at_the_end_of_a_thread(
                slab_first,
                || drop(slab.pin()),
                move || {
                    let pinned = its_slab.pin();
                    let value = pinned.get(key).unwrap();
                    assert!(its_slab.remove(key));
                    assert_eq!((value.id(), its_ledger.dropped()), (0, 0));
                    drop(pinned);
                    assert_eq!(its_ledger.dropped(), 1);
                },
            );
            assert!(slab.is_empty());
        }

        for slab_first in [false, true] {
            check::<flagstone::DefaultConfig>(slab_first);
            check::<TwoThreads>(slab_first);
            check::<Odd>(slab_first);
        }
    }

    fn a_pin_outlives_the_registration_of_its_thread() {
        static SLAB: Slab<Arc<()>> = Slab::new();

        struct Kept(Pinned<'static, Arc<()>>, usize, Arc<()>);

        impl Drop for Kept {
            fn drop(&mut self) {
                let value = self.0.get(self.1).unwrap();
                assert!(SLAB.remove(self.1));
                let nested = SLAB.pin();
                assert!(nested.get(self.1).is_none() && self.0.get(self.1).is_none());
                // Another thread must not get the number, and end this pin.
                thread::spawn(|| {
                    let key = SLAB.insert(Arc::new(())).unwrap();
                    drop(SLAB.pin());
                    assert!(SLAB.remove(key));
                }).join().unwrap();
                drop(nested);
                assert_eq!(Arc::strong_count(value), 3);
                assert!(Arc::ptr_eq(value, &self.2));
            }
        }

        thread_local!(static KEPT: RefCell<Option<Kept>> = const { RefCell::new(None) });

        // A thread that loses its thread-locals may get one more number while it ends.
        let shards = if cfg!(flagstone_emulated_locals) { 2..=3 } else { 2..=2 };
        for local_first in [true, false, true, false] {
            let value = Arc::new(());
            let its_value = Arc::clone(&value);
            thread::spawn(move || {
                if local_first {
                    KEPT.set(None);
                }
                let key = SLAB.insert(Arc::clone(&its_value)).unwrap();
                KEPT.set(Some(Kept(SLAB.pin(), key, its_value)));
            }).join().unwrap();
            // The other thread had a shard of its own meanwhile; and all numbers have come back.
            assert_eq!((Arc::strong_count(&value), SLAB.len()), (1, 0));
            assert!(shards.contains(&(SLAB.capacity() / 32)), "{}", SLAB.capacity());
        }
    }
}
