//! The behaviour of a pool.

use std::{
    sync::{
        Arc, Mutex, Weak,
        atomic::{AtomicUsize, Ordering},
    },
    thread::{self, ThreadId},
};

use sharded_slab::{Clear, Pool};

/// Records the thread that cleared it.
#[derive(Default)]
struct Witness(Option<Arc<Mutex<Vec<ThreadId>>>>);

impl Clear for Witness {
    fn clear(&mut self) {
        if let Some(clears) = self.0.take() {
            clears.lock().unwrap().push(thread::current().id());
        }
    }
}

#[test]
fn an_entry_is_created_read_and_cleared() {
    let pool: Pool<String> = Pool::new();
    let key = pool.create_with(|line| line.push_str("text")).unwrap();
    let line = pool.get(key).unwrap();
    assert_eq!(line.key(), key);
    assert_eq!(line, String::from("text"));
    assert_eq!(format!("{line:?}"), "\"text\"");
    drop(line);
    assert!(pool.clear(key));
    assert!(pool.get(key).is_none());
    assert!(!pool.clear(key));
}

#[test]
fn nobody_reads_what_is_being_written() {
    let pool: Pool<String> = Pool::new();
    let mut line = pool.create().unwrap();
    let key = line.key();
    line.push_str("text");
    assert!(pool.get(key).is_none());
    drop(line);
    assert_eq!(pool.get(key).unwrap(), String::from("text"));
}

#[test]
fn a_writer_can_become_a_reader() {
    let pool = Arc::new(Pool::<String>::new());
    let mut line = pool.create().unwrap();
    line.push('a');
    let line = line.downgrade();
    assert_eq!(pool.get(line.key()).unwrap(), *line);
    let mut owned = Arc::clone(&pool).create_owned().unwrap();
    owned.push('b');
    let owned = owned.downgrade();
    assert_eq!(Arc::clone(&pool).get_owned(owned.key()).unwrap(), *owned);
}

#[test]
fn a_cleared_value_is_empty_and_keeps_its_memory() {
    let pool: Pool<String> = Pool::new();
    let key = pool.create_with(|line| line.push_str(&"long ".repeat(100))).unwrap();
    assert!(pool.clear(key));
    // The pool decides which slot it uses next; this one is reused soon.
    let reused = (0..64).map(|_| pool.create().unwrap()).find(|line| line.capacity() >= 500).unwrap();
    assert_eq!(*reused, "");
    assert_ne!(reused.key(), key);
}

#[test]
fn clearing_waits_for_the_last_guard_and_is_finished_on_its_thread() {
    let clears = Arc::default();
    let pool = Arc::new(Pool::<Witness>::new());
    let key = pool.create_with(|witness| witness.0 = Some(Arc::clone(&clears))).unwrap();
    let guard = Arc::clone(&pool).get_owned(key).unwrap();
    assert!(pool.clear(key));
    assert!(pool.get(key).is_none());
    assert!(clears.lock().unwrap().is_empty());
    let last = thread::spawn(move || {
        drop(guard);
        thread::current().id()
    });
    let last = last.join().unwrap();
    assert_eq!(*clears.lock().unwrap(), [last]);
}

#[test]
fn an_owned_guard_keeps_the_pool() {
    let pool = Arc::new(Pool::<String>::new());
    let mut line = Arc::clone(&pool).create_owned().unwrap();
    drop(pool);
    line.push_str("text");
    thread::spawn(move || assert_eq!(line, String::from("text"))).join().unwrap();
}

#[test]
fn clear_may_use_the_pool() {
    /// Like the spans of `tracing-subscriber`: the end of one may end its parent.
    #[derive(Default)]
    struct Span {
        parent: Option<(Weak<Pool<Span>>, usize)>,
        closed: Arc<AtomicUsize>,
    }

    impl Clear for Span {
        fn clear(&mut self) {
            self.closed.fetch_add(1, Ordering::Relaxed);
            if let Some((pool, parent)) = self.parent.take() {
                assert!(pool.upgrade().unwrap().clear(parent));
            }
        }
    }

    let pool = Arc::new(Pool::<Span>::new());
    let closed = Arc::new(AtomicUsize::new(0));
    let mut parent = None;
    for _ in 0..10 {
        let key = pool.create_with(|span| {
            *span = Span { parent: parent.map(|parent| (Arc::downgrade(&pool), parent)), closed: Arc::clone(&closed) };
        });
        parent = key;
    }
    assert!(pool.clear(parent.unwrap()));
    assert_eq!(closed.load(Ordering::Relaxed), 10);
}

#[test]
fn the_methods_of_a_value_are_reached_through_its_guards() {
    #[derive(Default)]
    struct Crossing;

    impl Clear for Crossing {
        fn clear(&mut self) {}
    }

    /// Methods with names that the pool, the slab and guards have too.
    impl Crossing {
        fn pool(&self) -> &'static str {
            "value"
        }
        fn slab(&self) -> &'static str {
            "value"
        }
        fn clone(&self) -> &'static str {
            "value"
        }
        fn remove(&self) -> &'static str {
            "value"
        }
    }

    let pool = Arc::new(Pool::<Crossing>::new());
    let exclusive = pool.create().unwrap();
    assert_eq!([exclusive.pool(), exclusive.slab(), exclusive.clone(), exclusive.remove()], ["value"; 4]);
    let shared = exclusive.downgrade();
    assert_eq!([shared.pool(), shared.slab(), shared.clone(), shared.remove()], ["value"; 4]);
    let owned = Arc::clone(&pool).get_owned(shared.key()).unwrap();
    assert_eq!([owned.pool(), owned.slab(), owned.clone(), owned.remove()], ["value"; 4]);
}
