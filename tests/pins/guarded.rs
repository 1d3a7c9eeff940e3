//! Pins of threads that have no shard: guards of what they look up. Each of these runs in a process of its own, since
//! thread numbers belong to that.

use std::{
    cell::Cell,
    collections::HashSet,
    fmt, mem,
    panic::{AssertUnwindSafe, catch_unwind},
    ptr,
    sync::atomic::{AtomicUsize, Ordering},
    thread,
};

use flagstone::{Config, DefaultConfig, ExclusiveError, Pinned, Slab};

use crate::crowd::{on_a_thread_without_a_shard, others_claim_all};
use crate::{
    alone::alone,
    configs::TwoThreads,
    value::{Counted, Ledger},
};

/// As many bits for generations as there can be, so as few as possible for the count of guards.
struct FewCountBits;

impl Config for FewCountBits {
    const MAX_THREADS: usize = 1;
    const MAX_PAGES: usize = 1;
    const INITIAL_PAGE_SIZE: usize = 1;
}

const LIMIT: usize = if usize::BITS >= 64 { 1_048_576 } else { 1_024 };

/// The same, with bits for the caller.
struct Marked;

impl Config for Marked {
    const MAX_THREADS: usize = 2;
    const MAX_PAGES: usize = 3;
    const RESERVED_BITS: usize = 8;
}

/// Something that looks at all entries, and says how many there are.
type Walk = fn(&Pinned<'_, Counted, TwoThreads>) -> usize;

/// Asserts that `take` refuses to wait for a pin of the same thread.
fn take_is_refused<T, C: Config>(slab: &Slab<T, C>, key: usize) {
    let Err(panic) = catch_unwind(AssertUnwindSafe(|| slab.take(key))) else { panic!("it was not refused") };
    assert!(panic.downcast_ref::<String>().unwrap().contains(&format!("`take` of entry {key:#x} would wait for ever")));
}

alone! {
    fn what_was_looked_up_is_in_use_and_waits_for_the_pin() {
        on_a_thread_without_a_shard(|| {
            let ledger = Ledger::new();
            let slab = Slab::new_with_config::<TwoThreads>();
            others_claim_all::<TwoThreads>(|| drop(slab.pin()));
            for turn in 0..10 {
                let key = slab.insert(ledger.value()).unwrap();
                let pinned = slab.pin();
                let value = pinned.get(key).unwrap();
                assert!(ptr::eq(value, pinned.get(key).unwrap()));
                assert_eq!(slab.get_exclusive(key).unwrap_err(), ExclusiveError::InUse);
                assert_eq!(slab.try_take(key), None);
                take_is_refused(&slab, key);
                assert_eq!((value.id(), pinned.get(key).unwrap().id(), slab.len()), (turn, turn, 1));
                assert!(slab.remove(key) && !slab.remove(key));
                assert_eq!((slab.take(key), slab.try_take(key)), (None, None));
                assert!(pinned.get(key).is_none() && !pinned.contains(key) && pinned.keys().next().is_none());
                assert_eq!((value.id(), ledger.dropped(), slab.len()), (turn, turn, 1));
                drop(pinned);
                assert_eq!((ledger.dropped(), slab.len()), (turn + 1, 0));
            }
        });
    }

    fn what_was_not_looked_up_is_not_held() {
        on_a_thread_without_a_shard(|| {
            let ledger = Ledger::new();
            let slab = Slab::new_with_config::<TwoThreads>();
            others_claim_all::<TwoThreads>(|| drop(slab.pin()));
            let pinned = slab.pin();
            let read = slab.insert(ledger.value()).unwrap();
            assert_eq!(pinned.get(read).unwrap().id(), 0);
            // To be asked whether it is there is not to be looked up.
            let keys = [(); 4].map(|()| slab.insert(ledger.value()).unwrap());
            assert!(keys.iter().all(|&key| pinned.contains(key) && slab.get(key).is_some()));
            assert!(slab.remove(keys[0]));
            assert_eq!(ledger.dropped(), 1);
            assert_eq!(slab.try_take(keys[1]).unwrap().id(), 2);
            let exclusive = slab.get_exclusive(keys[2]).unwrap();
            assert!(pinned.get(keys[2]).is_none() && !pinned.contains(keys[2]));
            drop(exclusive);
            assert_eq!(pinned.get(keys[2]).unwrap().id(), 3);
            assert_eq!(slab.get_exclusive(keys[2]).unwrap_err(), ExclusiveError::InUse);
            // `take` cannot know what will be looked up while it waits.
            take_is_refused(&slab, keys[3]);
            assert_eq!(pinned.get(keys[3]).unwrap().id(), 4);
            drop(pinned);
            assert_eq!((ledger.dropped(), slab.len()), (2, 3));
            assert_eq!(slab.take(keys[3]).unwrap().id(), 4);
            assert_eq!(slab.take(read).unwrap().id(), 0);
        });
    }

    fn what_others_hold_exclusively_or_removed_is_absent() {
        on_a_thread_without_a_shard(|| {
            let ledger = Ledger::new();
            let slab = Slab::new_with_config::<TwoThreads>();
            others_claim_all::<TwoThreads>(|| drop(slab.pin()));
            let keys = [(); 3].map(|()| slab.insert(ledger.value()).unwrap());
            let (exclusive, guard) = (slab.get_exclusive(keys[0]).unwrap(), slab.get(keys[1]).unwrap());
            assert!(slab.remove(keys[1]));
            let pinned = slab.pin();
            assert!(pinned.get(keys[0]).is_none() && pinned.get(keys[1]).is_none());
            assert!(pinned.keys().eq([keys[2]]) && pinned.iter().all(|(_, value)| value.id() == 2));
            drop((exclusive, guard));
            assert!(pinned.get(keys[0]).is_some() && pinned.get(keys[1]).is_none());
            for guessed in [0, 1, usize::MAX, keys[0] ^ 1, keys[0] ^ (1 << (usize::BITS - 1))] {
                assert_eq!(pinned.get(guessed).is_some(), slab.get(guessed).is_some(), "{guessed:#x}");
            }
            assert_eq!(ledger.dropped(), 1);
        });
    }

    fn destructors_that_run_when_such_a_pin_ends_use_the_slab_and_pin_it() {
        static SLAB: Slab<Inserting, TwoThreads> = Slab::new_with_config();
        static ENDED: AtomicUsize = AtomicUsize::new(0);

        struct Inserting(u32);

        impl Drop for Inserting {
            fn drop(&mut self) {
                ENDED.fetch_add(1, Ordering::Relaxed);
                if self.0 == 0 {
                    return;
                }
                let keys = [(); 2].map(|()| SLAB.insert(Inserting(self.0 - 1)).unwrap());
                let pinned = SLAB.pin();
                assert!(pinned.get(keys[0]).is_some() && SLAB.remove(keys[0]));
                take_is_refused(&SLAB, keys[1]);
                drop(pinned);
                // The pin whose end runs this is none any more.
                let key = SLAB.insert(Inserting(0)).unwrap();
                assert!(SLAB.take(key).is_some() && SLAB.get_exclusive(keys[1]).is_ok());
                assert!(SLAB.remove(keys[1]));
            }
        }

        on_a_thread_without_a_shard(|| {
            others_claim_all::<TwoThreads>(|| drop(SLAB.pin()));
            for turn in 1..=10 {
                let keys = [(); 3].map(|()| SLAB.insert(Inserting(3)).unwrap());
                let pinned = SLAB.pin();
                assert!(keys.iter().all(|&key| pinned.get(key).is_some() && SLAB.remove(key)));
                assert_eq!(SLAB.len(), 3);
                drop(pinned);
                assert!(SLAB.is_empty());
                // Each that inserts: itself, two of the number below, and the one that is taken; 22 from 3 on.
                assert_eq!(ENDED.load(Ordering::Relaxed), turn * 3 * 22);
            }
        });
    }

    fn each_of_nested_pins_holds_what_it_has_looked_up_in_every_order() {
        on_a_thread_without_a_shard(|| {
            let slab = Slab::new_with_config::<TwoThreads>();
            others_claim_all::<TwoThreads>(|| drop(slab.pin()));
            for order in super::nesting::orders::<3>() {
                let (ledger, others) = (Ledger::new(), Ledger::new());
                // Entry n was looked up by the pins whose bit is set in n.
                let keys: Vec<_> = (0..8).map(|_| slab.insert(ledger.value()).unwrap()).collect();
                let mut pins = [(); 3].map(|()| Some(slab.pin()));
                for (pin, pinned) in pins.iter().enumerate() {
                    for (entry, &key) in keys.iter().enumerate().filter(|(entry, _)| entry >> pin & 1 == 1) {
                        assert_eq!(pinned.as_ref().unwrap().get(key).unwrap().id(), entry);
                    }
                }
                assert!(keys.iter().all(|&key| slab.remove(key)));
                let mut out: usize = 0b111;
                for pin in order {
                    let left = |out: usize| (0..8).filter(|entry| entry & out != 0).count();
                    assert_eq!((slab.len(), ledger.dropped()), (left(out), 8 - left(out)));
                    let present = slab.insert(others.value()).unwrap();
                    take_is_refused(&slab, present);
                    assert!(slab.try_take(present).is_some());
                    (pins[pin], out) = (None, out & !(1 << pin));
                }
                assert_eq!((slab.len(), ledger.dropped()), (0, 8));
                let key = slab.insert(others.value()).unwrap();
                assert!(slab.take(key).is_some());
            }
        });
    }

    fn what_walks_have_seen_stays_until_the_pin_ends() {
        on_a_thread_without_a_shard(|| {
            let walks: [Walk; 6] = [
                |pinned| pinned.iter().count(),
                |pinned| pinned.keys().count(),
                |pinned| pinned.keys().fold(0, |count, _| count + 1),
                |pinned| format!("{pinned:?}").matches("Counted(").count(),
                |pinned| {
                    let (mut walk, mut count) = (pinned.iter(), 0);
                    while walk.next().is_some() {
                        count += 1;
                    }
                    count
                },
                |pinned| pinned.into_iter().map(|(key, _)| key).collect::<HashSet<_>>().len(),
            ];
            for walk in walks {
                let ledger = Ledger::new();
                let slab = Slab::new_with_config::<TwoThreads>();
                others_claim_all::<TwoThreads>(|| drop(slab.pin()));
                let mut keys: Vec<_> = (0..50).map(|_| slab.insert(ledger.value()).unwrap()).collect();
                thread::scope(|scope| {
                    keys.extend(scope.spawn(|| [(); 50].map(|()| slab.insert(ledger.value()).unwrap())).join().unwrap());
                });
                let pinned = slab.pin();
                assert_eq!(walk(&pinned), 100);
                assert!(keys.iter().all(|&key| slab.remove(key)));
                assert_eq!((slab.len(), ledger.dropped(), pinned.iter().count()), (100, 0, 0));
                drop(pinned);
                assert_eq!((slab.len(), ledger.dropped()), (0, 100));
            }
        });
    }

    fn what_a_walk_yields_is_read_after_others_removed_it() {
        on_a_thread_without_a_shard(|| {
            let ledger = Ledger::new();
            let slab = Slab::new_with_config::<TwoThreads>();
            others_claim_all::<TwoThreads>(|| drop(slab.pin()));
            (0..20).for_each(|_| assert!(slab.insert(ledger.value()).is_some()));
            let pinned = slab.pin();
            let mut ids = HashSet::new();
            for (turn, (key, value)) in pinned.iter().enumerate() {
                thread::scope(|scope| assert!(scope.spawn(|| slab.remove(key)).join().unwrap()));
                // What comes in its place is another.
                slab.insert(ledger.value()).unwrap();
                assert_eq!(ledger.dropped(), 0);
                assert!(ids.insert(value.id()), "in turn {turn}");
            }
            let mut values = Vec::new();
            pinned.iter().for_each(|(key, value)| {
                assert!(slab.remove(key));
                values.push(value);
            });
            assert_eq!(ledger.dropped(), 0);
            values.into_iter().for_each(|value| assert!(value.id() < usize::MAX));
            drop(pinned);
            slab.retain(|_, _| false);
        });
    }

    fn a_value_that_is_removed_while_it_is_shown_stays() {
        static SLAB: Slab<Removing, TwoThreads> = Slab::new_with_config();
        static DROPPED: AtomicUsize = AtomicUsize::new(0);

        struct Removing {
            key: AtomicUsize,
            text: String,
        }

        impl fmt::Debug for Removing {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                assert!(SLAB.remove(self.key.load(Ordering::Relaxed)));
                assert_eq!(DROPPED.load(Ordering::Relaxed), 0);
                formatter.write_str(&self.text)
            }
        }

        impl Drop for Removing {
            fn drop(&mut self) {
                DROPPED.fetch_add(1, Ordering::Relaxed);
                self.text.clear();
            }
        }

        on_a_thread_without_a_shard(|| {
            others_claim_all::<TwoThreads>(|| drop(SLAB.pin()));
            for _ in 0..3 {
                let key = SLAB.insert(Removing { key: AtomicUsize::new(0), text: String::from("text") }).unwrap();
                SLAB.get(key).unwrap().key.store(key, Ordering::Relaxed);
            }
            let pinned = SLAB.pin();
            assert_eq!(format!("{pinned:?}").matches("text").count(), 3);
            assert_eq!(format!("{pinned:?}"), "{}");
            drop(pinned);
            assert_eq!((SLAB.len(), DROPPED.load(Ordering::Relaxed)), (0, 3));
        });
    }

    fn a_forgotten_pin_without_a_shard_keeps_what_it_has_looked_up_and_nothing_else() {
        on_a_thread_without_a_shard(|| {
            let ledger = Ledger::new();
            let mut slab = Slab::new_with_config::<TwoThreads>();
            others_claim_all::<TwoThreads>(|| drop(slab.pin()));
            let capacity = {
                let keys: Vec<_> = (0..10).map(|_| slab.insert(ledger.value()).unwrap()).collect();
                let pinned = slab.pin();
                assert!(keys.iter().step_by(2).all(|&key| pinned.get(key).is_some()));
                mem::forget(pinned);
                drop(slab.pin());
                assert!(keys.iter().all(|&key| slab.remove(key)));
                assert_eq!((slab.len(), ledger.dropped()), (5, 5));
                slab.capacity()
            };
            // The other thread is not pinned.
            let key = slab.insert(ledger.value()).unwrap();
            thread::scope(|scope| assert_eq!(scope.spawn(|| slab.take(key)).join().unwrap().unwrap().id(), 10));
            slab.clear();
            assert_eq!((slab.len(), ledger.dropped(), slab.capacity()), (0, 11, capacity));
            (0..10).for_each(|_| assert!(slab.insert(ledger.value()).is_some()));
            assert_eq!((slab.len(), slab.capacity()), (10, capacity));
        });
    }

    fn a_forgotten_pin_without_a_shard_is_none_of_a_later_slab() {
        on_a_thread_without_a_shard(|| {
            let mut slab = Slab::new_with_config::<TwoThreads>();
            others_claim_all::<TwoThreads>(|| drop(slab.pin()));
            mem::forget(slab.pin());
            slab = Slab::new_with_config();
            others_claim_all::<TwoThreads>(|| drop(slab.pin()));
            let key = slab.insert(1).unwrap();
            assert_eq!(slab.take(key), Some(1));
        });
    }

    fn at_the_limit_of_guards_only_what_is_not_looked_up_yet_is_refused() {
        on_a_thread_without_a_shard(|| {
            let ledger = Ledger::new();
            let slab = Slab::new_with_config::<FewCountBits>();
            others_claim_all::<FewCountBits>(|| drop(slab.pin()));
            let key = slab.insert(ledger.value()).unwrap();
            let before = slab.pin();
            assert_eq!(before.get(key).unwrap().id(), 0);
            let last = slab.get(key).unwrap();
            (2..LIMIT).for_each(|_| mem::forget(slab.get(key).unwrap()));
            let pinned = slab.pin();
            let refused = |attempt: &dyn Fn()| {
                let panic = catch_unwind(AssertUnwindSafe(attempt)).unwrap_err();
                let expected =
                    format!("flagstone: entry {key:#x} has {LIMIT} guards, the most that can be counted; one more was refused");
                assert_eq!(panic.downcast_ref::<String>(), Some(&expected));
            };
            for _ in 0..2 {
                refused(&|| _ = pinned.get(key));
                refused(&|| _ = pinned.iter().next());
                refused(&|| _ = pinned.keys().count());
                assert!(pinned.contains(key) && pinned.len() == 1);
                // A thread that already has a guard of it needs no other.
                assert_eq!((before.get(key).unwrap().id(), before.iter().count()), (0, 1));
            }
            drop(last);
            assert_eq!(pinned.get(key).unwrap().id(), 0);
            assert!(slab.remove(key));
            drop((before, pinned));
            // The forgotten ones.
            assert_eq!((slab.len(), ledger.dropped()), (1, 0));
        });
    }

    fn bits_that_are_the_callers_make_no_second_entry() {
        on_a_thread_without_a_shard(|| {
            let ledger = Ledger::new();
            let slab = Slab::new_with_config::<Marked>();
            others_claim_all::<Marked>(|| drop(slab.pin()));
            let key = slab.insert(ledger.value()).unwrap();
            let pinned = slab.pin();
            for byte in 0..=0xff {
                let marked = key | byte << (usize::BITS - 8);
                assert_eq!(pinned.get(marked).unwrap().id(), 0);
            }
            assert!(slab.remove(key));
            assert_eq!((slab.len(), ledger.dropped()), (1, 0));
            drop(pinned);
            assert_eq!((slab.len(), ledger.dropped()), (0, 1));
        });
    }

    fn one_thread_pins_by_guards_where_it_has_no_shard_and_by_its_shard_elsewhere() {
        on_a_thread_without_a_shard(|| {
            let ledger = Ledger::new();
            let (without, with) = (Slab::new_with_config::<TwoThreads>(), Slab::new_with_config::<DefaultConfig>());
            others_claim_all::<TwoThreads>(|| drop(without.pin()));
            let keys = [without.insert(ledger.value()).unwrap(), with.insert(ledger.value()).unwrap()];
            let pins = (without.pin(), with.pin());
            assert!(without.remove(keys[0]) && with.remove(keys[1]));
            assert_eq!((without.len(), with.len(), ledger.dropped()), (0, 1, 1));
            drop(pins.1);
            let (one, other) = (without.insert(ledger.value()).unwrap(), with.insert(ledger.value()).unwrap());
            take_is_refused(&without, one);
            assert!(with.take(other).is_some());
            drop(pins.0);
            assert!(without.take(one).is_some());
        });
    }

    fn at_the_end_of_a_thread_without_a_shard_its_pins_do_the_same() {
        static SLAB: Slab<u8, TwoThreads> = Slab::new_with_config();

        struct AtEnd;

        impl Drop for AtEnd {
            fn drop(&mut self) {
                let keys = [1, 2].map(|value| SLAB.insert(value).unwrap());
                let (outer, inner) = (SLAB.pin(), SLAB.pin());
                assert_eq!((outer.get(keys[0]), inner.get(keys[1]), outer.iter().count()), (Some(&1), Some(&2), 2));
                take_is_refused(&SLAB, keys[0]);
                assert!(keys.iter().all(|&key| SLAB.remove(key)));
                drop(inner);
                assert_eq!(SLAB.len(), 2);
                drop(outer);
                assert!(SLAB.is_empty());
                ENDED.fetch_add(1, Ordering::Relaxed);
            }
        }

        static ENDED: AtomicUsize = AtomicUsize::new(0);
        thread_local!(static AT_END: Cell<Option<AtEnd>> = const { Cell::new(None) });

        on_a_thread_without_a_shard(|| {
            others_claim_all::<TwoThreads>(|| drop(SLAB.pin()));
            AT_END.set(Some(AtEnd));
            drop(SLAB.pin());
        });
        assert_eq!(ENDED.load(Ordering::Relaxed), 1);
    }
}
