//! What is done with lent values, whose guards give them back.

use std::mem;

use flagstone::{
    Pool,
    pool::{Lent, LentOwned},
};
use proptest::{prelude::*, sample::Index};

use super::{
    call::attempt,
    configurations::Shape,
    driver::Run,
    guard::Exclusive,
    keys::one_of,
    operations::curse,
    oracle::Stand,
    value::{Curse, Value},
};

/// The guard of a lent value, borrowed or owned.
pub(crate) trait Lending: Send {
    fn key(&self) -> usize;
    fn value(&self) -> &Value;
    fn value_mut(&mut self) -> &mut Value;
    /// Whether the guard keeps its store alive.
    fn is_owned(&self) -> bool;
    fn keep<'a>(self: Box<Self>) -> Box<dyn Exclusive + 'a>
    where
        Self: 'a;
    fn forget(self: Box<Self>);
}

macro_rules! lending {
    ($guard:ty, is_owned: $is_owned:literal) => {
        impl<C: Shape> Lending for $guard {
            fn key(&self) -> usize {
                Self::key(self)
            }

            fn value(&self) -> &Value {
                self
            }

            fn value_mut(&mut self) -> &mut Value {
                self
            }

            fn is_owned(&self) -> bool {
                $is_owned
            }

            fn keep<'a>(self: Box<Self>) -> Box<dyn Exclusive + 'a>
            where
                Self: 'a,
            {
                Box::new(Self::keep(*self))
            }

            fn forget(self: Box<Self>) {
                mem::forget(*self);
            }
        }
    };
}

lending! { Lent<'_, Value, C>, is_owned: false }
lending! { LentOwned<Value, C>, is_owned: true }

/// What may be done with a lent value.
#[derive(Clone, Debug)]
pub(crate) enum LentUse {
    Write(u64, Curse),
    /// The guard is dropped.
    GiveBack,
    /// It becomes an entry, with an exclusive guard.
    Keep,
    /// The entry of its key is removed, while the guard is there.
    End,
    Forget,
}

pub(crate) fn lent_use() -> impl Strategy<Value = LentUse> {
    prop_oneof![
        6 => (any::<u64>(), curse()).prop_map(|(number, curse)| LentUse::Write(number, curse)),
        6 => Just(LentUse::GiveBack),
        4 => Just(LentUse::Keep),
        3 => Just(LentUse::End),
        1 => Just(LentUse::Forget),
    ]
}

impl<C: Shape> Run<'_, '_, '_, Pool<Value, C>> {
    pub(crate) fn use_lent(&mut self, worker: usize, index: &Index, of_lent: &LentUse) {
        let Some(chosen) = one_of(index, &self.held) else { return };
        let key = self.held[chosen].key();
        self.compare_value(key, self.held[chosen].value());
        match *of_lent {
            LentUse::Write(number, curse) => {
                self.held[chosen].value_mut().write(number, curse);
                let entry = self.oracle.entry_mut(key);
                (entry.written, entry.curse) = (Some(number), curse);
            }
            LentUse::GiveBack => {
                let lent = self.held.swap_remove(chosen);
                self.release(worker, key, move || drop(lent), |oracle| Ok(((), oracle.give_back(key)?)));
            }
            LentUse::Keep => {
                let lent = self.held.swap_remove(chosen);
                let kept = self.workers.run(worker, move || lent.keep());
                assert_eq!(kept.key(), key);
                self.exclusives.push(kept);
            }
            LentUse::End => self.end(worker, key),
            LentUse::Forget if self.held[chosen].is_owned() => {} // The store would never be dropped.
            LentUse::Forget => {
                let entry = self.oracle.entry_mut(key);
                assert_ne!(entry.stand, Stand::Present, "what is lent is no entry yet");
                entry.forgotten += 1;
                self.held.swap_remove(chosen).forget();
            }
        }
    }

    /// Gives everything back, on this thread.
    pub(crate) fn drop_lent(&mut self) {
        while let Some(lent) = self.held.pop() {
            let (key, id) = (lent.key(), lent.value().id());
            let outcome = attempt(|| drop(lent));
            let foreseen = self.oracle.give_back(key);
            self.has_let_go(key, id, outcome, foreseen);
        }
    }
}
