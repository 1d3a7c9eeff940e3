//! Room that is reserved: memory is asked for at once, and not afterwards; what is refused is said.

use std::{sync::Barrier, thread};

use flagstone::{Config, Pool, ReserveError, Slab};

use crate::{Crowded, GRANTED, GRANTED_ZEROED};

alone_on_a_thread! {
    what_is_reserved_needs_no_memory_afterwards
    what_is_reserved_in_a_pool_needs_no_memory_afterwards
    room_is_reserved_beside_what_is_used
    refused_memory_is_an_error_and_loses_nothing
    more_than_a_shard_can_have_is_an_error_and_loses_nothing
    a_thread_without_a_shard_reserves_where_it_inserts
}

/// Runs something without memory.
fn without_memory<R>(behaviour: impl FnOnce() -> R) -> R {
    GRANTED.set(Some(0));
    GRANTED_ZEROED.set(Some(0));
    let result = behaviour();
    GRANTED.set(None);
    GRANTED_ZEROED.set(None);
    result
}

fn what_is_reserved_needs_no_memory_afterwards() {
    for count in [0, 1, 31, 32, 33, 100, 10_000] {
        let slab = Slab::with_capacity(count);
        assert!(slab.is_empty() && slab.capacity() >= count && slab.capacity() <= 2 * count + 32);
        without_memory(|| (0..count).for_each(|value| assert!(slab.insert(value).is_some(), "{value} of {count}")));
        assert_eq!(slab.len(), count);
    }
}

fn what_is_reserved_in_a_pool_needs_no_memory_afterwards() {
    let pool = Pool::<u64>::with_capacity(1_000);
    without_memory(|| (0..1_000).for_each(|number| assert!(pool.create_with(|value| *value = number).is_some())));
    assert_eq!(pool.len(), 1_000);
}

fn room_is_reserved_beside_what_is_used() {
    let slab = Slab::new();
    let mut keys: Vec<usize> = (0..100).map(|value| slab.insert(value).unwrap()).collect();
    for round in 0..20 {
        // Some are given back by the owner, some by another thread.
        let removed = keys.split_off(keys.len() / 2);
        let (here, there) = removed.split_at(removed.len() / 3);
        assert!(here.iter().all(|&key| slab.remove(key)));
        thread::scope(|scope| scope.spawn(|| assert!(there.iter().all(|&key| slab.remove(key)))).join()).unwrap();
        let additional = 10 + 17 * round;
        slab.reserve(additional).unwrap();
        keys.reserve(additional);
        without_memory(|| keys.extend((0..additional).map(|value| slab.insert(value).unwrap())));
        assert_eq!(slab.len(), keys.len());
    }
    assert!(slab.capacity() < 2_000, "room is not reserved again and again: {}", slab.capacity());
}

fn refused_memory_is_an_error_and_loses_nothing() {
    let slab = Slab::new();
    assert_eq!(without_memory(|| slab.reserve(1)), Err(ReserveError::Memory));
    assert_eq!((slab.len(), slab.capacity()), (0, 0));
    slab.reserve(100).unwrap();
    let capacity = slab.capacity();
    assert_eq!(without_memory(|| slab.reserve(capacity + 1)), Err(ReserveError::Memory));
    assert_eq!(without_memory(|| slab.reserve(capacity)), Ok(()));
    without_memory(|| (0..capacity).for_each(|value| assert!(slab.insert(value).is_some())));
    assert!(slab.insert(0).is_some());
}

fn more_than_a_shard_can_have_is_an_error_and_loses_nothing() {
    let slab = Slab::<u64>::new_with_config::<Crowded>();
    let most = (1 << Crowded::MAX_PAGES) - 1;
    for too_many in [most + 1, usize::MAX] {
        assert_eq!(slab.reserve(too_many), Err(ReserveError::Capacity));
    }
    assert!(slab.capacity() <= 1, "nothing is allocated for room that there cannot be");
    assert_eq!(Slab::<u64>::new().reserve(usize::MAX), Err(ReserveError::Capacity));
    assert_eq!(Pool::<u64>::new().reserve(usize::MAX), Err(ReserveError::Capacity));
    assert_eq!(slab.reserve(most), Ok(()));
    without_memory(|| (0..most as u64).for_each(|value| assert!(slab.insert(value).is_some())));
    assert_eq!((slab.insert(0), slab.reserve(1)), (None, Err(ReserveError::Capacity)));
}

fn a_thread_without_a_shard_reserves_where_it_inserts() {
    let (slab, barrier) = (Slab::<u64>::new_with_config::<Crowded>(), Barrier::new(2));
    thread::scope(|scope| {
        scope.spawn(|| {
            slab.insert(0).unwrap();
            (barrier.wait(), barrier.wait())
        });
        barrier.wait();
        slab.reserve(50).unwrap();
        without_memory(|| (0..50).for_each(|value| assert!(slab.insert(value).is_some())));
        assert_eq!(slab.stats().shards()[0].number, 0, "the overflow shard");
        barrier.wait();
    });
}
