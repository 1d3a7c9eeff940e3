//! The behaviour of a slab.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    thread::{self, ThreadId},
};

use sharded_slab::{OwnedEntry, Slab};

/// Records the thread that dropped it.
struct Witness(Arc<std::sync::Mutex<Vec<ThreadId>>>);

impl Drop for Witness {
    fn drop(&mut self) {
        self.0.lock().unwrap().push(thread::current().id());
    }
}

#[test]
fn an_entry_lives_from_insertion_to_removal() {
    let slab = Slab::new();
    let key = slab.insert(String::from("value")).unwrap();
    assert!(slab.contains(key));
    let entry = slab.get(key).unwrap();
    assert_eq!(entry.key(), key);
    assert_eq!(entry, String::from("value"));
    assert_eq!(format!("{entry:?}"), "\"value\"");
    drop(entry);
    assert!(slab.remove(key));
    assert!(slab.get(key).is_none());
    assert!(!slab.contains(key));
    assert!(!slab.remove(key));
}

#[test]
fn take_moves_the_value_out() {
    let slab = Slab::new();
    let key = slab.insert(String::from("value")).unwrap();
    assert_eq!(slab.take(key).as_deref(), Some("value"));
    assert!(slab.take(key).is_none());
}

#[test]
fn a_vacant_entry_knows_its_key() {
    let slab = Slab::new();
    let vacant = slab.vacant_entry().unwrap();
    let key = vacant.key();
    vacant.insert((key, "knows"));
    assert_eq!(slab.get(key).unwrap().0, key);
}

#[test]
fn entries_are_for_every_thread() {
    let slab = Slab::new();
    let key = slab.insert(1).unwrap();
    thread::scope(|scope| {
        scope.spawn(|| {
            assert_eq!(slab.get(key).unwrap(), 1);
            assert!(slab.remove(key));
        });
    });
    assert!(slab.get(key).is_none());
}

#[test]
fn entries_outlive_their_thread() {
    let slab = Arc::new(Slab::new());
    let inserter = Arc::clone(&slab);
    let key = thread::spawn(move || inserter.insert("value").unwrap()).join().unwrap();
    assert_eq!(slab.get(key).unwrap(), "value");
}

#[test]
fn a_removal_waits_for_the_last_guard_and_is_finished_on_its_thread() {
    let drops = Arc::default();
    let slab = Arc::new(Slab::new());
    let key = slab.insert(Witness(Arc::clone(&drops))).unwrap();
    let guard = Arc::clone(&slab).get_owned(key).unwrap();
    assert!(slab.remove(key));
    assert!(slab.get(key).is_none());
    assert!(drops.lock().unwrap().is_empty());
    let last = thread::spawn(move || {
        drop(guard);
        thread::current().id()
    });
    let last = last.join().unwrap();
    assert_eq!(*drops.lock().unwrap(), [last]);
}

#[test]
fn an_owned_entry_keeps_the_slab() {
    let drops = Arc::default();
    let slab = Arc::new(Slab::new());
    let key = slab.insert(Witness(Arc::clone(&drops))).unwrap();
    let entry: OwnedEntry<Witness> = Arc::clone(&slab).get_owned(key).unwrap();
    drop(slab);
    assert!(drops.lock().unwrap().is_empty());
    drop(entry);
    assert_eq!(drops.lock().unwrap().len(), 1);
}

#[test]
fn a_destructor_may_use_the_slab() {
    struct Parent {
        slab: std::sync::Weak<Slab<Parent>>,
        child: Option<usize>,
        dropped: Arc<AtomicUsize>,
    }

    impl Drop for Parent {
        fn drop(&mut self) {
            self.dropped.fetch_add(1, Ordering::Relaxed);
            if let (Some(slab), Some(child)) = (self.slab.upgrade(), self.child) {
                assert!(slab.remove(child));
            }
        }
    }

    let slab = Arc::new(Slab::new());
    let dropped = Arc::new(AtomicUsize::new(0));
    let entry = |child| Parent { slab: Arc::downgrade(&slab), child, dropped: Arc::clone(&dropped) };
    let mut key = slab.insert(entry(None)).unwrap();
    for _ in 1..10 {
        key = slab.insert(entry(Some(key))).unwrap();
    }
    assert!(slab.remove(key));
    assert_eq!(dropped.load(Ordering::Relaxed), 10);
}

#[test]
fn every_value_is_seen_once() {
    let mut slab = Slab::new();
    for value in 0..100 {
        slab.insert(value).unwrap();
    }
    let mut seen: Vec<i32> = slab.unique_iter().copied().collect();
    seen.sort_unstable();
    assert_eq!(seen, (0..100).collect::<Vec<_>>());
}

#[test]
fn the_largest_number_is_no_key() {
    let slab = Slab::new();
    assert!(slab.get(usize::MAX).is_none());
    for value in 0..1000 {
        assert_ne!(slab.insert(value).unwrap(), usize::MAX);
    }
    assert!(slab.get(usize::MAX).is_none());
    assert!(!slab.remove(usize::MAX));
}
