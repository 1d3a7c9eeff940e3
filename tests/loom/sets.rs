//! Sets of futures, and wakes from other threads.
//!
//! Through the public interface. A word has two bits here, a block two leaves, and the top two bits: so the futures 0
//! and 1 share a leaf, 0 to 3 a block, 0 to 7 the lowest branch of a set of more than eight. What is written before a
//! wake is a letter ([`Mailbox`]) that orders nothing: a future that has missed it must be polled again. The owner acts
//! like an executor: when the model's other threads have ended, it polls only if its waker was called since its last
//! poll began. If the set then has a future that was woken, a wake was lost.
//!
//! [`Mailbox`]: crate::mailbox::Mailbox

mod ending;
mod sleeping;
mod together;
mod waking;

use std::{
    future::Future,
    pin::Pin,
    sync::{Arc, Mutex},
    task::{Context, Poll, Waker},
};

use flagstone::FutureSet;

use crate::{
    bell::Bell,
    count::Count,
    mailbox::Mailbox,
    value::{Tally, Value},
};

/// A future that is ready, with its value, when it finds all its letters. It changes the value at each poll.
struct Reader {
    desk: Desk,
    /// How often its set was polled, and at which of these calls it was polled last.
    calls: Count,
    last_call: usize,
    /// Whether it wakes itself in its first poll.
    is_restless: bool,
    value: Option<Value>,
}

/// What a future has beside its value, to be known outside. None of it orders anything.
#[derive(Clone)]
struct Desk {
    letters: Vec<Mailbox>,
    polls: Count,
    /// Where the future leaves its waker at its first poll.
    waker: Arc<Mutex<Option<Waker>>>,
    /// Whom the future wakes at its first poll.
    neighbour: Arc<Mutex<Option<Waker>>>,
}

/// What a thread calls a future with.
struct Caller {
    desk: Desk,
    waker: Waker,
}

impl Desk {
    fn new(letters: usize) -> Self {
        let letters = (0..letters).map(|_| Mailbox::new()).collect();
        Self { letters, polls: Count::default(), waker: Arc::default(), neighbour: Arc::default() }
    }

    /// Of a future that was polled, once.
    fn caller(&self) -> Caller {
        let waker = self.waker.lock().unwrap().take().expect("it was polled, and no thread has its waker");
        Caller { desk: self.clone(), waker }
    }
}

impl Caller {
    /// Posts a letter, and wakes.
    fn call_with(&self, letter: usize) {
        self.desk.letters[letter].post(0);
        self.waker.wake_by_ref();
    }

    /// Posts the one letter, and wakes with the waker that goes.
    fn call(self) {
        self.desk.letters[0].post(0);
        self.waker.wake();
    }
}

impl Future for Reader {
    type Output = Value;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Value> {
        let call = self.calls.get();
        assert_ne!(self.last_call, call, "it is polled twice in one call");
        self.last_call = call;
        if self.desk.polls.add() == 1 {
            *self.desk.waker.lock().unwrap() = Some(context.waker().clone());
            if self.is_restless {
                context.waker().wake_by_ref();
            }
        }
        let neighbour = self.desk.neighbour.lock().unwrap().take();
        if let Some(neighbour) = neighbour {
            neighbour.wake();
        }
        let value = self.value.as_mut().expect("a future is not polled after its end");
        // Written, so that two polls at once would be seen.
        let number = value.read();
        value.change(number);
        if self.desk.letters.iter().all(|letter| letter.look().is_some()) {
            Poll::Ready(self.value.take().expect("it was just there"))
        } else {
            Poll::Pending
        }
    }
}

/// A set, and an executor's state of the task that polls it.
struct Owner {
    set: FutureSet<Reader>,
    tally: Tally,
    calls: Count,
    /// The wakers with which the set was polled, and how often the last of them had been called before.
    bells: Vec<Arc<Bell>>,
    heard: usize,
    /// The numbers of the values that came out.
    outputs: Vec<usize>,
}

impl Owner {
    fn new(capacity: usize, tally: &Tally) -> Self {
        let set = FutureSet::with_capacity(capacity);
        let (tally, calls, bells) = (tally.clone(), Count::default(), vec![Arc::default()]);
        Self { set, tally, calls, bells, heard: 0, outputs: Vec::new() }
    }

    /// Adds a future that waits for so many letters, and returns its desk and its key.
    fn push(&mut self, letters: usize, number: usize) -> (Desk, usize) {
        self.push_one(letters, number, false)
    }

    fn push_one(&mut self, letters: usize, number: usize, is_restless: bool) -> (Desk, usize) {
        let (desk, calls, value) = (Desk::new(letters), self.calls.clone(), self.tally.value(number));
        let reader = Reader { desk: desk.clone(), calls, last_call: 0, is_restless, value: Some(value) };
        let Ok(key) = self.set.try_push(reader) else { panic!("there is room") };
        (desk, key)
    }

    /// A set that sleeps, and has a future of one letter at each of these indices: their numbers are the index and one.
    fn asleep<const N: usize>(capacity: usize, indices: [usize; N], tally: &Tally) -> (Self, [Desk; N]) {
        let mut owner = Self::new(capacity, tally);
        let last = indices.into_iter().max().unwrap();
        let desks = (0..=last).map(|index| owner.push(1, index + 1)).collect::<Vec<_>>();
        for (index, (_, key)) in desks.iter().enumerate() {
            if !indices.contains(&index) {
                assert!(owner.set.remove(*key));
            }
        }
        owner.poll();
        assert!(!owner.is_called(), "all were polled, and no wake is left");
        (owner, indices.map(|index| desks[index].0.clone()))
    }

    /// Polls with another waker than before.
    fn poll_anew(&mut self) {
        self.bells.push(Arc::default());
        self.poll();
    }

    fn bell(&self) -> &Arc<Bell> {
        self.bells.last().unwrap()
    }

    /// Polls until there is nothing more, as a loop around `next` does.
    fn poll(&mut self) {
        while self.next() {}
    }

    /// Polls once. Whether there was an output, which asks for the next poll.
    fn next(&mut self) -> bool {
        let waker = self.bell().clone().into();
        self.heard = self.bell().rung();
        self.calls.add();
        match self.set.poll_next_with_key(&mut Context::from_waker(&waker)) {
            Poll::Ready(Some((_, value))) => {
                self.outputs.push(value.read());
                true
            }
            Poll::Ready(None) | Poll::Pending => false,
        }
    }

    /// Whether the set is to be polled again.
    fn is_called(&self) -> bool {
        self.bell().rung() != self.heard
    }

    /// Polls as long as the set asks for it. How often that was.
    fn settle(&mut self) -> usize {
        let mut polls = 0;
        while self.is_called() {
            assert_ne!(polls, 5, "it goes on for ever");
            polls += 1;
            self.poll();
        }
        polls
    }

    /// The other threads have ended: exactly these outputs came out, and no clone of the owner's wakers is left.
    fn end(mut self, numbers: &[usize]) {
        self.settle();
        self.outputs.sort_unstable();
        assert_eq!(self.outputs, numbers, "a wake was lost");
        let Self { set, bells, .. } = self;
        drop(set);
        bells.iter().for_each(Bell::is_let_go);
    }
}
