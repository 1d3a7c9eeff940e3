//! Pins: taken, held, given back, with what others have removed meanwhile.

use flagstone::{Pool, Slab};

use crate::{
    everything,
    scenario::{Stage, TARGET, nobody_waits, nobody_waits_with},
    store::{Pinned, Store, TwoThreads, of_slab_and_pool},
    value::Value,
};

of_slab_and_pool! {
    first_pin
    pin_and_unpin
    nested
    held
    with_obligations
    walk
}

fn pin_and_read<S: Store>(stage: &Stage<S>, target: usize) {
    let pinned = stage.store.pin();
    if let Some(value) = pinned.get(target) {
        assert_eq!(value.read(), TARGET);
    }
}

fn first_pin<S: Store>() {
    nobody_waits::<S>("pin, unpin: the thread's first", |me, stage| {
        let target = stage.add_target();
        stage.add_bystanders();
        me.act();
        pin_and_read(stage, target);
        me.done();
    });
}

fn pin_and_unpin<S: Store>() {
    nobody_waits::<S>("pin, read, unpin", |me, stage| {
        let target = stage.add_target();
        stage.add_bystanders();
        drop(stage.store.pin());
        me.act();
        pin_and_read(stage, target);
        me.done();
    });
}

fn nested<S: Store>() {
    nobody_waits::<S>("pin, unpin: nested", |me, stage| {
        let target = stage.add_target();
        stage.add_bystanders();
        let outer = stage.store.pin();
        let value = outer.get(target).expect("it was not removed");
        me.act();
        drop(stage.store.pin());
        me.done();
        assert_eq!(value.read(), TARGET, "a pin holds it");
    });
}

/// The victim is stopped while pinned, and reads after all others have removed what it reads.
fn held<S: Store>() {
    nobody_waits::<S>("pin, held to the end", |me, stage| {
        let target = stage.add_target();
        stage.add_bystanders();
        me.act();
        let pinned = stage.store.pin();
        let value = pinned.get(target);
        me.done();
        if let Some(value) = value {
            assert_eq!(value.read(), TARGET, "a pin holds it");
        }
    });
}

/// What was removed under the pin: an own entry, and another's.
fn with_obligations<S: Store>() {
    nobody_waits_with::<S>(
        "unpin, with obligations",
        |me, stage| {
            stage.add_target();
            stage.add_bystanders();
            let pinned = stage.store.pin();
            me.act();
            drop(pinned);
            me.done();
        },
        |me, stage| {
            stage.register();
            if me.number == 1 {
                assert!(stage.end_target(S::end));
                assert!(stage.store.end(stage.add(101)));
            }
            everything::with(me, stage, ());
        },
    );
}

fn walk<S: Store>() {
    nobody_waits::<S>("walk under a pin", |me, stage| {
        stage.add_target();
        stage.add_bystanders();
        let key = stage.add(3);
        me.act();
        let pinned = stage.store.pin();
        let found = pinned.iter().filter(|&(found, value)| value.read() == 3 && found == key).count();
        drop(pinned);
        me.done();
        assert_eq!(found, 1, "a walk finds what is there throughout");
    });
}

/// A thread without a shard takes guards.
fn without_a_shard<S: Store>() {
    nobody_waits_with::<S>(
        "pin, read, walk, unpin: without a shard",
        |me, stage| {
            me.let_others_prepare();
            stage.register();
            me.act();
            let pinned = stage.store.pin();
            if let Some(value) = pinned.get(stage.targets_key()) {
                assert_eq!(value.read(), TARGET);
            }
            assert!(pinned.iter().all(|(_, value)| value.read() > 0));
            drop(pinned);
            stage.end_target(S::end);
            me.done();
        },
        |me, stage| {
            stage.register();
            if me.number == 1 {
                stage.add_target();
                stage.add_bystanders();
            }
            everything::with(me, stage, ());
        },
    );
}

#[test]
fn without_a_shard_of_a_slab() {
    without_a_shard::<Slab<Value, TwoThreads>>();
}

#[test]
fn without_a_shard_of_a_pool() {
    without_a_shard::<Pool<Value, TwoThreads>>();
}
