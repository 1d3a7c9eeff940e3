//! Buffers that are filled on one thread, emptied on another, and used again.
//!
//! A buffer returns to the pool when its guard is dropped, also by a panic or by a disconnected channel.

use std::{
    sync::{Arc, mpsc},
    thread,
};

use flagstone::{Pool, pool::LentOwned};

const MESSAGES: usize = 10_000;
const IN_FLIGHT: usize = 8;

fn main() {
    let pool: Arc<Pool<Vec<u8>>> = Arc::new(Pool::with_init(|| Vec::with_capacity(1_500)));
    let (sender, receiver) = mpsc::sync_channel::<LentOwned<Vec<u8>>>(IN_FLIGHT);
    let consumer = thread::spawn(move || receiver.iter().map(|buffer| buffer.len()).sum::<usize>());
    for number in 0..MESSAGES {
        let mut buffer = pool.lend_owned().expect("there is room");
        assert!(buffer.is_empty() && buffer.capacity() == 1_500);
        buffer.resize(number % 100, 1);
        sender.send(buffer).expect("the consumer is there");
    }
    drop(sender);
    let bytes = consumer.join().unwrap();
    assert_eq!(bytes, (0..MESSAGES).map(|number| number % 100).sum());
    assert!(pool.is_empty());
    println!("{bytes} bytes in {} buffers", pool.stats().total().high_water);
}
