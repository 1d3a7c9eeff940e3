//! Pins: which thread may be reading which values, and which pin's end ends which values.

use std::collections::{BTreeMap, BTreeSet};

use super::super::{call::Call, configurations::Shape};
use super::{Entry, Oracle, Released, Stand};

/// A pin that is out.
#[derive(Debug)]
struct PinOut {
    name: usize,
    /// The thread's.
    worker: usize,
    /// The keys of what was looked up, if the thread has no shard to pin: then the pin has guards.
    guarded: Option<BTreeSet<usize>>,
    /// What was found: key, identity, and what was written in it.
    kept: Vec<(usize, u64, Option<u64>)>,
}

/// All pins.
#[derive(Debug, Default)]
pub(super) struct Pins {
    out: Vec<PinOut>,
    named: usize,
    /// Threads that were pinned when an entry was ended or taken, as long as they are.
    owed: BTreeMap<usize, BTreeSet<usize>>,
}

impl Pins {
    fn get(&mut self, name: usize) -> &mut PinOut {
        self.out.iter_mut().find(|pin| pin.name == name).expect("the pin is out")
    }

    /// The threads that have pinned a shard.
    fn threads(&self) -> BTreeSet<usize> {
        self.out.iter().filter(|pin| pin.guarded.is_none()).map(|pin| pin.worker).collect()
    }
}

/// What a pin leaves behind.
#[derive(Debug, Default)]
pub(crate) struct Unpinned {
    /// Calls that panic, one of which goes on.
    pub(crate) panics: Vec<Call>,
    /// Entries, with their values, that go to the threads that wait for them.
    pub(crate) handed_over: Vec<(usize, u64)>,
}

impl<C: Shape> Oracle<C> {
    /// A thread pins, with its shard if it has one. Returns the name of the pin.
    pub(crate) fn pin(&mut self, worker: usize, has_shard: bool) -> usize {
        self.pins.named += 1;
        let (name, guarded) = (self.pins.named, (!has_shard).then(BTreeSet::new));
        self.pins.out.push(PinOut { name, worker, guarded, kept: Vec::new() });
        name
    }

    /// The names of all pins, and their threads.
    pub(crate) fn pins(&self) -> Vec<(usize, usize)> {
        self.pins.out.iter().map(|pin| (pin.name, pin.worker)).collect()
    }

    /// Whether any thread has pinned a shard, so that nothing can be had exclusively.
    pub(crate) fn is_pinned(&self) -> bool {
        !self.pins.threads().is_empty()
    }

    /// Whether the thread has a pin, of either kind.
    pub(crate) fn is_pinned_by(&self, worker: usize) -> bool {
        self.pins.out.iter().any(|pin| pin.worker == worker)
    }

    /// The pin visits the entry of `key`; returns what it sees.
    pub(crate) fn seen_by_pin(&mut self, name: usize, key: usize) -> Option<u64> {
        let id = self.readable(key)?.id;
        let (key, pin) = (C::without_reserved_bits(key), self.pins.get(name));
        if pin.guarded.as_mut().is_some_and(|guarded| guarded.insert(key)) {
            self.entry_mut(key).guards += 1;
        }
        Some(id)
    }

    /// The same, and the reference is kept.
    pub(crate) fn kept_by_pin(&mut self, name: usize, key: usize) -> Option<u64> {
        let id = self.seen_by_pin(name, key)?;
        let written = self.entry(key)?.written;
        self.pins.get(name).kept.push((key, id, written));
        Some(id)
    }

    /// What all that was kept is, whether its entries are there or not.
    pub(crate) fn kept_of_pin(&mut self, name: usize) -> Vec<(usize, u64, Option<u64>)> {
        self.pins.get(name).kept.clone()
    }

    /// The pin ends.
    pub(crate) fn unpin(&mut self, name: usize) -> Unpinned {
        let position = self.pins.out.iter().position(|pin| pin.name == name).expect("the pin is out");
        let PinOut { worker, guarded, .. } = self.pins.out.remove(position);
        let mut unpinned = Unpinned::default();
        for key in guarded.into_iter().flatten() {
            let id = self.entry_mut(key).id;
            match self.release(key) {
                Ok(Released::Done) => {}
                Ok(Released::HandedOver) => unpinned.handed_over.push((key, id)),
                Err(call) => unpinned.panics.push(call),
            }
        }
        if !self.pins.threads().contains(&worker) {
            let mut settled = Vec::new();
            self.pins.owed.retain(|&key, threads| {
                let was_last = threads.remove(&worker) && threads.is_empty();
                settled.extend(was_last.then_some(key));
                !was_last
            });
            // An entry that has guards still ends with those; one that was taken is the taker's.
            settled
                .retain(|&key| self.entry(key).is_some_and(|entry| (entry.guards, entry.stand) == (0, Stand::Ended)));
            unpinned.panics.extend(settled.into_iter().filter_map(|key| self.destroyed(key).err()));
        }
        unpinned
    }

    /// Gives all pinned threads a record for an entry that was just ended, or taken.
    pub(super) fn owe(&mut self, key: usize) {
        let pinned = self.pins.threads();
        if !pinned.is_empty() {
            let before = self.pins.owed.insert(C::without_reserved_bits(key), pinned);
            assert!(before.is_none(), "{key:#x} ends twice");
        }
    }

    /// Whether a thread is still pinned that was when the entry was ended or taken.
    pub(crate) fn is_owed(&self, key: usize) -> bool {
        self.pins.owed.contains_key(&C::without_reserved_bits(key))
    }

    /// A thread takes an entry and waits: for its guards, and for the pins that are out.
    pub(crate) fn awaited(&mut self, key: usize) {
        self.owe(key);
        self.entry_mut(key).stand = Stand::Awaited;
    }

    /// The same of an entry without guards.
    pub(crate) fn taken_under_pins(&mut self, key: usize) -> Entry {
        self.owe(key);
        self.moved_out(key)
    }
}
