//! The most guards that an entry can have.

use std::{
    mem,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
};

use flagstone::{
    Config, ExclusiveError, Pool,
    pool::{OwnedRef, Ref},
};

use crate::pooled::{Pooled, Workshop};

/// As many bits for generations as there can be, so as few as possible for the count of guards.
struct FewCountBits;

impl Config for FewCountBits {
    const MAX_THREADS: usize = 64;
    const MAX_PAGES: usize = 1;
    const INITIAL_PAGE_SIZE: usize = 1;
}

type FewPool = Pool<Pooled, FewCountBits>;

const LIMIT: usize = if usize::BITS >= 64 { 1_048_576 } else { 1_024 };

/// Asserts that something panics since there are too many guards.
fn refused<T>(key: usize, attempt: impl FnOnce() -> T) {
    let Err(panic) = catch_unwind(AssertUnwindSafe(|| drop(attempt()))) else { panic!("it was not refused") };
    assert_eq!(
        panic.downcast_ref::<String>().expect("a formatted message"),
        &format!("flagstone: entry {key:#x} has {LIMIT} guards, the most that can be counted; one more was refused")
    );
}

#[test]
fn at_the_limit_a_guard_more_is_refused_by_name_and_all_else_goes_on() {
    let workshop = Workshop::new();
    let mut pool: FewPool = Pool::new_with_config();
    let mut created = pool.create().unwrap();
    created.write("text");
    let key = created.key();
    mem::forget(created.downgrade()); // the first
    for _ in 1..LIMIT {
        mem::forget(pool.get(key).unwrap());
    }
    for _ in 0..3 {
        refused(key, || pool.get(key).map(mem::forget));
    }
    refused(key, || pool.retain(|_, _| true));
    refused(key, || format!("{pool:?}"));
    assert!(pool.contains(key));
    assert_eq!(pool.get_exclusive(key).unwrap_err(), ExclusiveError::InUse);
    assert_eq!(pool.get_mut(key).unwrap().text(), "text");
    assert_eq!(pool.len(), 1);

    assert!(pool.clear(key));
    assert!(pool.get(key).is_none() && !pool.clear(key) && !pool.contains(key));
    assert_eq!((pool.len(), workshop.cleared()), (1, 0));
    pool.clear_all();
    assert_eq!((pool.len(), workshop.cleared(), workshop.dropped()), (0, 1, 0));
    pool.create_with(|value| value.write("again")).unwrap();
    assert_eq!(workshop.made(), 1);
}

#[test]
fn all_guards_up_to_the_limit_are_counted_down_again() {
    let workshop = Workshop::new();
    let pool: Arc<FewPool> = Arc::new(Pool::new_with_config());
    let key = pool.create().unwrap().key();
    let owned = pool.clone().get_owned(key).unwrap();
    let guards: Vec<_> = (1..LIMIT).map(|_| pool.get(key).unwrap()).collect();
    refused(key, || pool.clone().get_owned(key).map(mem::forget));
    assert!(pool.clear(key));
    refused(key, || mem::forget(Ref::clone(&guards[0])));
    refused(key, || mem::forget(OwnedRef::clone(&owned)));
    assert_eq!(Arc::strong_count(&pool), 2);
    drop(guards);
    assert_eq!((workshop.cleared(), pool.len()), (0, 1));
    drop(owned);
    assert_eq!((workshop.cleared(), pool.len()), (1, 0));
}
