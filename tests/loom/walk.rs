//! A walk over all entries, while they come and go.
//!
//! Property: `retain` asks about whole values only, at most once each, and of an entry that is there throughout it does
//! ask; what it removes is removed once.
//!
//! Invariants: L3, and that pages, shards and high-water marks are seen by every thread that must see an entry.
//!
//! Orderings: none of its own: `publish` with `share`, `Once::fill` with `Once::get`.

use flagstone::Slab;
use loom::thread;

use crate::{
    check::{Shared, Store, check, key_of},
    sizes::{OneSlot, TwoPages},
    value::Value,
};

#[test]
fn retain_against_insert_and_remove() {
    let outcomes = ["steady", "going", "new"];
    check("walk::retain_against_insert_and_remove", &outcomes, |slab: Shared<TwoPages>, tally| {
        let _steady = slab.insert(tally.value(1)).unwrap();
        let going = slab.insert(tally.value(2)).unwrap();
        let walker = thread::spawn({
            let tally = tally.clone();
            move || {
                let mut asked = [0; 4];
                slab.retain(|_, value| {
                    asked[value.read()] += 1;
                    value.read() != 1
                });
                assert_eq!(asked[1], 1, "it is there throughout");
                assert!(asked[2] <= 1 && asked[3] <= 1);
                for (number, outcome) in [(1, "steady"), (2, "going"), (3, "new")] {
                    if asked[number] == 1 {
                        tally.note(outcome);
                    }
                }
            }
        });
        assert!(slab.remove(going));
        slab.insert(tally.value(3)).unwrap();
        walker.join().unwrap();
        assert_eq!(slab.len(), 1);
    });
}

/// A shard is claimed, and gets its first page, during the walk, which continues with the next shard all the same.
#[test]
fn retain_against_first_page() {
    let outcomes = ["new", "not new"];
    check("walk::retain_against_first_page", &outcomes, |slab: Shared<OneSlot>, tally| {
        // This thread has a number before the walker can have ended, and does not get that one's, with its full shard.
        <Slab<Value, OneSlot>>::new().add(tally, 9).unwrap();
        let walker = thread::spawn({
            let tally = tally.clone();
            move || {
                let key = slab.insert(tally.value(1));
                assert!([1, 2].map(|row| Some(key_of::<OneSlot>(row, 0, 0, 0))).contains(&key));
                let mut asked = [0; 3];
                slab.retain(|_, value| {
                    asked[value.read()] += 1;
                    true
                });
                assert_eq!(asked[1], 1, "it is there throughout");
                tally.note(if asked[2] == 1 { "new" } else { "not new" });
            }
        });
        slab.insert(tally.value(2)).unwrap();
        walker.join().unwrap();
    });
}

/// A walk over guards that takes what it finds, while another thread has one entry exclusively and takes the other.
#[test]
fn guards_of_a_walk_against_exclusive_and_take() {
    let outcomes = ["changed", "held exclusively", "taken by the walk", "taken elsewhere"];
    check("walk::guards_of_a_walk_against_exclusive_and_take", &outcomes, |slab: Shared<TwoPages>, tally| {
        let changed = slab.insert(tally.value(1)).unwrap();
        let taken = slab.insert(tally.value(2)).unwrap();
        let walker = thread::spawn({
            let tally = tally.clone();
            move || {
                let mut visits = [0; 3];
                for entry in slab.iter() {
                    assert_eq!(entry.read(), if entry.key() == changed { 1 } else { 2 });
                    visits[entry.read()] += 1;
                    if entry.key() == taken && entry.take().is_some() {
                        tally.note("taken by the walk");
                    }
                }
                assert!(visits[1] <= 1 && visits[2] <= 1, "no entry is visited twice");
                tally.note(if visits[1] == 1 { "changed" } else { "held exclusively" });
            }
        });
        if let Ok(mut exclusive) = slab.get_exclusive(changed) {
            exclusive.change(1);
        }
        if slab.take(taken).is_some() {
            tally.note("taken elsewhere");
        }
        walker.join().unwrap();
        assert_eq!(slab.len(), 1);
        assert!(slab.contains(changed));
    });
}
