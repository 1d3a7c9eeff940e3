//! A new entry is found when its creator has dropped its guard, and then it is complete.
//!
//! Property: any operation with the key of the very next entry, which was not handed out yet, finds nothing, or the
//! value as its creator left it: never an empty one, nor that of the slot's last life. `clear` may end the entry under
//! its creator's guard.
//!
//! Invariants: L2, L3, P1.
//!
//! Orderings: `publish` and `include` Release with `share`, `remove_unshared` and `exclude` Acquire; that
//! `publish_exclusive` needs none.

use flagstone::ExclusiveError;
use loom::thread;

use super::{Create, create, create_with};
use crate::{
    check::{SharedPool, check, key_of},
    sizes::{OneSlot, TwoPages},
    value::Tally,
};

/// The first page comes with the table, the second one alone.
fn key_guessed(name: &str, create: Create<TwoPages>) {
    let outcomes = ["first", "no first", "second", "no second"];
    check(name, &outcomes, move |pool: SharedPool<TwoPages>, tally| {
        let reader = thread::spawn({
            let tally = tally.clone();
            move || {
                for (page, number, found, missed) in [(1, 2, "second", "no second"), (0, 1, "first", "no first")] {
                    tally.note_reading(pool.get(key_of::<TwoPages>(1, page, 0, 0)), number, found, missed)
                }
            }
        });
        for (page, number) in [(0, 1), (1, 2)] {
            assert_eq!(create(pool, number), Some(key_of::<TwoPages>(1, page, 0, 0)));
        }
        reader.join().unwrap();
    });
}

#[test]
fn key_of_create_guessed() {
    key_guessed("pool::creating::key_of_create_guessed", create);
}

#[test]
fn key_of_create_with_guessed() {
    key_guessed("pool::creating::key_of_create_with_guessed", create_with);
}

/// The slot has had an entry, and keeps its value.
fn next_life_guessed(name: &str, create: Create<OneSlot>) {
    let outcomes = ["first", "no first", "second", "no second"];
    check(name, &outcomes, move |pool: SharedPool<OneSlot>, tally| {
        let [first, second] = [0, 1].map(|generation| key_of::<OneSlot>(1, 0, generation, 0));
        assert_eq!(create(pool, 1), Some(first));
        let reader = thread::spawn({
            let tally = tally.clone();
            move || {
                for (key, number, found, missed) in
                    [(second, 2, "second", "no second"), (first, 1, "first", "no first")]
                {
                    tally.note_reading(pool.get(key), number, found, missed)
                }
            }
        });
        assert!(pool.clear(first));
        if let Some(key) = create(pool, 2) {
            assert_eq!(key, second);
        }
        reader.join().unwrap();
        assert_eq!(tally.alive(), 1, "the value was used again");
    });
}

#[test]
fn next_life_of_create_guessed() {
    next_life_guessed("pool::creating::next_life_of_create_guessed", create);
}

#[test]
fn next_life_of_create_with_guessed() {
    next_life_guessed("pool::creating::next_life_of_create_with_guessed", create_with);
}

/// One thread makes an entry while another does `act` to the key that will be.
fn guessed(
    name: &str,
    outcomes: &[&'static str],
    create: Create<OneSlot>,
    act: fn(SharedPool<OneSlot>, usize, &Tally) -> &'static str,
) {
    check(name, outcomes, move |pool: SharedPool<OneSlot>, tally| {
        let key = key_of::<OneSlot>(1, 0, 0, 0);
        let other = thread::spawn({
            let tally = tally.clone();
            move || tally.note(act(pool, key, &tally))
        });
        assert_eq!(create(pool, 1), Some(key));
        other.join().unwrap();
        let is_there = tally.in_use() == 1;
        assert_eq!(pool.clear(key), is_there);
        assert_eq!(create(pool, 3), Some(key_of::<OneSlot>(1, 0, 1, 0)), "the slot came back");
        assert_eq!(tally.alive(), 1, "with its value");
    });
}

/// Says whether the value was cleared when `clear` was over, or later with the creator's guard.
fn clear(pool: SharedPool<OneSlot>, key: usize, tally: &Tally) -> &'static str {
    match pool.clear(key) {
        false => "nothing",
        true if tally.in_use() == 0 => "cleared",
        true => "left to the creator",
    }
}

#[test]
fn key_of_create_guessed_and_cleared() {
    let outcomes = ["cleared", "left to the creator", "nothing"];
    guessed("pool::creating::key_of_create_guessed_and_cleared", &outcomes, create, clear);
}

#[test]
fn key_of_create_with_guessed_and_cleared() {
    let outcomes = ["cleared", "nothing"];
    guessed("pool::creating::key_of_create_with_guessed_and_cleared", &outcomes, create_with, clear);
}

fn exclude(pool: SharedPool<OneSlot>, key: usize, _: &Tally) -> &'static str {
    match pool.get_exclusive(key) {
        Ok(mut entry) => {
            assert_eq!(entry.read(), 1);
            entry.change(2);
            "changed"
        }
        Err(ExclusiveError::InUse) => "in use",
        Err(ExclusiveError::Absent) => "absent",
    }
}

#[test]
fn key_of_create_guessed_and_excluded() {
    let outcomes = ["changed", "in use", "absent"];
    guessed("pool::creating::key_of_create_guessed_and_excluded", &outcomes, create, exclude);
}

#[test]
fn key_of_create_with_guessed_and_excluded() {
    let outcomes = ["changed", "absent"];
    guessed("pool::creating::key_of_create_with_guessed_and_excluded", &outcomes, create_with, exclude);
}

/// A walk passes by what its creator still holds.
#[test]
fn retain_against_create_and_clear() {
    let outcomes = ["steady", "going", "new", "not new"];
    check("pool::creating::retain_against_create_and_clear", &outcomes, |pool: SharedPool<TwoPages>, tally| {
        let steady = create(pool, 1).unwrap();
        let going = create(pool, 2).unwrap();
        let walker = thread::spawn({
            let tally = tally.clone();
            move || {
                let mut asked = [0; 4];
                pool.retain(|_, value| {
                    asked[value.read()] += 1;
                    value.read() != 1
                });
                assert_eq!(asked[1], 1, "it is there throughout");
                assert!(asked[0] == 0 && asked[2] <= 1 && asked[3] <= 1);
                for (number, outcome) in [(1, "steady"), (2, "going"), (3, "new")] {
                    if asked[number] == 1 {
                        tally.note(outcome);
                    }
                }
                if asked[3] == 0 {
                    tally.note("not new");
                }
            }
        });
        assert!(pool.clear(going));
        let new = create(pool, 3).unwrap();
        walker.join().unwrap();
        assert_eq!([steady, going, new].map(|key| pool.contains(key)), [false, false, true]);
        assert_eq!(tally.in_use(), 1);
    });
}
