//! What a slab should do, as plainly as it can be said: a map from keys to entries, and a list of slots.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    marker::PhantomData,
};

use flagstone::{ExclusiveError, Slab};

use super::configurations::{Place, Shape};

/// How an entry stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stand {
    Present,
    /// The one guard that it has is exclusive.
    Exclusive,
    Removed,
    /// Somebody waits for it.
    Awaited,
}

/// An entry, until its slot is free.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Entry {
    pub(crate) id: u64,
    pub(crate) written: u64,
    pub(crate) guards: usize,
    /// Guards among them that will never be dropped.
    pub(crate) forgotten: usize,
    pub(crate) stand: Stand,
}

/// What becomes of an entry when a guard is dropped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ended {
    No,
    /// Its value is gone.
    Dropped,
    /// Its value goes to who waits for it.
    HandedOver,
}

/// A slot that was used.
#[derive(Debug, Default)]
struct SlotUse {
    /// How many keys were made from it.
    lives: usize,
    occupied: bool,
}

/// A shard that was used.
#[derive(Debug, Default)]
struct ShardUse {
    pages: usize,
    /// Slots that are reserved, or whose entry has not ended.
    occupied: usize,
    retired: usize,
}

#[derive(Debug)]
pub(crate) struct Oracle<C> {
    entries: BTreeMap<usize, Entry>,
    slots: HashMap<Place, SlotUse>,
    shards: HashMap<usize, ShardUse>,
    /// Every key that was ever handed out, in order.
    given: Vec<usize>,
    _config: PhantomData<C>,
}

impl<C: Shape> Oracle<C> {
    pub(crate) fn new() -> Self {
        Self {
            entries: BTreeMap::new(),
            slots: HashMap::new(),
            shards: HashMap::new(),
            given: Vec::new(),
            _config: PhantomData,
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.entries.len()
    }

    pub(crate) fn capacity(&self) -> usize {
        self.shards.values().map(|shard| C::capacity(shard.pages)).sum()
    }

    pub(crate) fn given(&self) -> &[usize] {
        &self.given
    }

    /// All entries, removed ones that have guards among them.
    pub(crate) fn entries(&self) -> impl Iterator<Item = (usize, &Entry)> {
        self.entries.iter().map(|(&key, entry)| (key, entry))
    }

    pub(crate) fn entry(&self, key: usize) -> Option<&Entry> {
        self.entries.get(&key)
    }

    pub(crate) fn entry_mut(&mut self, key: usize) -> &mut Entry {
        self.entries.get_mut(&key).expect("a guard's entry has not ended")
    }

    /// The entry, if it has neither been removed nor is held exclusively.
    pub(crate) fn readable(&self, key: usize) -> Option<&Entry> {
        self.entry(key).filter(|entry| entry.stand == Stand::Present)
    }

    /// The entry, if it has not been removed.
    pub(crate) fn removable(&self, key: usize) -> Option<&Entry> {
        self.entry(key).filter(|entry| matches!(entry.stand, Stand::Present | Stand::Exclusive))
    }

    /// Whether the shard has room for one more; it adds a page if all the slots that it has are in use or retired.
    pub(crate) fn has_room(&mut self, shard: usize) -> bool {
        let shard = self.shards.entry(shard).or_default();
        if shard.occupied + shard.retired < C::capacity(shard.pages) {
            return true;
        }
        let may_grow = shard.pages < C::MAX_PAGES;
        shard.pages += usize::from(may_grow);
        may_grow
    }

    /// A slot of `shard` was reserved and given `key`: checks that it is one that it may have.
    pub(crate) fn reserved(&mut self, shard: usize, key: usize) {
        let (place, generation) = C::unpack(key);
        let slot = self.slots.entry(place).or_default();
        let shard_use = self.shards.entry(shard).or_default();
        assert_eq!(place.shard, shard, "key {key:#x} is of another shard");
        assert!(place.page < shard_use.pages, "key {key:#x} is of a page that does not exist");
        assert!(!slot.occupied, "the slot of key {key:#x} is in use");
        let generations = Slab::<(), C>::generations(place.page);
        if C::WRAP_GENERATIONS {
            assert_eq!(generation, slot.lives % generations, "key {key:#x} has the wrong generation");
        } else {
            assert!(slot.lives < generations, "the slot of key {key:#x} is retired");
            assert_eq!(generation, slot.lives, "key {key:#x} has the wrong generation");
        }
        slot.occupied = true;
        slot.lives += 1;
        shard_use.occupied += 1;
        self.given.push(key);
    }

    /// Every key is new, if the configuration promises that. (Said once more, though generations imply it.)
    pub(crate) fn check_given(&self) {
        let different: HashSet<usize> = self.given.iter().copied().collect();
        assert!(C::WRAP_GENERATIONS || different.len() == self.given.len(), "a key was handed out twice");
        assert!(!different.contains(&usize::MAX), "the number of all ones is never a key");
    }

    /// The slot of `key` is free again, or retired.
    pub(crate) fn vacated(&mut self, key: usize) {
        let (place, _) = C::unpack(key);
        let slot = self.slots.get_mut(&place).expect("it was reserved");
        let shard = self.shards.get_mut(&place.shard).expect("a slot of it was reserved");
        slot.occupied = false;
        shard.occupied -= 1;
        let spent = slot.lives == Slab::<(), C>::generations(place.page);
        shard.retired += usize::from(spent && !C::WRAP_GENERATIONS);
    }

    /// A reserved slot became an entry.
    pub(crate) fn published(&mut self, key: usize, id: u64) {
        let entry = Entry { id, written: 0, guards: 0, forgotten: 0, stand: Stand::Present };
        assert!(self.entries.insert(key, entry).is_none(), "key {key:#x} has an entry already");
    }

    fn end(&mut self, key: usize) -> Entry {
        let entry = self.entries.remove(&key).expect("it is there");
        self.vacated(key);
        entry
    }

    /// One more guard, if the key has a readable entry.
    pub(crate) fn get(&mut self, key: usize) -> Option<u64> {
        let id = self.readable(key)?.id;
        self.entry_mut(key).guards += 1;
        Some(id)
    }

    pub(crate) fn release(&mut self, key: usize) -> Ended {
        let entry = self.entry_mut(key);
        entry.guards -= 1;
        match (entry.guards, entry.stand) {
            (0, Stand::Removed) => {
                self.end(key);
                Ended::Dropped
            }
            (0, Stand::Awaited) => {
                self.end(key);
                Ended::HandedOver
            }
            _ => Ended::No,
        }
    }

    pub(crate) fn exclude(&mut self, key: usize) -> Result<u64, ExclusiveError> {
        match self.removable(key) {
            None => Err(ExclusiveError::Absent),
            Some(entry) if entry.guards > 0 => Err(ExclusiveError::InUse),
            Some(_) => {
                let entry = self.entry_mut(key);
                (entry.guards, entry.stand) = (1, Stand::Exclusive);
                Ok(entry.id)
            }
        }
    }

    pub(crate) fn include(&mut self, key: usize) -> Ended {
        let entry = self.entry_mut(key);
        if entry.stand == Stand::Exclusive {
            (entry.guards, entry.stand) = (0, Stand::Present);
            return Ended::No;
        }
        self.release(key)
    }

    pub(crate) fn remove(&mut self, key: usize) -> bool {
        let Some(&Entry { guards, .. }) = self.removable(key) else { return false };
        if guards == 0 {
            self.end(key);
        } else {
            self.entry_mut(key).stand = Stand::Removed;
        }
        true
    }

    pub(crate) fn try_take(&mut self, key: usize) -> Option<Entry> {
        self.removable(key).filter(|entry| entry.guards == 0)?;
        Some(self.end(key))
    }

    /// Everything ends, guards that were forgotten or not.
    pub(crate) fn clear(&mut self) {
        for key in self.entries.keys().copied().collect::<Vec<_>>() {
            self.end(key);
        }
    }

    /// An entry is moved out of a slab that nobody else uses.
    pub(crate) fn drained(&mut self, key: usize) -> Option<Entry> {
        self.removable(key)?;
        Some(self.end(key))
    }

    pub(crate) fn removable_count(&self) -> usize {
        self.entries().filter(|&(key, _)| self.removable(key).is_some()).count()
    }
}
