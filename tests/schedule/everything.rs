//! What the others do: everything that never waits, on entries of their own, of the victim and of each other.

use flagstone::ExclusiveError;

use crate::{
    actor::Actor,
    scenario::{Stage, TARGET},
    store::{Pinned, Store},
};

/// Begins to act when all are prepared, and drops what was `held` in the middle of it.
pub(crate) fn with<S: Store>(me: &Actor, stage: &Stage<S>, held: impl Sized) {
    me.act();
    let first = 100 * me.number;
    of_ones_own(me, stage, first + 1);
    of_the_target(me, stage, held);
    of_the_victim(me, stage);
    under_a_pin(me, stage, first + 11);
    of_the_whole(me, stage, first + 21);
    me.done();
}

/// Reads the entry of `key`, and that it is the one of `number`.
fn read<S: Store>(me: &Actor, stage: &Stage<S>, key: usize, number: usize) {
    me.next("get");
    let entry = stage.store.get(key).expect("it was not removed");
    assert_eq!(entry.read(), number);
    me.next("guard dropped");
    drop(entry);
}

fn end<S: Store>(me: &Actor, stage: &Stage<S>, key: usize) {
    me.next("remove");
    assert!(stage.store.end(key), "it was there");
    me.next("get");
    assert!(stage.store.get(key).is_none(), "it was removed");
    assert!(!stage.store.end(key), "it was removed");
}

/// Slots that were never used, and slots that are used again; a page more; guards at the removal, and none.
fn of_ones_own<S: Store>(me: &Actor, stage: &Stage<S>, number: usize) {
    let store = &stage.store;
    let add = |number| {
        me.next("insert");
        let key = stage.add(number);
        read(me, stage, key, number);
        key
    };
    let keys = [number, number + 1, number + 2].map(add);
    me.next("get");
    let entries = [(); 2].map(|()| store.get(keys[0]).expect("it was not removed"));
    end(me, stage, keys[0]);
    end(me, stage, keys[1]);
    assert_eq!(entries.each_ref().map(|entry| entry.read()), [number; 2], "it has guards");
    let again = add(number + 3);
    for entry in entries {
        me.next("guard dropped");
        drop(entry);
    }
    let exclusive = add(number + 4);
    me.next("get_exclusive");
    match store.exclusive(exclusive) {
        Ok(mut entry) => {
            entry.change(number + 5);
            me.next("exclusive guard dropped");
            drop(entry);
            read(me, stage, exclusive, number + 5);
        }
        Err(ExclusiveError::InUse) => read(me, stage, exclusive, number + 4), // a thread is pinned
        Err(ExclusiveError::Absent) => panic!("it was not removed"),
    }
    for key in [keys[2], again, exclusive] {
        end(me, stage, key);
    }
}

/// The entry that all are after: it is there, or it is not there any more.
fn of_the_target<S: Store>(me: &Actor, stage: &Stage<S>, held: impl Sized) {
    let Some(target) = stage.target() else { return };
    me.next("get");
    let entry = stage.store.get(target);
    me.next("pin");
    let pinned = stage.store.pin();
    me.next("read under a pin");
    let value = pinned.get(target);
    if let Some(entry) = entry {
        assert_eq!(entry.read(), TARGET);
        me.next("guard dropped");
        drop(entry);
    }
    if let Some(value) = value {
        assert_eq!(value.read(), TARGET, "a pin holds it");
    }
    me.next("unpin");
    drop(pinned);
    if me.number == 2 {
        me.next("try_take");
        stage.end_target(S::try_end);
    }
    me.next("let go");
    drop(held);
    me.next("remove");
    stage.end_target(S::end);
    me.next("get");
    assert!(stage.store.get(target).is_none(), "it was removed");
    assert!(!stage.store.contains(target), "it was removed");
    me.next("try_take");
    assert!(!stage.store.try_end(target), "it was removed");
}

/// An entry of the victim's, which goes back to where it came from.
fn of_the_victim<S: Store>(me: &Actor, stage: &Stage<S>) {
    let number = 10 * me.number;
    let Some(key) = stage.bystander(number) else { return };
    read(me, stage, key, number);
    me.next("get");
    let entry = stage.store.get(key).expect("it was not removed");
    end(me, stage, key);
    assert_eq!(entry.read(), number, "it has a guard");
    me.next("guard dropped");
    drop(entry);
}

fn under_a_pin<S: Store>(me: &Actor, stage: &Stage<S>, number: usize) {
    let store = &stage.store;
    me.next("insert");
    let keys = [number, number + 1].map(|number| stage.add(number));
    me.next("pin");
    let pinned = store.pin();
    me.next("walk");
    let found = pinned.iter().filter(|(key, value)| value.read() > 0 && keys.contains(key)).count();
    assert_eq!(found, 2, "a walk finds what is there throughout");
    me.next("pin, nested");
    let inner = store.pin();
    me.next("read under a pin");
    let value = inner.get(keys[0]).expect("it was not removed");
    end(me, stage, keys[0]);
    assert_eq!(value.read(), number, "a pin holds it");
    me.next("unpin, nested");
    drop(inner);
    end(me, stage, keys[1]);
    assert!(pinned.get(keys[0]).is_none() && pinned.get(keys[1]).is_none(), "they were removed");
    me.next("unpin");
    drop(pinned);
}

fn of_the_whole<S: Store>(me: &Actor, stage: &Stage<S>, number: usize) {
    let store = &stage.store;
    let keys = store.add_otherwise(me, &stage.tally, number);
    me.next("retain");
    store.retain(|value| ![number, number + 1].contains(&value.read()));
    for key in keys {
        me.next("contains");
        // A thread that holds an entry exclusively would hide it, but no other thread knows these.
        assert!(!store.contains(key), "it was not retained");
    }
    stage.tally.end(); // a pool drops what it keeps on the pages that are trimmed
    me.next("trim");
    store.trim();
    read(
        me,
        stage,
        {
            me.next("insert");
            stage.add(number + 2)
        },
        number + 2,
    );
    me.next("len");
    assert!(store.len() <= store.capacity());
    me.next("stats");
    assert!(store.stats().total().high_water > 0);
    me.next("retain");
    store.retain(|value| value.read() != number + 2);
}
