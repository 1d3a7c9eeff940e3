//! What one worker does to one store.

mod holding;
mod pinning;

pub(crate) use pinning::each_once;

use std::any::Any;
use std::cell::RefCell;

use crossbeam_channel::{Receiver, Sender};

use crate::arena::{Arena, NO_KEY};
use crate::history::Operation;
use crate::random::Random;
use crate::store::Store;
use crate::value::Belonging;

/// How many guards of each kind are held at most.
const HELD: usize = 4;
/// How many entries of its own an actor has at most; few, since there are stores with few slots.
const OWN: usize = 2;
/// How many keys of ended entries are remembered.
const STALE: usize = 64;
/// How many pins may be nested.
const DEEPEST: usize = 3;

thread_local! {
    /// Guards that are dropped with the thread-locals.
    static LEFT: RefCell<Vec<Box<dyn Any>>> = const { RefCell::new(Vec::new()) };
}

/// Registers the destructor of the thread-local, so that it runs before or after that of the thread's number.
pub(crate) fn prepare_to_leave() {
    LEFT.with_borrow_mut(|left| left.shrink_to_fit());
}

/// The channels through which workers send each other guards.
pub(crate) struct Post<'a, S: Store> {
    pub(crate) guards: (Sender<S::Guard<'a>>, Receiver<S::Guard<'a>>),
    pub(crate) owned: (Sender<S::Owned>, Receiver<S::Owned>),
}

/// An actor, for any type of store.
pub(crate) trait Act {
    fn act(&mut self);
    /// Takes a value, and waits for it. No guard may be held or be in the post.
    fn take(&mut self);
    /// Drops all guards, and receives what others have sent.
    fn let_go(&mut self);
    /// Leaves guards to be dropped with the thread-locals.
    fn leave(&mut self);
}

/// One worker's state for one store.
pub(crate) struct Actor<'d, 'a, S: Store> {
    arena: &'a Arena<S>,
    post: &'d Post<'a, S>,
    random: Random,
    guards: Vec<S::Guard<'a>>,
    owned: Vec<S::Owned>,
    exclusives: Vec<S::Exclusive<'a>>,
    vacancies: Vec<S::Vacancy<'a>>,
    pins: Vec<S::Pin<'a>>,
    own: Vec<usize>,
    stale: Vec<usize>,
    depth: usize,
}

impl<'d, 'a, S: Store> Actor<'d, 'a, S> {
    pub(crate) fn new(arena: &'a Arena<S>, post: &'d Post<'a, S>, random: Random) -> Self {
        Self {
            arena,
            post,
            random,
            guards: Vec::new(),
            owned: Vec::new(),
            exclusives: Vec::new(),
            vacancies: Vec::new(),
            pins: Vec::new(),
            own: Vec::new(),
            stale: Vec::new(),
            depth: 0,
        }
    }

    fn once_in(&mut self, times: usize) -> bool {
        self.random.below(times) == 0
    }

    /// Removes and returns a random element, if there is one.
    fn any<T>(random: &mut Random, held: &mut Vec<T>) -> Option<T> {
        if held.is_empty() { None } else { Some(held.swap_remove(random.below(held.len()))) }
    }

    fn add(&mut self) {
        if let Some(key) = self.arena.add(&mut self.random, Belonging::Anybody) {
            self.publish(key);
        }
    }

    fn publish(&mut self, key: usize) {
        let old = self.arena.publish(&mut self.random, key);
        if old != NO_KEY {
            self.remove(old);
        }
    }

    fn remove(&mut self, key: usize) {
        if self.arena.remove(key) {
            self.is_stale(key);
        }
    }

    fn is_stale(&mut self, key: usize) {
        if Arena::<S>::KEYS_ARE_UNIQUE {
            if self.stale.len() == STALE {
                let place = self.random.below(STALE);
                self.stale[place] = key;
            } else {
                self.stale.push(key);
            }
        }
    }

    fn step(&mut self) {
        let arena = self.arena;
        let store = &*arena.store;
        match self.random.below(32) {
            0..5 => self.add(),
            5 => {
                if Arena::<S>::KEYS_ARE_UNIQUE && self.own.len() < OWN {
                    self.own.extend(arena.add(&mut self.random, Belonging::One));
                }
            }
            6 => {
                let plan = || arena.plan(&mut self.random, Belonging::Anybody);
                if let Some(vacancy) = store.reserve(plan) {
                    let key = S::vacant_key(&vacancy);
                    arena.born(key, true);
                    arena.remember(Operation::Reserve, key);
                    if store.contains(key) {
                        arena.raise(key, "a reserved slot was found");
                    }
                    self.vacancies.push(vacancy);
                    if self.vacancies.len() > 2 {
                        self.settle_vacancy();
                    }
                }
            }
            7 => self.settle_vacancy(),
            8..15 => {
                let key = arena.some_key(&mut self.random);
                arena.remember(Operation::Get, key);
                if let Some(guard) = store.get(key) {
                    arena.see(key, &guard);
                    if self.guards.len() < HELD {
                        self.guards.push(guard);
                    }
                }
            }
            15 => {
                let key = arena.some_key(&mut self.random);
                arena.remember(Operation::GetOwned, key);
                let guard = if self.once_in(4) {
                    let plan = || arena.plan(&mut self.random, Belonging::Anybody);
                    let made = arena.store.add_owned(plan);
                    made.inspect(|guard| arena.born(S::owned_key(guard), true))
                } else {
                    arena.store.get_owned(key)
                };
                if let Some(guard) = guard {
                    arena.see(S::owned_key(&guard), &guard);
                    if self.owned.len() < HELD {
                        self.owned.push(guard);
                    }
                }
            }
            16 => {
                if let Some(guard) = self.guards.last() {
                    arena.remember(Operation::Clone, S::key(guard));
                    let clone = S::share(guard);
                    arena.see(S::key(guard), &clone);
                    self.guards.push(clone);
                }
                if let Some(guard) = self.owned.last() {
                    arena.remember(Operation::Clone, S::owned_key(guard));
                    let clone = S::share_owned(guard);
                    self.owned.push(clone);
                }
            }
            17..20 => self.drop_guard(),
            20 => self.send(),
            21 => self.receive(),
            22 => {
                let key = arena.some_key(&mut self.random);
                arena.remember(Operation::Exclude, key);
                if let Some(mut guard) = store.get_exclusive(key) {
                    arena.see(key, &guard);
                    guard.write();
                    arena.see(key, &guard);
                    if self.exclusives.len() < 2 {
                        self.exclusives.push(guard);
                    }
                }
            }
            23 => {
                if let Some(mut guard) = Self::any(&mut self.random, &mut self.exclusives) {
                    let key = S::exclusive_key(&guard);
                    arena.remember(Operation::Include, key);
                    arena.see(key, &guard);
                    guard.write();
                    match self.random.below(4) {
                        0 => self.remove(key),
                        1 => self.guards.push(S::downgrade(guard)),
                        _ => {}
                    }
                }
            }
            24 | 25 => {
                let key = arena.some_key(&mut self.random);
                self.remove(key);
            }
            26 => {
                let key = arena.some_key(&mut self.random);
                arena.remember(Operation::TryTake, key);
                if let Some(Some(value)) = store.try_take(key) {
                    arena.receive(key, &value);
                    self.is_stale(key);
                }
            }
            27 => self.look_after_own(),
            28 => self.look_for_stale(),
            29 => {
                for &key in arena.permanent() {
                    arena.is_found(key);
                }
            }
            30 => {
                let guess = arena.some_key(&mut self.random) ^ (1 << self.random.below(12));
                // Reserved bits are ignored.
                let key = guess & (usize::MAX >> <S::Config as flagstone::Config>::RESERVED_BITS);
                arena.remember(Operation::Guess, key);
                if let Some(guard) = store.get(key) {
                    arena.see(key, &guard);
                }
            }
            _ => self.rare_step(),
        }
    }

    /// Entries that belong to this actor alone exist until it ends them, and ending them succeeds.
    fn look_after_own(&mut self) {
        let arena = self.arena;
        for &key in &self.own {
            arena.remember(Operation::Find, key);
            arena.is_found(key);
        }
        if self.once_in(2) {
            let Some(key) = Self::any(&mut self.random, &mut self.own) else { return };
            let ended = match self.random.below(3) {
                0 => arena.store.try_take(key).flatten().inspect(|value| arena.receive(key, value)).is_some(),
                _ => false,
            };
            // A thread that is pinned blocks `take`.
            if !ended && !arena.remove(key) {
                arena.raise(key, "an entry could not be removed that no other thread had ended");
            }
            self.is_stale(key);
        }
    }

    fn look_for_stale(&mut self) {
        let arena = self.arena;
        if self.stale.is_empty() {
            return;
        }
        let key = self.stale[self.random.below(self.stale.len())];
        arena.remember(Operation::GetStale, key);
        let store = &arena.store;
        let found = match self.random.below(4) {
            0 => store.contains(key),
            1 => store.remove(key),
            2 => store.get_exclusive(key).is_some(),
            _ => store.get(key).is_some(),
        };
        if found {
            arena.raise(key, "a stale key found an entry");
        }
    }

    /// Operations that take long, or are rare.
    fn rare_step(&mut self) {
        let arena = self.arena;
        let store = &*arena.store;
        match self.random.below(arena.site.places / 16 + 16) {
            0 => {
                arena.remember(Operation::Retain, NO_KEY);
                let keep = self.random.below(8);
                store.retain(|key, value| {
                    arena.see(key, value);
                    value.belonging() != Belonging::Anybody || key % 8 != keep
                });
            }
            1 | 2 => {
                arena.remember(Operation::Trim, NO_KEY);
                store.trim();
            }
            3 => {
                arena.remember(Operation::Stats, NO_KEY);
                let total = store.stats().total();
                if total.live.max(total.retired).max(total.high_water) > total.capacity {
                    arena.raise(NO_KEY, format_args!("impossible stats: {total:?}"));
                }
            }
            4..7 if self.pins.len() < 2 => {
                arena.remember(Operation::Pin, NO_KEY);
                self.pins.push(store.pin());
            }
            7..12 => {
                arena.remember(Operation::Unpin, NO_KEY);
                drop(Self::any(&mut self.random, &mut self.pins));
            }
            _ => {
                arena.remember(Operation::Count, NO_KEY);
                let _ = store.len() + store.capacity();
            }
        }
    }
}

impl<S: Store> Act for Actor<'_, '_, S> {
    fn act(&mut self) {
        self.depth = 0; // a planned panic may have dropped the pins
        self.step_or_pin();
    }

    fn take(&mut self) {
        let key = self.arena.some_key(&mut self.random);
        self.arena.remember(Operation::Take, key);
        if let Some(Some(value)) = self.arena.store.take(key) {
            self.arena.receive(key, &value);
            self.is_stale(key);
        }
    }

    fn let_go(&mut self) {
        self.exclusives.clear();
        self.guards.clear();
        self.owned.clear();
        self.pins.clear();
        self.post.guards.1.try_iter().for_each(drop);
        self.post.owned.1.try_iter().for_each(drop);
    }

    fn leave(&mut self) {
        LEFT.with_borrow_mut(|left| left.extend(self.owned.drain(..).map(|guard| Box::new(guard) as Box<dyn Any>)));
    }
}

impl<S: Store> Drop for Actor<'_, '_, S> {
    fn drop(&mut self) {
        // No other thread would end them.
        for key in self.own.drain(..) {
            if let Some(guard) = self.arena.store.get(key) {
                guard.set_free();
            }
            let old = self.arena.publish(&mut self.random, key);
            self.arena.store.remove(old);
        }
        // A guard in the post might be one for which a taker waits.
        self.let_go();
    }
}
