//! A server on a thread of its own, and its operator.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::{Builder, JoinHandle};
use std::time::Duration;

use async_io::Timer;
use crossbeam_channel::{Receiver, bounded};
use flagstone::task::Registry;

use super::violation::{Checked, Violation, ensure};
use super::watch::Watch;
use crate::failure::cannot_start;
use crate::limits::Limits;
use crate::log::Log;
use crate::medium::Medium;
use crate::orders::Desk;
use crate::server::{Ending, OWN_TASKS, Server};
use crate::terminal;

const LOOK_AGAIN: Duration = Duration::from_millis(1);

/// The server, and everything that its operator has.
pub(crate) struct Host {
    pub(crate) address: SocketAddr,
    pub(crate) registry: Registry,
    desk: Desk,
    told: Receiver<String>,
    thread: JoinHandle<Ending>,
}

impl Host {
    /// Starts a server on a port that is free.
    pub(crate) fn start(limits: Limits) -> io::Result<Self> {
        let (log, told) = Log::new();
        let (sender, opened) = bounded(1);
        let serve = move || match Server::open((Ipv4Addr::LOCALHOST, 0).into(), limits, log) {
            Ok((server, desk)) => {
                let _ = sender.send(Ok((server.address(), server.registry(), desk))); // it is being waited for
                server.run()
            }
            Err(error) => {
                let _ = sender.send(Err(error));
                Ending::default()
            }
        };
        let thread = Builder::new().name("server".to_owned()).spawn(serve).map_err(cannot_start)?;
        let opened = opened.recv().map_err(|_panic| io::Error::other("the server's thread has panicked"))?;
        opened.map(|(address, registry, desk)| Self { address, registry, desk, told, thread })
    }

    /// Types a line, and returns the answer.
    pub(crate) fn type_line(&self, line: &str) -> String {
        terminal::answer(line, &self.registry, &self.desk, Medium::FILE)
    }

    /// Types a line, and expects that this is in the answer.
    pub(crate) fn expect(&self, line: &str, expected: &str) -> Checked {
        let answer = self.type_line(line);
        ensure(answer.contains(expected), || format!("the operator's {line:?} should say {expected:?}, not {answer:?}"))
    }

    /// Asks which clients are connected. Returns ids, as the operator would type them, and names.
    pub(crate) async fn who(&self, watch: &Watch) -> Checked<Vec<(String, String)>> {
        self.told.try_iter().for_each(drop);
        self.expect("who", "")?;
        let mut answer = String::new();
        until(watch, "an answer to the operator's `who`", 1, || {
            let told = self.told.try_iter().find(|text| text.contains(" connections\n"));
            told.is_some_and(|text| {
                answer = text;
                true
            })
            .into()
        })
        .await;
        let columns = |line: &str| {
            let mut words = line.split_whitespace().map(str::to_owned);
            Some((words.next()?, words.next()?))
        };
        let guests = answer.lines().skip(1).map(columns);
        guests
            .collect::<Option<_>>()
            .ok_or_else(|| Violation(format!("`who` should show ids and names, not {answer:?}")))
    }

    /// Waits until the registry has this number of clients' tasks.
    pub(crate) async fn settle(&self, watch: &Watch, clients: usize) {
        let tasks = clients + OWN_TASKS;
        until(watch, "tasks in the registry, no more and no less", tasks, || self.registry.len()).await;
    }

    /// Tells the server to end, waits for it, and checks that no task is left.
    pub(crate) async fn end(self, watch: &Watch) -> Checked<Ending> {
        self.type_line("quit");
        until(watch, "the server's end", 1, || self.thread.is_finished().into()).await;
        let ending = self.thread.join().map_err(|_panic| Violation("the server's thread has panicked".to_owned()))?;
        ensure(ending.left == 0, || format!("{} tasks are left, though all have ended", ending.left))?;
        drop(self.desk); // which refers to a task
        until(watch, "tasks in the registry after the server's end", 0, || self.registry.len()).await;
        Ok(ending)
    }
}

/// Looks repeatedly until the number is reached.
async fn until(watch: &Watch, what: &str, needed: usize, mut look: impl FnMut() -> usize) {
    let have = Arc::new(AtomicUsize::new(0));
    watch.wait_for(what, &have, needed);
    loop {
        have.store(look(), Ordering::Relaxed);
        if have.load(Ordering::Relaxed) == needed {
            return;
        }
        Timer::after(LOOK_AGAIN).await;
    }
}
