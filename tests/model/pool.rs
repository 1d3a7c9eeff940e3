//! What only pools can do: make entries of the values that they keep.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use flagstone::Pool;
use proptest::{prelude::*, sample::Index};

use super::{
    call::Call,
    configurations::Shape,
    driver::{Driven, Run},
    guard::Exclusive,
    lent::{Lending, LentUse, lent_use},
    operations::curse,
    oracle::Stand,
    value::{Curse, Value},
};

/// How an entry is made.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Way {
    Create,
    CreateOwned,
    Lend,
    LendOwned,
    /// With this number and this curse.
    CreateWith(u64, Curse),
}

/// An entry is made, or not, if a call panics.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Creation {
    way: Way,
    /// `Default`, if it is called; or the closure of `create_with`.
    panics: Option<Call>,
}

#[derive(Clone, Debug)]
pub(crate) enum PoolOperation {
    Create(Creation),
    OfLent(Index, LentUse),
}

/// What came of it.
enum Created<'env> {
    Guarded(Box<dyn Exclusive + 'env>),
    Lent(Box<dyn Lending + 'env>),
    Published(usize),
    /// There was no room.
    Full,
}

impl<C: Shape> Driven for Pool<Value, C> {
    type Operation = PoolOperation;
    /// The guards of what is lent.
    type Held<'scope, 'env> = Vec<Box<dyn Lending + 'env>>;
    const WEIGHT: u32 = 30;

    fn operation() -> BoxedStrategy<PoolOperation> {
        let fill = || (any::<u64>(), curse()).prop_map(|(number, curse)| Way::CreateWith(number, curse));
        let way = prop_oneof![8 => Just(Way::Create), 4 => Just(Way::CreateOwned), 14 => fill()];
        let creation = prop_oneof![
            26 => way.clone().prop_map(|way| Creation { way, panics: None }),
            3 => way.prop_map(|way| Creation { way, panics: Some(Call::Default) }),
            3 => fill().prop_map(|way| Creation { way, panics: Some(Call::Closure) }),
        ];
        creation.prop_map(PoolOperation::Create).boxed()
    }

    fn later_operation() -> BoxedStrategy<PoolOperation> {
        let way = prop_oneof![2 => Just(Way::Lend), 1 => Just(Way::LendOwned)];
        let panics = prop_oneof![9 => Just(None), 1 => Just(Some(Call::Default))];
        let lending = (way, panics).prop_map(|(way, panics)| PoolOperation::Create(Creation { way, panics }));
        let use_of_lent = (any::<Index>(), lent_use()).prop_map(|(which, lent)| PoolOperation::OfLent(which, lent));
        prop_oneof![4 => lending, 6 => use_of_lent].boxed()
    }

    fn step(run: &mut Run<'_, '_, '_, Self>, worker: usize, operation: &PoolOperation) {
        match operation {
            PoolOperation::Create(creation) => {
                run.create(worker, *creation);
            }
            PoolOperation::OfLent(index, of_lent) => run.use_lent(worker, index, of_lent),
        }
    }

    fn add(run: &mut Run<'_, '_, '_, Self>, worker: usize) -> Option<usize> {
        run.create(worker, Creation { way: Way::CreateWith(0, Curse::default()), panics: None })
    }

    fn is_handed_over(_run: &Run<'_, '_, '_, Self>, key: usize) -> bool {
        unreachable!("no thread waits for {key:#x}")
    }

    fn hand_over(_run: &mut Run<'_, '_, '_, Self>, key: usize, _id: u64) {
        unreachable!("no thread waits for {key:#x}")
    }

    fn let_go(run: &mut Run<'_, '_, '_, Self>) {
        run.drop_lent();
    }
}

impl<'env, C: Shape> Run<'_, '_, 'env, Pool<Value, C>> {
    /// Makes an entry as it is said, if there is room and nothing panics: its key.
    fn create(&mut self, worker: usize, Creation { way, panics }: Creation) -> Option<usize> {
        let shard = self.oracle.claim(self.workers.number(worker));
        let panics = panics.filter(|_| self.oracle.can_lose_sight(shard));
        let room = self.oracle.has_room(shard);
        let filled = Arc::new(AtomicU64::new(0));
        self.ledger.arm(panics == Some(Call::Default));
        let outcome = self.act(worker, {
            let (pool, filled) = (self.store, Arc::clone(&filled));
            let fill = move |value: &mut Value, number, curse| {
                filled.store(value.id(), Ordering::Relaxed);
                assert_eq!(value.written(), None, "a creator gets a value that was not cleared");
                let own = value.id();
                pool.retain(|key, other| {
                    assert_ne!(other.id(), own, "{key:#x} can be read before it is filled");
                    true
                });
                value.write(number, curse);
                if panics == Some(Call::Closure) {
                    Call::Closure.panic();
                }
            };
            move || match way {
                Way::Create => pool.create().map_or(Created::Full, |guard| Created::Guarded(Box::new(guard))),
                Way::CreateOwned => {
                    Arc::clone(pool).create_owned().map_or(Created::Full, |guard| Created::Guarded(Box::new(guard)))
                }
                Way::Lend => pool.lend().map_or(Created::Full, |lent| Created::Lent(Box::new(lent))),
                Way::LendOwned => pool.lend_owned().map_or(Created::Full, |lent| Created::Lent(Box::new(lent))),
                Way::CreateWith(number, curse) => {
                    let key = pool.create_with(|value| fill(value, number, curse));
                    key.map_or(Created::Full, Created::Published)
                }
            }
        });
        // If it is armed still, no value had to be made.
        self.ledger.arm(false);
        let filled = filled.load(Ordering::Relaxed);
        assert_eq!(!matches!(outcome, Ok(Created::Full)), room, "room in shard {shard}");
        match (outcome, way) {
            (Ok(Created::Full), _) => None,
            (Ok(Created::Guarded(guard)), _) => {
                let key = guard.key();
                self.is_made_exclusive(shard, key, guard.value());
                self.exclusives.push(guard);
                Some(key)
            }
            (Ok(Created::Lent(lent)), _) => {
                let key = lent.key();
                self.is_made_exclusive(shard, key, lent.value());
                self.held.push(lent);
                Some(key)
            }
            (Ok(Created::Published(key)), Way::CreateWith(number, curse)) => {
                assert_ne!(panics, Some(Call::Closure), "a panic has come to nothing");
                self.oracle.created(shard, key, filled);
                let entry = self.oracle.entry_mut(key);
                (entry.written, entry.curse) = (Some(number), curse);
                Some(key)
            }
            (Err(Call::Default), _) if panics == Some(Call::Default) => {
                self.oracle.not_made(shard);
                None
            }
            (Err(Call::Closure), Way::CreateWith(_, curse)) => {
                self.oracle.spoilt(shard, filled, curse);
                None
            }
            (Err(call), _) => panic!("{way:?} panicked in {call:?}, where {panics:?} was to"),
            (Ok(Created::Published(_)), _) => unreachable!("a key comes from `create_with`"),
        }
    }

    fn is_made_exclusive(&mut self, shard: usize, key: usize, value: &Value) {
        self.oracle.created(shard, key, value.id());
        assert_eq!(value.written(), None, "a creator gets a value that was not cleared");
        let entry = self.oracle.entry_mut(key);
        (entry.guards, entry.stand) = (1, Stand::Exclusive);
    }
}
