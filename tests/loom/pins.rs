//! A value that a pinned thread may be reading is neither dropped nor written.
//!
//! Property: a value that a pinned thread has found is neither ended nor moved nor written until the pin is dropped;
//! then what was removed meanwhile goes at once, exactly once, with the last reader out. A thread that pins when an entry
//! has ended finds it no more.
//!
//! Invariants: N1 (no end under a pin), N2 (no exclusive access under a pin), N3 (an obligation is given back once). Not
//! N4 (a pin keeps its thread's number): `loom` ends all thread-locals of a thread in one step, so that none outlives
//! another.
//!
//! Orderings: the two barriers of `raw/pin.rs`, as real fences; `Pin::leave` Release with `is_pinned` and `push` Acquire;
//! `push` Release with `leave` Acquire; `is_plainly_readable` and `seen_by_walk` Acquire with `publish`, `include` and
//! `downgrade` Release; `release_after_pins` Release with its own Acquire and that of `await_release`.

use flagstone::Config;
use loom::thread::{self, JoinHandle, ThreadId};

use crate::{
    check::Shared,
    value::{Tally, Value},
};

mod exclusive;
mod obligations;
mod pool;
mod publishing;
mod removal;
mod taking;
mod threads;
mod walking;

/// Reads under a pin the entry whose value is 1, if it is there.
fn read<C: Config>(slab: Shared<C>, key: usize, tally: &Tally) {
    let pinned = slab.pin();
    tally.note_reading(pinned.get(key), 1, "read", "absent");
}

/// A thread that does this.
fn reader<C: Config + 'static>(slab: Shared<C>, key: usize, tally: &Tally) -> JoinHandle<()> {
    let tally = tally.clone();
    thread::spawn(move || read(slab, key, &tally))
}

/// Notes whether the value ends on this thread, if that has a name, or on another one.
fn note_where_it_ends(value: &mut Value, tally: &Tally, here: Option<&'static str>, elsewhere: &'static str) {
    let (this, tally): (ThreadId, _) = (thread::current().id(), tally.clone());
    value.at_end(move || {
        let outcome = if thread::current().id() == this { here } else { Some(elsewhere) };
        outcome.into_iter().for_each(|outcome| tally.note(outcome));
    });
}
