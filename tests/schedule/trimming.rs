//! Memory given back, and what only looks.

use crate::{
    everything,
    scenario::{nobody_waits, nobody_waits_with},
    store::{Store, of_slab_and_pool},
};

of_slab_and_pool! {
    free_pages
    pages_freed_by_others
    looks
}

fn free_pages<S: Store>() {
    nobody_waits::<S>("trim, pages freed by the owner", |me, stage| {
        stage.add_target();
        let keys = [2, 3, 4].map(|number| stage.add(number));
        stage.add_bystanders();
        assert!(keys.into_iter().all(|key| stage.store.end(key)));
        stage.tally.end(); // a pool drops what it keeps there
        me.act();
        stage.store.trim();
        me.done();
        stage.add(5);
    });
}

fn pages_freed_by_others<S: Store>() {
    nobody_waits_with::<S>(
        "trim, pages freed by others",
        |me, stage| {
            stage.add_target();
            stage.add_bystanders();
            stage.tally.end(); // a pool drops what it keeps there
            me.let_others_prepare();
            me.act();
            stage.store.trim();
            me.done();
            stage.add(5);
        },
        |me, stage| {
            stage.register();
            if me.number == 1 {
                // The first page; the second one is freed while the victim trims, or is not.
                assert!(stage.end_target(S::end));
            }
            everything::with(me, stage, ());
        },
    );
}

fn looks<S: Store>() {
    nobody_waits::<S>("len, capacity, stats, contains", |me, stage| {
        let target = stage.add_target();
        stage.add_bystanders();
        me.act();
        stage.store.contains(target);
        assert!(stage.store.len() <= stage.store.capacity());
        assert!(stage.store.stats().total().live <= stage.store.capacity());
        me.done();
    });
}
