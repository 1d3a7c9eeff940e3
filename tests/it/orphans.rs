//! Shards whose threads have ended while others held what is in them, or ended by panic. Thread numbers belong to the
//! process, so each of these runs in one of its own.

use std::{
    panic::resume_unwind,
    sync::{Arc, Barrier},
    thread,
};

use flagstone::{Clear, Config, DefaultConfig, Pool, Slab};

use crate::{
    alone::alone,
    configs::{Odd, TwoThreads},
    crowd::at_the_end_of_a_thread,
    pooled::{Call, Pooled, Workshop, planned},
    value::{Counted, Ledger},
};

/// Runs something on a thread, and waits for the end of that, thread-locals included.
fn on_a_thread<R: Send>(behaviour: impl FnOnce() -> R + Send) -> R {
    thread::scope(|scope| scope.spawn(behaviour).join().unwrap_or_else(|panic| resume_unwind(panic)))
}

/// The number of the shard of a key.
fn shard<C: Config>(key: usize) -> usize {
    key / Slab::<u8, C>::KEYS_PER_PAGE / C::MAX_PAGES.next_power_of_two()
}

/// The first page's slots of a thread of whose entries others hold some in every way, while the thread has ended, and
/// another has its number.
fn hold_what_is_in_the_shard_of_a_thread_that_ended<C: Config + 'static>() {
    // This thread gets a number by `get_exclusive`, at the latest: it must not be the one that the others have in turn.
    drop(Slab::<u8>::new().pin());
    let ledger = Ledger::new();
    let slab = Arc::new(Slab::<Counted>::new_with_config::<C>());
    let slots = C::INITIAL_PAGE_SIZE.next_power_of_two();
    let keys = on_a_thread(|| [(); 5].map(|()| slab.insert(ledger.value()).unwrap()));
    let of_both = shard::<C>(keys[0]);
    let reserved = on_a_thread(|| slab.vacant_entry().unwrap());
    let guard = slab.get(keys[0]).unwrap();
    let owned = Arc::clone(&slab).get_owned(keys[1]).unwrap();
    let exclusive = slab.get_exclusive(keys[2]).unwrap();
    // The next thread has the number.
    let (slab, ledger) = (&slab, &ledger);
    let fill_and_empty = |room: usize| {
        on_a_thread(|| {
            let more: Vec<_> = (0..room).map(|_| slab.insert(ledger.value()).unwrap()).collect();
            assert!(more.iter().all(|&key| shard::<C>(key) == of_both && slab.remove(key)));
        });
    };
    let held = slots - 6;
    fill_and_empty(held);
    let dropped = on_a_thread(|| {
        let key = slab.insert(ledger.value()).unwrap();
        assert!(shard::<C>(key) == of_both && slab.remove(key));
        let (dropped, barrier) = (ledger.dropped(), Barrier::new(2));
        thread::scope(|scope| {
            // A pin of a thread with another number, which ends with it.
            let pinning = scope.spawn(|| {
                let pin = slab.pin();
                let value = pin.get(keys[3]).unwrap();
                barrier.wait();
                barrier.wait();
                assert_eq!(value.id(), 3);
            });
            barrier.wait();
            assert!(keys[..4].iter().all(|&key| slab.remove(key)));
            assert!(keys[..4].iter().all(|&key| slab.get(key).is_none()));
            assert_eq!(ledger.dropped(), dropped);
            barrier.wait();
            pinning.join().unwrap();
            assert_eq!(ledger.dropped(), dropped + 1);
        });
        dropped + 1
    });
    assert_eq!((guard.id(), owned.id(), exclusive.id(), slab.len()), (0, 1, 2, 4));
    fill_and_empty(held + 1);
    let dropped = dropped + held + 1;
    assert_eq!(ledger.dropped(), dropped);
    drop((guard, owned));
    fill_and_empty(held + 3);
    // On a thread that has the number, too, and on one that has not.
    on_a_thread(|| drop(exclusive));
    fill_and_empty(held + 4);
    drop(reserved);
    fill_and_empty(held + 5);
    assert_eq!((slab.len(), slab.capacity(), slab.get(keys[4]).unwrap().id()), (1, slots, 4));
}

/// A place in the middle of user code at which a thread ends by panic.
const PLACES: usize = 8;

/// Holds whatever can be held, of two entries that are removed and of some that stay, and panics.
fn hold_all_and_panic<C: Config + 'static>(slab: &Arc<Slab<Counted, C>>, ledger: &Ledger, place: usize) {
    let keys = [(); 4].map(|()| slab.insert(ledger.value()).unwrap());
    let _exclusive = slab.get_exclusive(keys[0]).unwrap();
    let (outer, inner) = (slab.pin(), slab.pin());
    assert!(outer.get(keys[1]).is_some() && inner.get(keys[2]).is_some());
    let _guard = slab.get(keys[1]).unwrap();
    let _owned = Arc::clone(slab).get_owned(keys[2]).unwrap();
    let _vacant = slab.vacant_entry().unwrap();
    assert!(keys[..3].iter().all(|&key| slab.remove(key)));
    let end = || -> ! { resume_unwind(Box::new(place)) };
    match place {
        0 => _ = slab.insert_with_key(|_| end()),
        1 => slab.retain(|_, _| end()),
        2 => slab.retain(|key, _| slab.insert_with_key(|_| end()) == Some(key)),
        3 => outer.iter().for_each(|(key, _)| {
            if key > 0 {
                end()
            }
        }),
        4 => drop(slab.get(keys[3]).map(|_entry| end())),
        5 => {
            _ = slab.vacant_entry().map(|vacant| if vacant.key() > 0 { end() } else { vacant.insert(ledger.value()) });
        }
        6 => {
            drop(inner);
            end()
        }
        _ => end(),
    }
}

fn end_by_panic_with_all_that_can_be_held<C: Config + 'static>() {
    let slots = C::INITIAL_PAGE_SIZE.next_power_of_two();
    for turn in 0..3 * PLACES {
        let ledger = Ledger::new();
        let slab = Arc::new(Slab::<Counted>::new_with_config::<C>());
        for round in 1..4 {
            let place = turn % PLACES;
            let thread = thread::scope(|scope| scope.spawn(|| hold_all_and_panic(&slab, &ledger, place)).join());
            assert_eq!(thread.unwrap_err().downcast_ref(), Some(&place));
            // The removed ones have ended with what held them, and the others are there.
            assert_eq!((slab.len(), ledger.dropped() % 4, Arc::strong_count(&slab)), (1, 3, 1), "{place}");
            slab.retain(|_, _| false);
            assert_eq!(ledger.dropped(), 4 * round);
        }
        let filled = on_a_thread(|| {
            let keys: Vec<_> = (0..slots).map(|_| slab.insert(ledger.value()).unwrap()).collect();
            keys.iter().filter(|&&key| slab.remove(key)).count()
        });
        assert_eq!(
            (filled, slab.len(), slab.capacity(), slab.stats().shards().len()),
            (slots, 0, slots, 1),
            "{place}",
            place = turn % PLACES
        );
    }
}

/// Its `Clear` looks at its pool, and then panics on demand.
#[derive(Default)]
struct Looking(Option<&'static Pool<Looking>>, bool);

impl Clear for Looking {
    fn clear(&mut self) {
        if let Some(pool) = self.0.take() {
            let inner = pool.create_with(|_| ()).unwrap();
            assert!(pool.pin().get(inner).is_some() && pool.clear(inner));
        }
        if std::mem::take(&mut self.1) {
            resume_unwind(Box::new(()));
        }
    }
}

alone! {
    fn others_hold_what_is_in_the_shard_of_a_thread_that_ended() {
        hold_what_is_in_the_shard_of_a_thread_that_ended::<DefaultConfig>();
        hold_what_is_in_the_shard_of_a_thread_that_ended::<TwoThreads>();
        hold_what_is_in_the_shard_of_a_thread_that_ended::<Odd>();
    }

    fn what_a_thread_inserts_at_its_very_end_is_not_in_the_shard_of_the_next() {
        for slab_first in [false, true] {
            let slab = Arc::new(Slab::<u32>::new());
            let its_slab = Arc::clone(&slab);
            let use_slab = || assert!(slab.insert(1).is_some_and(|key| slab.remove(key)));
            at_the_end_of_a_thread(slab_first, use_slab, move || {
                // The number may have been given back. The thread that gets it next owns the shard.
                let before = its_slab.insert(2).unwrap();
                let next = on_a_thread(|| its_slab.insert(3).unwrap());
                let after = its_slab.insert(4).unwrap();
                let [before, next, after] = [before, next, after].map(shard::<DefaultConfig>);
                assert!(before == after && next != before, "{before}, {next}, {after}");
            });
            assert_eq!(slab.len(), 3);
        }
    }

    fn a_thread_that_ends_by_panic_lets_go_of_all_that_it_held() {
        end_by_panic_with_all_that_can_be_held::<DefaultConfig>();
        end_by_panic_with_all_that_can_be_held::<TwoThreads>();
        end_by_panic_with_all_that_can_be_held::<Odd>();
    }

    fn threads_end_by_panic_in_each_call_of_a_pool() {
        let workshop = Workshop::new();
        let pool = Pool::<Pooled>::new();
        for turn in 0..30 {
            let call = [Call::Make, Call::Clear, Call::Closure][turn % 3];
            let outcome = thread::scope(|scope| {
                let thread = scope.spawn(|| {
                    workshop.open_here();
                    // So that values must be made; first a number, by which the thread has a shard to trim.
                    assert!(pool.clear(pool.create().unwrap().key()));
                    pool.trim();
                    let kept = pool.create().unwrap();
                    let marked = pool.create().unwrap().downgrade();
                    let pin = pool.pin();
                    assert!(pool.clear(marked.key()));
                    let closing = pool.create_with(|value| value.write("text")).unwrap();
                    workshop.arm(&[call]);
                    pool.create_with(|value| {
                        workshop.call();
                        value.write("text");
                    });
                    drop((pin, kept, marked));
                    assert!(pool.clear(closing));
                });
                thread.join()
            });
            assert!(planned(outcome).is_err(), "{call:?}");
            workshop.arm(&[]);
            pool.retain(|_, _| false);
            assert!(pool.is_empty());
        }
        // What the threads had is one shard, all of whose slots are free.
        let capacity = pool.capacity();
        on_a_thread(|| {
            workshop.open_here();
            let all: Vec<_> = (0..capacity).map(|_| pool.create().unwrap()).collect();
            assert!(all.iter().all(|created| created.text().is_empty()));
        });
        assert_eq!((pool.capacity(), pool.stats().shards().len()), (capacity, 1));
    }

    fn threads_end_by_panic_in_a_clear_that_uses_its_pool() {
        static POOL: Pool<Looking> = Pool::new();

        for turn in 0..20 {
            let outcome = thread::scope(|scope| {
                let thread = scope.spawn(|| {
                    let keys = [(); 3].map(|()| POOL.create_with(|value| *value = Looking(Some(&POOL), true)).unwrap());
                    let guard = POOL.get(keys[0]).unwrap();
                    let pin = POOL.pin();
                    assert!(pin.get(keys[1]).is_some());
                    match turn % 3 {
                        0 => drop(pin),
                        1 => {
                            drop(pin);
                            assert!(POOL.clear(keys[0]));
                            drop(guard);
                        }
                        _ => {
                            assert!(POOL.clear(keys[1]));
                            drop((guard, pin));
                        }
                    }
                    POOL.clear(keys[2])
                });
                thread.join()
            });
            outcome.unwrap_err();
            let left: Vec<_> = POOL.pin().keys().collect();
            assert_eq!(left.len(), 2);
            for key in left {
                POOL.get_exclusive(key).unwrap().1 = false;
                assert!(POOL.clear(key));
            }
            assert_eq!((POOL.len(), POOL.stats().shards().iter().map(|shard| shard.pages.len()).max()), (0, Some(1)));
        }
    }
}
