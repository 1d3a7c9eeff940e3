//! Guards: got, and given back when they are the last, or not.

use crate::{
    actor::Actor,
    everything,
    scenario::{Stage, TARGET, nobody_waits, nobody_waits_with},
    store::{Store, of_slab_and_pool},
};

of_slab_and_pool! {
    get_and_drop
    get_beside_guards
    exclusive
    drop_beside_guards
    drop_last_of_own
    drop_last_of_another
}

fn get_and_drop<S: Store>() {
    nobody_waits::<S>("get, guard dropped", |me, stage| {
        let target = stage.add_target();
        stage.add_bystanders();
        me.act();
        if let Some(entry) = stage.store.get(target) {
            assert_eq!(entry.read(), TARGET);
        }
        me.done();
    });
}

fn get_beside_guards<S: Store>() {
    nobody_waits_with::<S>(
        "get, guard held; others have guards",
        |me, stage| {
            let target = stage.add_target();
            stage.add_bystanders();
            me.act();
            let entry = stage.store.get(target);
            me.done();
            if let Some(entry) = entry {
                assert_eq!(entry.read(), TARGET, "it has a guard");
            }
        },
        |me, stage| {
            stage.register();
            everything::with(me, stage, stage.store.get(stage.targets_key()));
        },
    );
}

fn exclusive<S: Store>() {
    nobody_waits::<S>("get_exclusive, written, guard dropped", |me, stage| {
        let target = stage.add_target();
        stage.add_bystanders();
        me.act();
        if let Ok(mut entry) = stage.store.exclusive(target) {
            entry.change(TARGET);
        }
        me.done();
    });
}

/// A victim that drops a guard of its own entry.
fn drop_a_guard<S: Store>(me: &Actor, stage: &Stage<S>) {
    let target = stage.add_target();
    stage.add_bystanders();
    let entry = stage.store.get(target);
    me.act();
    drop(entry);
    me.done();
}

fn drop_beside_guards<S: Store>() {
    nobody_waits_with::<S>("guard dropped, not the last", drop_a_guard, |me, stage| {
        stage.register();
        everything::with(me, stage, stage.store.get(stage.targets_key()));
    });
}

fn drop_last_of_own<S: Store>() {
    nobody_waits_with::<S>("guard dropped, last of an own marked entry", drop_a_guard, |me, stage| {
        stage.register();
        if me.number == 1 {
            assert!(stage.end_target(S::end));
        }
        everything::with(me, stage, ());
    });
}

fn drop_last_of_another<S: Store>() {
    nobody_waits_with::<S>(
        "guard dropped, last of another's marked entry",
        |me, stage| {
            stage.add_bystanders();
            me.let_others_prepare();
            let entry = stage.store.get(stage.targets_key());
            me.act();
            drop(entry);
            me.done();
        },
        |me, stage| {
            stage.register();
            if me.number == 1 {
                stage.add_target();
                me.let_others_prepare();
                assert!(stage.end_target(S::end));
            }
            everything::with(me, stage, ());
        },
    );
}
