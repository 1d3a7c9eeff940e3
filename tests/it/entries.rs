//! Insert, get, remove, take: what happens to one entry.

use flagstone::{Config, DefaultConfig, ExclusiveError, Slab};

use crate::{
    configs::{OneSlot, on_every_configuration, room},
    value::Ledger,
};

on_every_configuration! {
    an_inserted_value_is_found_by_its_key_until_it_is_removed
    a_taken_value_comes_back_whole
    nothing_is_found_in_an_empty_slab
    what_finds_no_room_comes_back
    slots_are_used_again
    two_slabs_do_not_mix
    entries_live_until_the_slab_is_dropped
    an_entry_is_changed_through_a_mutable_slab
}

fn an_inserted_value_is_found_by_its_key_until_it_is_removed<C: Config>() {
    let ledger = Ledger::new();
    let slab = Slab::new_with_config::<C>();
    let keys: Vec<_> = (0..room::<C>(100)).map(|_| slab.insert(ledger.value()).unwrap()).collect();
    for (id, &key) in keys.iter().enumerate() {
        assert!(slab.contains(key));
        let entry = slab.get(key).unwrap();
        assert_eq!((entry.id(), entry.key()), (id, key));
    }
    for (id, &key) in keys.iter().enumerate() {
        assert!(slab.remove(key));
        assert_eq!(ledger.dropped(), id + 1);
        assert!(!slab.contains(key));
        assert!(slab.get(key).is_none());
        assert!(!slab.remove(key));
        assert!(slab.take(key).is_none() && slab.try_take(key).is_none());
        assert_eq!(slab.get_exclusive(key).unwrap_err(), ExclusiveError::Absent);
    }
}

fn a_taken_value_comes_back_whole<C: Config>() {
    let ledger = Ledger::new();
    let slab = Slab::new_with_config::<C>();
    let keys: Vec<_> = (0..room::<C>(100)).map(|_| slab.insert(ledger.value()).unwrap()).collect();
    for (id, &key) in keys.iter().enumerate() {
        let value = if id % 2 == 0 { slab.take(key) } else { slab.try_take(key) }.unwrap();
        assert_eq!(value.id(), id);
        assert_eq!(ledger.dropped(), id);
        assert!(!slab.contains(key) && slab.take(key).is_none() && slab.try_take(key).is_none() && !slab.remove(key));
    }
    assert!(slab.is_empty());
}

fn nothing_is_found_in_an_empty_slab<C: Config>() {
    let mut slab = Slab::<u64>::new_with_config::<C>();
    for key in (0..100).chain((0..usize::BITS).map(|bit| 1 << bit)).chain([usize::MAX, usize::MAX - 1]) {
        assert!(!slab.contains(key) && slab.get(key).is_none() && !slab.remove(key));
        assert!(slab.take(key).is_none() && slab.try_take(key).is_none() && slab.get_mut(key).is_none());
        assert_eq!(slab.get_exclusive(key).unwrap_err(), ExclusiveError::Absent);
    }
    assert_eq!((slab.len(), slab.capacity()), (0, 0));
}

fn what_finds_no_room_comes_back<C: Config>() {
    const MOST: usize = 1000;

    let slots = room::<C>(MOST);
    let ledger = Ledger::new();
    let slab = Slab::new_with_config::<C>();
    for _ in 0..slots {
        slab.try_insert(ledger.value()).unwrap();
    }
    if slots == MOST {
        return;
    }
    for _ in 0..3 {
        let full = slab.try_insert(ledger.value()).unwrap_err();
        assert_eq!(format!("{full:?}"), "Full { .. }");
        assert!(full.to_string().contains("no room"));
        let before = ledger.dropped();
        let _ = full.into_inner().id();
        assert_eq!(ledger.dropped(), before + 1);

        assert!(slab.insert(ledger.value()).is_none());
        assert_eq!(ledger.dropped(), before + 2);

        assert!(slab.vacant_entry().is_none());
        assert!(slab.insert_with_key(|_| unreachable!("there is no key")).is_none());
    }
    assert_eq!((slab.len(), slab.capacity()), (slots, slots));
}

fn slots_are_used_again<C: Config>() {
    let ledger = Ledger::new();
    let slab = Slab::new_with_config::<C>();
    let lives = Slab::<u8, C>::generations(0).min(50);
    for life in 0..lives {
        let key = slab.insert(ledger.value()).unwrap();
        assert_eq!(slab.capacity(), C::INITIAL_PAGE_SIZE.next_power_of_two());
        if life % 2 == 0 {
            assert!(slab.remove(key));
        } else {
            assert_eq!(slab.take(key).unwrap().id(), life);
        }
        assert_eq!(ledger.dropped(), life + 1);
    }
}

fn two_slabs_do_not_mix<C: Config>() {
    let ledger = Ledger::new();
    let (left, right) = (Slab::new_with_config::<C>(), Slab::new_with_config::<C>());
    let in_left = left.insert(ledger.value()).unwrap();
    assert!(right.get(in_left).is_none() && !right.remove(in_left));
    let in_right = right.insert(ledger.value()).unwrap();
    assert_eq!(in_left, in_right);
    assert_eq!((left.get(in_left).unwrap().id(), right.get(in_right).unwrap().id()), (0, 1));
    assert!(left.remove(in_left));
    assert!(right.contains(in_right));
}

fn entries_live_until_the_slab_is_dropped<C: Config>() {
    let ledger = Ledger::new();
    let slab = Slab::new_with_config::<C>();
    let count = room::<C>(200);
    for _ in 0..count {
        slab.insert(ledger.value()).unwrap();
    }
    assert_eq!(ledger.dropped(), 0);
    drop(slab);
    assert_eq!(ledger.dropped(), count);
}

fn an_entry_is_changed_through_a_mutable_slab<C: Config>() {
    let mut slab = Slab::new_with_config::<C>();
    let key = slab.insert(String::from("a")).unwrap();
    slab.get_mut(key).unwrap().push('b');
    assert_eq!(*slab.get(key).unwrap(), "ab");
    std::mem::forget(slab.get(key));
    slab.get_mut(key).unwrap().push('c'); // the guard is leaked, so it cannot be used
    assert_eq!(*slab.get(key).unwrap(), "abc");
    std::mem::forget(slab.get(key));
    assert!(slab.remove(key));
    assert!(slab.get_mut(key).is_none());
}

#[test]
fn a_million_entries() {
    let slab = Slab::new();
    // On 32 bits a shard has room for 262,112.
    let many = if usize::BITS >= 64 { 1_000_000 } else { 262_112 };
    let keys: Vec<_> = (0..many).map(|value| slab.insert(value).unwrap()).collect();
    assert_eq!(slab.len(), keys.len());
    assert!(keys.iter().enumerate().all(|(value, &key)| slab.take(key) == Some(value)));
    assert!(slab.is_empty());
}

#[test]
fn a_static_slab_needs_no_initialisation() {
    static SLAB: Slab<String> = Slab::new();
    static CONFIGURED: Slab<String, OneSlot> = Slab::new_with_config();

    let key = std::thread::spawn(|| SLAB.insert("from a thread".to_owned()).unwrap()).join().unwrap();
    assert_eq!(*SLAB.get(key).unwrap(), "from a thread");
    assert!(SLAB.remove(key));

    let key = CONFIGURED.insert(String::new()).unwrap();
    assert_eq!(CONFIGURED.take(key), Some(String::new()));
}

#[test]
fn all_constructors_are_alike() {
    let (new, configured, default) =
        (Slab::new(), Slab::new_with_config::<DefaultConfig>(), Slab::<u8>::new_with_config::<DefaultConfig>());
    let key = new.insert(1_u8).unwrap();
    assert_eq!(configured.insert(1_u8), Some(key));
    assert_eq!(default.insert(1_u8), Some(key));
}
