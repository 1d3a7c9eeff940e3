//! Lines from standard input.

use std::io::{self, BufRead, Read};
use std::thread::Builder;

use crossbeam_channel::{Receiver, Sender, bounded};

/// Longer than any command. The rest of a longer line counts as the next one, so that memory is bounded.
const LONGEST: u64 = 4096;

/// How many lines may wait. A writer that is faster than the answers is blocked.
const WAITING: usize = 16;

/// Starts to read lines. The channel is closed when the input ends or cannot be read.
///
/// The thread is never joined: while it waits for user input nothing can wake it, so no thread may wait for it.
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
