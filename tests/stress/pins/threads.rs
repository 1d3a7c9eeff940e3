//! Threads that end, with pins or while others have pins, and whose numbers go to others.

use std::{
    any::Any,
    cell::RefCell,
    sync::atomic::{AtomicUsize, Ordering},
    thread,
};

use flagstone::{Config, Pool, Slab};

use super::{
    super::{
        Budget, alone,
        canary::Canary,
        pooled::{self, Pooled},
        random::Random,
    },
    subject::{Checked, Pin, Subject, begin_pool},
};

const THREADS: usize = 4;
const NO_KEY: usize = usize::MAX;

/// Fewer shards than threads.
struct Small;
impl Config for Small {
    const MAX_THREADS: usize = 3;
    const MAX_PAGES: usize = 4;
    const INITIAL_PAGE_SIZE: usize = 2;
}

std::thread_local! {
    /// Pins that end when the thread's locals are destroyed: before the crate's own, or after.
    static LATE: RefCell<Vec<Box<dyn Any>>> = const { RefCell::new(Vec::new()) };
}

type Table = [AtomicUsize; 24];

/// One thread's life.
fn live<S: Subject>(subject: &'static S, table: &Table, random: &mut Random)
where
    S::Pin<'static>: 'static,
{
    if random.once_in(2) {
        LATE.with_borrow(|_| ());
    }
    let mut has_late = false;
    for _ in 0..1 + random.below(3) {
        let pin = random.once_in(2).then(|| subject.pin());
        let mut kept = Vec::new();
        for _ in 0..random.below(16) {
            let place = &table[random.below(table.len())];
            match random.below(3) {
                0 => {
                    let key = place.load(Ordering::Relaxed);
                    kept.extend(pin.as_ref().and_then(|pin| Some((key, pin.get(key)?))));
                }
                1 => {
                    let new = if random.once_in(2) { subject.add() } else { Some(NO_KEY) };
                    let old = new.map_or(NO_KEY, |new| place.swap(new, Ordering::Relaxed));
                    // A pinned thread never waits.
                    let may_wait = pin.is_none() && !has_late;
                    let ended = old == NO_KEY || subject.end(old, random, may_wait);
                    assert!(ended, "the thread that takes a key out of the table ends its entry");
                }
                _ => kept.extend(pin.iter().flat_map(|pin| pin.iter().take(4))),
            }
            kept.iter().for_each(|(key, value)| value.is_of(*key));
        }
        if random.once_in(4) {
            let late: Box<S::Pin<'static>> = Box::new(subject.pin());
            LATE.with_borrow_mut(|pins| pins.push(late));
            has_late = true;
        }
        kept.iter().for_each(|(key, value)| value.is_of(*key));
    }
}

fn run<S: Subject>(subject: &'static S)
where
    S::Pin<'static>: 'static,
{
    let table: Table = [const { AtomicUsize::new(NO_KEY) }; 24];
    for () in Budget::new() {
        thread::scope(|scope| {
            let threads: Vec<_> = (0..THREADS)
                .map(|_| {
                    scope.spawn(|| {
                        let mut random = Random::new();
                        if random.once_in(2) {
                            // While the children of others live and end, with numbers of those that ended.
                            scope.spawn(|| live(subject, &table, &mut Random::new())).join().expect("no panic");
                        }
                        live(subject, &table, &mut random);
                    })
                })
                .collect();
            for thread in threads {
                // Not left to the scope, which does not wait until numbers have been given back.
                thread.join().expect("no panic");
            }
        });
    }
    let keys = table.into_iter().map(AtomicUsize::into_inner).filter(|&key| key != NO_KEY);
    // On a thread of its own, whose number is free again: an attempt at exclusive access gives the thread one.
    let ends = || keys.for_each(|key| assert!(subject.end(key, &mut Random::new(), true)));
    thread::scope(|scope| scope.spawn(ends).join().expect("no panic"));
    subject.assert_settled();
    subject.assert_whole();
}

#[test]
fn threads_with_pins_on_a_slab_end() {
    static SLAB: Slab<Canary<'static>, Small> = Slab::new_with_config();
    alone(|| run(&SLAB));
}

#[test]
fn threads_with_pins_on_a_pool_end() {
    static POOL: Pool<Pooled, Small> = Pool::new_with_config();
    alone(|| {
        begin_pool();
        run(&POOL);
        pooled::write_off(pooled::alive());
    });
}
