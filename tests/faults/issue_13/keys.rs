//! Fault 11: keys in whose reserved bits the caller has put something.

use std::sync::Arc;

use flagstone::{Config, ExclusiveError, Pool, Slab};

use crate::configs::{ReservedByte, key_bits};

/// One bit of each key for the caller.
struct ReservedBit;

impl Config for ReservedBit {
    const MAX_THREADS: usize = 8;
    const MAX_PAGES: usize = 8;
    const RESERVED_BITS: usize = 1;
}

/// The key with everything that can be in its reserved bits, but for zeros alone.
fn marked<C: Config>(key: usize) -> impl Iterator<Item = usize> {
    assert_eq!(key >> key_bits::<C>(), 0, "they are zero in a key that is handed out");
    (1..1 << C::RESERVED_BITS).map(move |mark| key | mark << key_bits::<C>())
}

#[test]
fn fault_11_of_issue_13_a_key_with_the_reserved_bit_set_takes_its_entry() {
    let slab = Slab::new_with_config::<ReservedBit>();
    let key = slab.insert(7).unwrap();
    assert_eq!(slab.take(key | 1 << (usize::BITS - 1)), Some(7));
    assert_eq!((slab.take(key | 1 << (usize::BITS - 1)), slab.len()), (None, 0));
}

#[test]
fn fault_11_of_issue_13_every_operation_of_a_slab_finds_the_entry_of_a_key_with_reserved_bits_set() {
    fn check<C: Config + 'static>() {
        let mut slab = Arc::new(Slab::<u32>::new_with_config::<C>());
        let key = slab.insert(7).unwrap();
        for marked in marked::<C>(key) {
            assert!(slab.contains(marked));
            let entry = slab.get(marked).unwrap();
            assert_eq!((*entry, entry.key(), flagstone::Entry::clone(&entry).key()), (7, key, key));
            let owned = Arc::clone(&slab).get_owned(marked).unwrap();
            assert_eq!((*owned, owned.key()), (7, key));
            assert_eq!(slab.get_exclusive(marked).unwrap_err(), ExclusiveError::InUse);
            assert_eq!(slab.try_take(marked), None);
            drop((entry, owned));

            let pinned = slab.pin();
            assert_eq!((pinned.get(marked), pinned.contains(marked)), (Some(&7), true));
            assert!(pinned.keys().eq([key]) && pinned.iter().eq([(key, &7)]));
            drop(pinned);

            assert_eq!(slab.get_exclusive(marked).unwrap().key(), key);
            assert_eq!(slab.wait_exclusive(marked).unwrap().key(), key);
            assert_eq!(Arc::get_mut(&mut slab).unwrap().get_mut(marked), Some(&mut 7));
        }
        for (turn, marked) in marked::<C>(key).enumerate() {
            let [read, taken, tried, removed] = [(); 4].map(|()| slab.insert(turn as u32).unwrap());
            let mark = marked ^ key;
            assert!(slab.get(read | mark).unwrap().remove());
            assert_eq!(slab.take(taken | mark), Some(turn as u32));
            assert_eq!(slab.try_take(tried | mark), Some(turn as u32));
            assert!(slab.remove(removed | mark) && !slab.remove(removed));
            // And none when the entry was removed.
            for stale in [read, taken, tried, removed] {
                assert!(slab.get(stale | mark).is_none() && !slab.contains(stale | mark));
                assert!(slab.take(stale | mark).is_none() && slab.wait_exclusive(stale | mark).is_none());
                assert_eq!(slab.get_exclusive(stale | mark).unwrap_err(), ExclusiveError::Absent);
            }
            assert_eq!(slab.len(), 1);
        }
    }
    check::<ReservedBit>();
    check::<ReservedByte>();
}

#[test]
fn fault_11_of_issue_13_every_operation_of_a_pool_finds_the_entry_of_a_key_with_reserved_bits_set() {
    fn check<C: Config + 'static>() {
        let mut pool = Arc::new(Pool::<String>::new_with_config::<C>());
        let key = pool.create_with(|text| text.push_str("text")).unwrap();
        for marked in marked::<C>(key) {
            assert!(pool.contains(marked));
            let entry = pool.get(marked).unwrap();
            assert_eq!((entry.as_str(), entry.key()), ("text", key));
            let owned = Arc::clone(&pool).get_owned(marked).unwrap();
            assert_eq!((owned.as_str(), owned.key()), ("text", key));
            assert_eq!(pool.get_exclusive(marked).unwrap_err(), ExclusiveError::InUse);
            drop((entry, owned));

            let pinned = pool.pin();
            assert_eq!((pinned.get(marked).map(String::as_str), pinned.contains(marked)), (Some("text"), true));
            assert!(pinned.keys().eq([key]));
            drop(pinned);

            assert_eq!(pool.get_exclusive(marked).unwrap().key(), key);
            assert_eq!(pool.wait_exclusive(marked).unwrap().key(), key);
            assert_eq!(Arc::get_mut(&mut pool).unwrap().get_mut(marked).map(|text| text.as_str()), Some("text"));
        }
        for marked in marked::<C>(key) {
            let mark = marked ^ key;
            let created = pool.create().unwrap();
            let cleared = created.key();
            // While it is being made, too.
            assert_eq!(pool.get_exclusive(cleared | mark).unwrap_err(), ExclusiveError::InUse);
            drop(created);
            assert!(pool.clear(cleared | mark) && !pool.clear(cleared));
            assert!(pool.get(cleared | mark).is_none() && !pool.contains(cleared | mark));
            assert!(pool.wait_exclusive(cleared | mark).is_none());
            assert_eq!(pool.len(), 1);
        }
    }
    check::<ReservedBit>();
    check::<ReservedByte>();
}

#[test]
fn fault_11_of_issue_13_reserved_bits_are_zero_in_every_key_that_is_handed_out() {
    fn check<C: Config>() {
        let mut slab = Slab::<usize>::new_with_config::<C>();
        for value in 0..100 {
            let keys = [
                slab.insert(value).unwrap(),
                slab.try_insert(value).unwrap(),
                slab.insert_with_key(|key| key).unwrap(),
                slab.vacant_entry().map(|vacant| (vacant.key(), vacant.insert(value)).0).unwrap(),
            ];
            assert!(keys.iter().all(|key| key >> key_bits::<C>() == 0));
        }
        assert!(slab.iter_mut().all(|(key, _)| key >> key_bits::<C>() == 0));
        slab.retain(|key, _| key >> key_bits::<C>() != 0);
        assert!(slab.is_empty());
    }
    check::<ReservedBit>();
    check::<ReservedByte>();
}

/// Bits between those that keys use and those that are reserved are no caller's.
#[test]
fn bits_that_are_neither_used_nor_reserved_open_nothing() {
    let slab = Slab::new_with_config::<ReservedBit>();
    let key = slab.insert(7).unwrap();
    for bit in Slab::<u8, ReservedBit>::USED_BITS as u32..key_bits::<ReservedBit>() {
        for other in [key | 1 << bit, key | 1 << bit | 1 << (usize::BITS - 1)] {
            assert!(!slab.contains(other) && slab.get(other).is_none() && slab.take(other).is_none(), "bit {bit}");
            assert_eq!(slab.get_exclusive(other).unwrap_err(), ExclusiveError::Absent);
        }
    }
    assert_eq!(slab.take(key), Some(7));
}
