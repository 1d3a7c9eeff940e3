//! The same on a locked `slab`: a buffer is moved out of its entry to be filled without the lock, and a guard of one's
//! own gives it back.

use std::{
    mem,
    ops::{Deref, DerefMut},
    sync::{Arc, Mutex, mpsc},
    thread,
};

use slab::Slab;

const MESSAGES: usize = 10_000;
const IN_FLIGHT: usize = 8;

#[derive(Default)]
struct Buffers {
    buffers: Slab<Vec<u8>>,
    free: Vec<usize>,
}

#[derive(Clone, Default)]
struct Pool {
    state: Arc<Mutex<Buffers>>,
}

impl Pool {
    fn lend(&self) -> Lent {
        let mut state = self.state.lock().unwrap();
        let key = match state.free.pop() {
            Some(key) => key,
            None => state.buffers.insert(Vec::with_capacity(1_500)),
        };
        let buffer = mem::take(&mut state.buffers[key]);
        Lent { pool: self.clone(), key, buffer }
    }
}

struct Lent {
    pool: Pool,
    key: usize,
    buffer: Vec<u8>,
}

impl Deref for Lent {
    type Target = Vec<u8>;

    fn deref(&self) -> &Vec<u8> {
        &self.buffer
    }
}

impl DerefMut for Lent {
    fn deref_mut(&mut self) -> &mut Vec<u8> {
        &mut self.buffer
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        self.buffer.clear();
        let mut state = self.pool.state.lock().unwrap();
        state.buffers[self.key] = mem::take(&mut self.buffer);
        state.free.push(self.key);
    }
}

fn main() {
    let pool = Pool::default();
    let (sender, receiver) = mpsc::sync_channel::<Lent>(IN_FLIGHT);
    let consumer = thread::spawn(move || receiver.iter().map(|buffer| buffer.len()).sum::<usize>());
    for number in 0..MESSAGES {
        let mut buffer = pool.lend();
        assert!(buffer.is_empty() && buffer.capacity() == 1_500);
        buffer.resize(number % 100, 1);
        sender.send(buffer).expect("the consumer is there");
    }
    drop(sender);
    let bytes = consumer.join().unwrap();
    assert_eq!(bytes, (0..MESSAGES).map(|number| number % 100).sum());
    let state = pool.state.lock().unwrap();
    assert_eq!(state.free.len(), state.buffers.len());
    println!("{bytes} bytes in {} buffers", state.buffers.len());
}
