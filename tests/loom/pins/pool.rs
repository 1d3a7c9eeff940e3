//! The same of a pool, whose values are cleared and used again, and are filled while their entry is there.

use flagstone::Config;
use loom::thread::{self, JoinHandle};

use crate::{
    check::{SharedPool, check, check_fewer, fill, key_of},
    sizes::{OneSlot, ThreeThreads},
    value::Tally,
};

/// A thread that reads under a pin the entry whose value is 1, if it is there.
fn reader<C: Config + 'static>(pool: SharedPool<C>, key: usize, tally: &Tally) -> JoinHandle<()> {
    let tally = tally.clone();
    thread::spawn(move || {
        let pinned = pool.pin();
        tally.note_reading(pinned.get(key), 1, "read", "absent");
    })
}

/// Makes an entry that notes where it is cleared.
fn create(pool: SharedPool<impl Config>, tally: &Tally) -> usize {
    let (here, tally) = (thread::current().id(), tally.clone());
    let created = pool.create_with(|value| {
        value.fill(1);
        value.at_end(move || {
            let is_here = thread::current().id() == here;
            tally.note(if is_here { "cleared here" } else { "cleared by the pin" });
        });
    });
    created.unwrap()
}

#[test]
fn pin_against_clear() {
    let outcomes = ["read", "absent", "cleared here", "cleared by the pin"];
    check("pins::pool::pin_against_clear", &outcomes, |pool: SharedPool<OneSlot>, tally| {
        let key = create(pool, tally);
        let reader = reader(pool, key, tally);
        assert!(pool.clear(key));
        reader.join().unwrap();
        assert_eq!(tally.in_use(), 0);
        assert_eq!(fill(pool, tally), 1, "the slot came back, and once");
        assert_eq!(tally.alive(), 1, "with its value");
    });
}

/// Two readers, one of which clears the value if it was left to them.
#[test]
fn two_pins_against_clear() {
    let outcomes = ["read", "absent", "cleared here", "cleared by the pin"];
    check_fewer("pins::pool::two_pins_against_clear", 1, &outcomes, |pool: SharedPool<ThreeThreads>, tally| {
        let key = create(pool, tally);
        let readers = [reader(pool, key, tally), reader(pool, key, tally)];
        assert!(pool.clear(key));
        for reader in readers {
            reader.join().unwrap();
        }
        assert_eq!(tally.in_use(), 0);
        assert_eq!(tally.alive(), 1, "the value was kept");
    });
}

#[test]
fn nested_pins_against_clear() {
    let outcomes = ["read", "absent", "cleared here", "cleared by the pin"];
    check("pins::pool::nested_pins_against_clear", &outcomes, |pool: SharedPool<OneSlot>, tally| {
        let key = create(pool, tally);
        let reader = thread::spawn({
            let tally = tally.clone();
            move || {
                let outer = pool.pin();
                let inner = pool.pin();
                let found = outer.get(key);
                inner.get(key).inspect(|value| assert_eq!(value.read(), 1));
                drop(inner);
                tally.note_reading(found, 1, "read", "absent");
            }
        });
        assert!(pool.clear(key));
        reader.join().unwrap();
        assert_eq!(tally.in_use(), 0);
    });
}

/// The value goes on to the next entry only when no pinned thread can be reading it as that of the first.
#[test]
fn pin_against_clear_then_create() {
    let outcomes = ["read", "absent", "cleared here", "cleared by the pin", "reused", "full"];
    check("pins::pool::pin_against_clear_then_create", &outcomes, |pool: SharedPool<OneSlot>, tally| {
        let key = create(pool, tally);
        let reader = reader(pool, key, tally);
        assert!(pool.clear(key));
        tally.note(match pool.create_with(|value| value.fill(2)) {
            Some(_) => "reused",
            None => "full",
        });
        reader.join().unwrap();
        assert_eq!(tally.alive(), 1, "the value was kept");
    });
}

/// The creator's guard ends: the key is guessed, and the value whole where it is found.
#[test]
fn pin_against_create() {
    check("pins::pool::pin_against_create", &["read", "absent"], |pool: SharedPool<OneSlot>, tally| {
        let key = key_of::<OneSlot>(1, 0, 0, 0);
        let mut value = pool.create().unwrap();
        assert_eq!(value.key(), key);
        let reader = reader(pool, key, tally);
        value.fill(1);
        drop(value);
        reader.join().unwrap();
    });
}

/// The creator's guard becomes an ordinary one.
#[test]
fn pin_against_downgrade() {
    check("pins::pool::pin_against_downgrade", &["read", "absent"], |pool: SharedPool<OneSlot>, tally| {
        let mut value = pool.create().unwrap();
        let reader = reader(pool, value.key(), tally);
        value.fill(1);
        let value = value.downgrade();
        assert_eq!(value.read(), 1);
        reader.join().unwrap();
        drop(value);
    });
}

/// The value was made, and used, before.
#[test]
fn pin_against_create_with() {
    check("pins::pool::pin_against_create_with", &["read", "absent"], |pool: SharedPool<OneSlot>, tally| {
        let first = pool.create_with(|value| value.fill(2)).unwrap();
        assert!(pool.clear(first));
        let next = first + 1; // one slot: its next generation
        let reader = reader(pool, next, tally);
        assert_eq!(pool.create_with(|value| value.fill(1)), Some(next));
        reader.join().unwrap();
    });
}

/// Another thread clears the entry, perhaps while its creator still fills it.
#[test]
fn pin_against_clear_under_the_creator() {
    let outcomes = ["read", "absent"];
    check("pins::pool::pin_against_clear_under_the_creator", &outcomes, |pool: SharedPool<OneSlot>, tally| {
        let mut value = pool.create().unwrap();
        let key = value.key();
        value.fill(2);
        let reader = reader(pool, key, tally);
        let clearer = thread::spawn(move || assert!(pool.clear(key)));
        value.change(1);
        drop(value);
        reader.join().unwrap();
        clearer.join().unwrap();
        assert_eq!(tally.in_use(), 0);
        assert_eq!(fill(pool, tally), 1, "the slot came back, and once");
    });
}
