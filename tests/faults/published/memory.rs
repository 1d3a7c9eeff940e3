//! Faults 1 to 4, 6, 9 to 11, 15 to 17: slots and values.

use std::{
    cell::Cell,
    collections::HashSet,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, MutexGuard, mpsc},
    thread,
};

use super::{
    OneSlot,
    subject::{Config, Entry, OwnedEntry, Slab},
};
use crate::{implements::implements, value::Ledger};

#[test]
fn fault_01_take_of_a_vacant_entrys_key_frees_nothing() {
    let slab = Slab::<[u64; 4]>::new();
    let vacant = slab.vacant_entry().unwrap();
    let key = vacant.key();
    assert_eq!(slab.take(key), None);
    vacant.insert([7; 4]);
    let other = slab.insert([8; 4]).unwrap();
    assert_ne!(key, other);
    assert_eq!(*slab.get(key).unwrap(), [7; 4]);
    assert_eq!(slab.take(key), Some([7; 4]));
    assert_eq!(slab.take(other), Some([8; 4]));
}

#[test]
fn fault_02_remove_of_a_vacant_entrys_key_frees_nothing() {
    let ledger = Ledger::new();
    let slab = Slab::new();
    assert!(slab.remove(slab.insert(ledger.value()).unwrap()));
    let vacant = slab.vacant_entry().unwrap();
    let key = vacant.key();
    assert!(!slab.remove(key));
    vacant.insert(ledger.value());
    let entry = slab.get(key).unwrap();
    let other = slab.insert(ledger.value()).unwrap();
    assert_ne!(key, other);
    assert_eq!(entry.id(), 1);
    assert_eq!(slab.get(other).unwrap().id(), 2);
}

#[test]
fn fault_03_two_vacant_entries_never_have_one_slot() {
    let slab = Slab::<u64>::new();
    assert!(slab.remove(slab.insert(1).unwrap()));
    let first = slab.vacant_entry().unwrap();
    let first_key = first.key();
    slab.remove(first_key);
    let second = slab.vacant_entry().unwrap();
    let second_key = second.key();
    assert_ne!(first_key, second_key);
    first.insert(1);
    second.insert(2);
    let (first, second) = (slab.get(first_key).unwrap(), slab.get(second_key).unwrap());
    assert!(!std::ptr::eq(&raw const *first, &raw const *second));
    assert_eq!((*first, *second), (1, 2));
}

type Guard = MutexGuard<'static, u8>; // `Sync` but not `Send`
type NotSync = Cell<u8>; // `Send` but not `Sync`

#[test]
fn fault_04_values_stay_on_their_thread_unless_they_may_leave_it() {
    let facts = [
        ("Slab<u8>: Send", true, implements!(Slab<u8>: Send)),
        ("Slab<u8>: Sync", true, implements!(Slab<u8>: Sync)),
        ("Entry<u8>: Sync", true, implements!(Entry<'static, u8>: Sync)),
        ("OwnedEntry<u8>: Send", true, implements!(OwnedEntry<u8>: Send)),
        ("OwnedEntry<u8>: Sync", true, implements!(OwnedEntry<u8>: Sync)),
        ("Slab<Cell>: Send", true, implements!(Slab<NotSync>: Send)),
        ("Slab<Cell>: Sync", false, implements!(Slab<NotSync>: Sync)),
        ("Entry<Cell>: Send", false, implements!(Entry<'static, NotSync>: Send)),
        ("Entry<Cell>: Sync", false, implements!(Entry<'static, NotSync>: Sync)),
        ("OwnedEntry<Cell>: Send", false, implements!(OwnedEntry<NotSync>: Send)),
        ("OwnedEntry<Cell>: Sync", false, implements!(OwnedEntry<NotSync>: Sync)),
        ("Slab<MutexGuard>: Send", false, implements!(Slab<Guard>: Send)),
        ("Slab<MutexGuard>: Sync", false, implements!(Slab<Guard>: Sync)),
        ("Entry<MutexGuard>: Send", false, implements!(Entry<'static, Guard>: Send)),
        ("Entry<MutexGuard>: Sync", false, implements!(Entry<'static, Guard>: Sync)),
        ("OwnedEntry<MutexGuard>: Send", false, implements!(OwnedEntry<Guard>: Send)),
        ("OwnedEntry<MutexGuard>: Sync", false, implements!(OwnedEntry<Guard>: Sync)),
    ];
    let wrong: Vec<_> = facts.iter().filter(|(_, wanted, found)| wanted != found).collect();
    assert!(wrong.is_empty(), "(fact, wanted, found): {wrong:?}");
}

#[test]
fn fault_06_take_of_a_made_up_key_leaves_the_free_list_whole() {
    let slab = Slab::<usize>::new();
    let key = slab.insert(1000).unwrap();
    for made_up in key + 1..key + 32 {
        assert_eq!(slab.take(made_up), None);
    }
    let keys: Vec<_> = (0..100).map(|value| slab.insert(value).unwrap()).collect();
    assert_eq!(keys.iter().collect::<HashSet<_>>().len(), 100);
    assert!(keys.iter().enumerate().all(|(value, &key)| *slab.get(key).unwrap() == value));
    assert_eq!(*slab.get(key).unwrap(), 1000);
}

#[test]
fn fault_09_contains_of_a_vacant_entrys_key_is_false() {
    let slab = Slab::<String>::new();
    for round in 0..4 {
        let vacant = slab.vacant_entry().unwrap();
        let key = vacant.key();
        assert!(!slab.contains(key), "round {round}");
        vacant.insert(String::new());
        assert!(slab.contains(key));
        if round % 2 == 0 {
            assert!(slab.remove(key));
        } else {
            assert!(slab.take(key).is_some());
        }
    }
}

#[test]
#[cfg_attr(flagstone_published, expect(clippy::drop_non_drop, reason = "that it does nothing there is the fault"))]
fn fault_10_a_dropped_vacant_entry_gives_its_slot_back() {
    let slab = Slab::<u64>::new_with_config::<OneSlot>();
    for _ in 0..100 {
        drop(slab.vacant_entry().expect("the slot is free"));
    }
    assert!(slab.insert(1).is_some());
}

#[test]
fn fault_11_remove_is_true_once_while_a_guard_lives() {
    let ledger = Ledger::new();
    let slab = Slab::new();
    let key = slab.insert(ledger.value()).unwrap();
    let entry = slab.get(key).unwrap();
    assert!(slab.remove(key));
    assert!(!slab.remove(key));
    assert_eq!(ledger.dropped(), 0);
    drop(entry);
    assert_eq!(ledger.dropped(), 1);
    assert!(!slab.remove(key));
}

#[test]
fn fault_11_take_fails_after_remove_while_a_guard_lives() {
    let ledger = Ledger::new();
    let slab = Slab::new();
    let key = slab.insert(ledger.value()).unwrap();
    let (entry, also_held) = (slab.get(key).unwrap(), slab.get(key).unwrap());
    assert!(slab.remove(key));
    let (about_to_take, wait_for_taker) = mpsc::channel();
    thread::scope(|scope| {
        let taker = scope.spawn(|| {
            about_to_take.send(()).unwrap();
            slab.take(key)
        });
        wait_for_taker.recv().unwrap();
        drop(also_held);
        drop(entry);
        assert_eq!(taker.join().unwrap(), None);
    });
}

#[test]
fn fault_15_a_panic_in_the_destructor_run_by_the_last_guard_loses_no_slot() {
    let ledger = Ledger::new();
    let slab = Slab::new_with_config::<OneSlot>();
    for _ in 0..10 {
        let key = slab.insert(ledger.bomb()).expect("the slot is free");
        let entry = slab.get(key).unwrap();
        assert!(slab.remove(key));
        catch_unwind(AssertUnwindSafe(|| drop(entry))).unwrap_err();
    }
    assert_eq!(ledger.dropped(), 10);
}

/// As many bits for generations as there can be, so as few as possible for the count of guards.
struct FewCountBits;

impl Config for FewCountBits {
    const MAX_THREADS: usize = 64;
    const MAX_PAGES: usize = 1;
    const INITIAL_PAGE_SIZE: usize = 1;
}

#[test]
fn fault_16_the_limit_of_guards_is_said_and_the_entry_can_still_be_freed() {
    let ledger = Ledger::new();
    let slab = Slab::new_with_config::<FewCountBits>();
    let key = slab.insert(ledger.value()).unwrap();
    let mut guards = Vec::new();
    catch_unwind(AssertUnwindSafe(|| {
        while guards.len() < 1 << 21 {
            guards.push(slab.get(key).expect("an entry that is there is not absent"));
        }
    }))
    .map_err(|panic| {
        let said = panic.downcast_ref::<String>().expect("the message has a number in it");
        assert!(said.contains(&format!(" {} guards", guards.len())), "{} guards, but: {said}", guards.len());
    })
    .expect_err("there is a limit below two millions");
    assert!(slab.contains(key));
    drop(guards);
    assert!(slab.remove(key));
    assert_eq!(ledger.dropped(), 1);
    assert!(slab.insert(ledger.value()).is_some());
}

#[test]
fn fault_17_a_value_that_finds_no_room_comes_back() {
    #[cfg(not(flagstone_published))]
    fn insert<T>(slab: &Slab<T, OneSlot>, value: T) -> Result<usize, Option<T>> {
        slab.try_insert(value).map_err(|full| Some(full.into_inner()))
    }
    #[cfg(flagstone_published)]
    fn insert<T>(slab: &Slab<T, OneSlot>, value: T) -> Result<usize, Option<T>> {
        slab.insert(value).ok_or(None)
    }

    let ledger = Ledger::new();
    let slab = Slab::new_with_config::<OneSlot>();
    insert(&slab, ledger.value()).unwrap();
    let returned = insert(&slab, ledger.value()).unwrap_err();
    assert_eq!(ledger.dropped(), 0);
    assert_eq!(returned.unwrap().id(), 1);
}

#[test]
fn fault_04_an_owned_guard_may_end_its_value_on_another_thread() {
    let ledger = Ledger::new();
    let slab = Arc::new(Slab::new());
    let key = slab.insert(ledger.value()).unwrap();
    let entry = Arc::clone(&slab).get_owned(key).unwrap();
    assert!(slab.remove(key));
    drop(slab);
    thread::spawn(move || drop(entry)).join().unwrap();
    assert_eq!(ledger.dropped(), 1);
}
