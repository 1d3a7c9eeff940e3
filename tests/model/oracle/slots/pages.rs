//! Whole pages: their numbers, and what trimming makes of them.

use std::collections::BTreeMap;

use flagstone::Stats;

use super::{
    super::super::configurations::{Place, Shape},
    Slots, generations,
};

/// What is expected of a page.
#[derive(Debug, Default)]
struct PageUse {
    high_water: usize,
    retired: usize,
}

/// What trimming should do.
#[derive(Debug, Default)]
pub(crate) struct Trimmed {
    /// How many pages there are whose memory may go back.
    pub(crate) pages: usize,
    /// A kept value's destructor panics.
    pub(crate) panics: bool,
}

impl Trimmed {
    pub(crate) fn and(self, other: Self) -> Self {
        Self { pages: self.pages + other.pages, panics: self.panics || other.panics }
    }
}

impl<C: Shape> Slots<C> {
    /// The shards that have pages, in order.
    pub(crate) fn shards(&self) -> Vec<usize> {
        let mut shards: Vec<usize> =
            self.shards.iter().filter(|(_, shard)| shard.pages > 0).map(|(&number, _)| number).collect();
        shards.sort_unstable();
        shards
    }

    /// Whether all slots of the shard that were used are known.
    pub(crate) fn is_all_seen(&self, shard: usize) -> bool {
        self.shards.get(&shard).is_none_or(|shard| shard.unseen_lives == 0 && shard.unseen_values.is_empty())
    }

    /// Whether the shard has a slot whose next life is to be skipped, and perhaps was: a thread may have passed the slot
    /// when it got another one.
    fn may_have_skipped(&self, shard: usize) -> bool {
        let (place, pages) = (Place::OF_ZERO, self.shards.get(&shard).map_or(0, |shard| shard.pages));
        let is_zero = |lives: usize| lives % generations::<C>(place.page) == 0;
        shard == place.shard
            && match self.slots.get(&place) {
                Some(slot) => C::WRAP_GENERATIONS && !slot.occupied && is_zero(slot.lives) && C::capacity(pages) > 1,
                None => pages > 1 && is_zero(self.floors.get(&(place.shard, place.page)).copied().unwrap_or(0)),
            }
    }

    /// Whether it is known what trimming of the shard would do.
    pub(crate) fn can_foresee_trim(&self, shard: usize) -> bool {
        self.is_all_seen(shard) && !self.may_have_skipped(shard)
    }

    /// All pages of the shard of which no slot is in use or retired become as new, except that their slots begin with
    /// the latest generation that any of them would have had next. What they kept is dropped. Where generations wrap, a
    /// page stays of which slots are more than half of them apart.
    pub(crate) fn trim(&mut self, shard: usize) -> Trimmed {
        let mut trimmed = Trimmed::default();
        for page in 0..self.shards.get(&shard).map_or(0, |shard| shard.pages) {
            let of_page = || self.slots.iter().filter(|(place, _)| (place.shard, place.page) == (shard, page));
            if of_page().next().is_none() || of_page().any(|(place, slot)| slot.occupied || slot.is_spent::<C>(*place))
            {
                continue;
            }
            let generations = generations::<C>(page);
            let floor = self.floors.entry((shard, page)).or_default();
            let ahead = || of_page().map(|(_, slot)| (slot.lives - *floor) % generations);
            let (least, most) = (ahead().min().unwrap_or_default(), ahead().max().unwrap_or_default());
            if C::WRAP_GENERATIONS && most - least > (generations - 1) / 2 {
                continue;
            }
            *floor = (*floor + most) % generations;
            let dropped = of_page().filter_map(|(_, slot)| slot.kept);
            trimmed.panics |= dropped.filter(|kept| kept.drop_panics).count() > 0;
            trimmed.pages += 1;
            self.slots.retain(|place, _| (place.shard, place.page) != (shard, page));
        }
        trimmed
    }

    /// Compares what the store says of its pages; `live` are the keys of all entries.
    pub(crate) fn check(&self, stats: &Stats, live: impl Iterator<Item = usize>) {
        let mut pages = BTreeMap::<_, PageUse>::new();
        for (place, slot) in &self.slots {
            let page = pages.entry((place.shard, place.page)).or_default();
            page.high_water = page.high_water.max(place.offset + 1);
            page.retired += usize::from(slot.is_spent::<C>(*place));
        }
        let mut lives = BTreeMap::<_, usize>::new();
        for key in live {
            let (place, _) = C::unpack(key);
            *lives.entry((place.shard, place.page)).or_default() += 1;
        }
        assert!(self.shards().into_iter().eq(stats.shards().iter().map(|shard| shard.number)), "shards of {stats}");
        for shard in stats.shards() {
            let is_all_seen = self.is_all_seen(shard.number);
            assert_eq!(shard.pages.len(), self.shards[&shard.number].pages, "pages of {stats}");
            for (number, page) in shard.pages.iter().enumerate() {
                let (place, unused) = ((shard.number, number), PageUse::default());
                let expected = pages.get(&place).unwrap_or(&unused);
                let live = lives.get(&place).copied().unwrap_or(0);
                assert_eq!((page.capacity, page.live), (C::page_size(number), live), "page {place:?} of {stats}");
                assert_eq!(page.retired, expected.retired, "retired of page {place:?} of {stats}");
                assert!(page.high_water >= expected.high_water, "high water of page {place:?} of {stats}");
                let skipped = usize::from(number == Place::OF_ZERO.page && self.may_have_skipped(shard.number));
                let is_between = page.high_water <= expected.high_water.max(skipped);
                assert!(is_between || !is_all_seen, "high water of page {place:?} of {stats}");
            }
        }
    }
}
