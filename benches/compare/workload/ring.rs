//! The channel between two threads: a bounded ring that spins.

use rtrb::{Consumer, Producer, PushError, RingBuffer};
use std::{hint, thread};

/// How many items the ring holds.
const CAPACITY: usize = 1_024;

/// How often an end retries before it yields its core. On a machine with one core the other end needs it.
const SPINS: u32 = 10_000;

/// The sending thread's end.
pub(super) struct Sender<T>(Producer<T>);

/// The receiving thread's end.
pub(super) struct Receiver<T>(Consumer<T>);

/// Returns both ends of a new ring.
pub(super) fn ring<T>() -> (Sender<T>, Receiver<T>) {
    let (producer, consumer) = RingBuffer::new(CAPACITY);
    (Sender(producer), Receiver(consumer))
}

impl<T> Sender<T> {
    /// Sends the item; spins while the ring is full.
    #[inline]
    pub(super) fn send(&mut self, item: T) {
        let mut pushed = self.0.push(item);
        let mut spins = 0;
        while let Err(PushError::Full(item)) = pushed {
            spin(&mut spins);
            pushed = self.0.push(item);
        }
    }
}

impl<T> Receiver<T> {
    /// Receives the next item; spins while the ring is empty.
    #[inline]
    pub(super) fn receive(&mut self) -> T {
        let mut spins = 0;
        loop {
            if let Ok(item) = self.0.pop() {
                return item;
            }
            spin(&mut spins);
        }
    }
}

/// Waits for a moment.
#[inline]
fn spin(spins: &mut u32) {
    *spins += 1;
    if *spins % SPINS == 0 {
        thread::yield_now();
    } else {
        hint::spin_loop();
    }
}
