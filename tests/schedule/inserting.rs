//! Where slots come from: fresh, used before, on a new page, given back by others, in a store that has nothing yet.

use crate::{
    everything,
    scenario::{Stage, nobody_waits, nobody_waits_with},
    store::{SHARD, Store, of_slab_and_pool},
};

of_slab_and_pool! {
    fresh_slot
    recycled_slot
    added_page
    remote_stacks
    full_shard
    first_entry
    otherwise
}

/// Adds an entry, and reads it in the end.
fn add<S: Store>(stage: &Stage<S>) -> impl FnOnce() {
    let key = stage.add(3);
    move || assert_eq!(stage.store.get(key).expect("it was not removed").read(), 3)
}

fn fresh_slot<S: Store>() {
    nobody_waits::<S>("insert, fresh slot", |me, stage| {
        stage.add_target();
        stage.add(2);
        me.act();
        let check = add(stage);
        me.done();
        check();
    });
}

fn recycled_slot<S: Store>() {
    nobody_waits::<S>("insert, recycled slot", |me, stage| {
        stage.add_bystanders();
        assert!(stage.store.end(stage.add(2)));
        me.act();
        let check = add(stage);
        me.done();
        check();
    });
}

fn added_page<S: Store>() {
    let victim = |me: &_, stage: &Stage<S>| {
        let me: &crate::actor::Actor = me;
        stage.add(2);
        me.act();
        let check = add(stage);
        me.done();
        check();
    };
    nobody_waits_with::<S>("insert, page added", victim, |me, stage| {
        stage.register();
        if me.number == 1 {
            stage.add_target();
        }
        everything::with(me, stage, ());
    });
}

fn remote_stacks<S: Store>() {
    nobody_waits_with::<S>(
        "insert, remote stacks taken",
        |me, stage| {
            stage.add_target();
            stage.add_bystanders();
            (3..SHARD).for_each(|number| _ = stage.add(1000 + number));
            me.let_others_prepare();
            me.act();
            let check = add(stage);
            me.done();
            check();
        },
        |me, stage| {
            stage.register();
            if me.number == 1 {
                // One on the first page; two more come back while the victim takes them, or do not.
                stage.end_target(S::end);
            }
            everything::with(me, stage, ());
        },
    );
}

fn full_shard<S: Store>() {
    nobody_waits::<S>("insert, shard full", |me, stage| {
        stage.add_target();
        stage.add_bystanders();
        (3..SHARD).for_each(|number| _ = stage.add(1000 + number));
        me.act();
        let key = stage.store.add(&stage.tally, 3);
        me.done();
        if let Some(key) = key {
            // A thread has given a slot back.
            assert_eq!(stage.store.get(key).expect("it was not removed").read(), 3);
        }
    });
}

fn first_entry<S: Store>() {
    nobody_waits::<S>("insert, the first entry: table and page made", |me, stage| {
        stage.register();
        me.act();
        let check = add(stage);
        me.done();
        check();
    });
}

fn otherwise<S: Store>() {
    let operations = if S::NAME == "slab" { "vacant entry, filled or not" } else { "create, fill, publish, downgrade" };
    nobody_waits::<S>(operations, |me, stage| {
        stage.add_target();
        stage.add_bystanders();
        me.act();
        let keys = stage.store.add_otherwise(me, &stage.tally, 3);
        me.done();
        let found = keys.map(|key| stage.store.get(key).expect("it was not removed").read());
        assert_eq!(found, [3, 4]);
    });
}
