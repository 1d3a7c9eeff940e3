//! A thread comes to a store that others use already: it replaces the directory and the roster, and is stopped at each step of
//! that, while another one joins too and needs larger tables as well.

use crate::{
    actor::Actor,
    everything,
    scenario::{Stage, TARGET, nobody_waits_with},
    store::{Pinned, Store, of_slab_and_pool},
};

of_slab_and_pool! {
    insertion
    pin
    pin_and_insertion
    pages
}

/// A victim that comes last, and has a number but no shard.
fn come_last<S: Store>(me: &Actor, stage: &Stage<S>) {
    me.let_others_prepare();
    stage.register();
    me.act();
}

/// One of the others has the only row that there is at first, the other one has none.
fn prepare<S: Store>(me: &Actor, stage: &Stage<S>) {
    stage.register();
    if me.number == 1 {
        stage.add_target();
    }
}

fn others<S: Store>(me: &Actor, stage: &Stage<S>) {
    prepare(me, stage);
    everything::with(me, stage, ());
}

fn insertion<S: Store>() {
    nobody_waits_with::<S>(
        "insert, the thread's first: tables replaced",
        |me, stage| {
            come_last(me, stage);
            let key = stage.add(3);
            me.done();
            assert_eq!(stage.store.get(key).expect("it was not removed").read(), 3);
        },
        others,
    );
}

fn pin<S: Store>() {
    nobody_waits_with::<S>(
        "pin, the thread's first: tables replaced",
        |me, stage| {
            come_last(me, stage);
            let pinned = stage.store.pin();
            let value = pinned.get(stage.targets_key());
            me.done();
            if let Some(value) = value {
                assert_eq!(value.read(), TARGET, "a pin holds it");
            }
        },
        others,
    );
}

/// The others hold pins from before, and look up what is in newer tables only.
fn pin_and_insertion<S: Store>() {
    nobody_waits_with::<S>(
        "insert, the thread's first; others have pins",
        |me, stage| {
            come_last(me, stage);
            let key = stage.add(3);
            me.done();
            assert_eq!(stage.store.get(key).expect("it was not removed").read(), 3);
        },
        |me, stage| {
            prepare(me, stage);
            let pinned = (me.number == 1).then(|| stage.store.pin());
            me.act();
            me.next("insert");
            let keys = [201, 202].map(|number| stage.add(number + 10 * me.number));
            me.next("read under a pin");
            if let Some(pinned) = &pinned {
                assert!(keys.iter().all(|&key| pinned.get(key).is_some()), "they were not removed");
                me.next("walk");
                let found = pinned.iter().filter(|(key, _)| keys.contains(key)).count();
                assert_eq!(found, 2, "a walk finds what is there throughout");
            }
            me.next("let go");
            drop(pinned);
            everything::with(me, stage, ());
        },
    );
}

/// The victim adds all its pages, into directories that others replace.
fn pages<S: Store>() {
    nobody_waits_with::<S>(
        "insert, until the shard is full: tables replaced",
        |me, stage| {
            stage.add_target();
            me.let_others_prepare();
            me.act();
            let keys = [3, 4, 5, 6].map(|number| stage.add(number));
            me.done();
            let found = keys.map(|key| stage.store.get(key).expect("it was not removed").read());
            assert_eq!(found, [3, 4, 5, 6]);
        },
        |me, stage| {
            stage.register();
            everything::with(me, stage, ());
        },
    );
}
