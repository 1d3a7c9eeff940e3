//! What was wrong in this layer once, each named after what went wrong: its condition, then its consequence.

mod claims;
mod ends;
mod inline;
mod main_futures;
mod room;

use std::{sync::mpsc, thread, time::Duration};

/// Runs something that never ended once. The limit is there to end the test then, and measures nothing.
fn ends(behaviour: impl FnOnce() + Send + 'static) {
    let (sender, ended) = mpsc::channel();
    let thread = thread::spawn(move || {
        behaviour();
        let _ = sender.send(());
    });
    if ended.recv_timeout(Duration::from_secs(60)) == Err(mpsc::RecvTimeoutError::Timeout) {
        panic!("it does not end");
    }
    thread.join().expect("no panic");
}
