//! Many threads at once.

use std::{
    collections::HashSet,
    sync::{Arc, Barrier, Mutex, mpsc},
    thread,
};

use flagstone::{Config, Pool};

use crate::{
    configs::{on_every_configuration, room},
    crowd::{THREADS, on_threads},
    pooled::{Pooled, Workshop},
};

on_every_configuration! {
    threads_share_all_keys
    of_many_that_clear_one_clears
    of_many_that_want_an_entry_alone_one_gets_it
    owned_guards_end_their_entries_anywhere
    what_others_clear_comes_back_with_its_values
    a_creator_is_never_seen_at_work
}

fn threads_share_all_keys<C: Config>() {
    let workshop = Workshop::new();
    let pool = Pool::<Pooled>::new_with_config::<C>();
    let keys = Mutex::new(Vec::new());
    on_threads(|number| {
        workshop.open_here();
        for turn in number..number + 100 {
            let text = format!("{number} {turn}");
            let created = if turn % 2 == 0 {
                pool.create_with(|value| value.write(&text))
            } else {
                pool.create().map(|mut created| {
                    created.write(&text);
                    created.key()
                })
            };
            keys.lock().unwrap().extend(created.map(|key| (key, text)));
            let picked = {
                let mut keys = keys.lock().unwrap();
                let count = keys.len();
                if count == 0 || turn % 4 == 0 { None } else { Some(keys.swap_remove(turn * 7 % count)) }
            };
            let Some((key, text)) = picked else { continue };
            match turn % 3 {
                0 => {
                    let entry = pool.get(key).unwrap();
                    assert!(pool.clear(key));
                    assert_eq!(entry.text(), text);
                }
                1 => {
                    let exclusive = pool.get_exclusive(key).unwrap();
                    assert!(pool.clear(key));
                    assert_eq!(exclusive.downgrade().text(), text);
                }
                _ => assert!(pool.get(key).unwrap().text() == text && pool.clear(key)),
            }
            if !C::WRAP_GENERATIONS {
                // Where keys repeat, it may be that of another entry by now.
                assert!(!pool.clear(key));
            }
        }
    });
    // Those of slots whose generations are used up.
    assert!(workshop.dropped() == 0 || Pool::<u8, C>::generations(0) < 1000);
    if !C::WRAP_GENERATIONS {
        let left = keys.into_inner().unwrap();
        assert_eq!(pool.len(), left.len());
        assert!(left.iter().all(|(key, text)| pool.get(*key).unwrap().text() == text && pool.clear(*key)));
        assert!(pool.is_empty());
    }
}

fn of_many_that_clear_one_clears<C: Config>() {
    let workshop = Workshop::new();
    let pool = Pool::<Pooled>::new_with_config::<C>();
    for life in 0..20 {
        let created = pool.create().unwrap();
        let key = created.key();
        let guard = (life % 3 == 0).then(|| created.downgrade());
        let cleared = Mutex::new(0);
        on_threads(|number| {
            let entry = if number % 2 == 0 { pool.get(key) } else { None };
            *cleared.lock().unwrap() += usize::from(pool.clear(key));
            drop(entry);
        });
        drop(guard);
        assert_eq!((cleared.into_inner().unwrap(), pool.len(), workshop.cleared()), (1, 0, life + 1));
    }
    assert_eq!(workshop.dropped(), 0);
}

fn of_many_that_want_an_entry_alone_one_gets_it<C: Config>() {
    let workshop = Workshop::new();
    let pool = Pool::<Pooled>::new_with_config::<C>();
    let key = pool.create_with(|_| ()).unwrap();
    for round in 0..10 {
        let barrier = Barrier::new(THREADS);
        let got = Mutex::new(0);
        on_threads(|_| {
            barrier.wait();
            let exclusive = pool.get_exclusive(key);
            *got.lock().unwrap() += usize::from(exclusive.is_ok());
            barrier.wait(); // no guard is dropped before
            drop(exclusive.map(|exclusive| exclusive.downgrade()));
        });
        assert_eq!(got.into_inner().unwrap(), 1, "round {round}");
    }
    assert!(pool.clear(key));
    assert_eq!(workshop.cleared(), 1);
}

fn owned_guards_end_their_entries_anywhere<C: Config + 'static>() {
    let workshop = Workshop::new();
    let pool = Arc::new(Pool::<Pooled>::new_with_config::<C>());
    let (guards, received) = mpsc::channel();
    let filler = thread::spawn(move || {
        let fill = |(number, mut created): (i32, flagstone::pool::OwnedRefMut<Pooled, C>)| {
            created.write("from elsewhere");
            if number % 3 == 0 { drop(created.downgrade()) } else { drop(created) }
        };
        received.into_iter().map(fill).count()
    });
    let mut sent = 0;
    for number in 0..50 {
        let Some(created) = Arc::clone(&pool).create_owned() else {
            thread::yield_now(); // the guards that are under way hold all slots
            continue;
        };
        assert!(pool.clear(created.key()));
        guards.send((number, created)).unwrap();
        sent += 1;
    }
    drop((guards, pool));
    assert!(sent > 0);
    assert_eq!(filler.join().unwrap(), sent);
    assert_eq!((workshop.cleared(), workshop.dropped()), (sent, workshop.made()));
}

fn what_others_clear_comes_back_with_its_values<C: Config>() {
    let workshop = Workshop::new();
    let pool = Pool::<Pooled>::new_with_config::<C>();
    // All slots of a page, so that those which were given back are asked for.
    let count = room::<C>(C::INITIAL_PAGE_SIZE.next_power_of_two());
    let mut memory = HashSet::new();
    for round in 0..3 {
        let keys: Vec<_> = (0..count)
            .map(|_| {
                let mut created = pool.create().unwrap();
                assert_eq!(round > 0, memory.contains(&created.memory()));
                created.write("text");
                if round == 0 {
                    assert!(memory.insert(created.memory()));
                }
                created.key()
            })
            .collect();
        assert_eq!((workshop.made(), pool.capacity()), (count, count));
        let guards: Vec<_> = keys.iter().take(3).map(|&key| pool.get(key).unwrap()).collect();
        thread::scope(|scope| {
            let thread = scope.spawn(|| {
                assert!(keys.iter().all(|&key| pool.clear(key)));
                drop(guards);
            });
            thread.join().unwrap();
        });
        assert_eq!((pool.len(), workshop.cleared(), workshop.dropped()), (0, (round + 1) * count, 0));
    }
}

fn a_creator_is_never_seen_at_work<C: Config>() {
    let pool = Pool::<Vec<usize>>::new_with_config::<C>();
    let (keys, received) = mpsc::sync_channel(2);
    thread::scope(|scope| {
        let reader = scope.spawn(|| {
            for (key, number) in received {
                // Absent, or whole.
                let entry = loop {
                    match pool.get(key) {
                        Some(entry) => break entry,
                        None => thread::yield_now(),
                    }
                };
                assert_eq!(*entry, [number; 10]);
                assert!(pool.clear(key));
            }
        });
        for number in 0..30 {
            let mut created = loop {
                assert!(!reader.is_finished(), "it has failed");
                match pool.create() {
                    Some(created) => break created,
                    None => thread::yield_now(),
                }
            };
            keys.send((created.key(), number)).unwrap();
            for _ in 0..10 {
                created.push(number);
            }
            if number % 2 == 0 {
                drop(created);
            } else {
                let shared = created.downgrade();
                assert_eq!(shared.len(), 10);
            }
        }
        drop(keys);
    });
    assert!(pool.is_empty());
}
