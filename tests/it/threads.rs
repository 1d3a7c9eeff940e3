//! Many threads, and their ends. Thread numbers belong to the process, so what depends on them runs in one of its own.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, Barrier, Mutex, mpsc},
    thread,
};

use flagstone::{Config, Slab};

use crate::{
    alone::alone,
    configs::{Odd, TwoThreads, on_every_configuration},
    crowd::{THREADS, at_the_end_of_a_thread, on_threads},
    value::{Counted, Ledger},
};

on_every_configuration! {
    threads_share_all_keys
    of_many_removers_one_removes
    of_many_takers_one_takes
    owned_guards_end_their_values_anywhere
}

fn threads_share_all_keys<C: Config>() {
    let ledger = Ledger::new();
    let slab = Slab::new_with_config::<C>();
    let keys = Mutex::new(Vec::new());
    on_threads(|number| {
        for turn in number..number + 100 {
            let value = ledger.value();
            let id = value.id();
            if let Some(key) = slab.insert(value) {
                keys.lock().unwrap().push((key, id));
            }
            let picked = {
                let mut keys = keys.lock().unwrap();
                let count = keys.len();
                if count == 0 || turn % 4 == 0 { None } else { Some(keys.swap_remove(turn * 7 % count)) }
            };
            let Some((key, id)) = picked else { continue };
            let entry = slab.get(key).unwrap();
            assert_eq!((entry.id(), entry.key()), (id, key));
            match turn % 3 {
                0 => {
                    assert!(slab.remove(key));
                    assert_eq!(entry.id(), id);
                }
                1 => assert!(entry.remove()),
                _ => {
                    drop(entry);
                    assert_eq!(slab.take(key).unwrap().id(), id);
                }
            }
            if !C::WRAP_GENERATIONS {
                // Where keys repeat, it may be that of another entry by now.
                assert!(!slab.remove(key));
            }
        }
    });
    let left = keys.into_inner().unwrap();
    if !C::WRAP_GENERATIONS {
        assert_eq!(slab.len(), left.len());
        for (key, id) in left {
            assert_eq!(slab.take(key).unwrap().id(), id);
        }
        assert!(slab.is_empty());
    }
}

fn of_many_removers_one_removes<C: Config>() {
    let ledger = Ledger::new();
    let slab = Slab::new_with_config::<C>();
    for _ in 0..20 {
        let key = slab.insert(ledger.value()).unwrap();
        let removed = Mutex::new(0);
        on_threads(|number| {
            let entry = if number % 2 == 0 { slab.get(key) } else { None };
            if slab.remove(key) {
                *removed.lock().unwrap() += 1;
            }
            drop(entry);
        });
        assert_eq!((removed.into_inner().unwrap(), slab.len()), (1, 0));
    }
}

fn of_many_takers_one_takes<C: Config>() {
    let ledger = Ledger::new();
    let slab = Slab::new_with_config::<C>();
    for _ in 0..20 {
        let key = slab.insert(ledger.value()).unwrap();
        let taken = Mutex::new(Vec::new());
        on_threads(|number| match number % 3 {
            0 => drop(slab.get(key)),
            1 => taken.lock().unwrap().extend(slab.take(key)),
            _ => taken.lock().unwrap().extend(slab.try_take(key)),
        });
        assert_eq!((taken.into_inner().unwrap().len(), slab.len()), (1, 0));
    }
}

fn owned_guards_end_their_values_anywhere<C: Config + 'static>() {
    let ledger = Ledger::new();
    let slab = Arc::new(Slab::new_with_config::<C>());
    let (guards, received) = mpsc::channel();
    let dropper = thread::spawn(move || received.into_iter().map(drop).count());
    for _ in 0..20 {
        let Some(key) = slab.insert(ledger.value()) else {
            thread::yield_now(); // the guards that are under way hold all slots
            continue;
        };
        guards.send(Arc::clone(&slab).get_owned(key).unwrap()).unwrap();
        assert!(slab.remove(key));
    }
    drop((guards, slab));
    assert!(dropper.join().unwrap() > 0);
}

alone! {
    fn a_slab_is_used_from_destructors_of_thread_locals() {
        fn check<C: Config + 'static>(slab_first: bool) {
            let ledger = Arc::new(Ledger::new());
            let slab = Arc::new(Slab::<Counted>::new_with_config::<C>());
            let key = slab.insert(ledger.value()).unwrap();
            let (kept, wait_for_kept) = mpsc::channel();
            let (its_slab, its_ledger) = (Arc::clone(&slab), Arc::clone(&ledger));
            at_the_end_of_a_thread(
                slab_first,
                || drop(slab.take(slab.insert(ledger.value()).unwrap())),
                move || {
                    assert!(its_slab.remove(key));
                    let taken = its_slab.insert_with_key(|_| its_ledger.value()).unwrap();
                    assert!(its_slab.take(taken).is_some());
                    let entry = its_slab.insert(its_ledger.value()).unwrap();
                    assert!(its_slab.get(entry).unwrap().remove());
                    kept.send(its_slab.insert(its_ledger.value()).unwrap()).unwrap();
                },
            );
            assert_eq!(slab.len(), 1);
            assert!(slab.remove(wait_for_kept.recv().unwrap()));
            assert!(slab.is_empty());
        }

        for slab_first in [false, true] {
            check::<flagstone::DefaultConfig>(slab_first);
            check::<TwoThreads>(slab_first);
            check::<Odd>(slab_first);
        }
    }

    fn guards_are_dropped_by_destructors_of_thread_locals() {
        for slab_first in [false, true] {
            let ledger = Ledger::new();
            let slab = Arc::new(Slab::<_>::new());
            let key = slab.insert(ledger.value()).unwrap();
            let guard = Arc::clone(&slab).get_owned(key).unwrap();
            assert!(slab.remove(key));
            at_the_end_of_a_thread(slab_first, || drop(slab.take(slab.insert(ledger.value()).unwrap())), || drop(guard));
            assert_eq!((ledger.dropped(), slab.len()), (2, 0));
        }
    }

    fn the_next_thread_takes_over_the_shard_of_one_that_ended() {
        let ledger = Ledger::new();
        let slab = Slab::<_>::new();
        let mut left = Vec::new();
        for turn in 0..100 {
            let keys = thread::scope(|scope| {
                scope.spawn(|| (0..32 - left.len()).map(|_| slab.insert(ledger.value()).unwrap()).collect::<Vec<_>>()).join()
            });
            left.extend(keys.unwrap());
            assert_eq!((slab.len(), slab.capacity()), (32, 32));
            // Freed by a thread that owns no shard: the next owner finds the slots.
            for key in left.drain(..turn % 32 + 1) {
                assert!(slab.remove(key));
            }
        }
    }

    fn four_hundred_threads_at_once() {
        /// On 32 bits fewer have shards of their own.
        const COUNT: usize = if usize::BITS >= 64 { 400 } else { 100 };

        let ledger = Ledger::new();
        let slab = Slab::<_>::new();
        for _ in 0..2 {
            let barrier = Barrier::new(COUNT);
            thread::scope(|scope| {
                let threads: Vec<_> = (0..COUNT)
                    .map(|_| {
                        let behaviour = || {
                            let key = slab.insert(ledger.value()).unwrap();
                            barrier.wait();
                            assert!(slab.remove(key));
                            let key = slab.insert(ledger.value()).unwrap();
                            assert!(slab.take(key).is_some());
                            barrier.wait();
                        };
                        thread::Builder::new().stack_size(64 << 10).spawn_scoped(scope, behaviour).unwrap()
                    })
                    .collect();
                // Unlike the end of the scope this waits for thread-locals too, whose destructors give numbers back.
                threads.into_iter().for_each(|thread| thread.join().unwrap());
            });
            // In the second round, too: all numbers were given back, and no thread has got a new one.
            assert_eq!((slab.len(), slab.capacity()), (0, COUNT * 32));
        }
    }

    fn threads_that_end_by_panic_leave_their_shard_whole() {
        let ledger = Ledger::new();
        let slab = Slab::<_>::new();
        for turn in 0..50 {
            let outcome = thread::scope(|scope| {
                scope
                    .spawn(|| {
                        let key = slab.insert(ledger.value()).unwrap();
                        let _entry = slab.get(key).unwrap();
                        let _vacant = slab.vacant_entry().unwrap();
                        let _exclusive = slab.get_exclusive(slab.insert(ledger.value()).unwrap()).unwrap();
                        slab.retain(|_, _| panic!("turn {turn}"));
                    })
                    .join()
            });
            outcome.unwrap_err();
            slab.retain(|_, _| false);
            assert_eq!((slab.len(), slab.capacity()), (0, 32));
        }
    }

    fn threads_beyond_the_last_shard_reuse_slots_too() {
        let ledger = Ledger::new();
        let slab = Slab::new_with_config::<TwoThreads>();
        let barrier = Barrier::new(THREADS);
        on_threads(|_| {
            barrier.wait();
            for _ in 0..200 {
                let key = slab.insert(ledger.value()).unwrap();
                assert!(slab.get(key).is_some());
                assert!(slab.remove(key));
            }
            barrier.wait();
        });
        assert_eq!((slab.len(), slab.capacity()), (0, 3 * 32));
    }

    fn what_is_made_here_and_ended_there_needs_no_more_room_than_is_under_way() {
        let ledger = Ledger::new();
        let slab = Slab::<_>::new();
        let (keys, received) = mpsc::sync_channel(10);
        thread::scope(|scope| {
            scope.spawn(|| {
                for key in received {
                    assert!(slab.remove(key));
                }
            });
            for _ in 0..5_000 {
                keys.send(slab.insert(ledger.value()).unwrap()).unwrap();
            }
            drop(keys);
        });
        assert_eq!((slab.len(), slab.capacity()), (0, 32));
    }
}

#[test]
fn a_caught_panic_costs_a_thread_nothing() {
    let slab = Slab::<_>::new();
    for value in 0..100 {
        catch_unwind(AssertUnwindSafe(|| slab.insert_with_key(|_| -> u32 { panic!("turn {value}") }))).unwrap_err();
    }
    slab.insert(1).unwrap();
    assert_eq!((slab.len(), slab.capacity()), (1, 32));
}
