//! Values, and closures, that use the pool that they are in.

use std::{
    cell::Cell,
    mem,
    sync::{
        Arc, Mutex, Weak,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
};

use flagstone::{Clear, Config, DefaultConfig, ExclusiveError, Pool};

use crate::{
    alone::alone,
    configs::{OneSlot, TwoThreads, on_every_configuration, room},
    crowd::at_the_end_of_a_thread,
};

on_every_configuration! {
    the_last_child_closes_its_parent_and_so_on
    a_clear_finds_its_own_entry_gone
    a_clear_creates_and_clears_other_entries
    a_closure_creates_reads_and_clears_other_entries
}

/// Like a span in a registry: it refers to its parent, whose entry ends when nothing refers to it any more.
struct Span<C: Config> {
    registry: Weak<Pool<Self, C>>,
    parent: Option<usize>,
    references: AtomicUsize,
    ended: Arc<AtomicUsize>,
}

impl<C: Config> Default for Span<C> {
    fn default() -> Self {
        Self { registry: Weak::new(), parent: None, references: AtomicUsize::new(0), ended: Arc::default() }
    }
}

impl<C: Config> Clear for Span<C> {
    fn clear(&mut self) {
        assert_eq!(*self.references.get_mut(), 0);
        self.ended.fetch_add(1, Ordering::Relaxed);
        if let (Some(registry), Some(parent)) = (mem::take(&mut self.registry).upgrade(), self.parent.take()) {
            close(&registry, parent);
        }
    }
}

fn open<C: Config>(registry: &Arc<Pool<Span<C>, C>>, parent: Option<usize>, ended: &Arc<AtomicUsize>) -> Option<usize> {
    let key = registry.create_with(|span| {
        assert!(span.parent.is_none() && span.registry.upgrade().is_none());
        span.registry = Arc::downgrade(registry);
        *span.references.get_mut() = 1;
        span.ended = Arc::clone(ended);
        if let Some(parent) = parent {
            registry.get(parent).unwrap().references.fetch_add(1, Ordering::Relaxed);
            span.parent = Some(parent);
        }
    })?;
    Some(key)
}

/// Refers to a span no more; says whether it has ended with that.
fn close<C: Config>(registry: &Pool<Span<C>, C>, key: usize) -> bool {
    let span = registry.get(key).unwrap();
    let last = span.references.fetch_sub(1, Ordering::AcqRel) == 1;
    // With the guard out, as in a registry: its end is that of the guard.
    assert!(!last || registry.clear(key));
    last
}

fn the_last_child_closes_its_parent_and_so_on<C: Config>() {
    let ended = Arc::new(AtomicUsize::new(0));
    let registry = Arc::new(Pool::<Span<C>>::new_with_config::<C>());
    let count = room::<C>(100);
    for elsewhere in [false, true] {
        let before = ended.load(Ordering::Relaxed);
        let mut spans = Vec::new();
        for _ in 0..count {
            spans.push(open(&registry, spans.last().copied(), &ended).unwrap());
        }
        let last = spans.pop().unwrap();
        assert!(spans.iter().all(|&span| !close(&registry, span)));
        assert_eq!((registry.len(), ended.load(Ordering::Relaxed)), (count, before));
        if elsewhere {
            thread::scope(|scope| assert!(scope.spawn(|| close(&registry, last)).join().unwrap()));
        } else {
            assert!(close(&registry, last));
        }
        assert_eq!((registry.len(), ended.load(Ordering::Relaxed)), (0, before + count));
    }
    // What is left when the registry goes is dropped, not cleared, and cannot use it any more.
    open(&registry, None, &ended).unwrap();
    drop(registry);
    assert_eq!(ended.load(Ordering::Relaxed), 2 * count);
}

/// What a value does to its pool, and to the entry of a key.
type Act<C> = fn(&Pool<Acting<C>, C>, usize);

/// Does something to its pool when it is cleared.
struct Acting<C: Config> {
    pool: Weak<Pool<Self, C>>,
    key: usize,
    act: Option<Act<C>>,
}

impl<C: Config> Default for Acting<C> {
    fn default() -> Self {
        Self { pool: Weak::new(), key: usize::MAX, act: None }
    }
}

impl<C: Config> Clear for Acting<C> {
    fn clear(&mut self) {
        if let (Some(pool), Some(act)) = (mem::take(&mut self.pool).upgrade(), self.act.take()) {
            act(&pool, self.key);
        }
    }
}

fn create_acting<C: Config>(pool: &Arc<Pool<Acting<C>, C>>, act: Act<C>) -> usize {
    let mut created = pool.create().unwrap();
    *created = Acting { pool: Arc::downgrade(pool), key: created.key(), act: Some(act) };
    created.key()
}

/// Ends an entry in each way that there is.
fn each_way_to_clear<C: Config>(pool: &Arc<Pool<Acting<C>, C>>, act: Act<C>) {
    assert!(pool.clear(create_acting(pool, act)));
    let key = create_acting(pool, act);
    let guards = [pool.get(key).unwrap(), pool.get(key).unwrap()];
    assert!(pool.clear(key));
    drop(guards);
    let key = create_acting(pool, act);
    let exclusive = pool.get_exclusive(key).unwrap();
    assert!(pool.clear(key));
    drop(exclusive);
    create_acting(pool, act);
    pool.retain(|_, value| value.act.is_none());
    let key = create_acting(pool, act);
    thread::scope(|scope| assert!(scope.spawn(|| pool.clear(key)).join().unwrap()));
}

fn a_clear_finds_its_own_entry_gone<C: Config>() {
    let pool = Arc::new(Pool::<Acting<C>>::new_with_config::<C>());
    each_way_to_clear(&pool, |pool, key| {
        assert!(!pool.contains(key) && pool.get(key).is_none() && !pool.clear(key));
        assert_eq!(pool.get_exclusive(key).err(), Some(ExclusiveError::Absent));
        assert_eq!(pool.len(), 1);
        pool.retain(|_, _| unreachable!("the only entry has ended"));
    });
    assert!(pool.is_empty());
}

fn a_clear_creates_and_clears_other_entries<C: Config>() {
    let pool = Arc::new(Pool::<Acting<C>>::new_with_config::<C>());
    each_way_to_clear(&pool, |pool, key| {
        // In the slot itself there is no room until this has returned.
        let Some(created) = pool.create() else { return assert_eq!(room::<C>(2), 1) };
        assert!(created.act.is_none() && created.key() != key);
        let other = created.downgrade();
        assert!(pool.clear(other.key()));
        drop(other);
        let other = pool.create_with(|value| value.key = 7).unwrap();
        assert_eq!(pool.get(other).unwrap().key, 7);
        assert!(pool.clear(other));
    });
    assert!(pool.is_empty());
}

fn a_closure_creates_reads_and_clears_other_entries<C: Config>() {
    let pool = Pool::<Vec<usize>>::new_with_config::<C>();
    let mut inner = None;
    let outer = pool
        .create_with(|list| {
            inner = pool.create_with(|inner| inner.push(1));
            assert!(inner.is_some() || room::<C>(2) == 1);
            assert!(pool.create_with(|list| list.push(2)).is_none_or(|key| pool.clear(key)));
            assert_eq!(pool.len(), usize::from(inner.is_some()));
            pool.retain(|key, list| Some(key) == inner && *list == [1]);
            list.extend(inner);
        })
        .unwrap();
    assert_ne!(Some(outer), inner);
    assert_eq!(pool.get(outer).unwrap().first().copied(), inner);
    assert!(inner.is_none_or(|inner| *pool.get(inner).unwrap() == [1]));
}

#[test]
fn ten_thousand_parents_are_closed_by_one_child() {
    const COUNT: usize = 10_000;

    // One `Clear` runs within another, that is what it means; so there must be room for it.
    let family = || {
        let ended = Arc::new(AtomicUsize::new(0));
        let registry = Arc::new(Pool::<Span<DefaultConfig>>::new());
        let mut spans = Vec::new();
        for _ in 0..COUNT {
            spans.push(open(&registry, spans.last().copied(), &ended).unwrap());
        }
        let last = spans.pop().unwrap();
        assert!(spans.iter().all(|&span| !close(&registry, span)));
        assert!(close(&registry, last));
        assert_eq!((registry.len(), ended.load(Ordering::Relaxed)), (0, COUNT));
    };
    thread::Builder::new().stack_size(128 << 20).spawn(family).unwrap().join().unwrap();
}

#[test]
fn families_grow_and_end_on_many_threads() {
    let ended = Arc::new(AtomicUsize::new(0));
    let registry = Arc::new(Pool::<Span<TwoThreads>>::new_with_config::<TwoThreads>());
    let (roots, opened) = (Mutex::new(Vec::new()), AtomicUsize::new(0));
    thread::scope(|scope| {
        for number in 0..8 {
            let (registry, ended, roots, opened) = (&registry, &ended, &roots, &opened);
            scope.spawn(move || {
                for turn in 0..100 {
                    let root = open(registry, None, ended).unwrap();
                    let children: Vec<_> = (0..3).map(|_| open(registry, Some(root), ended).unwrap()).collect();
                    opened.fetch_add(4, Ordering::Relaxed);
                    assert!(!close(registry, root));
                    // Another thread's children, or its own: the thread that closes the last child closes the root.
                    let mut roots = roots.lock().unwrap();
                    roots.extend(children);
                    let count = roots.len();
                    let picked = [0, 1, 2].map(|step| roots.swap_remove((turn * 31 + number * 7 + step) % (count - 2)));
                    drop(roots);
                    assert!(picked.into_iter().all(|child| close(registry, child)));
                }
            });
        }
    });
    let left = roots.into_inner().unwrap();
    assert!(left.into_iter().all(|child| close(&registry, child)));
    assert_eq!((registry.len(), ended.load(Ordering::Relaxed)), (0, opened.into_inner()));
}

alone! {
    fn spans_are_closed_by_destructors_of_thread_locals() {
        for registry_first in [false, true] {
            let ended = Arc::new(AtomicUsize::new(0));
            let registry = Arc::new(Pool::<Span<TwoThreads>>::new_with_config::<TwoThreads>());
            let mut spans = vec![open(&registry, None, &ended).unwrap()];
            for _ in 0..20 {
                spans.push(open(&registry, spans.last().copied(), &ended).unwrap());
            }
            let last = spans.pop().unwrap();
            assert!(spans.iter().all(|&span| !close(&registry, span)));
            let (its_registry, its_ended) = (Arc::clone(&registry), Arc::clone(&ended));
            at_the_end_of_a_thread(
                registry_first,
                || assert!(close(&registry, open(&registry, None, &ended).unwrap())),
                move || {
                    let child = open(&its_registry, Some(last), &its_ended).unwrap();
                    assert!(!close(&its_registry, last));
                    assert!(close(&its_registry, child));
                },
            );
            assert_eq!((registry.len(), ended.load(Ordering::Relaxed)), (0, 23));
        }
    }
}

#[test]
fn a_default_uses_its_own_pool() {
    static POOL: Pool<Nested> = Pool::new();
    thread_local!(static DEPTH: Cell<usize> = const { Cell::new(0) });

    #[derive(Debug)]
    struct Nested(Option<usize>);

    impl Default for Nested {
        fn default() -> Self {
            if DEPTH.get() == 5 {
                return Self(None);
            }
            DEPTH.set(DEPTH.get() + 1);
            let inner = if DEPTH.get() % 2 == 0 {
                POOL.create().unwrap().key()
            } else {
                POOL.create_with(|nested| assert!(nested.0.is_none() || POOL.contains(nested.0.unwrap()))).unwrap()
            };
            assert!(POOL.get(inner).is_some());
            Self(Some(inner))
        }
    }

    impl Clear for Nested {
        fn clear(&mut self) {
            assert!(self.0.take().is_none_or(|inner| POOL.clear(inner)));
        }
    }

    let outer = POOL.create().unwrap();
    assert_eq!(POOL.len(), 6);
    let key = outer.key();
    drop(outer);
    assert!(POOL.clear(key));
    assert!(POOL.is_empty());
}

#[test]
fn a_destructor_after_a_panicking_clear_uses_its_own_pool() {
    static POOL: Pool<Fragile> = Pool::new();
    static DROPPED: AtomicUsize = AtomicUsize::new(0);

    #[derive(Default)]
    struct Fragile(Option<usize>);

    impl Clear for Fragile {
        fn clear(&mut self) {
            assert!(self.0.is_none(), "cannot be cleared");
        }
    }

    impl Drop for Fragile {
        fn drop(&mut self) {
            DROPPED.fetch_add(1, Ordering::Relaxed);
            let own = self.0.unwrap();
            assert!(!POOL.contains(own) && !POOL.clear(own));
            let other = POOL.create_with(|_| ()).unwrap();
            assert_ne!(other, own);
            assert!(POOL.get(other).unwrap().0.is_none());
            assert!(POOL.clear(other));
        }
    }

    for turn in 0..3 {
        let mut created = POOL.create().unwrap();
        created.0 = Some(created.key());
        let key = created.key();
        drop(created);
        std::panic::catch_unwind(|| POOL.clear(key)).unwrap_err();
        assert_eq!((POOL.len(), DROPPED.load(Ordering::Relaxed)), (0, turn + 1));
    }
    assert_eq!(POOL.capacity(), 32);
}

#[test]
fn a_clear_finds_no_room_in_its_own_slot_until_it_has_returned() {
    static POOL: Pool<Greedy, OneSlot> = Pool::new_with_config();

    #[derive(Default)]
    struct Greedy;

    impl Clear for Greedy {
        fn clear(&mut self) {
            assert!(POOL.create().is_none() && POOL.create_with(|_| unreachable!("there is no room")).is_none());
        }
    }

    for _ in 0..3 {
        let key = POOL.create().unwrap().key();
        assert!(POOL.clear(key));
        let entry = POOL.create().unwrap().downgrade();
        assert!(POOL.clear(entry.key()));
    }
}
