//! The slots of all shards: which are in use, how often they were, and what they keep.

mod pages;

use std::{collections::HashMap, marker::PhantomData};

use flagstone::{ReserveError, Slab};

pub(crate) use self::pages::Trimmed;
use super::super::configurations::{Place, Shape};

/// A slot that was used.
#[derive(Debug, Default)]
struct SlotUse {
    /// How many keys were made from it, or were spent when its page was trimmed.
    lives: usize,
    occupied: bool,
    /// The value that it keeps while it is free.
    kept: Option<Kept>,
}

/// A cleared value in a free slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Kept {
    pub(super) id: u64,
    pub(super) drop_panics: bool,
}

/// A shard that was used.
#[derive(Debug, Default)]
struct ShardUse {
    pages: usize,
    /// Slots that are reserved, or whose entry has not ended.
    occupied: usize,
    retired: usize,
    // After a panic before a creator knows the key, the slot is unknown. Until it shows itself:
    /// Lives that were spent, in some slots which kept no known value then.
    unseen_lives: usize,
    /// New values that were cleared after a panic and are kept in a slot, each having spent a life of it.
    unseen_values: Vec<Kept>,
}

#[derive(Debug)]
pub(super) struct Slots<C> {
    slots: HashMap<Place, SlotUse>,
    shards: HashMap<usize, ShardUse>,
    /// By shard and page: the generation with which slots begin that were not used since the page was trimmed.
    floors: HashMap<(usize, usize), usize>,
    _config: PhantomData<C>,
}

fn generations<C: Shape>(page: usize) -> usize {
    Slab::<(), C>::generations(page)
}

/// How many of a slot's next lives are skipped, because their key would be 0.
fn skipped_among<C: Shape>(place: Place, lives: usize, passed: usize) -> usize {
    let zeros = |lives: usize| lives.div_ceil(generations::<C>(place.page));
    if place == Place::OF_ZERO { zeros(lives.wrapping_add(passed)).saturating_sub(zeros(lives)) } else { 0 }
}

impl<C: Shape> Slots<C> {
    pub(super) fn new() -> Self {
        Self { slots: HashMap::new(), shards: HashMap::new(), floors: HashMap::new(), _config: PhantomData }
    }

    /// The first thread that uses the store gets its first page with its shard.
    pub(super) fn found(&mut self) {
        self.shards.entry(1).or_default().pages = 1;
    }

    pub(super) fn capacity(&self) -> usize {
        self.shards.values().map(|shard| C::capacity(shard.pages)).sum()
    }

    /// The values that are kept in free slots.
    pub(super) fn kept(&self) -> impl Iterator<Item = Kept> {
        let unseen = self.shards.values().flat_map(|shard| shard.unseen_values.iter().copied());
        self.slots.values().filter_map(|slot| slot.kept).chain(unseen)
    }

    pub(super) fn has_room(&mut self, shard: usize) -> bool {
        let shard = self.shards.entry(shard).or_default();
        if shard.occupied + shard.retired < C::capacity(shard.pages) {
            return true;
        }
        let may_grow = shard.pages < C::MAX_PAGES;
        shard.pages += usize::from(may_grow);
        may_grow
    }

    /// Room for so many more entries, beside `live` ones; a reserved slot is room.
    pub(super) fn make_room(&mut self, shard: usize, live: usize, additional: usize) -> Result<(), ReserveError> {
        let shard = self.shards.entry(shard).or_default();
        let has_room = |pages| C::capacity(pages) - shard.retired - live >= additional;
        shard.pages = (shard.pages..=C::MAX_PAGES).find(|&pages| has_room(pages)).ok_or(ReserveError::Capacity)?;
        Ok(())
    }

    /// A slot of `shard` was given `key`: checks that it is one that it may have. Returns the value that it kept.
    pub(super) fn reserve(&mut self, shard: usize, key: usize) -> Option<Kept> {
        let (place, generation) = C::unpack(key);
        let slot = self.slots.entry(place).or_insert_with(|| SlotUse::unused(&self.floors, place));
        let shard_use = self.shards.entry(shard).or_default();
        assert_eq!(place.shard, shard, "key {key:#x} is of another shard");
        assert!(place.page < shard_use.pages, "key {key:#x} is of a page that does not exist");
        assert!(!slot.occupied, "the slot of key {key:#x} is in use");
        let generations = generations::<C>(place.page);
        let passed = if C::WRAP_GENERATIONS {
            (generation + generations - slot.lives % generations) % generations
        } else {
            assert!(slot.lives < generations, "the slot of key {key:#x} is retired");
            generation.wrapping_sub(slot.lives)
        };
        let unseen = passed.saturating_sub(skipped_among::<C>(place, slot.lives, passed));
        assert!(unseen <= shard_use.unseen_lives, "key {key:#x} has the wrong generation after {} lives", slot.lives);
        shard_use.unseen_lives -= unseen;
        slot.occupied = true;
        slot.lives += passed + 1;
        shard_use.occupied += 1;
        let kept = slot.kept.take();
        if (place.shard, place.page) == (Place::OF_ZERO.shard, Place::OF_ZERO.page) {
            // The slots of a page that is as new come in order, so the first one has been passed.
            let first = self.slots.entry(Place::OF_ZERO);
            first.or_insert_with(|| SlotUse::unused(&self.floors, Place::OF_ZERO).after_skip::<C>(Place::OF_ZERO));
        }
        kept
    }

    /// The slot of `key` is free again, and keeps the value `kept`; or it is retired, and that value, which is returned,
    /// is dropped.
    pub(super) fn vacate(&mut self, key: usize, kept: Option<Kept>) -> Option<Kept> {
        let (place, _) = C::unpack(key);
        let slot = self.slots.get_mut(&place).expect("it was reserved");
        let shard = self.shards.get_mut(&place.shard).expect("a slot of it was reserved");
        slot.occupied = false;
        shard.occupied -= 1;
        slot.keep_or_retire::<C>(place, kept, shard)
    }

    /// Whether one more life may be spent in an unknown slot: no slot can be retired by it, and none can wrap unseen.
    pub(super) fn can_lose_sight(&self, shard: usize) -> bool {
        let unseen = self.shards.get(&shard).map_or(0, |shard| shard.unseen_lives + shard.unseen_values.len());
        let has_lives = |page, lives| lives + unseen + 1 < generations::<C>(page);
        let candidates = self.slots.iter().filter(|(place, slot)| place.shard == shard && !slot.occupied);
        let mut floors = self.floors.iter().filter(|((of, _), _)| *of == shard);
        has_lives(C::MAX_PAGES - 1, usize::from(shard == Place::OF_ZERO.shard))
            && floors.all(|(&(_, page), &floor)| C::WRAP_GENERATIONS || has_lives(page, floor))
            && candidates.into_iter().all(|(place, slot)| {
                C::WRAP_GENERATIONS || slot.is_spent::<C>(*place) || has_lives(place.page, slot.lives)
            })
    }

    /// A slot of `shard` that kept no known value spent a life, and now keeps `value`.
    pub(super) fn lose_sight(&mut self, shard: usize, value: Option<Kept>) {
        let shard = self.shards.entry(shard).or_default();
        shard.unseen_lives += usize::from(value.is_none());
        shard.unseen_values.extend(value);
    }

    /// The slot with the value `id`, a new one if no slot kept it, spent a life. It keeps the value, or none any more.
    pub(super) fn spoil(&mut self, shard: usize, id: u64, kept: Option<Kept>) {
        let shard_use = self.shards.entry(shard).or_default();
        let known = self.slots.iter_mut().find(|(_, slot)| slot.kept.is_some_and(|kept| kept.id == id));
        if let Some((place, slot)) = known {
            assert_eq!(place.shard, shard, "value {id} was kept in another shard");
            slot.lives += skipped_among::<C>(*place, slot.lives, 1) + 1;
            slot.keep_or_retire::<C>(*place, kept, shard_use);
            return;
        }
        if let Some(unseen) = shard_use.unseen_values.iter().position(|kept| kept.id == id) {
            shard_use.unseen_values.swap_remove(unseen);
            shard_use.unseen_lives += 1;
        }
        self.lose_sight(shard, kept);
    }

    /// The slot that is about to be given `key` turns out to keep the value `id`, if that value's slot was unknown.
    pub(super) fn settle(&mut self, shard: usize, key: usize, id: u64) {
        let unseen_values = &mut self.shards.entry(shard).or_default().unseen_values;
        if let Some(unseen) = unseen_values.iter().position(|kept| kept.id == id) {
            let (place, _) = C::unpack(key);
            let slot = self.slots.entry(place).or_insert_with(|| SlotUse::unused(&self.floors, place));
            let before = slot.kept.replace(unseen_values.swap_remove(unseen));
            assert_eq!(before, None, "two values are in the slot of {key:#x}");
            slot.lives += skipped_among::<C>(place, slot.lives, 1) + 1;
        }
    }
}

impl SlotUse {
    fn unused(floors: &HashMap<(usize, usize), usize>, place: Place) -> Self {
        Self { lives: floors.get(&(place.shard, place.page)).copied().unwrap_or(0), ..Self::default() }
    }

    /// As it is when it has been passed and its next life was skipped, if that is to be skipped.
    fn after_skip<C: Shape>(self, place: Place) -> Self {
        Self { lives: self.lives + skipped_among::<C>(place, self.lives, 1), ..self }
    }

    /// It is free, and there are no keys left for it.
    fn is_spent<C: Shape>(&self, place: Place) -> bool {
        !C::WRAP_GENERATIONS && !self.occupied && self.lives == generations::<C>(place.page)
    }

    fn keep_or_retire<C: Shape>(&mut self, place: Place, kept: Option<Kept>, shard: &mut ShardUse) -> Option<Kept> {
        let is_spent = self.is_spent::<C>(place);
        shard.retired += usize::from(is_spent);
        let (kept, dropped) = if is_spent { (None, kept) } else { (kept, None) };
        self.kept = kept;
        dropped
    }
}
