//! What a slab or a pool should do, as plainly as it can be said: a map from keys to entries, and a list of slots
//! ([`slots`]), and another one of pins ([`pins`]). How entries end is in [`endings`].

mod endings;
mod pins;
mod slots;

use std::collections::{BTreeMap, HashSet};

use flagstone::{ExclusiveError, GetError, ReserveError, Stats};

pub(crate) use self::slots::Trimmed;
use self::{
    pins::Pins,
    slots::{Kept, Slots},
};
use super::{call::Call, configurations::Shape, store::Ending, value::Curse};

/// How an entry stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stand {
    Present,
    /// The one guard that it has is exclusive.
    Exclusive,
    Ended,
    /// A thread waits for it.
    Awaited,
}

/// An entry, until its slot is free.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Entry {
    /// Of its value.
    pub(crate) id: u64,
    pub(crate) written: Option<u64>,
    pub(crate) curse: Curse,
    pub(crate) guards: usize,
    /// Guards among them that will never be dropped.
    pub(crate) forgotten: usize,
    pub(crate) stand: Stand,
}

/// What becomes of an entry when a guard is dropped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Released {
    /// It stays, or it has ended.
    Done,
    /// Its value goes to the thread that waits for it.
    HandedOver,
}

/// Where what is done calls user code that panics, the result is the call from which the panic goes on.
#[derive(Debug)]
pub(crate) struct Oracle<C> {
    ending: Ending,
    entries: BTreeMap<usize, Entry>,
    /// The numbers of the threads that have shards, in the order in which they came to them: the first has shard 1.
    claims: Vec<usize>,
    slots: Slots<C>,
    pins: Pins,
    /// Every key that was ever handed out, in order.
    given: Vec<usize>,
    /// How many values were made.
    made: u64,
    /// How often a value was cleared.
    clears: u64,
}

impl<C: Shape> Oracle<C> {
    pub(crate) fn new(ending: Ending) -> Self {
        let (entries, slots, pins) = (BTreeMap::new(), Slots::new(), Pins::default());
        Self { ending, entries, claims: Vec::new(), slots, pins, given: Vec::new(), made: 0, clears: 0 }
    }

    /// The shard of the thread with this number, which inserts or pins: 0, the overflow shard, if others have all.
    pub(crate) fn claim(&mut self, number: usize) -> usize {
        if !self.claims.contains(&number) && self.claims.len() < C::MAX_THREADS {
            if self.claims.is_empty() {
                self.slots.found();
            }
            self.claims.push(number);
        }
        self.shard(number)
    }

    /// The shard of the thread with this number so far.
    fn shard(&self, number: usize) -> usize {
        self.claims.iter().position(|&claim| claim == number).map_or(0, |position| position + 1)
    }

    pub(crate) fn len(&self) -> usize {
        self.entries.len()
    }

    pub(crate) fn capacity(&self) -> usize {
        self.slots.capacity()
    }

    /// How many values were made, how often a value was cleared, and how many are alive.
    pub(crate) fn counts(&self) -> (u64, u64, usize) {
        (self.made, self.clears, self.entries.len() + self.slots.kept().count())
    }

    /// The values that are kept in free slots.
    pub(crate) fn kept(&self) -> impl Iterator<Item = u64> {
        self.slots.kept().map(|kept| kept.id)
    }

    pub(crate) fn given(&self) -> &[usize] {
        &self.given
    }

    /// All entries, ended ones that have guards, or that pins may be reading, among them.
    pub(crate) fn entries(&self) -> impl Iterator<Item = (usize, &Entry)> {
        self.entries.iter().map(|(&key, entry)| (key, entry))
    }

    pub(crate) fn entry(&self, key: usize) -> Option<&Entry> {
        self.entries.get(&C::without_reserved_bits(key))
    }

    pub(crate) fn entry_mut(&mut self, key: usize) -> &mut Entry {
        self.entries.get_mut(&C::without_reserved_bits(key)).expect("a guard's entry has not ended")
    }

    /// The entry, if it has neither been ended nor is held exclusively.
    pub(crate) fn readable(&self, key: usize) -> Option<&Entry> {
        self.entry(key).filter(|entry| entry.stand == Stand::Present)
    }

    /// The entry, if it has not been ended.
    pub(crate) fn endable(&self, key: usize) -> Option<&Entry> {
        self.entry(key).filter(|entry| matches!(entry.stand, Stand::Present | Stand::Exclusive))
    }

    /// The values of all entries that have not been ended.
    pub(crate) fn all_endable(&self) -> BTreeMap<usize, u64> {
        let endable = self.entries().filter(|&(key, _)| self.endable(key).is_some());
        endable.map(|(key, entry)| (key, entry.id)).collect()
    }

    /// The values of all entries that can be read.
    pub(crate) fn all_readable(&self) -> BTreeMap<usize, u64> {
        let readable = self.entries().filter(|&(key, _)| self.readable(key).is_some());
        readable.map(|(key, entry)| (key, entry.id)).collect()
    }

    /// Whether the shard has room for one more; it adds a page if all the slots that it has are in use or retired.
    pub(crate) fn has_room(&mut self, shard: usize) -> bool {
        self.slots.has_room(shard)
    }

    /// The thread with this number makes room for so many more entries.
    pub(crate) fn make_room(&mut self, number: usize, additional: usize) -> Result<(), ReserveError> {
        if additional == 0 {
            return Ok(());
        }
        let shard = self.claim(number);
        let of_shard = |key: &&usize| C::unpack(**key).0.shard == shard;
        let live = self.entries.keys().filter(of_shard).count();
        self.slots.make_room(shard, live, additional)
    }

    /// A value was made.
    pub(crate) fn made(&mut self) -> u64 {
        self.made += 1;
        self.made
    }

    /// A slot of `shard` that keeps no value was reserved and given `key`.
    pub(crate) fn reserved(&mut self, shard: usize, key: usize) {
        assert_eq!(self.slots.reserve(shard, key), None, "the slot of {key:#x} keeps a value");
        self.is_given(key);
    }

    /// A key was handed out: any number but 0 and that of all ones.
    fn is_given(&mut self, key: usize) {
        assert!(key != 0 && key != usize::MAX, "{key:#x} is no key");
        self.given.push(key);
    }

    /// A reserved slot became an entry.
    pub(crate) fn published(&mut self, key: usize, id: u64) {
        let (written, curse) = (None, Curse::default());
        let entry = Entry { id, written, curse, guards: 0, forgotten: 0, stand: Stand::Present };
        assert!(self.entries.insert(key, entry).is_none(), "key {key:#x} has an entry already");
    }

    /// A slot of `shard` became an entry, of the value `id`: the one that the slot kept, or else a new one.
    pub(crate) fn created(&mut self, shard: usize, key: usize, id: u64) {
        self.slots.settle(shard, key, id);
        let kept = self.slots.reserve(shard, key);
        let kept = kept.unwrap_or_else(|| Kept { id: self.made(), drop_panics: false });
        assert_eq!(id, kept.id, "the value of {key:#x}");
        self.is_given(key);
        self.published(key, id);
        self.entry_mut(key).curse.drop = kept.drop_panics;
    }

    /// Whether a panic may be planned after which the slot that it concerned is unknown.
    pub(crate) fn can_lose_sight(&self, shard: usize) -> bool {
        self.slots.can_lose_sight(shard)
    }

    /// `Default` panicked.
    pub(crate) fn not_made(&mut self, shard: usize) {
        self.slots.lose_sight(shard, None);
    }

    /// The code that was to fill a value panicked: the value is cleared, and kept if that did not panic too.
    pub(crate) fn spoilt(&mut self, shard: usize, id: u64, curse: Curse) {
        self.clears += 1;
        if self.kept().all(|kept| kept != id) {
            assert_eq!(id, self.made(), "a value that no slot kept is new");
        }
        self.slots.spoil(shard, id, (!curse.clear).then_some(Kept { id, drop_panics: curse.drop }));
    }

    /// The shard of the thread with this number is trimmed, and those of the threads that have ended: `alive` are the numbers
    /// of all others. `None`: it is not known what it would do.
    pub(crate) fn trim(&mut self, number: usize, alive: &[usize]) -> Option<Trimmed> {
        let ended = self.claims.iter().filter(|&&claim| claim != number && !alive.contains(&claim));
        let shards = ended.copied().chain([number]).map(|number| self.shard(number)).collect();
        self.trim_these(shards)
    }

    /// All shards are.
    pub(crate) fn trim_all(&mut self) -> Option<Trimmed> {
        self.trim_these(self.slots.shards())
    }

    fn trim_these(&mut self, shards: Vec<usize>) -> Option<Trimmed> {
        let is_foreseen = shards.iter().all(|&shard| self.slots.can_foresee_trim(shard));
        is_foreseen
            .then(|| shards.into_iter().map(|shard| self.slots.trim(shard)).fold(Trimmed::default(), Trimmed::and))
    }

    /// Compares what the store says of its pages.
    pub(crate) fn check_stats(&self, stats: &Stats) {
        self.slots.check(stats, self.entries.keys().copied());
    }

    /// Every key is new, if the configuration promises that. (Said once more, though generations imply it.)
    pub(crate) fn check_given(&self) {
        let different: HashSet<usize> = self.given.iter().copied().collect();
        assert!(C::WRAP_GENERATIONS || different.len() == self.given.len(), "a key was handed out twice");
    }

    /// A reserved slot is given back unused.
    pub(crate) fn vacated(&mut self, key: usize) {
        self.slots.vacate(key, None);
    }

    /// One more guard, if the key has a readable entry.
    pub(crate) fn get(&mut self, key: usize) -> Option<u64> {
        let id = self.readable(key)?.id;
        self.entry_mut(key).guards += 1;
        Some(id)
    }

    /// The same, or the reason why there is none.
    pub(crate) fn try_get(&mut self, key: usize) -> Result<u64, GetError> {
        let reason = if self.endable(key).is_some() { GetError::Exclusive } else { GetError::Absent };
        self.get(key).ok_or(reason)
    }

    pub(crate) fn release(&mut self, key: usize) -> Result<Released, Call> {
        let entry = self.entry_mut(key);
        entry.guards -= 1;
        match (entry.guards, entry.stand) {
            (0, Stand::Ended) if !self.is_owed(key) => self.destroyed(key).map(|()| Released::Done),
            (0, Stand::Awaited) => {
                self.moved_out(key);
                Ok(Released::HandedOver)
            }
            _ => Ok(Released::Done),
        }
    }

    pub(crate) fn exclude(&mut self, key: usize) -> Result<u64, ExclusiveError> {
        match self.endable(key) {
            None => Err(ExclusiveError::Absent),
            Some(entry) if entry.guards > 0 || self.is_pinned() => Err(ExclusiveError::InUse),
            Some(_) => {
                let entry = self.entry_mut(key);
                (entry.guards, entry.stand) = (1, Stand::Exclusive);
                Ok(entry.id)
            }
        }
    }

    pub(crate) fn include(&mut self, key: usize) -> Result<Released, Call> {
        let entry = self.entry_mut(key);
        if entry.stand == Stand::Exclusive {
            (entry.guards, entry.stand) = (0, Stand::Present);
            return Ok(Released::Done);
        }
        self.release(key)
    }

    /// The guard of a lent value ends, and its entry with it, if that has not ended before. No pin can have read the value,
    /// so it ends at once.
    pub(crate) fn give_back(&mut self, key: usize) -> Result<Released, Call> {
        if self.entry_mut(key).stand == Stand::Exclusive {
            return self.destroyed(key).map(|()| Released::Done);
        }
        self.end(key)?;
        self.include(key)
    }

    /// An exclusive guard becomes one that is shared.
    pub(crate) fn downgrade(&mut self, key: usize) {
        let entry = self.entry_mut(key);
        if entry.stand == Stand::Exclusive {
            entry.stand = Stand::Present;
        }
    }
}
