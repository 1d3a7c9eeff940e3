//! One thread inserts, others free: the slots come back, all of them, and not much more memory is used than needed.

use std::{
    sync::{Mutex, mpsc},
    thread,
};

use flagstone::{Config, DefaultConfig, Slab};

use super::{
    Budget, alone,
    canary::{Books, Canary},
    random::Random,
    whole::assert_whole,
};

const CONSUMERS: usize = 3;
const UNDERWAY: usize = 64;

struct Small;
impl Config for Small {
    const MAX_THREADS: usize = 2;
    const MAX_PAGES: usize = 3;
    const INITIAL_PAGE_SIZE: usize = 4;
}

fn produce_and_consume<C: Config>() -> (usize, usize) {
    let books = Books::new();
    let slab = Slab::<Canary<'_>>::new_with_config::<C>();
    let (keys, received) = mpsc::sync_channel::<usize>(UNDERWAY);
    let received = Mutex::new(received);
    let budget = Budget::new();
    thread::scope(|scope| {
        let consumers: Vec<_> = (0..CONSUMERS)
            .map(|_| {
                scope.spawn(|| {
                    let mut random = Random::new();
                    loop {
                        let key = received.lock().expect("no panic").recv();
                        let Ok(key) = key else { break };
                        let entry = slab.get(key).expect("the thread that gets the key finds the entry");
                        entry.check(key);
                        // With a guard out the last guard frees the slot, else the removal does.
                        let entry = random.once_in(2).then_some(entry);
                        if entry.is_none() && random.once_in(2) {
                            slab.take(key).expect("it is there").check(key);
                        } else {
                            assert!(slab.remove(key));
                        }
                        assert!(!slab.remove(key));
                        drop(entry);
                    }
                })
            })
            .collect();
        scope
            .spawn(|| {
                let keys = keys;
                for () in budget {
                    for _ in 0..64 {
                        match slab.insert_with_key(|key| books.make(key)) {
                            Some(key) => keys.send(key).expect("consumers wait"),
                            None => thread::yield_now(),
                        }
                    }
                }
            })
            .join()
            .expect("no panic");
        for consumer in consumers {
            consumer.join().expect("no panic");
        }
    });
    assert_eq!(slab.len(), 0);
    books.balance();
    let result = (books.made(), slab.capacity());
    if C::MAX_THREADS < 10 {
        assert_whole(&slab, |key| books.make(key));
    }
    drop(slab);
    books.balance();
    result
}

#[test]
fn what_others_free_is_used_again() {
    alone(|| {
        let (made, capacity) = produce_and_consume::<DefaultConfig>();
        // As many live as are under way, and one in each hand. A consumer that is stopped just before it tells of the
        // first slot that it returned to a page hides that page, so in the worst moment the largest pages are hidden.
        let live = UNDERWAY + CONSUMERS + 1;
        let bound = (live + DefaultConfig::INITIAL_PAGE_SIZE) << (CONSUMERS + 1);
        assert!(capacity <= bound, "{capacity} slots for {live} entries at a time, {made} in all");
    });
}

#[test]
fn what_others_free_is_used_again_where_slots_are_few() {
    alone(|| {
        produce_and_consume::<Small>();
    });
}
