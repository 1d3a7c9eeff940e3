use std::future::poll_fn;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::task::{Context, Poll, Wake, Waker};
use std::thread;

use flagstone::task::LocalExecutor;

use super::{Gone, Receiver, mailbox};

#[derive(Default)]
struct Wakes(AtomicUsize);

impl Wake for Wakes {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Relaxed);
    }
}

fn receive(receiver: &Receiver<u32>) -> Option<u32> {
    LocalExecutor::new().block_on(poll_fn(|context| receiver.poll_receive(context)))
}

#[test]
fn whoever_waits_is_woken_once() {
    let (sender, receiver) = mailbox(2);
    let wakes = Arc::new(Wakes::default());
    let waker = Waker::from(Arc::clone(&wakes));
    let mut context = Context::from_waker(&waker);
    assert_eq!(receiver.poll_receive(&mut context), Poll::Pending);
    assert_eq!((sender.send(1), sender.send(2)), (Ok(true), Ok(false)));
    drop(sender);
    assert_eq!(wakes.0.load(Relaxed), 1);
    let received = [(); 3].map(|()| receiver.poll_receive(&mut context));
    assert_eq!(received, [Some(1), Some(2), None].map(Poll::Ready));
}

#[test]
fn whoever_waits_learns_that_the_sender_or_the_receiver_is_gone() {
    let (sender, receiver) = mailbox(1);
    let dropping = thread::spawn(move || drop(sender));
    assert_eq!(receive(&receiver), None);
    dropping.join().unwrap();

    let (sender, receiver) = mailbox(1);
    sender.send(1).unwrap();
    let sending = thread::spawn(move || sender.send(2)); // there is no room
    drop(receiver);
    assert_eq!(sending.join().unwrap(), Err(Gone));
}

#[test]
fn what_comes_between_a_look_and_a_wait_is_seen() {
    let (sender, receiver) = mailbox(1);
    let mut context = Context::from_waker(Waker::noop());
    let received = receiver.look_twice(&mut context, || assert_eq!(sender.send(1), Ok(false)));
    assert_eq!(received, Poll::Ready(Some(1)));
    assert_eq!(receiver.look_twice(&mut context, || drop(sender)), Poll::Ready(None));
}

#[test]
fn all_values_come_from_another_thread() {
    const VALUES: u32 = 5_000;
    let (sender, receiver) = mailbox(1);
    let sending = thread::spawn(move || (0..VALUES).for_each(|value| assert!(sender.send(value).is_ok())));
    (0..VALUES).for_each(|value| assert_eq!(receive(&receiver), Some(value)));
    assert_eq!(receive(&receiver), None);
    sending.join().unwrap();
}
