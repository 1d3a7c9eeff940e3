//! A value is read as it was written, by any thread that has its key, no matter how it got the key.
//!
//! Property: `get`, `remove`, `take` and `get_exclusive` of a key find nothing, or the complete value. So do those of
//! the very next key, which was not handed out yet, while the slab's directory or the shard's page is being made.
//!
//! Invariants: L2 (which thread owns a free slot), L3 (which threads may read a value).
//!
//! Orderings: `publish` Release with `share`, `remove_unshared`, `take` and `exclude` Acquire; `join`, `found` and
//! `grow_directory` Release with `roster` and `directory` Acquire; `Once::fill` Release with `Once::get` Acquire. The key
//! travels Relaxed.

use loom::thread;

use crate::{
    check::{Shared, check, key_of},
    mailbox::Mailbox,
    sizes::{OneSlot, TwoPages, TwoSlots},
    value::Tally,
};

#[test]
fn key_passed_on() {
    check("publish_and_read::key_passed_on", &["read", "nothing"], |slab: Shared<OneSlot>, tally| {
        let mailbox = Mailbox::new();
        let reader = thread::spawn({
            let (mailbox, tally) = (mailbox.clone(), tally.clone());
            move || match mailbox.look().and_then(|key| slab.get(key)) {
                Some(entry) => {
                    assert_eq!(entry.read(), 1);
                    tally.note("read");
                }
                None => tally.note("nothing"),
            }
        });
        mailbox.post(slab.insert(tally.value(1)).unwrap());
        reader.join().unwrap();
    });
}

/// The first page comes with the table, the second one alone.
#[test]
fn key_guessed() {
    let outcomes = ["first", "no first", "second", "no second"];
    check("publish_and_read::key_guessed", &outcomes, |slab: Shared<TwoPages>, tally| {
        let reader = thread::spawn({
            let tally = tally.clone();
            move || {
                for (page, number, found, missed) in [(1, 2, "second", "no second"), (0, 1, "first", "no first")] {
                    tally.note_reading(slab.get(key_of::<TwoPages>(1, page, 0, 0)), number, found, missed)
                }
            }
        });
        for (page, number) in [(0, 1), (1, 2)] {
            let key = slab.insert(tally.value(number)).unwrap();
            assert_eq!(key, key_of::<TwoPages>(1, page, 0, 0));
        }
        reader.join().unwrap();
    });
}

/// One thread inserts while another does `act` to the key that will be.
fn guessed(name: &'static str, act: fn(Shared<OneSlot>, usize, &Tally) -> bool) {
    check(name, &["done", "nothing"], move |slab: Shared<OneSlot>, tally| {
        let other = thread::spawn({
            let tally = tally.clone();
            move || tally.note(if act(slab, key_of::<OneSlot>(1, 0, 0, 0), &tally) { "done" } else { "nothing" })
        });
        slab.insert(tally.value(1)).unwrap();
        other.join().unwrap();
    });
}

#[test]
fn key_guessed_and_removed() {
    guessed("publish_and_read::key_guessed_and_removed", |slab, key, _| slab.remove(key));
}

#[test]
fn key_guessed_and_taken() {
    guessed("publish_and_read::key_guessed_and_taken", |slab, key, _| {
        slab.take(key).map(|value| assert_eq!(value.read(), 1)).is_some()
    });
}

#[test]
fn key_guessed_and_excluded() {
    guessed("publish_and_read::key_guessed_and_excluded", |slab, key, _| {
        slab.get_exclusive(key).map(|mut entry| entry.change(2)).is_ok()
    });
}

/// Two threads make the table at once: one of the two is thrown away. The main thread may inherit the other's shard.
#[test]
fn table_made_twice() {
    let outcomes = ["one shard", "two shards"];
    check("publish_and_read::table_made_twice", &outcomes, |slab: Shared<TwoSlots>, tally| {
        let other = thread::spawn({
            let tally = tally.clone();
            move || slab.insert(tally.value(2)).unwrap()
        });
        let mine = slab.insert(tally.value(1)).unwrap();
        let theirs = other.join().unwrap();
        assert_eq!(slab.get(mine).unwrap().read(), 1);
        assert_eq!(slab.get(theirs).unwrap().read(), 2);
        tally.note(if slab.capacity() == 2 { "one shard" } else { "two shards" });
    });
}
