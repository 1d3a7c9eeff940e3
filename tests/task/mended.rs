//! Past faults of this layer. Each test is named after its fault: the condition, then the consequence.

mod claims;
mod ends;
mod inline;
mod main_futures;
mod room;

use std::{sync::mpsc, thread, time::Duration};

/// Runs a behaviour that once never ended. The time limit only ends the test in that case, and measures nothing.
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
