//! Values whose destructors use the slab that they were in.

use std::{
    sync::{
        Arc, Weak,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
};

use flagstone::{Config, Slab};

use crate::configs::{OneSlot, on_every_configuration, room};

on_every_configuration! {
    a_chain_of_entries_each_of_which_removes_the_next
    a_destructor_sees_its_own_entry_gone
}

/// Removes another entry when it is dropped.
struct Link<C: Config> {
    slab: Weak<Slab<Self, C>>,
    next: Option<usize>,
    ended: Arc<AtomicUsize>,
}

impl<C: Config> Drop for Link<C> {
    fn drop(&mut self) {
        self.ended.fetch_add(1, Ordering::Relaxed);
        if let (Some(slab), Some(next)) = (self.slab.upgrade(), self.next) {
            assert_eq!(slab.get(next).unwrap().key(), next);
            assert!(slab.remove(next));
            assert!(!slab.remove(next));
        }
    }
}

fn a_chain_of_entries_each_of_which_removes_the_next<C: Config>() {
    let ended = Arc::new(AtomicUsize::new(0));
    let slab = Arc::new(Slab::<Link<C>>::new_with_config::<C>());
    let count = room::<C>(200);
    for elsewhere in [false, true] {
        let mut next = None;
        for _ in 0..count {
            next = slab.insert(Link { slab: Arc::downgrade(&slab), next, ended: Arc::clone(&ended) });
            assert!(next.is_some());
        }
        let first = next.unwrap();
        let entry = slab.get(first).unwrap();
        assert!(slab.remove(first));
        assert_eq!(slab.len(), count);
        if elsewhere {
            thread::scope(|scope| scope.spawn(move || drop(entry)).join().unwrap());
        } else {
            drop(entry);
        }
        assert!(slab.is_empty());
    }
    assert_eq!(ended.load(Ordering::Relaxed), 2 * count);
}

/// Looks for its own key when it is dropped.
struct Curious<C: Config> {
    slab: Weak<Slab<Self, C>>,
    key: usize,
}

impl<C: Config> Drop for Curious<C> {
    fn drop(&mut self) {
        let Some(slab) = self.slab.upgrade() else { return };
        assert!(!slab.contains(self.key) && slab.get(self.key).is_none());
        assert!(!slab.remove(self.key) && slab.take(self.key).is_none());
    }
}

fn a_destructor_sees_its_own_entry_gone<C: Config>() {
    let slab = Arc::new(Slab::<Curious<C>>::new_with_config::<C>());
    let make = || slab.insert_with_key(|key| Curious { slab: Arc::downgrade(&slab), key }).unwrap();
    assert!(slab.remove(make()));
    let key = make();
    let entry = slab.get(key).unwrap();
    assert!(entry.remove());
    let key = make();
    slab.retain(|asked, _| asked != key);
    assert!(slab.is_empty());
    // What is left when the slab goes cannot use it any more.
    make();
}

#[test]
fn a_destructor_inserts_gets_and_removes_in_a_static_slab() {
    static SLAB: Slab<Inserting> = Slab::new();
    static ENDED: AtomicUsize = AtomicUsize::new(0);

    struct Inserting(u32);

    impl Drop for Inserting {
        fn drop(&mut self) {
            ENDED.fetch_add(1, Ordering::Relaxed);
            if self.0 > 0 {
                let key = SLAB.insert(Self(self.0 - 1)).unwrap();
                let entry = SLAB.get(key).unwrap();
                assert_eq!(entry.0, self.0 - 1);
                assert!(SLAB.remove(key));
            }
        }
    }

    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for _ in 0..10 {
                    let key = SLAB.insert(Inserting(20)).unwrap();
                    assert!(SLAB.remove(key));
                    drop(SLAB.take(SLAB.insert(Inserting(20)).unwrap()));
                }
            });
        }
    });
    assert!(SLAB.is_empty());
    assert_eq!(ENDED.load(Ordering::Relaxed), 4 * 10 * 2 * 21);
}

#[test]
fn a_destructor_finds_no_room_in_its_own_slot_until_it_has_returned() {
    static SLAB: Slab<Greedy, OneSlot> = Slab::new_with_config();

    struct Greedy(bool);

    impl Drop for Greedy {
        fn drop(&mut self) {
            if self.0 {
                assert!(SLAB.insert(Self(false)).is_none());
            }
        }
    }

    for _ in 0..3 {
        let key = SLAB.insert(Greedy(true)).unwrap();
        assert!(SLAB.remove(key));
        let key = SLAB.insert(Greedy(true)).unwrap();
        let entry = SLAB.get(key).unwrap();
        assert!(SLAB.remove(key));
        drop(entry);
    }
}
