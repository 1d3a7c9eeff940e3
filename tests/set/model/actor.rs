//! The futures of the sequences: they follow their script, and record what happens to them.

use std::{
    cell::RefCell,
    future::Future,
    panic::resume_unwind,
    pin::Pin,
    rc::Rc,
    task::{Context, Poll, Waker},
};

use super::operations::{Act, End, How, Script};
use crate::trials::elsewhere;

/// State that the futures share.
#[derive(Default)]
pub(super) struct World {
    pub(super) board: RefCell<Vec<Waker>>,
    pub(super) log: RefCell<Vec<Event>>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Event {
    Polled(usize),
    Dropped(usize),
}

/// The payload of a panic: the number of its future. No hook reports it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Raised {
    Poll(usize),
    Destructor(usize),
    Make,
}

pub(super) fn raise(raised: Raised) -> ! {
    resume_unwind(Box::new(raised))
}

pub(super) struct Actor {
    pub(super) number: usize,
    pub(super) script: Rc<Script>,
    pub(super) polls: usize,
    pub(super) world: Rc<World>,
}

impl World {
    pub(super) fn act(&self, act: Act, itself: &Waker) {
        // Nothing is borrowed while a waker is called: an outer waker may be anything.
        match act {
            Act::WakeItself(how) => wake(itself, how),
            Act::Keep => self.board.borrow_mut().push(itself.clone()),
            Act::Wake(which, how) => {
                let waker = {
                    let board = self.board.borrow();
                    (!board.is_empty()).then(|| board[which.index(board.len())].clone())
                };
                waker.iter().for_each(|waker| wake(waker, how));
            }
            Act::Forget(which) => {
                let mut board = self.board.borrow_mut();
                if !board.is_empty() {
                    let which = which.index(board.len());
                    drop(board.swap_remove(which));
                }
            }
        }
    }
}

fn wake(waker: &Waker, how: How) {
    match how {
        How::ByReference => waker.wake_by_ref(),
        How::Clone => waker.clone().wake(),
        How::Elsewhere => elsewhere(|| waker.wake_by_ref()),
    }
}

impl Future for Actor {
    type Output = usize;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<usize> {
        self.world.log.borrow_mut().push(Event::Polled(self.number));
        let (script, polls) = (Rc::clone(&self.script), self.polls);
        self.polls += 1;
        let step = &script.steps[polls % script.steps.len()];
        step.acts.iter().for_each(|&act| self.world.act(act, context.waker()));
        match step.end {
            End::Pending => Poll::Pending,
            End::Ready => Poll::Ready(self.number),
            End::Panic => raise(Raised::Poll(self.number)),
        }
    }
}

impl Drop for Actor {
    fn drop(&mut self) {
        self.world.log.borrow_mut().push(Event::Dropped(self.number));
        if self.script.destructor_panics {
            raise(Raised::Destructor(self.number));
        }
    }
}
