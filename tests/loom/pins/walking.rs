//! A value that a walk under a pin has visited stays alive like one that was found by its key.

use flagstone::Config;
use loom::thread::{self, JoinHandle};

use crate::{
    check::{Shared, check},
    sizes::{OneSlot, TwoPages},
    value::Tally,
};

/// A thread that walks over all entries under a pin, keeps what it finds to the end, and reads it then.
fn walker<C: Config + 'static>(slab: Shared<C>, tally: &Tally) -> JoinHandle<()> {
    let tally = tally.clone();
    thread::spawn(move || {
        let pinned = slab.pin();
        let seen: Vec<_> = pinned.iter().map(|(_, value)| value).collect();
        let numbers: Vec<_> = seen.into_iter().map(|value| value.read()).collect();
        tally.note(match numbers[..] {
            [] => "nothing",
            [1] => "old",
            [2] => "new",
            [1, 2] => "both",
            _ => unreachable!("{numbers:?}"),
        });
    })
}

#[test]
fn walk_against_remove() {
    check("pins::walking::walk_against_remove", &["old", "nothing"], |slab: Shared<OneSlot>, tally| {
        let key = slab.insert(tally.value(1)).unwrap();
        let walker = walker(slab, tally);
        assert!(slab.remove(key));
        walker.join().unwrap();
        assert_eq!(tally.alive(), 0);
    });
}

/// The insertion adds a page.
#[test]
fn walk_against_insert() {
    check("pins::walking::walk_against_insert", &["old", "both"], |slab: Shared<TwoPages>, tally| {
        slab.insert(tally.value(1)).unwrap();
        let walker = walker(slab, tally);
        slab.insert(tally.value(2)).unwrap();
        walker.join().unwrap();
    });
}

#[test]
fn walk_against_reuse_of_the_slot() {
    let outcomes = ["old", "new", "nothing"];
    check("pins::walking::walk_against_reuse_of_the_slot", &outcomes, |slab: Shared<OneSlot>, tally| {
        let key = slab.insert(tally.value(1)).unwrap();
        let walker = walker(slab, tally);
        assert!(slab.remove(key));
        let _ = slab.try_insert(tally.value(2));
        walker.join().unwrap();
    });
}
