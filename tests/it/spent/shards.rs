//! Whole slabs run to their end, on all threads at once. Thread numbers belong to the process, so each of these runs in one
//! of its own.

use std::{
    collections::HashSet,
    sync::{Barrier, Mutex},
    thread,
};

use flagstone::Config;

use super::{
    Again, Least, Stairs, Three, keys_per_shard,
    store::{InPool, InSlab, Store, Way, elsewhere},
};
use crate::{alone::alone, configs::Retiring};

/// Uses up what there is for the current thread, and for others whose keys it finds in `live`; returns the keys.
fn use_up<S: Store<C>, C: Config>(store: &S, live: &Mutex<Vec<usize>>, seed: usize) -> Vec<usize> {
    let mut keys = Vec::new();
    let end_one = |turn: usize| {
        let mut live = live.lock().unwrap();
        let key = if live.is_empty() { None } else { Some(turn * 31 % live.len()) }.map(|at| live.swap_remove(at));
        drop(live);
        key.map(|key| assert!(store.ends(key))).is_some()
    };
    for turn in seed.. {
        match store.insert() {
            Some(key) => {
                keys.push(key);
                live.lock().unwrap().push(key);
                if turn % 3 == 0 {
                    end_one(turn);
                }
            }
            None if end_one(turn) => {}
            None => return keys,
        }
    }
    keys
}

/// More threads than there are shards use all keys of the slab up.
fn spend<S: Store<C>, C: Config>() {
    let threads = C::MAX_THREADS + 2;
    let (mut store, live, barrier) = (S::new(), Mutex::new(Vec::new()), Barrier::new(threads));
    let keys: Vec<_> = thread::scope(|scope| {
        let threads: Vec<_> = (0..threads)
            .map(|number| {
                let (store, live, barrier) = (&store, &live, &barrier);
                scope.spawn(move || {
                    let mut keys = Vec::from_iter(store.insert());
                    live.lock().unwrap().extend(&keys);
                    // All of them have their numbers now.
                    barrier.wait();
                    keys.extend(use_up(store, live, number));
                    barrier.wait();
                    // What others ended meanwhile.
                    keys.extend(use_up(store, live, number));
                    barrier.wait();
                    keys.extend(use_up(store, live, number));
                    keys
                })
            })
            .collect();
        threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    });
    let shards = C::MAX_THREADS + 1;
    assert_eq!(keys.len(), shards * keys_per_shard::<C>() - 1, "all but 0");
    assert_eq!(keys.iter().collect::<HashSet<_>>().len(), keys.len());
    let stats = store.stats();
    assert!(stats.shards().iter().map(|shard| shard.number).eq(0..shards));
    assert!(stats.shards().iter().all(|shard| shard.pages.len() == C::MAX_PAGES));
    assert!(stats.shards().iter().flat_map(|shard| &shard.pages).all(|page| page.retired == page.capacity));
    // Other threads that have the same numbers get nothing either.
    for _ in 0..3 {
        // (This thread itself must not get a number, which the threads of the next slab need.)
        elsewhere(|| store.has_no_room());
        assert_eq!((store.trim(), store.shrink_to_fit()), (0, 0));
        assert!(keys.iter().all(|&key| !store.ends(key)));
        assert_eq!(store.stats(), stats);
    }
    store.keeps_no_values();
}

/// A thread spends its shard, but for some entries; the next one of the same number goes on with what is left.
fn inherit<S: Store<C>, C: Config>() {
    let mut store = S::new();
    let mut keys = HashSet::new();
    while keys.len() < keys_per_shard::<C>() {
        let some: Vec<_> = elsewhere(|| (0..7).map_while(|_| store.insert()).collect());
        assert_eq!(store.stats().shards().len(), 1, "the threads have one number");
        assert!(!some.is_empty(), "{} of {} keys", keys.len(), keys_per_shard::<C>());
        for key in some {
            assert!(keys.insert(key));
            let ended_elsewhere = key % 2 == 0;
            store.end(key, if ended_elsewhere { Way::RemovedElsewhere } else { Way::Removed });
        }
        let (retired, capacity) = (store.stats().total().retired, store.stats().total().capacity);
        assert_eq!(
            retired == capacity && store.stats().shards()[0].pages.len() == C::MAX_PAGES,
            keys.len() == keys_per_shard::<C>()
        );
    }
    elsewhere(|| store.has_no_room());
    assert_eq!(store.stats().shards().len(), 1);
}

alone! {
    fn every_key_of_every_shard_of_a_slab_comes_once() {
        spend::<InSlab<Least>, Least>();
        spend::<InSlab<Retiring>, Retiring>();
        spend::<InSlab<Three>, Three>();
        spend::<InSlab<Stairs>, Stairs>();
    }

    fn every_key_of_every_shard_of_a_pool_comes_once() {
        spend::<InPool<Least>, Least>();
        spend::<InPool<Retiring>, Retiring>();
        spend::<InPool<Three>, Three>();
        spend::<InPool<Stairs>, Stairs>();
    }

    fn a_spent_shard_is_inherited_as_it_is() {
        inherit::<InSlab<Least>, Least>();
        inherit::<InSlab<Stairs>, Stairs>();
        inherit::<InPool<Retiring>, Retiring>();
        inherit::<InPool<Three>, Three>();
    }

    fn where_generations_wrap_no_shard_is_ever_spent() {
        let store = InSlab::<Again<Least>>::new();
        let barrier = Barrier::new(3);
        thread::scope(|scope| {
            for _ in 0..3 {
                scope.spawn(|| {
                    barrier.wait();
                    // Two share a shard of one slot, so they have to wait for each other.
                    let mut lives = 0;
                    while lives < 100 {
                        match store.insert() {
                            Some(key) => lives += usize::from(store.ends(key)),
                            None => thread::yield_now(),
                        }
                    }
                    barrier.wait();
                });
            }
        });
        assert_eq!((store.len(), store.stats().total().retired), (0, 0));
    }
}
