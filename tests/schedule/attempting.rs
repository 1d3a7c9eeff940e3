//! An attempt at exclusive access is not noticed by those that find the entry, at whichever step it is stopped.

use flagstone::{Pool, Slab};

use crate::{
    actor::Actor,
    scenario::{Stage, TARGET, nobody_waits_with},
    store::{Pinned, Small, Store},
    value::Value,
};

/// Reads the target under a pin; if it is there then, so it is until the pin ends, for every look.
fn look<S: Store>(me: &Actor, stage: &Stage<S>) {
    stage.register();
    let target = stage.targets_key();
    me.act();
    for _ in 0..2 {
        me.next("pin");
        let pinned = stage.store.pin();
        me.next("read under a pin");
        if let Some(value) = pinned.get(target) {
            assert_eq!(value.read(), TARGET);
            me.next("get");
            assert!(stage.store.get(target).is_some(), "an attempt is not noticed");
            me.next("contains");
            assert!(stage.store.contains(target), "an attempt is not noticed");
            me.next("read under a pin");
            assert!(pinned.get(target).is_some(), "an attempt is not noticed");
            me.next("walk");
            assert!(pinned.iter().any(|(key, _)| key == target), "an attempt is not noticed");
            me.next("retain");
            let mut asked = false;
            stage.store.retain(|value| {
                asked |= value.read() == TARGET;
                true
            });
            assert!(asked, "an attempt is not noticed");
            me.next("get_exclusive");
            assert!(stage.store.exclusive(target).is_err(), "it is pinned");
            assert_eq!(value.read(), TARGET, "a pin holds it");
        }
        me.next("unpin");
        drop(pinned);
    }
    me.done();
}

fn get_exclusive<S: Store>() {
    nobody_waits_with::<S>(
        "get_exclusive, guard dropped: looks of others",
        |me, stage| {
            let target = stage.add_target();
            me.act();
            if let Ok(mut entry) = stage.store.exclusive(target) {
                entry.change(TARGET);
            }
            me.done();
            stage.end_target(S::end);
        },
        look,
    );
}

#[test]
fn get_exclusive_of_a_slab() {
    get_exclusive::<Slab<Value, Small>>();
}

#[test]
fn get_exclusive_of_a_pool() {
    get_exclusive::<Pool<Value, Small>>();
}

#[test]
fn try_take() {
    nobody_waits_with::<Slab<Value, Small>>(
        "try_take: looks of others",
        |me, stage| {
            let target = stage.add_target();
            me.act();
            stage.end_target(Slab::try_end);
            me.done();
            if stage.store.contains(target) {
                stage.end_target(Slab::end);
            }
        },
        look,
    );
}
