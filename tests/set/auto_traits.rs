//! Which types may be sent to other threads, shared between them, moved when pinned, and used after a panic.

use std::{
    cell::Cell,
    error::Error,
    marker::PhantomPinned,
    panic::{RefUnwindSafe, UnwindSafe},
    rc::Rc,
    sync::{Arc, MutexGuard},
};

use flagstone::future_set::{
    Full, FutureSet, InPlace, Keys, Next, NextWithKey, OnHeap, StackSlots, Vacancy, VacancyFuture,
};
use futures_core::{FusedFuture, FusedStream, Stream};

use crate::implements::implements;

type Plain = Arc<u8>;
type NotSync = Cell<u8>; // `Send` alone
type NotSend = MutexGuard<'static, u8>; // `Sync` alone
type Neither = Rc<u8>;

const BOTH: [bool; 2] = [true, true];
const SYNC: [bool; 2] = [false, true];

type Set<F> = FutureSet<F>;
type SetInPlace<F> = FutureSet<F, InPlace<'static>>;
type Nexts<F> = Next<'static, F>;
type NextsWithKey<F> = NextWithKey<'static, F>;
type Vacancies<F> = Vacancy<'static, F>;
type WaitsInPlace<F> = VacancyFuture<'static, F, InPlace<'static>>;
type SomeKeys<F> = Keys<'static, F>;
type Slots<F> = StackSlots<F, 1>;

/// Whether a type is `Send`, and whether it is `Sync`, for futures of all four kinds.
macro_rules! of {
    ($name:ident) => {
        [of!(@ $name<Plain>), of!(@ $name<NotSync>), of!(@ $name<NotSend>), of!(@ $name<Neither>)]
    };
    (@ $type:ty) => {
        [implements!($type: Send), implements!($type: Sync)]
    };
}

/// A shared set returns no future, so it is `Sync` for any futures; it is `Send` if they are.
const AS_THE_FUTURES_GO: [[bool; 2]; 4] = [BOTH, BOTH, SYNC, SYNC];

#[test]
fn a_set_goes_where_its_futures_may() {
    for set in [of!(Set), of!(SetInPlace), of!(Nexts), of!(NextsWithKey), of!(Vacancies), of!(WaitsInPlace)] {
        assert_eq!(set, AS_THE_FUTURES_GO);
    }
}

#[test]
fn keys_go_anywhere() {
    assert_eq!(of!(SomeKeys), [BOTH; 4]);
    assert!(implements!(OnHeap: Send) && implements!(InPlace<'static>: Send));
}

#[test]
fn what_is_given_back_is_what_was_given() {
    assert_eq!(of!(Full), [BOTH, [true, false], SYNC, [false, false]]);
    assert!(implements!(Full<Neither>: Error) && implements!(Full<u8>: Copy) && !implements!(Full<Plain>: Copy));
    assert!(implements!(Full<u8>: Eq) && !implements!(Full<PhantomPinned>: Unpin));
    assert_eq!(of!(Slots).map(|[send, _]| send), [true, true, false, false]);
}

#[test]
fn all_but_slots_is_unpin() {
    type Pinned = PhantomPinned;

    assert!(implements!(FutureSet<Pinned>: Unpin) && implements!(FutureSet<Pinned, InPlace<'static>>: Unpin));
    assert!(implements!(Next<'static, Pinned>: Unpin) && implements!(NextWithKey<'static, Pinned>: Unpin));
    assert!(implements!(Vacancy<'static, Pinned>: Unpin) && implements!(VacancyFuture<'static, Pinned>: Unpin));
    assert!(implements!(Keys<'static, Pinned>: Unpin));
    assert!(!implements!(StackSlots<u8, 1>: Unpin), "a set has their addresses");
}

#[test]
fn a_set_may_be_looked_at_after_a_panic_if_its_futures_may() {
    type Broken = &'static mut u8;

    assert!(implements!(FutureSet<Plain>: UnwindSafe) && implements!(FutureSet<Plain>: RefUnwindSafe));
    assert!(implements!(FutureSet<Plain, InPlace<'static>>: UnwindSafe));
    assert!(!implements!(FutureSet<Broken>: UnwindSafe) && !implements!(FutureSet<&'static Cell<u8>>: UnwindSafe));
    assert!(implements!(FutureSet<Broken>: RefUnwindSafe), "it shows no future");
    assert!(implements!(Keys<'static, Broken>: UnwindSafe) || !implements!(Keys<'static, Broken>: RefUnwindSafe));
}

#[test]
fn sets_are_streams_and_waits_are_futures() {
    type Ready = std::future::Ready<u8>;

    assert!(implements!(FutureSet<Ready>: Stream) && implements!(FutureSet<Ready, InPlace<'static>>: FusedStream));
    assert!(implements!(Next<'static, Ready>: FusedFuture) && implements!(NextWithKey<'static, Ready>: FusedFuture));
    assert!(implements!(VacancyFuture<'static, Ready>: Future) && !implements!(FutureSet<u8>: Stream));
    assert!(implements!(FutureSet<Ready>: FromIterator<Ready>) && !implements!(FutureSet<Ready>: Clone));
}
