//! Stores, independent of their types: what is done to each at the beginning and at the end of a round.

use std::sync::{Arc, Barrier};
use std::thread;

use crossbeam_channel::bounded;
use flagstone::{Config, Slab, Stats};

use crate::actor::{Act, Actor, Post};
use crate::arena::{Arena, NO_KEY, Site};
use crate::filling::fill;
use crate::random::Random;
use crate::store::Store;
use crate::value::{Belonging, attempt};

/// How many guards of a store may lie in the post.
const IN_THE_POST: usize = 16;
/// Stores with at most this many slots are filled to check that no slot was lost.
const FEW: usize = 1 << 10;

/// A store between two rounds.
pub(crate) trait Ground: Sync {
    fn site(&self) -> &Site;
    /// Adds the entries that no worker ends.
    fn begin(&self);
    /// For one round.
    fn desk<'a>(&'a self) -> Box<dyn Desk + 'a>;
    /// Checks the totals when no worker runs: ends all entries, returns memory, and checks that no slot is lost.
    fn settle(&mut self, round: usize);
    fn capacity(&self) -> usize;
    fn describe(&self) -> String;
}

/// A store that workers work at.
pub(crate) trait Desk: Sync {
    fn actor<'d>(&'d self, random: Random) -> Box<dyn Act + 'd>;
}

/// A store of one type.
pub(crate) struct Of<S: Store>(Option<Arc<Arena<S>>>);

struct DeskOf<'a, S: Store> {
    arena: &'a Arena<S>,
    post: Post<'a, S>,
}

impl<S: Store> Desk for DeskOf<'_, S> {
    fn actor<'d>(&'d self, random: Random) -> Box<dyn Act + 'd> {
        Box::new(Actor::new(self.arena, &self.post, random))
    }
}

impl<S: Store> Of<S> {
    pub(crate) fn ground(site: Site) -> Box<dyn Ground + Send> {
        Box::new(Self::around(Arena::new(site)))
    }

    pub(crate) fn around(arena: Arc<Arena<S>>) -> Self {
        Self(Some(arena))
    }

    pub(crate) fn arena(&self) -> &Arc<Arena<S>> {
        self.0.as_ref().expect("it is put back each time it was taken")
    }

    fn demand(&self, met: bool, what: impl FnOnce() -> String) {
        if !met {
            self.arena().raise(NO_KEY, what());
        }
    }

    /// Checks that totals from different sources agree, and that a walk visits every entry.
    fn audit(&self) {
        let (arena, store) = (self.arena(), &self.arena().store);
        let (total, len, capacity) = (store.stats().total(), store.len(), store.capacity());
        let live = arena.site.books.live() as usize;
        self.demand(len == live, || format!("`len` is {len}, but {live} values are alive"));
        self.demand(total.live == len, || format!("`len` is {len}, `stats` finds {}", total.live));
        self.demand(total.capacity == capacity, || format!("`capacity` is {capacity}, `stats`: {}", total.capacity));
        let fits = total.live + total.retired <= total.high_water && total.high_water <= capacity;
        self.demand(fits, || format!("impossible stats: {total:?}"));
        let pin = store.pin();
        let mut keys = Vec::new();
        S::walk(&pin, |key, value| {
            arena.see(key, value);
            keys.push(key);
        });
        arena.expect(NO_KEY, crate::actor::each_once(&mut keys, arena.permanent().iter()));
        self.demand(keys.len() == len, || format!("`len` is {len}, a walk visited {}", keys.len()));
    }

    /// Ends all entries, including the permanent ones.
    fn end_all(&self, random: &mut Random) {
        let (arena, store) = (self.arena(), &self.arena().store);
        for &key in arena.permanent() {
            arena.is_found(key);
        }
        let mut keys: Vec<usize> = Vec::new();
        S::walk(&store.pin(), |key, _| keys.push(key));
        random.shuffle(&mut keys);
        let half = keys.len() / 2;
        for &key in &keys[..half] {
            _ = attempt(|| _ = store.remove(key)); // the end of other entries may have removed some
        }
        // Ends of values may insert, and may panic, which ends the call.
        let _ = (0..10_000).any(|_| attempt(|| store.retain(|_, _| false)) && store.len() == 0);
        self.is_empty();
        if Arena::<S>::KEYS_ARE_UNIQUE {
            for key in keys {
                if store.contains(key) || store.get(key).is_some() || store.remove(key) {
                    arena.raise(key, "a stale key found an entry");
                }
            }
        }
    }

    fn is_empty(&self) {
        let (store, books) = (&self.arena().store, self.arena().site.books);
        let (filled, ended, len) = (books.filled.sum(), books.ended.sum(), store.len());
        self.demand(filled == ended, || format!("all was ended, but {filled} values were filled and {ended} ended"));
        self.demand(len == 0, || format!("all was ended, but `len` is {len}"));
    }

    /// Returns memory, by threads that own the shards or by the owner of the store, and checks that nothing is lost.
    fn trim(&mut self, round: usize) {
        let capacity = self.arena().store.capacity();
        let retired = self.arena().store.stats().total().retired;
        let threads = self.arena().site.threads + 2;
        if round % 2 == 0 {
            let store = &self.arena().store;
            each_of_many(threads, || _ = store.trim());
            let overflow = threads > S::Config::MAX_THREADS;
            let looks = |number: usize| if number == 0 { overflow } else { number <= threads };
            self.is_trimmed(&store.stats(), looks);
        }
        let arena = self.0.take().expect("it is there between rounds");
        self.0 = Some(arena.alone(|store| _ = store.shrink_to_fit()));
        let stats = self.arena().store.stats();
        self.is_trimmed(&stats, |_| true);
        let after = self.arena().store.capacity();
        self.demand(after == capacity, || format!("`capacity` was {capacity} before trimming, and is {after}"));
        let after = stats.total().retired;
        self.demand(after == retired, || format!("{retired} slots were retired before trimming, and {after} are"));
    }

    /// Checks that every page of these shards is blank, unless some of its slots are retired, or may be too far apart
    /// in their generations.
    fn is_trimmed(&self, stats: &Stats, looks: impl Fn(usize) -> bool) {
        for shard in stats.shards().iter().filter(|shard| looks(shard.number)) {
            for (number, page) in shard.pages.iter().enumerate() {
                let may_stay = page.retired > 0 || !Arena::<S>::KEYS_ARE_UNIQUE;
                let is_trimmed = page.live == 0 && (page.high_water == 0 || may_stay);
                self.demand(is_trimmed, || format!("page {number} of shard {} after trimming: {page:?}", shard.number));
            }
        }
    }

    /// Fills a small store, from enough threads to reach all of its shards: every slot that is not retired can be used.
    fn is_whole(&self, random: &mut Random) {
        let arena = self.arena();
        let first = S::Config::INITIAL_PAGE_SIZE.next_power_of_two();
        let shards = S::Config::MAX_THREADS.saturating_add(1);
        let slots = first.saturating_mul((1 << S::Config::MAX_PAGES) - 1).saturating_mul(shards);
        if slots > FEW {
            return;
        }
        let seed = random.below(1 << 32) as u64;
        let keys = fill::<S::Config>(|| arena.add(&mut Random::new(seed), Belonging::One));
        let total = arena.store.stats().total();
        let count: usize = keys.iter().map(Vec::len).sum();
        self.demand(total.capacity == slots && count + total.retired == slots, || {
            format!("{count} of {slots} slots could be filled, {} have retired: {total:?}", total.retired)
        });
        for key in keys.into_iter().flatten() {
            self.demand(arena.remove(key), || format!("{key:#x} could not be removed"));
        }
        self.is_empty();
    }
}

impl<S: Store> Ground for Of<S> {
    fn site(&self) -> &Site {
        &self.arena().site
    }

    fn begin(&self) {
        self.arena().permanent();
    }

    fn desk<'a>(&'a self) -> Box<dyn Desk + 'a> {
        let post = Post { guards: bounded(IN_THE_POST), owned: bounded(IN_THE_POST) };
        Box::new(DeskOf { arena: self.arena(), post })
    }

    fn settle(&mut self, round: usize) {
        let mut random = Random::new(round as u64);
        // Each on its own thread, whose number is free again afterwards.
        alone(|| self.audit());
        alone(|| self.end_all(&mut random));
        alone(|| self.trim(round));
        self.is_whole(&mut random);
        alone(|| self.trim(round + 1));
        let total = self.arena().store.stats().total();
        if total.retired * 2 > total.capacity {
            let site = self.arena().site;
            self.0 = None;
            self.0 = Some(Arena::new(site));
        }
    }

    fn capacity(&self) -> usize {
        self.arena().store.capacity()
    }

    fn describe(&self) -> String {
        let site = self.site();
        format!("{:<16} {:>14} entries", site.name, indicatif::HumanCount(site.books.filled.sum()).to_string())
    }
}

fn alone(act: impl FnOnce() + Send) {
    thread::scope(|scope| {
        let joined = scope.spawn(act).join();
        joined.expect("a panic has ended the process");
    });
}

/// Calls the function on this many threads, which have the lowest free numbers.
fn each_of_many(threads: usize, act: impl Fn() + Sync) {
    let barrier = Barrier::new(threads);
    thread::scope(|scope| {
        let threads: Vec<_> = (0..threads)
            .map(|_| {
                scope.spawn(|| {
                    Slab::new().insert(()); // now it has a number
                    barrier.wait();
                    act();
                    barrier.wait();
                })
            })
            .collect();
        threads.into_iter().for_each(|thread| thread.join().expect("a panic has ended the process"));
    });
}
