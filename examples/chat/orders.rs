//! Orders to the server, from any thread.

use std::future::poll_fn;
use std::rc::Rc;
use std::task::Poll;

use crossbeam_channel::{Receiver, Sender, TryRecvError, unbounded};
use flagstone::task::TaskRef;

use crate::notice::Notice;
use crate::room::Room;

/// An order that only the server's own thread can carry out.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Order {
    Say(String),
    /// To list the guests, in lines of at most this number of columns.
    Who {
        columns: usize,
    },
    Quit,
}

/// The handle by which orders are given. When it is dropped, the server ends.
#[derive(Debug)]
pub(crate) struct Desk {
    sender: Option<Sender<Order>>,
    /// The task that waits at the other end. A channel between threads does not know the task, so it is woken by hand.
    task: TaskRef,
}

/// Orders that wait to be carried out.
#[derive(Debug)]
pub(crate) struct Orders(Receiver<Order>);

/// The sending end before there is a task to wake.
pub(crate) type Opening = Sender<Order>;

/// Makes a channel for orders.
pub(crate) fn orders() -> (Opening, Orders) {
    let (sender, receiver) = unbounded(); // they come from a person, or from a test that waits for the answer
    (sender, Orders(receiver))
}

impl Desk {
    pub(crate) fn new(opening: Opening, task: TaskRef) -> Self {
        Self { sender: Some(opening), task }
    }

    /// Gives an order. If the server has ended, it has no effect.
    pub(crate) fn order(&self, order: Order) {
        if let Some(sender) = &self.sender {
            let _ = sender.send(order);
        }
        self.task.wake();
    }
}

impl Drop for Desk {
    fn drop(&mut self) {
        self.sender = None; // first, so that the task sees it
        self.task.wake();
    }
}

impl Orders {
    /// Waits for an order, or for the end of all.
    async fn next(&self) -> Option<Order> {
        let poll = |_context: &mut std::task::Context<'_>| match self.0.try_recv() {
            Ok(order) => Poll::Ready(Some(order)),
            Err(TryRecvError::Empty) => Poll::Pending, // the desk wakes this task after it has sent
            Err(TryRecvError::Disconnected) => Poll::Ready(None),
        };
        poll_fn(poll).await
    }

    /// Carries orders out until one of them is to quit.
    pub(crate) async fn obey(self, room: Rc<Room>) {
        while let Some(order) = self.next().await {
            match order {
                Order::Say(text) => room.announce(&Notice::Server(&text)),
                Order::Who { columns } => room.log.tell(room.list(columns)),
                Order::Quit => return,
            }
        }
    }
}
