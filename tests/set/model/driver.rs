//! Runs the generated operations on a set, and compares everything observable with the oracle.

use std::{
    rc::Rc,
    sync::Arc,
    task::{Poll, Waker},
};

use flagstone::FutureSet;
use proptest::sample::Index;

use super::{
    actor::{Actor, Raised, World, raise},
    operations::{Key, Life, Operation, Pushing, Script},
    oracle::Oracle,
};
use crate::{
    gate,
    homes::{Home, Room, forget},
    trials::{attempt, poll_once},
    wakers::Wakes,
};

/// What is made once for all lives.
struct Driver {
    world: Rc<World>,
    oracle: Oracle,
    outer: [Arc<Wakes>; 3],
    given: Vec<usize>,
    actors: usize,
}

pub(super) fn run<H: Home, const N: usize>(lives: &[Life]) {
    let mut driver = Driver {
        world: Rc::default(),
        oracle: Oracle::new(N),
        outer: [(); 3].map(|()| Wakes::new()),
        given: Vec::new(),
        actors: 0,
    };
    let mut room = Room::<Actor, N>::new();
    for Life { operations, is_forgotten } in lives {
        let expected = driver.oracle.begin(!H::IN_PLACE);
        let made = raised(|| drop(H::set(&mut room)));
        assert_eq!(made, expected, "what was left is dropped");
        if H::IN_PLACE {
            driver.oracle.end().expect("it is empty");
            driver.oracle.begin(false).expect("it is empty");
        }
        let mut set = H::set(&mut room);
        for operation in operations {
            driver.act(&mut set, operation);
            driver.compare(&set, N < 100);
        }
        driver.compare(&set, true);
        if *is_forgotten && H::IN_PLACE {
            forget(set);
        } else {
            assert_eq!(raised(|| drop(set)), driver.oracle.end());
        }
        driver.compare_what_happened();
    }
    // What a forgotten set left is dropped with its slots, and only there.
    let expected = if H::IN_PLACE { driver.oracle.begin(false) } else { Ok(()) };
    assert_eq!(raised(|| drop(room)), expected);
    driver.compare_what_happened();
    driver.world.board.take();
}

fn raised<R>(behaviour: impl FnOnce() -> R) -> Result<R, Raised> {
    attempt(behaviour).map_err(|panic| match panic.downcast::<Raised>() {
        Ok(raised) => *raised,
        Err(panic) => std::panic::resume_unwind(panic),
    })
}

impl Driver {
    fn actor(&mut self, script: &Rc<Script>) -> Actor {
        self.actors += 1;
        Actor { number: self.actors, script: Rc::clone(script), polls: 0, world: Rc::clone(&self.world) }
    }

    fn key(&self, key: Key) -> usize {
        let among = |keys: &[usize], which: Index| if keys.is_empty() { 0 } else { keys[which.index(keys.len())] };
        match key {
            Key::Live(which) => among(&self.oracle.keys(), which),
            Key::Given(which) => among(&self.given, which),
            Key::Any(key) => key,
        }
    }

    fn some_keys(&self, which: Index, count: u16) -> Vec<usize> {
        let keys = self.oracle.keys();
        let first = if keys.is_empty() { 0 } else { which.index(keys.len()) };
        keys[first..].iter().copied().take(count.into()).collect()
    }

    #[track_caller]
    fn compare_what_happened(&mut self) {
        let happened = self.world.log.take();
        let expected = std::mem::take(&mut self.oracle.events);
        if happened != expected {
            let at = happened.iter().zip(&expected).take_while(|(left, right)| left == right).count();
            let (happened, expected) = (&happened[at..], &expected[at..]);
            panic!(
                "after {at}: {:?}, expected {:?}",
                &happened[..happened.len().min(9)],
                &expected[..expected.len().min(9)]
            );
        }
        assert_eq!([0, 1, 2].map(|who| self.outer[who].count()), self.oracle.outer_wakes, "calls of the outer wakers");
    }

    #[track_caller]
    fn compare<S>(&mut self, set: &FutureSet<Actor, S>, keys_too: bool) {
        self.compare_what_happened();
        assert_eq!((set.len(), set.is_full()), (self.oracle.len(), self.oracle.is_full()));
        if keys_too {
            assert_eq!(set.keys().len(), set.len());
            assert_eq!(set.keys().collect::<Vec<_>>(), self.oracle.keys());
        }
    }

    /// Polls once. Returns whether the set had an output.
    fn poll<S>(&mut self, set: &mut FutureSet<Actor, S>, who: usize) -> bool {
        let expected = self.oracle.poll(who);
        let waker = self.outer[who].waker();
        let polled = raised(|| gate::poll(set, &waker));
        assert_eq!(polled, expected);
        self.compare_what_happened();
        matches!(polled, Ok(Poll::Ready(_)))
    }

    fn act<S>(&mut self, set: &mut FutureSet<Actor, S>, operation: &Operation) {
        match operation {
            Operation::Push(pushing, script) => self.push(set, *pushing, &Rc::new(script.clone())),
            Operation::PushMany(count, script) => {
                let script = Rc::new(script.clone());
                (0..*count).for_each(|_| self.push(set, Pushing::TryVacancy, &script));
            }
            &Operation::Poll(who, polls) => (0..polls).for_each(|_| _ = self.poll(set, who)),
            &Operation::Run(outputs) => {
                let mut left = outputs;
                for _ in 0..40 {
                    let before = self.outer[0].count();
                    left -= u8::from(self.poll(set, 0));
                    if left == 0 || self.outer[0].count() == before {
                        break;
                    }
                }
            }
            Operation::DropNext => {
                drop(set.next());
                drop(set.vacancy());
                let _ = set.try_vacancy();
            }
            &Operation::Remove(key) => {
                let key = self.key(key);
                assert_eq!(raised(|| set.remove(key)), self.oracle.remove(key));
            }
            &Operation::RemoveMany(which, count) => {
                for key in self.some_keys(which, count) {
                    assert_eq!(raised(|| set.remove(key)), self.oracle.remove(key));
                }
            }
            &Operation::Take(key) => {
                let key = self.key(key);
                let (taken, expected) = (set.take(key), self.oracle.take(key));
                assert_eq!(taken.as_ref().map(|actor| actor.number), expected);
                if let Some(actor) = taken {
                    let expected = self.oracle.dropped_again(actor.number, &Rc::clone(&actor.script));
                    assert_eq!(raised(|| drop(actor)), expected);
                }
            }
            Operation::Replace(key, script) => {
                let (key, script) = (self.key(*key), Rc::new(script.clone()));
                if !set.contains(key) {
                    assert!(set.get_pin_mut(key).is_none() && !self.oracle.contains(key));
                    return;
                }
                let actor = self.actor(&script);
                let expected = self.oracle.replace(key, actor.number, &script);
                let replaced = raised(|| set.get_pin_mut(key).map(|mut future| future.set(actor)).is_some());
                assert_eq!(replaced, expected);
            }
            &Operation::Wake(key) => {
                let key = self.key(key);
                assert_eq!(set.wake(key), self.oracle.wake(key));
            }
            &Operation::WakeMany(which, count) => {
                for key in self.some_keys(which, count) {
                    assert!(set.wake(key) && self.oracle.wake(key));
                }
            }
            &Operation::Contains(key) => {
                let key = self.key(key);
                assert_eq!(set.contains(key), self.oracle.contains(key), "{key:#x}");
            }
            Operation::Clear => assert_eq!(raised(|| set.clear()), self.oracle.clear()),
            &Operation::OfBoard(act) => {
                self.oracle.act(act, None);
                if !matches!(act, super::operations::Act::Keep | super::operations::Act::WakeItself(_)) {
                    self.world.act(act, Waker::noop());
                }
            }
        }
    }

    fn push<S>(&mut self, set: &mut FutureSet<Actor, S>, pushing: Pushing, script: &Rc<Script>) {
        let next = self.oracle.next_key();
        if next.is_none() {
            return self.push_into_what_is_full(set, pushing, script);
        }
        let actor = self.actor(script);
        let number = actor.number;
        let key = match pushing {
            Pushing::Try => set.try_push(actor).ok(),
            Pushing::With => set
                .try_push_with(|key| {
                    assert_eq!(Some(key), next);
                    actor
                })
                .ok(),
            Pushing::TryVacancy => set.try_vacancy().map(|vacancy| vacancy.insert(actor)),
            Pushing::Vacancy { used } => {
                let Poll::Ready((None, vacancy)) = poll_once(&mut set.vacancy()) else { panic!("there is room") };
                if used {
                    Some(vacancy.insert_with(|_| actor))
                } else {
                    drop(vacancy);
                    return self.dropped(actor);
                }
            }
            Pushing::MakePanics => {
                let panicked = raised(|| set.try_push_with(|_| raise(Raised::Make)).is_ok());
                assert_eq!(panicked, Err(Raised::Make));
                return self.dropped(actor);
            }
        };
        assert_eq!(key, next, "the key of the slot that was freed last");
        self.given.extend(key);
        assert_eq!(Some(self.oracle.push(number, script)), key);
    }

    /// An actor that was not pushed.
    fn dropped(&mut self, actor: Actor) {
        let expected = self.oracle.dropped_again(actor.number, &Rc::clone(&actor.script));
        assert_eq!(raised(|| drop(actor)), expected);
    }

    fn push_into_what_is_full<S>(&mut self, set: &mut FutureSet<Actor, S>, pushing: Pushing, script: &Rc<Script>) {
        match pushing {
            Pushing::TryVacancy => assert!(set.try_vacancy().is_none()),
            Pushing::Vacancy { used } => {
                // It polls the set.
                let expected = self.oracle.poll(0);
                let waker = self.outer[0].waker();
                let mut actor = used.then(|| self.actor(script));
                let number = self.actors;
                let polled = raised(|| {
                    crate::trials::poll(&mut set.vacancy(), &waker)
                        .map(|(output, vacancy)| (output, actor.take().map(|actor| vacancy.insert(actor))))
                });
                match (polled, expected) {
                    (Ok(Poll::Ready((output, key))), Ok(Poll::Ready(next))) => {
                        assert_eq!(output, next.map(|(_, output)| output));
                        if let Some(key) = key {
                            assert_eq!(key, self.oracle.push(number, script));
                            self.given.push(key);
                        }
                    }
                    (Ok(Poll::Pending), Ok(Poll::Pending)) => {}
                    (polled, expected) => assert_eq!(polled.map(drop), expected.map(drop)),
                }
                actor.into_iter().for_each(|actor| self.dropped(actor));
            }
            _ => {
                let actor = self.actor(script);
                let full = set.try_push(actor).expect_err("it is full");
                self.dropped(full.into_inner());
            }
        }
    }
}
