//! The server's log, for its operator.

use std::cell::Cell;
use std::fmt::Display;

use crossbeam_channel::{Receiver, Sender, TrySendError, bounded};

/// How many texts may wait to be shown.
const WAITING: usize = 4096;

/// The server's end. It never waits: the other end is a terminal or a pipe, which may be slow.
#[derive(Debug)]
pub(crate) struct Log {
    sender: Sender<String>,
    lost: Cell<usize>,
}

impl Log {
    /// Returns both ends. The channel is closed when the server has ended.
    pub(crate) fn new() -> (Self, Receiver<String>) {
        let (sender, receiver) = bounded(WAITING);
        (Self { sender, lost: Cell::new(0) }, receiver)
    }

    /// Adds a text of one line or more, without the end of the last line.
    pub(crate) fn tell(&self, text: impl Display) {
        let lost = self.lost.take();
        let text = if lost == 0 { format!("{text}\n") } else { format!("({lost} messages were lost)\n{text}\n") };
        if let Err(TrySendError::Full(_)) = self.sender.try_send(text) {
            self.lost.set(lost + 1);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Log, WAITING};

    #[test]
    fn what_is_lost_is_counted() {
        let (log, told) = Log::new();
        (0..WAITING + 3).for_each(|number| log.tell(number));
        assert_eq!(told.try_iter().count(), WAITING);
        log.tell("after");
        log.tell("all is well");
        assert_eq!(told.try_iter().collect::<Vec<_>>(), ["(3 messages were lost)\nafter\n", "all is well\n"]);
    }
}
