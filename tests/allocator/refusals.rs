//! Which allocations are refused, while the test itself gets what it needs.

use std::{cell::Cell, thread::LocalKey};

use flagstone::{Clear, Config};

use crate::{GRANTED, GRANTED_ZEROED, REFUSED, REFUSES_ONE};

/// Pages of 2, 4, 8 and 16 slots, and one thread with a shard.
pub(super) struct Small;

impl Config for Small {
    const MAX_THREADS: usize = 1;
    const MAX_PAGES: usize = 4;
    const INITIAL_PAGE_SIZE: usize = 2;
}

pub(super) const ROOM: usize = 2 + 4 + 8 + 16;

/// Which allocations are refused.
#[derive(Clone, Copy, Debug)]
pub(super) struct Plan {
    pub(super) zeroed: bool,
    pub(super) others: bool,
    /// The first that is refused.
    pub(super) first: usize,
    /// And none after it.
    pub(super) only: bool,
}

/// What is left of a plan while the test itself allocates.
pub(super) struct Refusals {
    granted: Cell<Option<usize>>,
    granted_zeroed: Cell<Option<usize>>,
    before: usize,
}

impl Refusals {
    pub(super) fn new(plan: Plan) -> Self {
        REFUSES_ONE.set(plan.only);
        let granted = |wanted: bool| Cell::new(wanted.then_some(plan.first));
        Self { granted: granted(plan.others), granted_zeroed: granted(plan.zeroed), before: REFUSED.get() }
    }

    /// Runs something under the plan, and says whether anything was refused.
    pub(super) fn under<R>(&self, behaviour: impl FnOnce() -> R) -> (R, bool) {
        let swap = |kept: &Cell<Option<usize>>, kind: &'static LocalKey<Cell<Option<usize>>>| {
            kept.set(kind.replace(kept.get()));
        };
        let before = REFUSED.get();
        swap(&self.granted, &GRANTED);
        swap(&self.granted_zeroed, &GRANTED_ZEROED);
        let result = behaviour();
        swap(&self.granted_zeroed, &GRANTED_ZEROED);
        swap(&self.granted, &GRANTED);
        (result, REFUSED.get() > before)
    }

    pub(super) fn count(&self) -> usize {
        REFUSED.get() - self.before
    }
}

/// A number that needs no memory.
#[derive(Default, Debug, PartialEq)]
pub(super) struct Number(pub(super) u64);

impl Clear for Number {
    fn clear(&mut self) {
        self.0 = 0;
    }
}
