//! Pins, which stay on their threads, and the references that were found through them.

use std::{
    cell::{Cell, RefCell},
    future::{self, Future},
    pin, ptr,
    rc::Rc,
    task::{Context, Poll, Waker},
};

use flagstone::{Pinned, pool};

use super::{configurations::Shape, value::Value};

/// A pin on a slab or a pool.
pub(crate) trait Pin {
    fn get(&self, key: usize) -> Option<&Value>;
    fn contains(&self, key: usize) -> bool;
    fn len(&self) -> usize;
    fn is_empty(&self) -> bool;
    /// All entries, one after the other.
    fn entries(&self) -> Box<dyn Iterator<Item = (usize, &Value)> + '_>;
    /// All entries, by the iterator's own loop.
    fn fold(&self) -> Vec<(usize, &Value)>;
    fn keys(&self) -> Vec<usize>;
    /// Where the store is that is pinned.
    fn store(&self) -> usize;
}

macro_rules! pin {
    ($pinned:ty) => {
        impl<C: Shape> Pin for $pinned {
            fn get(&self, key: usize) -> Option<&Value> {
                self.get(key)
            }

            fn contains(&self, key: usize) -> bool {
                self.contains(key)
            }

            fn len(&self) -> usize {
                self.len()
            }

            fn is_empty(&self) -> bool {
                self.is_empty()
            }

            fn entries(&self) -> Box<dyn Iterator<Item = (usize, &Value)> + '_> {
                Box::new(self.into_iter())
            }

            fn fold(&self) -> Vec<(usize, &Value)> {
                self.iter().fold(Vec::new(), |mut all, entry| {
                    all.push(entry);
                    all
                })
            }

            fn keys(&self) -> Vec<usize> {
                self.keys().collect()
            }

            fn store(&self) -> usize {
                ptr::from_ref(self.store()).addr()
            }
        }
    };
}

pin! { Pinned<'_, Value, C> }
pin! { pool::Pinned<'_, Value, C> }

/// What is done with a pin and with the references that it has given and that are kept.
type Task<'env> = Box<dyn for<'pin> FnOnce(&'pin (dyn Pin + 'env), &mut Vec<&'pin Value>) + 'env>;

/// A pin that is out. It lives, with the references, in a future that goes on with each task and is never done: so the
/// compiler knows that no reference outlives it, and pins end in any order nevertheless.
struct PinOut<'env> {
    name: usize,
    task: Rc<Cell<Option<Task<'env>>>>,
    life: pin::Pin<Box<dyn Future<Output = ()> + 'env>>,
}

/// The pins of one thread.
#[derive(Default)]
pub(crate) struct Pins<'env>(Vec<PinOut<'env>>);

impl<'env> Pins<'env> {
    pub(crate) fn add(&mut self, name: usize, pin: impl FnOnce() -> Box<dyn Pin + 'env> + 'env) {
        let task = Rc::new(Cell::new(None::<Task<'env>>));
        let tasks = Rc::clone(&task);
        let life = Box::pin(async move {
            let (pin, mut kept) = (pin(), Vec::new());
            loop {
                let task = future::poll_fn(|_| tasks.take().map_or(Poll::Pending, Poll::Ready)).await;
                task(&*pin, &mut kept);
            }
        });
        let mut pin = PinOut { name, task, life };
        pin.go_on();
        self.0.push(pin);
    }

    fn position(&self, name: usize) -> usize {
        self.0.iter().position(|pin| pin.name == name).expect("the pin is out")
    }

    /// Does something with a pin.
    pub(crate) fn act<R: 'env>(
        &mut self,
        name: usize,
        act: impl for<'pin> FnOnce(&'pin (dyn Pin + 'env), &mut Vec<&'pin Value>) -> R + 'env,
    ) -> R {
        let position = self.position(name);
        let pin = &mut self.0[position];
        let result = Rc::new(RefCell::new(None));
        let place = Rc::clone(&result);
        pin.task.set(Some(Box::new(move |pin, kept| *place.borrow_mut() = Some(act(pin, kept)))));
        pin.go_on();
        result.take().expect("the task was done")
    }

    pub(crate) fn end(&mut self, name: usize) {
        let position = self.position(name);
        drop(self.0.remove(position));
    }
}

impl PinOut<'_> {
    fn go_on(&mut self) {
        let is_pending = self.life.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending();
        assert!(is_pending, "it waits for the next task");
    }
}
