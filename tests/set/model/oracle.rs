//! The required behaviour of a set, in plain terms: sets of numbers, visited in order.

use std::{collections::BTreeSet, iter, ops::Range, rc::Rc, task::Poll};

use super::{
    actor::{Event, Raised},
    operations::{Act, End, How, Script},
};

/// Futures below one leaf, leaves below one bit, branches below one bit above them.
const LEAF: usize = usize::BITS as usize;
const BLOCK: usize = 8;
const BRANCH: usize = LEAF;
const TOP: usize = LEAF - 2;

/// The number of polls in one poll of the set. `SELF_WAKES` is that of polls of futures that wake themselves.
const BUDGET: usize = 64;
const MOST_GONE: usize = 4096;
const SELF_WAKES: usize = 16;

/// What one kind of mark is on: at level 0 futures, at level 1 blocks, above them branches, the top's bits last.
type Marks = Vec<BTreeSet<usize>>;

/// A key, and an output.
type Next = Poll<Option<(usize, usize)>>;

/// The marks of one set, which its wakers may outlive.
struct Tree {
    own: Marks,
    woken: Marks,
    /// The first future that the set's thread marked in this round, and the one whose waker has called the outer waker.
    /// They are on no word.
    lone: Option<usize>,
    handed: Option<usize>,
    /// The outer waker that is left there.
    asleep: Option<usize>,
}

/// The marks that were taken in this round.
struct Round {
    taken: Vec<BTreeSet<usize>>,
    /// Of this block.
    leaves: Range<usize>,
}

struct Slot {
    generation: usize,
    future: Option<Future>,
}

struct Future {
    number: usize,
    script: Rc<Script>,
    polls: usize,
}

pub(super) struct Oracle {
    index_bits: u32,
    slots: Vec<Slot>,
    /// The slot that is used next is the last.
    free: Vec<usize>,
    /// One for each life; the last is the current set's.
    trees: Vec<Tree>,
    round: Round,
    is_polling: bool,
    /// The set, and the index.
    board: Vec<(usize, usize)>,
    pub(super) events: Vec<Event>,
    pub(super) outer_wakes: [usize; 3],
}

impl Tree {
    fn new(capacity: usize) -> Self {
        let mut bits = capacity.div_ceil(LEAF * BLOCK);
        let mut marks = vec![BTreeSet::new(); 2];
        while bits > TOP {
            bits = bits.div_ceil(BRANCH);
            marks.push(BTreeSet::new());
        }
        Self { own: marks.clone(), woken: marks, lone: None, handed: None, asleep: None }
    }

    /// A mark of the set's thread.
    fn mark_own(&mut self, index: usize) {
        match self.lone {
            None => self.lone = Some(index),
            Some(_) => self.mark_own_leaf(index),
        }
    }

    /// If the leaf is already marked, the owner will look at it in any case.
    fn mark_own_leaf(&mut self, index: usize) {
        let leaf = index / LEAF * LEAF;
        let was_marked = self.own[0].range(leaf..leaf + LEAF).next().is_some();
        self.own[0].insert(index);
        if !was_marked {
            // Up to the first level that is already marked.
            let _ = above(&mut self.own, index).all(|(level, place)| level.insert(place));
        }
    }

    /// The owner is about to poll it.
    fn unmark_own(&mut self, index: usize) {
        self.own[0].remove(&index);
        self.lone.take_if(|lone| *lone == index);
    }

    fn is_marked_own(&self, index: usize) -> bool {
        self.own[0].contains(&index) || self.lone == Some(index)
    }

    /// Begins a round. If only one future is marked, and on no word, it is returned; otherwise such futures are put on
    /// words.
    fn take_lone(&mut self) -> Option<usize> {
        let (lone, handed) = (self.lone.take(), self.handed.take());
        if !self.top_is_marked() && lone.xor(handed).is_some() {
            return lone.xor(handed);
        }
        lone.into_iter().chain(handed).for_each(|index| self.mark_own_leaf(index));
        None
    }

    /// Returns the outer waker that is called.
    fn mark_woken(&mut self, index: usize) -> Option<usize> {
        if self.asleep.is_some() {
            self.handed = Some(index);
            return self.asleep.take();
        }
        self.woken[0].insert(index);
        // Up to the top, in any case.
        let was_top_marked = above(&mut self.woken, index).fold(true, |_, (level, place)| !level.insert(place));
        if was_top_marked { None } else { self.asleep.take() }
    }

    fn take(&mut self, level: usize, from: usize, count: usize) -> BTreeSet<usize> {
        let mut taken = BTreeSet::new();
        for marks in [&mut self.own[level], &mut self.woken[level]] {
            let mut rest = marks.split_off(&from);
            let mut after = rest.split_off(&from.saturating_add(count));
            marks.append(&mut after);
            taken.append(&mut rest);
        }
        taken
    }

    fn top_is_marked(&self) -> bool {
        [&self.own, &self.woken].into_iter().any(|marks| !marks[marks.len() - 1].is_empty())
    }
}

/// The levels above a leaf, and the places there.
fn above(marks: &mut Marks, index: usize) -> impl Iterator<Item = (&mut BTreeSet<usize>, usize)> {
    let places = iter::successors(Some(index / (LEAF * BLOCK)), |place| Some(place / BRANCH));
    marks[1..].iter_mut().zip(places)
}

impl Oracle {
    pub(super) fn new(capacity: usize) -> Self {
        let slots = (0..capacity).map(|_| Slot { generation: 0, future: None }).collect();
        Self {
            index_bits: (capacity + 1).next_power_of_two().ilog2(),
            slots,
            free: Vec::new(),
            trees: Vec::new(),
            round: Round { taken: Vec::new(), leaves: 0..0 },
            is_polling: false,
            board: Vec::new(),
            events: Vec::new(),
            outer_wakes: [0; 3],
        }
    }

    /// A set is made, in the slots of the last one or in new ones.
    pub(super) fn begin(&mut self, are_new: bool) -> Result<(), Raised> {
        if are_new {
            self.slots.iter_mut().for_each(|slot| *slot = Slot { generation: 0, future: None });
        }
        self.trees.push(Tree::new(self.slots.len()));
        let levels = self.tree().own.len();
        self.round = Round { taken: vec![BTreeSet::new(); levels], leaves: 0..0 };
        self.free = (0..self.slots.len()).rev().filter(|&index| self.slots[index].future.is_none()).collect();
        self.clear()
    }

    /// The set is dropped, with its outer waker.
    pub(super) fn end(&mut self) -> Result<(), Raised> {
        let result = self.clear();
        self.tree().asleep = None;
        result
    }

    fn tree(&mut self) -> &mut Tree {
        self.trees.last_mut().expect("a set lives")
    }

    fn key(&self, index: usize) -> usize {
        self.slots[index].generation << self.index_bits | index
    }

    fn index(&self, key: usize) -> Option<usize> {
        let index = key & ((1 << self.index_bits) - 1);
        let is_there = self.slots.get(index).is_some_and(|slot| slot.future.is_some()) && self.key(index) == key;
        is_there.then_some(index)
    }

    pub(super) fn keys(&self) -> Vec<usize> {
        (0..self.slots.len()).filter(|&index| self.slots[index].future.is_some()).map(|index| self.key(index)).collect()
    }

    pub(super) fn len(&self) -> usize {
        self.slots.len() - self.free.len()
    }

    pub(super) fn is_full(&self) -> bool {
        self.free.is_empty()
    }

    pub(super) fn contains(&self, key: usize) -> bool {
        self.index(key).is_some()
    }

    /// The key of the next future.
    pub(super) fn next_key(&self) -> Option<usize> {
        self.free.last().map(|&index| self.key(index))
    }

    pub(super) fn push(&mut self, number: usize, script: &Rc<Script>) -> usize {
        let index = self.free.pop().expect("there is room");
        self.slots[index].future = Some(Future { number, script: Rc::clone(script), polls: 0 });
        self.tree().mark_own(index);
        self.key(index)
    }

    pub(super) fn wake(&mut self, key: usize) -> bool {
        let index = self.index(key);
        index.into_iter().for_each(|index| self.tree().mark_own(index));
        index.is_some()
    }

    pub(super) fn replace(&mut self, key: usize, number: usize, script: &Rc<Script>) -> Result<bool, Raised> {
        let Some(index) = self.index(key) else { return Ok(false) };
        let new = Future { number, script: Rc::clone(script), polls: 0 };
        let before = self.slots[index].future.replace(new).expect("it was seen");
        self.dropped(&before)?;
        Ok(true)
    }

    /// What a destructor does.
    pub(super) fn dropped_again(&mut self, number: usize, script: &Script) -> Result<(), Raised> {
        self.events.push(Event::Dropped(number));
        if script.destructor_panics { Err(Raised::Destructor(number)) } else { Ok(()) }
    }

    fn dropped(&mut self, future: &Future) -> Result<(), Raised> {
        self.dropped_again(future.number, &future.script)
    }

    fn free(&mut self, index: usize) -> Future {
        let slot = &mut self.slots[index];
        slot.generation = slot.generation.wrapping_add(1);
        self.free.push(index);
        slot.future.take().expect("it is there")
    }

    pub(super) fn remove(&mut self, key: usize) -> Result<bool, Raised> {
        let Some(index) = self.index(key) else { return Ok(false) };
        let future = self.free(index);
        self.dropped(&future)?;
        Ok(true)
    }

    /// Its number is returned.
    pub(super) fn take(&mut self, key: usize) -> Option<usize> {
        self.index(key).map(|index| self.free(index).number)
    }

    pub(super) fn clear(&mut self) -> Result<(), Raised> {
        let mut first = Ok(());
        for index in 0..self.slots.len() {
            if self.slots[index].future.is_some() {
                let future = self.free(index);
                let result = self.dropped(&future);
                first = first.and(result);
            }
        }
        first
    }

    /// The action of a future in its poll, or from outside.
    pub(super) fn act(&mut self, act: Act, itself: Option<usize>) {
        let this = self.trees.len() - 1;
        match (act, itself) {
            (Act::WakeItself(how), Some(index)) => self.call((this, index), how),
            (Act::Keep, Some(index)) => self.board.push((this, index)),
            (Act::Wake(which, how), _) if !self.board.is_empty() => {
                self.call(self.board[which.index(self.board.len())], how);
            }
            (Act::Forget(which), _) if !self.board.is_empty() => {
                self.board.swap_remove(which.index(self.board.len()));
            }
            _ => {}
        }
    }

    fn call(&mut self, (life, index): (usize, usize), how: How) {
        let is_inside = self.is_polling && life == self.trees.len() - 1 && !matches!(how, How::Elsewhere);
        if is_inside {
            self.trees[life].mark_own(index);
        } else if let Some(outer) = self.trees[life].mark_woken(index) {
            self.outer_wakes[outer] += 1;
        }
    }

    /// The next that was marked, in this round.
    fn next(&mut self) -> Option<usize> {
        let leaves = self.slots.len().div_ceil(LEAF);
        loop {
            if let Some(&index) = self.round.taken[0].first() {
                return Some(index);
            }
            if let Some(leaf) = self.round.leaves.next() {
                self.round.taken[0] = self.tree().take(0, leaf * LEAF, LEAF);
                continue;
            }
            // The lowest level with any marks left.
            let level = (1..self.round.taken.len()).find(|&level| !self.round.taken[level].is_empty())?;
            let place = self.round.taken[level].pop_first().expect("it was seen");
            if level == 1 {
                self.round.leaves = place * BLOCK..leaves.min((place + 1) * BLOCK);
            } else {
                self.round.taken[level - 1] = self.tree().take(level - 1, place * BRANCH, BRANCH);
            }
        }
    }

    pub(super) fn poll(&mut self, outer: usize) -> Result<Next, Raised> {
        if self.len() == 0 {
            return Ok(Poll::Ready(None));
        }
        self.tree().asleep = None;
        self.is_polling = true;
        let polled = self.poll_marked(outer);
        self.is_polling = false;
        if let Ok(None) = polled {
            self.outer_wakes[outer] += 1;
            return Ok(Poll::Pending);
        }
        polled.map(|polled| polled.expect("it was none"))
    }

    /// `None`: the set asks to be polled again.
    fn poll_marked(&mut self, outer: usize) -> Result<Option<Next>, Raised> {
        let (mut left, mut gone_left, mut polled) = (BUDGET, MOST_GONE, BTreeSet::new());
        loop {
            let next = self.next().map(|index| (index, false));
            let next = next.or_else(|| self.tree().take_lone().map(|index| (index, true)));
            let Some((index, is_lone)) = next else {
                if self.tree().top_is_marked() {
                    let top = self.round.taken.len() - 1;
                    self.round.taken[top] = self.tree().take(top, 0, usize::MAX);
                    continue;
                }
                self.tree().asleep = Some(outer);
                return Ok(Some(Poll::Pending));
            };
            if self.slots[index].future.is_none() {
                if gone_left == 0 {
                    self.leave_for_next_call(index, is_lone);
                    return Ok(None);
                }
                gone_left -= 1;
                self.round.taken[0].remove(&index);
                self.tree().unmark_own(index);
                continue;
            }
            if left == 0 || !polled.insert(index) {
                self.leave_for_next_call(index, is_lone);
                return Ok(None);
            }
            self.round.taken[0].remove(&index);
            self.tree().unmark_own(index);
            let key = self.key(index);
            match self.poll_future(index) {
                End::Pending => {}
                end => {
                    let future = self.free(index);
                    let dropped = self.dropped(&future);
                    if end == End::Panic {
                        return Err(Raised::Poll(future.number));
                    }
                    dropped?;
                    return Ok(Some(Poll::Ready(Some((key, future.number)))));
                }
            }
            let woke_itself = self.tree().is_marked_own(index);
            left = left.saturating_sub(if woke_itself { BUDGET / SELF_WAKES } else { 1 });
        }
    }

    /// The round still has it, unless it is of none.
    fn leave_for_next_call(&mut self, index: usize, is_lone: bool) {
        if is_lone {
            self.tree().mark_own(index);
        }
    }

    fn poll_future(&mut self, index: usize) -> End {
        let future = self.slots[index].future.as_mut().expect("it is there");
        let (script, polls) = (Rc::clone(&future.script), future.polls);
        future.polls += 1;
        self.events.push(Event::Polled(future.number));
        let step = &script.steps[polls % script.steps.len()];
        step.acts.iter().for_each(|&act| self.act(act, Some(index)));
        step.end
    }
}
