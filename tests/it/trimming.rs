//! `trim`, `shrink_to_fit`, `stats`: memory goes back, keys do not come back.

mod ended;
mod everywhere;
mod generations;

use std::{
    collections::HashSet,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
        mpsc,
    },
    thread,
};

use flagstone::{Config, PageStats, Pool, Slab};

use crate::{
    configs::{on_every_configuration, room},
    pooled::{Call, Pooled, Workshop, attempt},
};

on_every_configuration! {
    keys_do_not_come_back_after_trimming
    what_others_gave_back_is_trimmed_too
    trimming_under_entries_keeps_them
    shrink_to_fit_trims_the_shards_of_all_threads
    stats_count_what_there_is
    a_page_that_anybody_uses_stays
    trimmed_slots_are_used_again_in_order
    kept_values_are_dropped
    a_panicking_destructor_loses_neither_slots_nor_values
    a_destructor_may_use_the_pool_that_is_trimmed
}

/// Fills what room there is, up to a number, and empties it again; returns the keys, which are all new ones.
fn use_up<C: Config>(slab: &Slab<usize, C>, wanted: usize, seen: &mut HashSet<usize>) -> usize {
    let keys: Vec<_> = (0..wanted).map_while(|value| slab.insert(value)).collect();
    for (value, &key) in keys.iter().enumerate() {
        assert!(seen.insert(key) || C::WRAP_GENERATIONS, "{key:#x} came back");
        assert_eq!(slab.get(key).as_deref(), Some(&value));
    }
    assert!(keys.iter().all(|&key| slab.remove(key)));
    keys.len()
}

fn keys_do_not_come_back_after_trimming<C: Config>() {
    let slab = Slab::<usize>::new_with_config::<C>();
    assert_eq!(slab.trim(), 0, "of nothing");
    let (wanted, mut seen) = (room::<C>(100), HashSet::new());
    for round in 0..6 {
        let inserted = use_up(&slab, wanted, &mut seen);
        assert!(inserted == wanted || round > 0, "room for {inserted} of {wanted}");
        slab.trim();
        assert!(slab.is_empty());
        if !C::WRAP_GENERATIONS {
            assert!(seen.iter().all(|&key| slab.get(key).is_none() && !slab.contains(key) && !slab.remove(key)));
        }
    }
}

fn what_others_gave_back_is_trimmed_too<C: Config>() {
    let slab = Slab::<usize>::new_with_config::<C>();
    let keys: Vec<_> = (0..room::<C>(100)).map(|value| slab.insert(value).unwrap()).collect();
    thread::scope(|scope| scope.spawn(|| assert!(keys.iter().all(|&key| slab.remove(key)))).join().unwrap());
    assert_eq!(slab.stats().total().high_water, keys.len());
    slab.trim();
    assert_eq!(slab.stats().total().high_water, 0, "{}", slab.stats());
    assert!(slab.is_empty());
    use_up(&slab, keys.len(), &mut keys.iter().copied().collect());
}

fn trimming_under_entries_keeps_them<C: Config>() {
    let slab = Slab::<usize>::new_with_config::<C>();
    let keys: Vec<_> = (0..room::<C>(300)).map(|value| slab.insert(value).unwrap()).collect();
    let kept = |index: usize| index % 37 == 0;
    for (index, &key) in keys.iter().enumerate().filter(|&(index, _)| !kept(index)) {
        assert!(slab.remove(key), "entry {index}");
    }
    slab.trim();
    for (index, &key) in keys.iter().enumerate() {
        assert_eq!(slab.get(key).as_deref(), kept(index).then_some(&index));
    }
    use_up(&slab, keys.len(), &mut keys.into_iter().collect());
}

fn shrink_to_fit_trims_the_shards_of_all_threads<C: Config>() {
    let mut slab = Slab::<usize>::new_with_config::<C>();
    let fill = |wanted| (0..wanted).map_while(|value| slab.insert(value)).collect::<Vec<_>>();
    let mut keys = fill(room::<C>(10));
    thread::scope(|scope| {
        let others: Vec<_> = (0..4).map(|_| scope.spawn(|| fill(room::<C>(10)))).collect();
        keys.extend(others.into_iter().flat_map(|other| other.join().unwrap()));
    });
    assert_eq!(slab.len(), keys.len());
    assert_eq!(slab.stats().total().live, keys.len());
    slab.clear();
    slab.shrink_to_fit();
    assert_eq!(slab.stats().total().high_water, 0, "{}", slab.stats());
    use_up(&slab, room::<C>(10), &mut keys.into_iter().collect());
}

fn stats_count_what_there_is<C: Config>() {
    let slab = Slab::<usize>::new_with_config::<C>();
    assert!(slab.stats().shards().is_empty());
    let keys: Vec<_> = (0..room::<C>(70)).map(|value| slab.insert(value).unwrap()).collect();
    let guard = slab.get(keys[0]).unwrap();
    assert!(keys.iter().take(keys.len().div_ceil(2)).all(|&key| slab.remove(key)));
    let stats = slab.stats();
    let PageStats { capacity, live, high_water, retired, bytes, .. } = stats.total();
    assert_eq!((capacity, live, high_water, retired), (slab.capacity(), slab.len(), keys.len(), 0));
    assert!(bytes >= 2 * size_of::<usize>() * high_water);
    assert_eq!(stats.shards().len(), 1);
    assert_eq!(stats.to_string().lines().count(), 2 + stats.shards()[0].pages.len());
    drop(guard);
}

fn a_page_that_anybody_uses_stays<C: Config>() {
    let slab = Slab::<usize>::new_with_config::<C>();
    let used = |slab: &Slab<usize, C>| {
        slab.trim();
        slab.stats().total().high_water > 0
    };
    let key = slab.insert(1).unwrap();
    assert!(used(&slab), "by an entry");
    let guard = slab.get(key).unwrap();
    assert!(slab.remove(key));
    assert!(used(&slab), "by a removed entry with a guard");
    assert_eq!(*guard, 1);
    drop(guard);
    assert!(!used(&slab));

    let key = slab.insert(2).unwrap();
    let pinned = slab.pin();
    let value = pinned.get(key).unwrap();
    assert!(slab.remove(key));
    assert!(used(&slab), "by a removed entry under a pin");
    assert_eq!(*value, 2);
    drop(pinned);
    assert!(!used(&slab));

    let vacant = slab.vacant_entry().unwrap();
    assert!(used(&slab), "by a vacant entry");
    let key = vacant.key();
    vacant.insert(3);
    assert_eq!(slab.take(key), Some(3));
    assert!(!used(&slab));
}

fn trimmed_slots_are_used_again_in_order<C: Config>() {
    let slab = Slab::<usize>::new_with_config::<C>();
    let wanted = room::<C>(20);
    let fill = || {
        let keys: Vec<_> = (0..wanted).map(|value| slab.insert(value).unwrap()).collect();
        let places: Vec<_> = keys.iter().map(|&key| std::ptr::from_ref(&*slab.get(key).unwrap())).collect();
        assert!(keys.iter().all(|&key| slab.remove(key)));
        places
    };
    let first = fill();
    slab.trim();
    assert_eq!(fill(), first);
}

fn kept_values_are_dropped<C: Config>() {
    let workshop = Workshop::new();
    let mut pool = Pool::<Pooled>::new_with_config::<C>();
    let wanted = room::<C>(50);
    let fill = |pool: &Pool<Pooled, C>| {
        let keys: Vec<_> = (0..wanted).map(|_| pool.create_with(|value| value.write("text")).unwrap()).collect();
        assert!(keys.iter().all(|&key| pool.clear(key)));
    };
    fill(&pool);
    assert_eq!((workshop.made(), workshop.dropped()), (wanted, 0));
    pool.trim();
    assert_eq!((workshop.made(), workshop.dropped()), (wanted, wanted));
    fill(&pool);
    assert_eq!((workshop.made(), workshop.dropped()), (2 * wanted, wanted));
    pool.shrink_to_fit();
    assert_eq!((workshop.made(), workshop.dropped()), (2 * wanted, 2 * wanted));
}

fn a_panicking_destructor_loses_neither_slots_nor_values<C: Config>() {
    let workshop = Workshop::new();
    let pool = Pool::<Pooled>::new_with_config::<C>();
    let wanted = room::<C>(50);
    let fill = || {
        let keys: Vec<_> = (0..wanted).map(|_| pool.create_with(|value| value.write("text")).unwrap()).collect();
        assert!(keys.iter().all(|&key| pool.clear(key)));
    };
    fill();
    workshop.arm(&[Call::Drop]);
    assert!(attempt(|| pool.trim()).is_err());
    assert_eq!(workshop.dropped(), wanted);
    assert_eq!(pool.stats().total().high_water, 0);
    fill();
    assert_eq!(workshop.made(), 2 * wanted);
}

fn a_destructor_may_use_the_pool_that_is_trimmed<C: Config + 'static>() {
    /// Looks around, and inserts, when it is dropped.
    #[derive(Default)]
    struct Busy(Option<Box<dyn Fn() + Send + Sync>>);

    impl flagstone::Clear for Busy {
        fn clear(&mut self) {}
    }

    impl Drop for Busy {
        fn drop(&mut self) {
            self.0.iter().for_each(|act| act());
        }
    }

    let pool = Arc::new(Pool::<Busy>::new_with_config::<C>());
    let wanted = room::<C>(20);
    let busy = || {
        let pool = Arc::downgrade(&pool);
        Box::new(move || {
            if let Some(pool) = pool.upgrade() {
                let key = pool.create_with(|_| ());
                pool.trim();
                assert!(key.is_none_or(|key| pool.clear(key)));
            }
        })
    };
    let keys: Vec<_> = (0..wanted).map(|_| pool.create_with(|value| value.0 = Some(busy())).unwrap()).collect();
    assert!(keys.iter().all(|&key| pool.clear(key)));
    pool.trim();
    assert!(pool.is_empty());
    let keys: Vec<_> = (0..wanted).map_while(|_| pool.create_with(|_| ())).collect();
    assert!(keys.len() == wanted || C::MAX_PAGES <= 2);
}

/// Resident bytes of the process.
#[cfg(target_os = "linux")]
fn resident() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("RssAnon:")).unwrap();
    1024 * line.split_whitespace().nth(1).unwrap().parse::<usize>().unwrap()
}

#[cfg(target_os = "linux")]
crate::alone::alone! {
    fn the_memory_of_removed_entries_goes_back() {
        static SLAB: Slab<u64> = Slab::new();
        /// Not all ten million where they would take half a minute.
        const ENTRIES: usize = if usize::BITS < 64 {
            200_000 // a shard has room for 262,112
        } else if cfg!(debug_assertions) {
            1_000_000
        } else {
            10_000_000
        };
        /// Of a slot, at least.
        const SIZE: usize = size_of::<u64>() + size_of::<usize>();
        /// The value of all of them, so that their keys need not be stored.
        const FILLER: u64 = u64::MAX;

        static DONE: AtomicBool = AtomicBool::new(false);

        let first = SLAB.insert(0).unwrap();
        assert!(SLAB.remove(first));
        let (tell, told) = mpsc::channel::<usize>();
        let (ready, started) = mpsc::channel();
        let other = thread::spawn(move || {
            let own = SLAB.insert(7).unwrap();
            ready.send(()).unwrap();
            let mut stale = vec![first];
            let mut rounds = 0_u64;
            while !DONE.load(Ordering::Relaxed) {
                // Not all of them, since what this thread remembers is memory of the process.
                while let Ok(key) = told.try_recv() {
                    stale.push(key);
                }
                assert!(stale.iter().all(|&key| SLAB.get(key).is_none() && !SLAB.contains(key)));
                let key = SLAB.insert(rounds).unwrap();
                assert_eq!(SLAB.take(key), Some(rounds));
                assert_eq!(*SLAB.get(own).unwrap(), 7);
                rounds += 1;
            }
            assert!(SLAB.remove(own));
            // Those that came while this thread was descheduled.
            stale.extend(told.try_iter());
            stale
        });
        started.recv().unwrap();

        // All that follows, once, so that its code is in memory before it counts.
        use_up(&Slab::new(), 10_000, &mut HashSet::new());
        SLAB.insert(FILLER).unwrap();
        SLAB.retain(|_, &value| value != FILLER);
        SLAB.trim();

        let before = resident();
        for _ in 0..ENTRIES {
            SLAB.insert(FILLER).unwrap();
        }
        let filled = resident();
        let mut number = 0;
        let mut ending = None;
        SLAB.retain(|key, &value| {
            // The last one has been removed by now.
            if let Some(stale) = ending.take() {
                tell.send(stale).unwrap();
            }
            number += 1;
            ending = (number % (ENTRIES / 100) == 0 && value == FILLER).then_some(key);
            value != FILLER
        });
        let trimmed = SLAB.trim();
        let after = resident();
        DONE.store(true, Ordering::Relaxed);
        let stale = other.join().unwrap();
        println!("resident: {before} before, {filled} with {ENTRIES}, {after} after; {trimmed} trimmed");

        assert!(filled > before + SIZE * ENTRIES * 15 / 16);
        assert!(trimmed > SIZE * ENTRIES * 15 / 16);
        // Of what was used, at most a twentieth, or what allocators keep for small things.
        let kept = (SIZE * ENTRIES / 20).max(1 << 19);
        assert!(after < before + kept, "{before}, {filled}, {after}");
        assert!(stale.len() > 90);
        for value in 0..1_000 {
            let key = SLAB.insert(value).unwrap();
            assert!(!stale.contains(&key));
        }
        assert!(stale.iter().all(|&key| !SLAB.contains(key)));
    }
}
