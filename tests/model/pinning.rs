//! What is done with pins.

use std::{ptr, sync::Arc, thread};

use proptest::{prelude::*, sample::Index};

use super::{
    call::attempt,
    driver::{Driven, Run},
    keys::{KeyChoice, key, one_of},
    value::Value,
};

/// What may be done with a pin, by its thread. References that it gives are kept as long as it is out.
#[derive(Clone, Debug)]
pub(crate) enum PinUse {
    Get(KeyChoice),
    /// What was found before, by its key: perhaps it has ended, or a thread has exclusive access to it.
    GetAgain(Index),
    /// All that tells whether there are entries, and gives no reference.
    Look(KeyChoice),
    /// What was kept is there as it was.
    Recheck,
    /// All entries, by the iterator's own loop.
    Fold,
    /// So many entries, or all.
    Walk(Option<usize>),
    Keys,
    /// Ends those whose identity is a multiple as soon as it has seen them.
    WalkAndEnd(u64),
    Drop,
}

pub(crate) fn pin_use() -> impl Strategy<Value = PinUse> {
    prop_oneof![
        8 => key().prop_map(PinUse::Get),
        4 => any::<Index>().prop_map(PinUse::GetAgain),
        2 => key().prop_map(PinUse::Look),
        2 => Just(PinUse::Recheck),
        1 => Just(PinUse::Fold),
        2 => proptest::option::of(0..6_usize).prop_map(PinUse::Walk),
        1 => Just(PinUse::Keys),
        2 => (1..4_u64).prop_map(PinUse::WalkAndEnd),
        9 => Just(PinUse::Drop),
    ]
}

fn look(value: &Value) -> (u64, Option<u64>) {
    (value.id(), value.written())
}

impl<'env, S: Driven> Run<'_, '_, 'env, S> {
    pub(crate) fn pin(&mut self, worker: usize) {
        let (store, worker) = (self.store, self.workers.place(worker));
        let has_shard = self.oracle.claim(self.workers.number(worker)) != 0;
        let name = self.oracle.pin(worker, has_shard);
        let store = &**store;
        self.workers.run_with_pins(worker, move |pins| {
            pins.add(name, || store.pin());
            assert_eq!(pins.act(name, |pin, _| pin.store()), ptr::from_ref(store).addr());
        });
    }

    pub(crate) fn use_pin(&mut self, index: &Index, of_pin: &PinUse) {
        let pins = self.oracle.pins();
        let Some((name, worker)) = one_of(index, &pins).map(|chosen| pins[chosen]) else { return };
        match of_pin {
            PinUse::Get(choice) => self.get_by_pin(name, worker, choice.key(self.oracle)),
            PinUse::GetAgain(index) => {
                let kept = self.oracle.kept_of_pin(name);
                if let Some(chosen) = one_of(index, &kept) {
                    self.get_by_pin(name, worker, kept[chosen].0);
                }
            }
            PinUse::Look(choice) => {
                let key = choice.key(self.oracle);
                let seen = self.workers.run_with_pins(worker, move |pins| {
                    pins.act(name, move |pin, _| (pin.contains(key), pin.len(), pin.is_empty()))
                });
                let (contains, len) = (self.oracle.readable(key).is_some(), self.oracle.len());
                assert_eq!(seen, (contains, len, len == 0), "{key:#x} and `len` through a pin");
            }
            PinUse::Recheck => self.recheck(name, worker),
            PinUse::Fold => {
                let seen = self.workers.run_with_pins(worker, move |pins| {
                    pins.act(name, |pin, kept| {
                        let all = pin.fold();
                        kept.extend(all.iter().map(|&(_, value)| value));
                        all.into_iter().map(|(key, value)| (key, value.id())).collect()
                    })
                });
                self.has_walked(name, seen, None, |_| false);
            }
            &PinUse::Walk(count) => {
                let seen = self.workers.run_with_pins(worker, move |pins| {
                    pins.act(name, move |pin, kept| {
                        let see = |(key, value): (usize, _)| {
                            kept.push(value);
                            (key, value.id())
                        };
                        pin.entries().take(count.unwrap_or(usize::MAX)).map(see).collect()
                    })
                });
                self.has_walked(name, seen, count, |_| false);
            }
            PinUse::Keys => {
                let keys = self.workers.run_with_pins(worker, move |pins| pins.act(name, |pin, _| pin.keys()));
                let mut all = keys.clone();
                all.sort_unstable();
                assert!(all.iter().eq(self.oracle.all_readable().keys()), "keys through a pin: {all:x?}");
                for key in keys {
                    self.oracle.seen_by_pin(name, key);
                }
            }
            &PinUse::WalkAndEnd(multiple) => {
                let store = Arc::clone(self.store);
                let seen = self.workers.run_with_pins(worker, move |pins| {
                    pins.act(name, move |pin, kept| {
                        let see = |(key, value): (usize, &_)| {
                            let id = Value::id(value);
                            assert!(id % multiple != 0 || store.end(key), "the end of {key:#x}, just seen");
                            (key, id)
                        };
                        pin.entries().inspect(|&(_, value)| kept.push(value)).map(see).collect()
                    })
                });
                self.has_walked(name, seen, None, |id| id % multiple == 0);
            }
            PinUse::Drop => {
                let handed_over = self.unpin(name, worker);
                self.hand_over(handed_over);
            }
        }
    }

    fn get_by_pin(&mut self, name: usize, worker: usize, key: usize) {
        let found = self.workers.run_with_pins(worker, move |pins| {
            pins.act(name, move |pin, kept| {
                let value = pin.get(key)?;
                kept.push(value);
                Some(value.id())
            })
        });
        assert_eq!(found, self.oracle.kept_by_pin(name, key), "get {key:#x} through a pin");
    }

    /// The pin has seen these, and kept the references; of some it has ended the entry.
    fn has_walked(
        &mut self,
        name: usize,
        seen: Vec<(usize, u64)>,
        at_most: Option<usize>,
        ended: impl Fn(u64) -> bool,
    ) {
        let mut left = self.oracle.all_readable();
        let expected = at_most.unwrap_or(usize::MAX).min(left.len());
        assert_eq!(seen.len(), expected, "the number of entries that {seen:x?} has, of {left:x?}");
        for (key, id) in seen {
            assert_eq!(left.remove(&key), Some(id), "a pin visits {key:#x}");
            assert_eq!(self.oracle.kept_by_pin(name, key), Some(id));
            if ended(id) {
                assert_eq!(self.oracle.end(key), Ok(true), "no value ends under a pin of the thread that ends it");
            }
        }
    }

    fn recheck(&mut self, name: usize, worker: usize) {
        let found = self.workers.run_with_pins(worker, move |pins| {
            pins.act(name, |_, kept| kept.iter().map(|value| look(value)).collect::<Vec<_>>())
        });
        let kept = self.oracle.kept_of_pin(name).into_iter();
        let expected: Vec<_> = kept.map(|(_, id, written)| (id, written)).collect();
        assert_eq!(found, expected, "what was found through a pin");
    }

    /// Ends a pin. Returns the entries, with their values, that go to the threads that wait for them.
    fn unpin(&mut self, name: usize, worker: usize) -> Vec<(usize, u64)> {
        self.recheck(name, worker);
        let outcome = self.workers.run_with_pins(worker, move |pins| attempt(|| pins.end(name)));
        let foreseen = self.oracle.unpin(name);
        let panics = foreseen.panics;
        let is_foreseen = outcome.map_or_else(|call| panics.contains(&call), |()| panics.is_empty());
        assert!(is_foreseen, "the end of a pin is {outcome:?}, where {panics:?} are to panic");
        foreseen.handed_over
    }

    /// Ends all pins, or those of one thread.
    pub(crate) fn unpin_all(&mut self, of: Option<usize>) {
        let of = of.map(|worker| self.workers.place(worker));
        // A thread that waits for an entry meanwhile waits for all pins, so one may have been dropped when its turn
        // comes.
        while let Some((name, worker)) =
            self.oracle.pins().into_iter().find(|&(_, worker)| of.is_none_or(|of| of == worker))
        {
            let handed_over = self.unpin(name, worker);
            self.hand_over(handed_over);
        }
    }

    /// The last guards have been dropped of entries for which threads wait: they wait for the pins too that were out when the
    /// entry was taken, and perhaps for some that came before they had looked. So all end before anything else is done.
    pub(crate) fn hand_over(&mut self, mut entries: Vec<(usize, u64)>) {
        while !entries.is_empty() && self.oracle.is_pinned() {
            // Long enough to sometimes catch a thread that does not wait.
            thread::yield_now();
            for &(key, _) in &entries {
                let is_early = self.oracle.is_owed(key) && S::is_handed_over(self, key);
                assert!(!is_early, "{key:#x} was taken under a pin");
            }
            let (name, worker) = self.oracle.pins()[0];
            entries.extend(self.unpin(name, worker));
        }
        for (key, id) in entries {
            S::hand_over(self, key, id);
        }
    }
}
