//! Every method, coerced to a pointer of exactly its published type under exactly the published bounds.
//!
//! A method of a narrower type, or of narrower bounds, does not compile here.

#![allow(clippy::type_complexity, reason = "the types are what is tested")]

use std::sync::Arc;

use sharded_slab::{
    Clear, Config, DefaultConfig, Entry, OwnedEntry, Pool, Slab, UniqueIter, VacantEntry,
    pool::{OwnedRef, OwnedRefMut, Ref, RefMut},
};

use crate::paths::{Every, None};

fn constructors_of_slabs<T, C: Config>() {
    let _: fn() -> Slab<T> = Slab::<T>::new;
    let _: fn() -> Slab<T, C> = Slab::<T>::new_with_config::<C>;
    let _: fn() -> Slab<T> = Default::default;
    let _: usize = Slab::<T, C>::USED_BITS;
}

fn slab<T, C: Config>() {
    let _: fn(&Slab<T, C>, T) -> Option<usize> = Slab::insert;
    let _: for<'a> fn(&'a Slab<T, C>) -> Option<VacantEntry<'a, T, C>> = Slab::vacant_entry;
    let _: fn(&Slab<T, C>, usize) -> bool = Slab::remove;
    let _: fn(&Slab<T, C>, usize) -> Option<T> = Slab::take;
    let _: for<'a> fn(&'a Slab<T, C>, usize) -> Option<Entry<'a, T, C>> = Slab::get;
    let _: fn(Arc<Slab<T, C>>, usize) -> Option<OwnedEntry<T, C>> = Slab::get_owned;
    let _: fn(&Slab<T, C>, usize) -> bool = Slab::contains;
    let _: for<'a> fn(&'a mut Slab<T, C>) -> UniqueIter<'a, T, C> = Slab::unique_iter;
}

fn entries<'a, T: 'a, C: Config + 'a>() {
    let _: fn(&Entry<'a, T, C>) -> usize = Entry::key;
    let _: fn(&OwnedEntry<T, C>) -> usize = OwnedEntry::key;
    let _: fn(&VacantEntry<'a, T, C>) -> usize = VacantEntry::key;
    let _: fn(VacantEntry<'a, T, C>, T) = VacantEntry::insert;
}

fn constructors_of_pools<T: Clear + Default, C: Config>() {
    let _: fn() -> Pool<T> = Pool::<T>::new;
    let _: fn() -> Pool<T, C> = Pool::<T>::new_with_config::<C>;
    let _: fn() -> Pool<T> = Default::default;
    let _: usize = Pool::<T, C>::USED_BITS;
}

fn pool<T: Clear + Default, C: Config>() {
    let _: for<'a> fn(&'a Pool<T, C>) -> Option<RefMut<'a, T, C>> = Pool::create;
    let _: fn(Arc<Pool<T, C>>) -> Option<OwnedRefMut<T, C>> = Pool::create_owned;
    let _: fn(&Pool<T, C>, fn(&mut T)) -> Option<usize> = Pool::create_with;
    let _: fn(&Pool<T, C>, Box<dyn FnOnce(&mut T)>) -> Option<usize> = Pool::create_with;
    let _: for<'a> fn(&'a Pool<T, C>, usize) -> Option<Ref<'a, T, C>> = Pool::get;
    let _: fn(Arc<Pool<T, C>>, usize) -> Option<OwnedRef<T, C>> = Pool::get_owned;
    let _: fn(&Pool<T, C>, usize) -> bool = Pool::clear;
}

fn guards_of_pools<'a, T: Clear + Default + 'a, C: Config + 'a>() {
    let _: fn(&Ref<'a, T, C>) -> usize = Ref::key;
    let _: fn(&RefMut<'a, T, C>) -> usize = RefMut::key;
    let _: fn(&OwnedRef<T, C>) -> usize = OwnedRef::key;
    let _: fn(&OwnedRefMut<T, C>) -> usize = OwnedRefMut::key;
    let _: fn(RefMut<'a, T, C>) -> Ref<'a, T, C> = RefMut::downgrade;
    let _: fn(OwnedRefMut<T, C>) -> OwnedRef<T, C> = OwnedRefMut::downgrade;
}

fn clear<T: Clear + ?Sized>() {
    let _: fn(&mut T) = T::clear;
}

/// Types with a lifetime can be passed where a shorter lifetime is required.
mod lifetimes {
    use super::*;

    macro_rules! shortened {
        ($($name:ident: $guard:ident where T: $($bound:path),*;)*) => {$(
            pub(super) fn $name<'short, 'long: 'short, T: $($bound +)*, C: Config>(
                guard: $guard<'long, T, C>,
            ) -> $guard<'short, T, C> {
                guard
            }
        )*};
    }

    shortened! {
        entry: Entry where T: Sized;
        vacant_entry: VacantEntry where T: Sized;
        shared: Ref where T: Clear, Default;
        exclusive: RefMut where T: Clear, Default;
    }
}

#[test]
fn all_are_there() {
    constructors_of_slabs::<u8, DefaultConfig>();
    slab::<u8, None>();
    entries::<u8, Every>();
    constructors_of_pools::<String, DefaultConfig>();
    pool::<String, None>();
    guards_of_pools::<String, Every>();
    clear::<String>();
}

#[test]
fn borrows_can_be_shortened() {
    let slab: Slab<u8> = Slab::new();
    let key = lifetimes::vacant_entry(slab.vacant_entry().unwrap()).key();
    assert!(slab.get(key).map(lifetimes::entry).is_none());
    let pool: Pool<String> = Pool::new();
    let created = lifetimes::exclusive(pool.create().unwrap());
    assert_eq!(lifetimes::shared(created.downgrade()), String::new());
}

#[test]
fn nothing_has_to_be_annotated() {
    let slab = Slab::default();
    let key = slab.insert("value").unwrap();
    assert!(slab.contains(key));
    let pool = Pool::default();
    let key = pool.create_with(|line: &mut String| line.push('a')).unwrap();
    assert!(pool.clear(key));
}

#[test]
fn reserved_bits_are_not_used() {
    assert_eq!(Slab::<u8>::USED_BITS, Pool::<String>::USED_BITS);
    assert!(Slab::<u8, Every>::USED_BITS + Every::RESERVED_BITS <= usize::BITS as usize);
    let key = Slab::<u8>::new_with_config::<Every>().insert(1).unwrap();
    assert_eq!(key >> Slab::<u8, Every>::USED_BITS, 0);
}

#[test]
fn reserved_bits_of_a_key_that_is_passed_in_are_ignored() {
    let marked = |key: usize| key | 1 << (usize::BITS - 1);
    let slab = Slab::<u8>::new_with_config::<Every>();
    let key = slab.insert(1).unwrap();
    assert!(slab.contains(marked(key)));
    assert_eq!(*slab.get(marked(key)).unwrap(), 1);
    assert_eq!(slab.take(marked(key)), Some(1));
    let pool = Pool::<String>::new_with_config::<Every>();
    let key = pool.create_with(|text| text.push_str("text")).unwrap();
    assert_eq!(*pool.get(marked(key)).unwrap(), "text");
    assert!(pool.clear(marked(key)));
}
