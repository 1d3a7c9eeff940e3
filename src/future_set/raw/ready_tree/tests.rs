use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    task::{Wake, Waker},
};

use super::{BITS, BLOCK, MOST_LEVELS, Marked, ReadyTree, TOP_BITS, anchor_of, levels, sleep::ASLEEP};
use crate::future_set::raw::rounds::Rounds;

struct Bell(AtomicUsize);

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

/// Sizes at which levels are full, or begin.
fn sizes() -> Vec<usize> {
    let full = [BLOCK * BITS, TOP_BITS * BLOCK * BITS, TOP_BITS * BLOCK * BITS + 3 * BLOCK * BITS];
    let mut sizes: Vec<usize> = full.into_iter().flat_map(|full| [full - 1, full, full + 1]).collect();
    sizes.extend([0, 1, 2, BITS - 1, BITS, BITS + 1, 100, 1000]);
    sizes
}

/// The futures of a round that begins now, however they were marked.
fn round(tree: &ReadyTree, rounds: &mut Rounds) -> Vec<usize> {
    let mut indices = Vec::new();
    // SAFETY: the tests are the owner.
    match unsafe { tree.take_top() } {
        Marked::Nothing => {}
        Marked::Lone(index) => indices.push(index),
        Marked::Top(bits) => rounds.begin(tree, bits),
    }
    // SAFETY: as above.
    while let Some(index) = unsafe { rounds.next(tree) } {
        indices.push(index);
        rounds.follow();
    }
    indices
}

fn mark_own(tree: &ReadyTree, index: usize) {
    // SAFETY: the tests are the owner; there is such a future.
    unsafe { tree.mark_own(index) };
}

fn wake_up(tree: &ReadyTree) {
    // SAFETY: the tests are the owner.
    unsafe { tree.wake_up() };
}

fn wake(tree: &ReadyTree, index: usize) {
    // SAFETY: there is such a future.
    let name = unsafe { tree.place(index) }.name;
    // SAFETY: the tree lives.
    let (anchor, bit) = unsafe { anchor_of(name) };
    // SAFETY: as above.
    unsafe { anchor.mark(bit, name) };
}

#[test]
fn a_tree_has_a_bit_for_each_block_and_each_branch() {
    for blocks in
        (0..200).chain([TOP_BITS * BITS - 1, TOP_BITS * BITS, TOP_BITS * BITS + 1, TOP_BITS * BITS * BITS + 1])
    {
        let levels = levels(blocks).unwrap();
        assert_eq!(levels[0], 0);
        let mut below = blocks;
        for level in 1..levels.len() {
            let branches = levels[level] - levels[level - 1];
            assert_eq!(branches, below.div_ceil(BITS), "{blocks}");
            below = branches;
        }
        assert!(below <= TOP_BITS, "{blocks}");
        assert!(levels.len() == 1 || blocks > TOP_BITS);
    }
    let most = TOP_BITS * BITS.pow(MOST_LEVELS as u32 - 1);
    assert_eq!(levels(most).map(|levels| levels.len()), Some(MOST_LEVELS));
    assert!(levels(most + 1).is_none() && levels(usize::MAX).is_none());
}

#[test]
fn what_is_marked_is_found_once_and_in_order() {
    for futures in sizes().into_iter().filter(|futures| *futures > 0) {
        let (tree, mut rounds) = (ReadyTree::new(futures).unwrap(), Rounds::new(futures.div_ceil(BITS)));
        assert_eq!(round(&tree, &mut rounds), [0; 0]);
        // Of many, only some: sanitizers make each slow.
        let least = if futures > 2000 { 61 } else { 1 };
        for step in [1, 7, BITS - 1, BITS, BITS + 1, futures].into_iter().filter(|step| *step >= least) {
            // Some woken, some marked by the owner, some both.
            let (woken, own): (Vec<_>, Vec<_>) =
                ((0..futures).step_by(step).collect(), (0..futures).rev().step_by(3 * step).collect());
            for &index in &woken {
                wake(&tree, index);
            }
            for &index in own.iter().chain(&own) {
                mark_own(&tree, index);
            }
            let mut expected: Vec<_> = woken.into_iter().chain(own).collect();
            expected.sort_unstable();
            expected.dedup();
            assert_eq!(round(&tree, &mut rounds), expected, "{futures} futures, each {step}th woken");
            assert_eq!(round(&tree, &mut rounds), [0; 0]);
        }
    }
}

#[test]
fn what_is_marked_behind_the_owner_is_found_in_the_next_round() {
    let (tree, mut rounds) = (ReadyTree::new(3 * BITS).unwrap(), Rounds::new(3));
    [5, BITS + 5, 2 * BITS + 5].into_iter().for_each(|index| wake(&tree, index));
    // SAFETY: the test is the owner.
    match unsafe { tree.take_top() } {
        Marked::Top(bits) => rounds.begin(&tree, bits),
        _ => panic!("several are marked"),
    }
    // SAFETY: as above.
    assert_eq!(unsafe { rounds.next(&tree) }, Some(5));
    rounds.follow();
    // Behind the owner, in the same word; and before it, in words that it has not taken.
    [4, 5, 6, BITS + 4, 2 * BITS + 5].into_iter().for_each(|index| wake(&tree, index));
    let mut found = Vec::new();
    // SAFETY: as above.
    while let Some(index) = unsafe { rounds.next(&tree) } {
        found.push(index);
        rounds.follow();
    }
    assert_eq!(found, [BITS + 4, BITS + 5, 2 * BITS + 5]);
    assert_eq!(round(&tree, &mut rounds), [4, 5, 6]);
}

#[test]
fn the_owner_sleeps_only_with_nothing_to_do_and_is_woken_once() {
    for futures in [1, BITS, BLOCK * BITS + 1, TOP_BITS * BLOCK * BITS + 1] {
        let (tree, mut rounds) = (ReadyTree::new(futures).unwrap(), Rounds::new(futures.div_ceil(BITS)));
        let bell = Arc::new(Bell(AtomicUsize::new(0)));
        let waker = Waker::from(Arc::clone(&bell));
        let rings = || bell.0.load(Ordering::Relaxed);
        // SAFETY: the test is the owner.
        let fall_asleep = || unsafe { tree.fall_asleep(&waker) };

        wake(&tree, futures - 1);
        assert!(!fall_asleep());
        assert_eq!(round(&tree, &mut rounds), [futures - 1]);
        mark_own(&tree, 0);
        assert!(!fall_asleep());
        assert_eq!(round(&tree, &mut rounds), [0]);

        assert!(fall_asleep() && rings() == 0);
        assert_eq!(tree.top().ready.load(Ordering::Relaxed), ASLEEP);
        let woken: Vec<_> = (0..futures).rev().step_by(futures / 500 + 1).collect();
        woken.iter().for_each(|index| wake(&tree, *index));
        assert_eq!(rings(), 1);
        wake_up(&tree);
        assert_eq!(round(&tree, &mut rounds).len(), woken.len());

        // Polled before any wake, the owner has its waker back, and uses it again.
        assert!(fall_asleep());
        let counted = Arc::strong_count(&bell);
        wake_up(&tree);
        wake(&tree, 0);
        assert_eq!((rings(), round(&tree, &mut rounds)), (1, vec![0]));
        assert!(fall_asleep() && Arc::strong_count(&bell) == counted);

        // When the owner ends, no thread calls its waker.
        // SAFETY: the test is the owner.
        let left = unsafe { tree.end() };
        assert!(left.is_some_and(|left| left.will_wake(&waker)));
        woken.iter().for_each(|index| wake(&tree, *index));
        assert_eq!((rings(), Arc::strong_count(&bell)), (1, 2));
    }
}

/// The steps of a thread that wakes this future, and is stopped after it has marked the branch of that level.
fn wake_and_stop(tree: &ReadyTree, index: usize, last_level: usize) {
    let mut place = index / BITS;
    // SAFETY: there is such a leaf.
    unsafe { tree.leaf(place) }.ready.fetch_or(1 << (index % BITS), Ordering::Release);
    for level in 0..=last_level {
        let branch_of = if level == 0 { BLOCK } else { 1 } * BITS;
        let bit = if level == 0 { place / BLOCK % BITS } else { place % BITS };
        place /= branch_of;
        // SAFETY: there is such a branch.
        unsafe { tree.branch(level, place) }.word.ready.fetch_or(1 << bit, Ordering::Release);
    }
}

#[test]
fn a_wake_does_not_wait_for_another_that_is_stopped() {
    let two_levels = TOP_BITS * BLOCK * BITS + 1;
    for futures in [two_levels, BITS * two_levels] {
        let (tree, mut rounds) = (ReadyTree::new(futures).unwrap(), Rounds::new(futures.div_ceil(BITS)));
        let levels = tree.levels();
        for last_level in 0..levels - 1 {
            let bell = Arc::new(Bell(AtomicUsize::new(0)));
            let waker = Waker::from(Arc::clone(&bell));
            // SAFETY: the test is the owner.
            assert!(unsafe { tree.fall_asleep(&waker) });
            wake_and_stop(&tree, 0, last_level);
            assert_eq!(bell.0.load(Ordering::Relaxed), 0);
            // Another wake, of a neighbour, which is handed over: it is complete when this returns.
            wake(&tree, 1);
            assert_eq!(bell.0.load(Ordering::Relaxed), 1, "{levels} levels, stopped after {last_level}");
            wake_up(&tree);
            assert_eq!(round(&tree, &mut rounds), [1]);
            // And a wake that finds the owner awake.
            wake(&tree, 1);
            assert_eq!(round(&tree, &mut rounds), [0, 1]);
        }
    }
}
