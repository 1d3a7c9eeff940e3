//! A slab or a pool, and each way in which an entry of it ends.

use std::{
    cell::Cell,
    panic::{self, AssertUnwindSafe},
    sync::mpsc,
    thread,
};

use flagstone::{Config, Pool, Slab, Stats};

use crate::{
    pooled::{Pooled, Workshop},
    value::{Counted, Ledger},
};

/// How a slot's life ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    Removed,
    RemovedElsewhere,
    LastGuard,
    LastGuardElsewhere,
    LastExclusiveGuard,
    LastPin,
    LastPinElsewhere,
    /// Or cleared, in a pool.
    Taken,
    Retained,
    Cleared,
    /// Or cleared, in a pool.
    Drained,
    /// A reservation that is given up, here and on another thread, and one that ends by the panic of a closure.
    GivenUp,
    GivenUpElsewhere,
    PanickedOver,
}

pub(super) const WAYS: [Way; 14] = [
    Way::Removed,
    Way::RemovedElsewhere,
    Way::LastGuard,
    Way::LastGuardElsewhere,
    Way::LastExclusiveGuard,
    Way::LastPin,
    Way::LastPinElsewhere,
    Way::Taken,
    Way::Retained,
    Way::Cleared,
    Way::Drained,
    Way::GivenUp,
    Way::GivenUpElsewhere,
    Way::PanickedOver,
];

impl Way {
    pub(super) fn is_elsewhere(self) -> bool {
        matches!(
            self,
            Self::RemovedElsewhere | Self::LastGuardElsewhere | Self::LastPinElsewhere | Self::GivenUpElsewhere
        )
    }

    /// Whether it ends what has never been an entry.
    pub(super) fn is_of_reservations(self) -> bool {
        matches!(self, Self::GivenUp | Self::GivenUpElsewhere | Self::PanickedOver)
    }

    /// Whether it ends all other entries too.
    pub(super) fn is_of_all(self) -> bool {
        matches!(self, Self::Cleared | Self::Drained)
    }
}

pub(super) trait Store<C: Config>: Sync {
    fn new() -> Self;
    fn insert(&self) -> Option<usize>;
    /// Ends an entry, if the key is of one.
    fn end(&mut self, key: usize, way: Way);
    /// Whether removing by this key ends anything.
    fn ends(&self, key: usize) -> bool;
    /// Reserves a slot and ends that in this way. The key that it would have had.
    fn give_up(&self, way: Way) -> Option<usize>;
    /// Checks that every way to insert says so, and that values come back.
    fn has_no_room(&self);
    /// Checks that nothing is left of the values that were.
    fn keeps_no_values(&self);
    fn len(&self) -> usize;
    fn stats(&self) -> Stats;
    fn trim(&self) -> usize;
    fn shrink_to_fit(&mut self) -> usize;
}

/// Runs something on another thread.
pub(super) fn elsewhere<R: Send>(behaviour: impl FnOnce() -> R + Send) -> R {
    thread::scope(|scope| scope.spawn(behaviour).join().unwrap())
}

/// Runs `behaviour` while another thread holds what `pin` returns, on the entry of the key.
fn under_anothers<P>(pin: impl FnOnce() -> P + Send, behaviour: impl FnOnce()) {
    let ((pinned, wait_for_pinned), (end, wait_for_end)) = (mpsc::channel(), mpsc::channel::<()>());
    thread::scope(|scope| {
        let other = scope.spawn(move || {
            let pin = pin();
            pinned.send(()).unwrap();
            wait_for_end.recv().unwrap_err();
            drop(pin);
        });
        wait_for_pinned.recv().unwrap();
        behaviour();
        drop(end);
        other.join().unwrap();
    });
}

/// Notes the key of an attempt that ends by a panic; none if there was none.
fn panicking<R>(attempt: impl FnOnce(&dyn Fn(usize)) -> Option<R>) -> Option<usize> {
    let noted = Cell::new(None);
    let panic = |key| {
        noted.set(Some(key));
        // No `panic!`, because its message would be printed too often.
        panic::resume_unwind(Box::new(()));
    };
    let outcome = panic::catch_unwind(AssertUnwindSafe(|| attempt(&panic).is_some()));
    assert!(matches!(outcome, Ok(false)) == noted.get().is_none());
    noted.get()
}

pub(super) struct InSlab<C: Config> {
    slab: Slab<Counted, C>,
    ledger: Ledger,
}

impl<C: Config> Store<C> for InSlab<C> {
    fn new() -> Self {
        Self { slab: Slab::new_with_config(), ledger: Ledger::new() }
    }

    fn insert(&self) -> Option<usize> {
        self.slab.insert(self.ledger.value())
    }

    fn end(&mut self, key: usize, way: Way) {
        let slab = &self.slab;
        match way {
            Way::Removed => assert!(slab.remove(key)),
            Way::RemovedElsewhere => assert!(elsewhere(|| slab.remove(key))),
            Way::LastGuard => assert!(slab.get(key).unwrap().remove()),
            Way::LastGuardElsewhere => {
                let guard = slab.get(key).unwrap();
                assert!(slab.remove(key));
                elsewhere(|| drop(guard));
            }
            Way::LastExclusiveGuard => assert!(slab.get_exclusive(key).unwrap().remove()),
            Way::LastPin => {
                let pin = slab.pin();
                assert!(pin.get(key).is_some() && slab.remove(key));
                drop(pin);
            }
            Way::LastPinElsewhere => under_anothers(
                || {
                    let pin = slab.pin();
                    assert!(pin.get(key).is_some());
                    pin
                },
                || assert!(slab.remove(key)),
            ),
            Way::Taken => assert!(slab.take(key).is_some()),
            Way::Retained => slab.retain(|asked, _| asked != key),
            Way::Cleared => self.slab.clear(),
            Way::Drained => self.slab.drain().for_each(drop),
            Way::GivenUp | Way::GivenUpElsewhere | Way::PanickedOver => unreachable!("of reservations"),
        }
    }

    fn ends(&self, key: usize) -> bool {
        self.slab.remove(key) || self.slab.take(key).is_some() || self.slab.get(key).is_some()
    }

    fn give_up(&self, way: Way) -> Option<usize> {
        if way == Way::PanickedOver {
            return panicking(|panic| {
                self.slab.insert_with_key(|key| {
                    panic(key);
                    self.ledger.value()
                })
            });
        }
        let vacant = self.slab.vacant_entry()?;
        let key = vacant.key();
        if way == Way::GivenUp {
            drop(vacant)
        } else {
            elsewhere(|| drop(vacant))
        }
        Some(key)
    }

    fn has_no_room(&self) {
        let value = self.ledger.value();
        let id = value.id();
        let back = self.slab.try_insert(value).unwrap_err().into_inner();
        assert_eq!(back.id(), id);
        assert!(self.slab.insert(back).is_none() && self.slab.vacant_entry().is_none());
        assert!(self.slab.insert_with_key(|_| unreachable!("there is no key")).is_none());
    }

    fn keeps_no_values(&self) {
        assert_eq!(self.slab.len(), 0);
    }

    fn len(&self) -> usize {
        self.slab.len()
    }

    fn stats(&self) -> Stats {
        self.slab.stats()
    }

    fn trim(&self) -> usize {
        self.slab.trim()
    }

    fn shrink_to_fit(&mut self) -> usize {
        self.slab.shrink_to_fit()
    }
}

pub(super) struct InPool<C: Config> {
    pool: Pool<Pooled, C>,
    workshop: Workshop,
}

impl<C: Config> Store<C> for InPool<C> {
    fn new() -> Self {
        Self { pool: Pool::new_with_config(), workshop: Workshop::new() }
    }

    fn insert(&self) -> Option<usize> {
        self.workshop.open_here();
        self.pool.create_with(|value| value.write("text"))
    }

    fn end(&mut self, key: usize, way: Way) {
        let pool = &self.pool;
        match way {
            Way::Removed | Way::Taken => assert!(pool.clear(key)),
            Way::RemovedElsewhere => assert!(elsewhere(|| pool.clear(key))),
            Way::LastGuard => {
                let guard = pool.get(key).unwrap();
                assert!(pool.clear(key));
                drop(guard);
            }
            Way::LastGuardElsewhere => {
                let guard = pool.get(key).unwrap();
                assert!(pool.clear(key));
                elsewhere(|| drop(guard));
            }
            Way::LastExclusiveGuard => {
                let guard = pool.get_exclusive(key).unwrap();
                assert!(pool.clear(key));
                drop(guard);
            }
            Way::LastPin => {
                let pin = pool.pin();
                assert!(pin.get(key).is_some() && pool.clear(key));
                drop(pin);
            }
            Way::LastPinElsewhere => under_anothers(
                || {
                    let pin = pool.pin();
                    assert!(pin.get(key).is_some());
                    pin
                },
                || assert!(pool.clear(key)),
            ),
            Way::Retained => pool.retain(|asked, _| asked != key),
            Way::Cleared | Way::Drained => self.pool.clear_all(),
            Way::GivenUp | Way::GivenUpElsewhere | Way::PanickedOver => unreachable!("of reservations"),
        }
    }

    fn ends(&self, key: usize) -> bool {
        self.pool.clear(key) || self.pool.get(key).is_some()
    }

    /// A creation that panics is the only kind there is here.
    fn give_up(&self, way: Way) -> Option<usize> {
        self.workshop.open_here();
        let create = || panicking(|panic| self.pool.create_with_key(|key, _| panic(key)));
        // On another thread the slot would be one of that thread's shard.
        assert!(way.is_of_reservations());
        create()
    }

    fn has_no_room(&self) {
        self.workshop.open_here();
        let made = self.workshop.made();
        assert!(self.pool.create().is_none());
        assert!(self.pool.create_with(|_| unreachable!("there is no key")).is_none());
        assert!(self.pool.create_with_key(|_, _| unreachable!("there is no key")).is_none());
        assert_eq!(self.workshop.made(), made);
    }

    fn keeps_no_values(&self) {
        assert_eq!((self.workshop.dropped(), self.pool.len()), (self.workshop.made(), 0));
    }

    fn len(&self) -> usize {
        self.pool.len()
    }

    fn stats(&self) -> Stats {
        self.pool.stats()
    }

    fn trim(&self) -> usize {
        self.pool.trim()
    }

    fn shrink_to_fit(&mut self) -> usize {
        self.pool.shrink_to_fit()
    }
}
