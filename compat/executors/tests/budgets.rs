//! Sets in tokio's budget: what tokio refuses when it is used up wakes itself, and must not be polled over and over.

use std::{
    future::{Future, poll_fn},
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    task::{Context, Poll},
};

use flagstone::{FutureSet, task::yield_now};
use tokio::{runtime::Builder, sync::mpsc};

const FUTURES: usize = 10_000;
const MESSAGES: usize = 5;

/// Receives messages from a channel in which they all are already, one at each poll.
struct Receives {
    receiver: mpsc::UnboundedReceiver<usize>,
    left: usize,
    sum: usize,
    polls: Arc<AtomicUsize>,
    in_vain: Arc<AtomicUsize>,
}

impl Future for Receives {
    type Output = usize;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<usize> {
        self.polls.fetch_add(1, Ordering::SeqCst);
        while self.left > 0 {
            match self.receiver.poll_recv(context) {
                Poll::Ready(message) => self.sum += message.expect("the sender lives"),
                Poll::Pending => {
                    self.in_vain.fetch_add(1, Ordering::SeqCst);
                    return Poll::Pending;
                }
            }
            self.left -= 1;
        }
        Poll::Ready(self.sum)
    }
}

/// Channels that are always ready, in a set, beside another task.
async fn always_ready() {
    let (polls, in_vain, beside) = <[Arc<AtomicUsize>; 3]>::default().into();
    let (senders, receivers): (Vec<_>, Vec<_>) = (0..FUTURES).map(|_| mpsc::unbounded_channel()).unzip();
    for sender in &senders {
        (0..MESSAGES).for_each(|message| sender.send(message).unwrap());
    }
    let receiving = |receiver| Receives {
        receiver,
        left: MESSAGES,
        sum: 0,
        polls: Arc::clone(&polls),
        in_vain: Arc::clone(&in_vain),
    };
    let mut set: FutureSet<_> = receivers.into_iter().map(receiving).collect();
    let turns = Arc::clone(&beside);
    let other = tokio::spawn(async move {
        loop {
            turns.fetch_add(1, Ordering::SeqCst);
            // Not tokio's, which waits until no other task is ready, or for 61 turns.
            yield_now().await;
        }
    });
    let (mut outputs, mut longest) = (0, 0);
    let draining = tokio::spawn(async move {
        let mut turns_of_set = 0;
        poll_fn(|context| {
            turns_of_set += 1;
            let mut outputs_now = 0;
            loop {
                match set.poll_next_with_key(context) {
                    Poll::Ready(Some((_, sum))) => {
                        assert_eq!(sum, MESSAGES * (MESSAGES - 1) / 2);
                        (outputs, outputs_now) = (outputs + 1, outputs_now + 1);
                    }
                    next => {
                        longest = longest.max(outputs_now);
                        return next.map(drop);
                    }
                }
            }
        })
        .await;
        (outputs, longest, turns_of_set)
    });
    let (outputs, longest, turns_of_set) = draining.await.unwrap();
    other.abort();
    assert_eq!(outputs, FUTURES, "every message arrives");
    // Tokio lets each turn have 128 messages.
    assert!(longest <= 128, "{longest} outputs in one turn");
    let (polls, in_vain, beside) = [polls, in_vain, beside].map(|counted| counted.load(Ordering::SeqCst)).into();
    let needed = FUTURES * MESSAGES / 128;
    assert!((needed..2 * needed).contains(&turns_of_set), "{turns_of_set} turns, {needed} needed");
    assert!(beside >= turns_of_set / 2, "the other task had {beside} turns, the set {turns_of_set}");
    // At most one call's budget in each turn, in which none can succeed. (Tokio wakes whom it refused when the turn is over,
    // so it does not look as if they had woken themselves.)
    assert!(in_vain <= 64 * turns_of_set && polls == FUTURES + in_vain, "{in_vain} of {polls} polls in vain");
    println!("{polls} polls, {in_vain} in vain, {turns_of_set} turns, the other task {beside}");
}

#[test]
fn always_ready_on_one_thread() {
    Builder::new_current_thread().build().unwrap().block_on(always_ready());
}

/// None of those that are refused waits for ever while others go on.
#[test]
fn nobody_starves() {
    const FUTURES: usize = 1000;
    Builder::new_current_thread().build().unwrap().block_on(async {
        let received: Arc<Vec<_>> = Arc::new((0..FUTURES).map(|_| AtomicUsize::new(0)).collect());
        let (senders, receivers): (Vec<_>, Vec<_>) = (0..FUTURES).map(|_| mpsc::unbounded_channel()).unzip();
        for sender in &senders {
            (0..400).for_each(|message| sender.send(message).unwrap());
        }
        let counted = Arc::clone(&received);
        let draining = tokio::spawn(async move {
            let mut set: FutureSet<_> = receivers
                .into_iter()
                .enumerate()
                .map(|(number, mut receiver): (_, mpsc::UnboundedReceiver<usize>)| {
                    let received = Arc::clone(&counted);
                    async move {
                        while let Some(message) = receiver.recv().await {
                            assert_eq!(received[number].fetch_add(1, Ordering::SeqCst), message);
                            yield_now().await;
                        }
                    }
                })
                .collect();
            set.drain(|()| ()).await;
        });
        let mut last = 0;
        loop {
            yield_now().await;
            let counts = || received.iter().map(|count| count.load(Ordering::SeqCst));
            let (least, most) = (counts().min().unwrap(), counts().max().unwrap());
            assert!(most - least <= 2, "one has received {most} messages, another {least}");
            if least == 400 {
                break;
            }
            last += usize::from(least > 0);
            assert!(last < 400 * FUTURES, "no end");
        }
        drop(senders);
        draining.await.unwrap();
    });
}
