//! Which types may go to other threads, be shared between them, and be looked at after a panic.

use std::{
    cell::Cell,
    marker::PhantomData,
    panic::{RefUnwindSafe, UnwindSafe},
    rc::Rc,
    sync::MutexGuard,
};

use flagstone::{
    Clear, Drain, Entry, ExclusiveEntry, ExclusiveError, Full, IntoIter, IterMut, OwnedEntry, Pinned, Pool, Slab,
    UniqueIter, VacantEntry,
    pool::{OwnedRef, OwnedRefMut, Ref, RefMut},
};

use crate::implements::implements;

type Plain = String;
type NotSync = Cell<u8>; // `Send` alone
type NotSend = MutexGuard<'static, u8>; // `Sync` alone
type Neither = Rc<u8>;

/// Asserts for a type of each kind of value whether it is `Send`, and whether it is `Sync`.
macro_rules! assert_auto_traits {
    ($($kind:ident: $plain:expr, $not_sync:expr, $not_send:expr, $neither:expr;)*) => {$(
        let found = [
            [implements!($kind!(Plain): Send), implements!($kind!(Plain): Sync)],
            [implements!($kind!(NotSync): Send), implements!($kind!(NotSync): Sync)],
            [implements!($kind!(NotSend): Send), implements!($kind!(NotSend): Sync)],
            [implements!($kind!(Neither): Send), implements!($kind!(Neither): Sync)],
        ];
        assert_eq!(found, [$plain, $not_sync, $not_send, $neither], stringify!($kind));
    )*};
}

/// As those above, but fit for a pool.
struct Cleared<T>(PhantomData<T>);

impl<T> Default for Cleared<T> {
    fn default() -> Self {
        Self(PhantomData)
    }
}

impl<T> Clear for Cleared<T> {
    fn clear(&mut self) {}
}

macro_rules! slab {
    ($value:ty) => { Slab<$value> };
}
macro_rules! entry {
    ($value:ty) => { Entry<'static, $value> };
}
macro_rules! owned_entry {
    ($value:ty) => { OwnedEntry<$value> };
}
macro_rules! exclusive_entry {
    ($value:ty) => { ExclusiveEntry<'static, $value> };
}
macro_rules! iter_mut {
    ($value:ty) => { IterMut<'static, $value> };
}
macro_rules! unique_iter {
    ($value:ty) => { UniqueIter<'static, $value> };
}
macro_rules! drain {
    ($value:ty) => { Drain<'static, $value> };
}
macro_rules! into_iter {
    ($value:ty) => { IntoIter<$value> };
}
macro_rules! full {
    ($value:ty) => { Full<$value> };
}
macro_rules! pinned {
    ($value:ty) => { Pinned<'static, $value> };
}
macro_rules! pinned_entries {
    ($value:ty) => {
        <&'static Pinned<'static, $value> as IntoIterator>::IntoIter
    };
}
macro_rules! pinned_keys {
    ($value:ty) => { flagstone::Keys<'static, $value> };
}
macro_rules! pinned_pool {
    ($value:ty) => { flagstone::pool::Pinned<'static, Cleared<$value>> };
}
macro_rules! pool {
    ($value:ty) => { Pool<Cleared<$value>> };
}
macro_rules! shared_reference {
    ($value:ty) => { Ref<'static, Cleared<$value>> };
}
macro_rules! exclusive_reference {
    ($value:ty) => { RefMut<'static, Cleared<$value>> };
}
macro_rules! owned_reference {
    ($value:ty) => { OwnedRef<Cleared<$value>> };
}
macro_rules! owned_exclusive_reference {
    ($value:ty) => { OwnedRefMut<Cleared<$value>> };
}

const BOTH: [bool; 2] = [true, true];
const SEND: [bool; 2] = [true, false];
const NONE: [bool; 2] = [false, false];

#[test]
fn types_are_sent_and_shared_exactly_where_that_is_sound() {
    assert_auto_traits! {
        // A slab to oneself is its values; a shared one moves them between threads.
        slab: BOTH, SEND, NONE, NONE;
        // A shared guard is a reference, and may be what drops the value.
        entry: BOTH, NONE, NONE, NONE;
        owned_entry: BOTH, NONE, NONE, NONE;
        exclusive_entry: BOTH, NONE, NONE, NONE;
    }
}

#[test]
fn a_pools_types_are_sent_and_shared_exactly_where_that_is_sound() {
    assert_auto_traits! {
        pool: BOTH, SEND, NONE, NONE;
        shared_reference: BOTH, NONE, NONE, NONE;
        exclusive_reference: BOTH, NONE, NONE, NONE;
        owned_reference: BOTH, NONE, NONE, NONE;
        owned_exclusive_reference: BOTH, NONE, NONE, NONE;
    }
}

#[test]
fn pins_stay_on_their_thread() {
    assert_auto_traits! {
        pinned: NONE, NONE, NONE, NONE;
        pinned_entries: NONE, NONE, NONE, NONE;
        pinned_keys: NONE, NONE, NONE, NONE;
        pinned_pool: NONE, NONE, NONE, NONE;
    }
}

#[test]
fn iterators_go_where_their_values_may() {
    assert_auto_traits! {
        iter_mut: BOTH, SEND, [false, true], NONE;
        unique_iter: BOTH, SEND, [false, true], NONE;
        full: BOTH, SEND, [false, true], NONE;
    }
    assert!(implements!(drain!(Plain): Send) && implements!(into_iter!(Plain): Send));
    assert!(implements!(drain!(NotSync): Send) && implements!(into_iter!(NotSync): Send));
    assert!(!implements!(drain!(NotSend): Send) && !implements!(into_iter!(NotSend): Send));
    assert!(!implements!(drain!(Neither): Send) && !implements!(into_iter!(Neither): Send));
}

#[test]
fn vacant_entries_go_where_values_may_come_from() {
    assert!(implements!(VacantEntry<'static, Plain>: Send));
    assert!(!implements!(VacantEntry<'static, NotSync>: Send)); // others would read it meanwhile
    assert!(!implements!(VacantEntry<'static, NotSend>: Send));
    assert!(!implements!(VacantEntry<'static, Neither>: Send));
    assert!(implements!(VacantEntry<'static, Plain>: Sync));
}

#[test]
fn a_slab_may_be_looked_at_after_a_panic() {
    assert!(implements!(Slab<Plain>: UnwindSafe) && implements!(Slab<Plain>: RefUnwindSafe));
    // Through a shared reference nothing is changed but what is whole after a panic.
    assert!(implements!(Slab<NotSync>: RefUnwindSafe) && !implements!(Slab<NotSync>: UnwindSafe));
    assert!(implements!(Entry<'static, Plain>: UnwindSafe) && implements!(OwnedEntry<Plain>: UnwindSafe));
    assert!(!implements!(Entry<'static, NotSync>: UnwindSafe) && !implements!(OwnedEntry<NotSync>: UnwindSafe));
    assert!(!implements!(ExclusiveEntry<'static, Plain>: UnwindSafe)); // no more than `&mut` is
    assert!(implements!(ExclusiveError: UnwindSafe) && implements!(Full<Plain>: UnwindSafe));
    assert!(implements!(pinned!(Plain): UnwindSafe) && implements!(pinned!(Plain): RefUnwindSafe));
    assert!(implements!(pinned_entries!(Plain): UnwindSafe) && implements!(pinned_keys!(Plain): UnwindSafe));
    assert!(!implements!(pinned!(NotSync): UnwindSafe) && !implements!(pinned_entries!(NotSync): UnwindSafe));
}

#[test]
fn a_pool_may_be_looked_at_after_a_panic() {
    assert!(implements!(pool!(Plain): UnwindSafe) && implements!(pool!(Plain): RefUnwindSafe));
    assert!(implements!(pool!(NotSync): RefUnwindSafe) && !implements!(pool!(NotSync): UnwindSafe));
    assert!(implements!(shared_reference!(Plain): UnwindSafe) && implements!(owned_reference!(Plain): UnwindSafe));
    assert!(
        implements!(shared_reference!(Plain): RefUnwindSafe) && implements!(owned_reference!(Plain): RefUnwindSafe)
    );
    assert!(
        !implements!(shared_reference!(NotSync): UnwindSafe) && !implements!(owned_reference!(NotSync): UnwindSafe)
    );
    assert!(implements!(pinned_pool!(Plain): UnwindSafe) && !implements!(pinned_pool!(NotSync): UnwindSafe));
    // No more than `&mut` is.
    assert!(!implements!(exclusive_reference!(Plain): UnwindSafe));
    assert!(!implements!(owned_exclusive_reference!(Plain): UnwindSafe));
}

#[test]
fn all_is_unpin_and_static_where_values_are() {
    assert!(implements!(Slab<Plain>: Unpin) && implements!(Entry<'static, Plain>: Unpin));
    assert!(implements!(OwnedEntry<Plain>: Unpin) && implements!(ExclusiveEntry<'static, Plain>: Unpin));
    assert!(implements!(pool!(Plain): Unpin) && implements!(shared_reference!(Plain): Unpin));
    assert!(implements!(owned_reference!(Plain): Unpin) && implements!(exclusive_reference!(Plain): Unpin));
    assert!(implements!(owned_exclusive_reference!(Plain): Unpin));
    assert!(implements!(pinned!(Plain): Unpin) && implements!(pinned_entries!(Plain): Unpin));
    assert!(implements!(pinned_keys!(Plain): Unpin) && implements!(pinned_pool!(Plain): Unpin));
}
