//! Values whose `Clear` uses the pool they are in: a child keeps its parent, and clears it when it is the last one to.

use std::{
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
};

use flagstone::{Clear, Config, Pool};

use super::super::{
    Budget, alone,
    pooled::{self, Pooled},
    random::Random,
    whole::assert_pool_whole_by,
};

const THREADS: usize = 4;

struct Small;
impl Config for Small {
    const MAX_THREADS: usize = 3;
    const MAX_PAGES: usize = 4;
    const INITIAL_PAGE_SIZE: usize = 4;
}

/// Its own keeper and its children keep it.
#[derive(Debug, Default)]
struct Node {
    value: Pooled,
    parent: Option<usize>,
    keepers: AtomicUsize,
}

static NODES: Pool<Node, Small> = Pool::new_with_config();

fn keep(key: usize) -> bool {
    let Some(node) = NODES.get(key) else { return false };
    node.value.check(key);
    // Not one that is about to be cleared: nothing keeps it.
    node.keepers
        .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |keepers| (keepers > 0).then(|| keepers + 1))
        .is_ok()
}

fn let_go(key: usize) {
    let node = NODES.get(key).expect("it was kept");
    node.value.check(key);
    if node.keepers.fetch_sub(1, Ordering::AcqRel) == 1 {
        assert!(NODES.clear(key), "the last keeper clears it");
    }
}

impl Clear for Node {
    fn clear(&mut self) {
        let Self { value, parent, keepers } = self;
        value.clear();
        assert_eq!(*keepers.get_mut(), 0, "something keeps it");
        if let Some(parent) = parent.take() {
            let_go(parent);
        }
    }
}

/// A node whose parent is `parent`, if there is room; its creator is to let it go.
fn grow(parent: Option<usize>, random: &mut Random) -> Option<usize> {
    let parent = parent.filter(|&parent| keep(parent));
    let init = |node: &mut Node| {
        assert!(node.parent.is_none() && *node.keepers.get_mut() == 0, "a creator got a node that was not cleared");
        (node.parent, node.keepers) = (parent, AtomicUsize::new(1));
    };
    let key = if random.once_in(2) {
        NODES.create_with(|node| {
            node.value.fill(None);
            init(node);
        })
    } else {
        NODES.create().map(|mut node| {
            let key = node.key();
            node.value.fill(Some(key));
            init(&mut node);
            key
        })
    };
    if key.is_none() {
        parent.into_iter().for_each(let_go);
    }
    key
}

#[test]
fn values_clear_their_parents() {
    alone(|| {
        for () in Budget::new() {
            let kept = Mutex::new(Vec::new());
            thread::scope(|scope| {
                let threads: Vec<_> = (0..THREADS)
                    .map(|_| {
                        scope.spawn(|| {
                            let (mut random, mut last) = (Random::new(), None);
                            for _ in 0..32 {
                                if random.once_in(3) {
                                    let mut kept = kept.lock().expect("no panic");
                                    let chosen = (!kept.is_empty()).then(|| random.below(kept.len()));
                                    let key = chosen.map(|chosen| kept.swap_remove(chosen));
                                    drop(kept);
                                    key.into_iter().for_each(let_go);
                                } else {
                                    let key = grow(last, &mut random);
                                    last = key.or(last);
                                    kept.lock().expect("no panic").extend(key);
                                }
                            }
                        })
                    })
                    .collect();
                for thread in threads {
                    // Not left to the scope, which does not wait until numbers have been given back.
                    thread.join().expect("no panic");
                }
            });
            kept.into_inner().expect("no panic").into_iter().for_each(let_go);
            assert_eq!(NODES.len(), 0, "a parent was not cleared");
            pooled::assert_no_damage();
        }
        assert_pool_whole_by(&NODES, |node, key| {
            node.value.fill(key);
        });
        assert_eq!(pooled::alive(), NODES.capacity(), "a value for each slot");
        // What is in a `static` is never dropped, but the books are to be balanced for others.
        pooled::write_off(NODES.capacity());
        pooled::balance();
    });
}
