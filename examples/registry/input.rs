//! Lines from standard input.

use std::io::{self, BufRead, Read};
use std::thread::Builder;

use crossbeam_channel::{Receiver, Sender, bounded};

/// More than any command; the rest of a longer line counts as the next one, so that memory has a bound.
const LONGEST: u64 = 4096;

/// How many lines may wait: who writes faster than they are answered waits too.
const WAITING: usize = 16;

/// Starts to read lines. The channel is closed when the input ends or cannot be read.
///
/// The thread is left to itself: nothing can wake it while it waits for a person, so nobody must wait for it.
///
/// # Errors
///
/// If the thread cannot be started.
pub(crate) fn lines() -> io::Result<Receiver<String>> {
    let (sender, receiver) = bounded(WAITING);
    Builder::new().name("input".to_owned()).spawn(move || read(&sender))?;
    Ok(receiver)
}

fn read(sender: &Sender<String>) {
    let mut input = io::stdin().lock();
    loop {
        let mut line = Vec::new();
        match input.by_ref().take(LONGEST).read_until(b'\n', &mut line) {
            Ok(0) | Err(_) => return,
            Ok(_) => {}
        }
        if sender.send(String::from_utf8_lossy(&line).into_owned()).is_err() {
            return;
        }
    }
}
