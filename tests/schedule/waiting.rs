//! The operations that may wait, each caught waiting for a thread that has stopped: what [`nobody_waits`] would notice.
//!
//! | operation | waits for | since |
//! | --- | --- | --- |
//! | `take` | guards and pins of the entry | it hands the value over |
//! | a guard or pin dropped, the last that a `take` waits for | a taker that looks | its wake must not be missed |
//! | insertion, `trim` without a shard of one's own | another such thread | they share one shard |
//! | a thread's first insertion or pin of all | another thread's first | they share the registry of numbers |
//!
//! Not caught here: a thread's end, which gives its number back to the same registry; the allocator; and `take` if
//! there is no memory for the records of pinned threads: it then polls until they are no longer pinned.
//!
//! [`nobody_waits`]: crate::scenario::nobody_waits

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use flagstone::Slab;

use crate::{
    actor::Actor,
    cell::step,
    scenario::{Stage, somebody_waits},
    store::{OneThread, Small, Store},
    value::Value,
};

type SmallSlab = Slab<Value, Small>;
type Crowded = Slab<Value, OneThread>;

/// An other that takes the target.
fn take(me: &Actor, stage: &Stage<SmallSlab>) {
    stage.register();
    me.act();
    me.next("take");
    stage.end_target(SmallSlab::wait_and_end);
    me.done();
}

/// A victim that takes what others hold.
fn take_what_others_hold(me: &Actor, stage: &Stage<SmallSlab>) {
    stage.add_target();
    me.let_others_prepare();
    me.act();
    stage.end_target(SmallSlab::wait_and_end);
    me.done();
}

#[test]
fn take_waits_for_guards_and_for_being_woken() {
    let victim = |me: &Actor, stage: &Stage<SmallSlab>| {
        let target = stage.add_target();
        me.act();
        drop(stage.store.get(target));
        me.done();
    };
    somebody_waits("get, guard dropped", "take", victim, take);
}

#[test]
fn take_waits_for_pins_and_for_being_woken() {
    let victim = |me: &Actor, stage: &Stage<SmallSlab>| {
        stage.add_target();
        me.act();
        drop(stage.store.pin());
        me.done();
    };
    somebody_waits("pin, unpin", "take", victim, take);
}

#[test]
fn a_guard_of_what_is_being_taken_waits_for_the_taker() {
    somebody_waits("take", "guard dropped", take_what_others_hold, |me, stage: &Stage<SmallSlab>| {
        stage.register();
        let entry = stage.store.get(stage.targets_key());
        me.act();
        me.next("guard dropped");
        drop(entry);
        me.done();
    });
}

#[test]
fn a_pin_of_what_is_being_taken_waits_for_the_taker() {
    somebody_waits("take", "unpin", take_what_others_hold, |me, stage: &Stage<SmallSlab>| {
        stage.register();
        let pinned = stage.store.pin();
        me.act();
        me.next("unpin");
        drop(pinned);
        me.done();
    });
}

/// A thread without a shard, which does `operation` when all others are prepared: the first thread has the only shard.
fn without_a_shard(me: &Actor, stage: &Stage<Crowded>, operation: impl FnOnce()) {
    if me.number == 0 {
        me.let_others_prepare();
    }
    stage.register();
    me.act();
    me.next("in the overflow shard");
    operation();
    me.done();
}

#[test]
fn insertion_without_a_shard_waits() {
    let thread = |me: &Actor, stage: &Stage<Crowded>| without_a_shard(me, stage, || _ = stage.add(1 + me.number));
    somebody_waits("insert without a shard", "in the overflow shard", thread, thread);
}

#[test]
fn trim_without_a_shard_waits() {
    let thread = |me: &Actor, stage: &Stage<Crowded>| {
        if me.number > 0 {
            // One of them has the only shard then.
            drop(stage.store.pin());
        }
        without_a_shard(me, stage, || match me.number {
            0 => _ = stage.add(1),
            _ => _ = stage.store.trim(),
        });
    };
    somebody_waits("insert without a shard", "in the overflow shard", thread, thread);
}

#[test]
fn a_threads_first_insertion_waits() {
    let thread = |me: &Actor, stage: &Stage<SmallSlab>| {
        me.act();
        me.next("insert");
        stage.add(1 + me.number);
        me.done();
    };
    somebody_waits("insert, the thread's first", "insert", thread, thread);
}

#[test]
fn a_threads_first_pin_waits() {
    let thread = |me: &Actor, stage: &Stage<SmallSlab>| {
        me.act();
        me.next("pin");
        drop(stage.store.pin());
        me.done();
    };
    somebody_waits("pin, the thread's first", "pin", thread, thread);
}

/// No operation of the crate: a lock of the kind that no scheduler sees.
#[test]
fn spinning_is_waiting() {
    let locked = Arc::new(AtomicBool::new(false));
    let thread = move |me: &Actor, stage: &Stage<SmallSlab>| {
        stage.register();
        me.act();
        me.next("spin");
        while locked.swap(true, Ordering::Relaxed) {
            step();
        }
        step();
        stage.add(1 + me.number);
        locked.store(false, Ordering::Relaxed);
        me.done();
    };
    somebody_waits("a spin lock", "spin", thread.clone(), thread);
}
