//! The end of entries: at once, or left to guards and pins; of the victim's own, or of another thread's.

use flagstone::{Pool, Slab};

use crate::{
    actor::Actor,
    everything,
    scenario::{Stage, TARGET, nobody_waits, nobody_waits_with},
    store::{FewLives, Store, TwoThreads, of_slab_and_pool},
    value::Value,
};

of_slab_and_pool! {
    own
    anothers
    own_with_guards
    anothers_with_guards
    own_with_pins
    anothers_with_pins
    own_held_exclusively
    under_the_own_pin
    onto_a_stack
    try_to
    many
}

/// Ends the target, which is the victim's own.
fn end_own<S: Store>(me: &Actor, stage: &Stage<S>) {
    stage.add_target();
    stage.add_bystanders();
    me.act();
    stage.end_target(S::end);
    me.done();
}

/// Ends the target, which is another thread's.
fn end_anothers<S: Store>(me: &Actor, stage: &Stage<S>) {
    stage.add_bystanders();
    me.act();
    stage.end_target(S::end);
    me.done();
}

/// Prepares an other: the first one makes the target.
fn prepare_target<S: Store>(me: &Actor, stage: &Stage<S>) {
    stage.register();
    if me.number == 1 {
        stage.add_target();
    }
}

fn own<S: Store>() {
    nobody_waits::<S>("remove, own", end_own);
}

fn anothers<S: Store>() {
    nobody_waits_with::<S>("remove, another's: remote free", end_anothers, |me, stage| {
        prepare_target(me, stage);
        everything::with(me, stage, ());
    });
}

fn own_with_guards<S: Store>() {
    nobody_waits_with::<S>("remove, own; others have guards", end_own, |me, stage| {
        stage.register();
        everything::with(me, stage, stage.store.get(stage.targets_key()));
    });
}

fn anothers_with_guards<S: Store>() {
    nobody_waits_with::<S>("remove, another's; others have guards", end_anothers, |me, stage| {
        prepare_target(me, stage);
        everything::with(me, stage, stage.store.get(stage.targets_key()));
    });
}

fn own_with_pins<S: Store>() {
    nobody_waits_with::<S>("remove, own; others have pins", end_own, |me, stage| {
        stage.register();
        everything::with(me, stage, stage.store.pin());
    });
}

fn anothers_with_pins<S: Store>() {
    nobody_waits_with::<S>("remove, another's; others have pins", end_anothers, |me, stage| {
        prepare_target(me, stage);
        everything::with(me, stage, stage.store.pin());
    });
}

fn own_held_exclusively<S: Store>() {
    nobody_waits_with::<S>("remove, own; another holds it exclusively", end_own, |me, stage| {
        stage.register();
        everything::with(me, stage, stage.store.exclusive(stage.targets_key()).ok());
    });
}

fn under_the_own_pin<S: Store>() {
    nobody_waits::<S>("remove under the own pin, unpin", |me, stage| {
        use crate::store::Pinned;

        let target = stage.add_target();
        stage.add_bystanders();
        let pinned = stage.store.pin();
        me.act();
        let value = pinned.get(target);
        stage.end_target(S::end);
        if let Some(value) = value {
            assert_eq!(value.read(), TARGET, "a pin holds it");
        }
        drop(pinned);
        me.done();
    });
}

/// The slot goes on a stack on which there is one already.
fn onto_a_stack<S: Store>() {
    nobody_waits_with::<S>(
        "remove, another's: remote free behind another",
        |me, stage| {
            stage.add_bystanders();
            me.let_others_prepare();
            me.act();
            stage.end_target(S::end);
            me.done();
        },
        |me, stage| {
            stage.register();
            if me.number == 1 {
                // The target shares its page with an entry that the other one has ended.
                stage.add(100);
                stage.add_target();
                stage.leave(2, stage.add(102));
            } else {
                assert!(stage.store.end(stage.left(2)));
            }
            everything::with(me, stage, ());
        },
    );
}

fn try_to<S: Store>() {
    nobody_waits::<S>(if S::NAME == "slab" { "try_take" } else { "clear" }, |me, stage| {
        stage.add_target();
        stage.add_bystanders();
        me.act();
        stage.end_target(S::try_end);
        me.done();
    });
}

fn many<S: Store>() {
    nobody_waits::<S>("retain", |me, stage| {
        stage.add_bystanders();
        let keys = [3, 4].map(|number| stage.add(number));
        me.act();
        stage.store.retain(|value| ![3, 4].contains(&value.read()));
        me.done();
        assert_eq!(keys.map(|key| stage.store.contains(key)), [false; 2], "they were not retained");
    });
}

/// A slot's last life: it is retired.
fn last_life<S: Store>() {
    nobody_waits::<S>("remove, own, the slot's last life", |me, stage| {
        let lives = Slab::<Value, FewLives>::generations(0);
        (1..lives).for_each(|_| assert!(stage.store.end(stage.add(2))));
        stage.add_target();
        stage.tally.end(); // a pool drops what is in a slot that it retires
        me.act();
        stage.end_target(S::end);
        me.done();
        assert_eq!(stage.store.stats().total().retired, 1, "the first page had one slot");
    });
}

#[test]
fn last_life_in_a_slab() {
    last_life::<Slab<Value, FewLives>>();
}

#[test]
fn last_life_in_a_pool() {
    last_life::<Pool<Value, FewLives>>();
}

/// Every thread that can have a deferred-release record is pinned. The remover, which has no shard, cannot have one.
fn without_a_shard<S: Store>() {
    nobody_waits_with::<S>(
        "remove without a shard; others have pins",
        |me, stage| {
            me.let_others_prepare();
            stage.register();
            me.act();
            stage.end_target(S::end);
            me.done();
        },
        |me, stage| {
            prepare_target(me, stage);
            everything::with(me, stage, stage.store.pin());
        },
    );
}

#[test]
fn without_a_shard_from_a_slab() {
    without_a_shard::<Slab<Value, TwoThreads>>();
}

#[test]
fn without_a_shard_from_a_pool() {
    without_a_shard::<Pool<Value, TwoThreads>>();
}
