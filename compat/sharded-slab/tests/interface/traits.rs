//! Every trait that is implemented, under the published bounds.

use std::{
    collections::{HashMap, HashSet},
    fmt::Debug,
    hash::{BuildHasher, Hash},
    iter::FusedIterator,
    ops::{Deref, DerefMut},
    sync::{Mutex, RwLock},
};

use sharded_slab::{
    Clear, Config, DefaultConfig, Entry, OwnedEntry, Pool, Slab, UniqueIter, VacantEntry,
    pool::{OwnedRef, OwnedRefMut, Ref, RefMut},
};

fn shows<X: Debug>() {}
fn sent<X: Send>() {}
fn shared<X: Sync>() {}
fn is_like<X: PartialEq<T>, T>() {}
fn reads<X: Deref<Target = T>, T>() {}
fn writes<X: DerefMut<Target = T>, T>() {}
fn made<X: Default>() {}
fn clears<X: Clear>() {}
fn copied<X: Copy + Clone>() {}
fn yields<'a, X: Iterator<Item = &'a T> + FusedIterator, T: 'a>() {}

fn of_slabs<'a, T: 'a, C: Config + 'a>() {
    made::<Slab<T>>();
    reads::<Entry<'a, T, C>, T>();
    reads::<OwnedEntry<T, C>, T>();
    yields::<UniqueIter<'a, T, C>, T>();
}

fn of_pools<'a, T: Clear + Default + 'a, C: Config + 'a>() {
    made::<Pool<T>>();
    reads::<Ref<'a, T, C>, T>();
    reads::<OwnedRef<T, C>, T>();
    writes::<RefMut<'a, T, C>, T>();
    writes::<OwnedRefMut<T, C>, T>();
}

fn debug<'a, T: Debug + Clear + Default + 'a, C: Config + Debug + 'a>() {
    shows::<Slab<T, C>>();
    shows::<Entry<'a, T, C>>();
    shows::<OwnedEntry<T, C>>();
    shows::<VacantEntry<'a, T, C>>();
    shows::<UniqueIter<'a, T, C>>();
    shows::<Pool<T, C>>();
    shows::<Ref<'a, T, C>>();
    shows::<RefMut<'a, T, C>>();
    shows::<OwnedRef<T, C>>();
    shows::<OwnedRefMut<T, C>>();
}

fn equality<'a, T: PartialEq + Clear + Default + 'a, C: Config + 'a>() {
    is_like::<Entry<'a, T, C>, T>();
    is_like::<OwnedEntry<T, C>, T>();
    is_like::<Ref<'a, T, C>, T>();
    is_like::<RefMut<'a, T, C>, T>();
    is_like::<OwnedRef<T, C>, T>();
    is_like::<OwnedRefMut<T, C>, T>();
}

fn moved_alone<T: Send + Clear + Default, C: Config>() {
    sent::<Slab<T, C>>();
    sent::<Pool<T, C>>();
}

/// Stricter: for all of these the published crate requires only `T: Sync`, which is unsound.
fn with_threads<T: Send + Sync + Clear + Default, C: Config>() {
    shared::<Slab<T, C>>();
    shared::<Pool<T, C>>();
    sent::<OwnedEntry<T, C>>();
    shared::<OwnedEntry<T, C>>();
    sent::<OwnedRef<T, C>>();
    shared::<OwnedRef<T, C>>();
    sent::<OwnedRefMut<T, C>>();
    shared::<OwnedRefMut<T, C>>();
}

fn clearing<T, K: Hash + Eq, V, S: BuildHasher, L: Clear>() {
    clears::<Option<T>>();
    clears::<Vec<T>>();
    clears::<HashMap<K, V, S>>();
    clears::<HashSet<K, S>>();
    clears::<String>();
    clears::<Box<L>>();
    clears::<Mutex<L>>();
    clears::<RwLock<L>>();
}

#[test]
fn all_are_there() {
    of_slabs::<u8, DefaultConfig>();
    of_pools::<String, DefaultConfig>();
    debug::<String, DefaultConfig>();
    equality::<String, DefaultConfig>();
    moved_alone::<String, DefaultConfig>();
    with_threads::<String, DefaultConfig>();
    clearing::<u8, u8, u8, std::hash::RandomState, String>();
    copied::<DefaultConfig>();
    shows::<DefaultConfig>();
}
