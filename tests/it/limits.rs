//! The most guards that an entry can have.

use std::{
    any::Any,
    mem,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
};

use flagstone::{Config, Entry, ExclusiveError, OwnedEntry, Slab};

use crate::value::{Counted, Ledger};

/// As many bits for generations as there can be, so as few as possible for the count of guards.
struct FewCountBits;

impl Config for FewCountBits {
    const MAX_THREADS: usize = 64;
    const MAX_PAGES: usize = 1;
    const INITIAL_PAGE_SIZE: usize = 1;
}

type FewSlab = Slab<Counted, FewCountBits>;

const LIMIT: usize = if usize::BITS >= 64 { 1_048_576 } else { 1_024 };

/// Forgets as many guards of an entry as it can have.
fn forget_guards_up_to_the_limit(slab: &FewSlab, key: usize) {
    for _ in 0..LIMIT {
        mem::forget(slab.get(key).unwrap());
    }
}

/// Asserts that something panics since there are too many guards.
fn refused<T>(key: usize, attempt: impl FnOnce() -> T) {
    let Err(panic) = catch_unwind(AssertUnwindSafe(|| drop(attempt()))) else { panic!("it was not refused") };
    assert_eq!(
        message(&*panic),
        format!("flagstone: entry {key:#x} has {LIMIT} guards, the most that can be counted; one more was refused")
    );
}

fn message(panic: &(dyn Any + Send)) -> &str {
    panic.downcast_ref::<String>().expect("a formatted message")
}

#[test]
fn at_the_limit_a_guard_more_is_refused_by_name_and_all_else_goes_on() {
    let ledger = Ledger::new();
    let mut slab: FewSlab = Slab::new_with_config();
    let key = slab.insert(ledger.value()).unwrap();
    forget_guards_up_to_the_limit(&slab, key);
    for _ in 0..3 {
        refused(key, || slab.get(key).map(mem::forget));
    }
    refused(key, || slab.retain(|_, _| true));
    assert!(slab.contains(key));
    assert!(slab.try_take(key).is_none());
    assert_eq!(slab.get_exclusive(key).unwrap_err(), ExclusiveError::InUse);
    assert_eq!(slab.get_mut(key).unwrap().id(), 0);
    assert_eq!(slab.len(), 1);

    assert!(slab.remove(key));
    assert!(slab.get(key).is_none() && !slab.remove(key) && !slab.contains(key));
    assert_eq!((slab.len(), ledger.dropped()), (1, 0));
    slab.clear();
    assert_eq!((slab.len(), ledger.dropped()), (0, 1));
    assert!(slab.insert(ledger.value()).is_some());
}

#[test]
fn below_the_limit_again_there_are_guards_again() {
    let ledger = Ledger::new();
    let slab: FewSlab = Slab::new_with_config();
    let key = slab.insert(ledger.value()).unwrap();
    let guard = slab.get(key).unwrap();
    for _ in 2..LIMIT {
        mem::forget(slab.get(key).unwrap());
    }
    for removed in [false, true] {
        let last = Entry::clone(&guard);
        refused(key, || mem::forget(Entry::clone(&guard)));
        if !removed {
            refused(key, || slab.get(key).map(mem::forget));
            drop(last);
            assert_eq!(slab.get(key).unwrap().id(), 0);
            assert!(slab.remove(key));
        }
    }
    drop(guard);
    assert_eq!(ledger.dropped(), 0);
    drop(slab);
    assert_eq!(ledger.dropped(), 1);
}

#[test]
fn a_refused_owned_guard_keeps_no_count_of_the_slab() {
    let ledger = Ledger::new();
    let slab = Arc::new(Slab::<Counted>::new_with_config::<FewCountBits>());
    let key = slab.insert(ledger.value()).unwrap();
    let guard = Arc::clone(&slab).get_owned(key).unwrap();
    for _ in 1..LIMIT {
        mem::forget(slab.get(key).unwrap());
    }
    refused(key, || Arc::clone(&slab).get_owned(key).map(mem::forget));
    refused(key, || mem::forget(OwnedEntry::clone(&guard)));
    assert_eq!(Arc::strong_count(&slab), 2);
    drop((slab, guard));
    assert_eq!(ledger.dropped(), 1);
}

#[test]
fn all_guards_up_to_the_limit_are_counted_down_again() {
    let ledger = Ledger::new();
    let slab: FewSlab = Slab::new_with_config();
    let key = slab.insert(ledger.value()).unwrap();
    let guards: Vec<_> = (0..LIMIT).map(|_| slab.get(key).unwrap()).collect();
    refused(key, || slab.get(key).map(mem::forget));
    assert!(slab.remove(key));
    for guard in guards {
        assert_eq!(ledger.dropped(), 0);
        drop(guard);
    }
    assert_eq!((slab.len(), ledger.dropped()), (0, 1));
}
