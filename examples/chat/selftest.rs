//! The server's self-test: clients talk to each other, some are cancelled, and everything that is heard is accounted
//! for.
//!
//! Servers run on threads of their own, all clients on this one, each as a task of a second executor. What a line is worth
//! is decided by where a client stood when the server got it:
//!
//! | hearer, speaker | what must be heard |
//! | --- | --- |
//! | a client that stays, one that stays | every line, once, in order |
//! | a client that stays, one that is cancelled or vanishes | its first lines up to some number, once, in order; this number is the same for all clients that stay; then, once, that it has left |
//! | a client that is cancelled, any client | what was said first up to some number, once, in order, perhaps the last one cut off; then the end of the connection |
//! | a latecomer, any client | from some line on every one, once, in order; at the latest from the first that is sent by a client that was told that it has joined |
//!
//! The check is exact and does not wait for silence: when every client that stays has an answer to a `/who` after its last
//! line, the server has dealt with all lines, and a last announcement comes after them in each outbox.

mod client;
mod crowd;
mod gate;
mod host;
mod ledger;
mod manners;
mod measured;
mod sloth;
mod speech;
#[cfg(test)]
mod tests;
mod violation;
mod watch;

use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};

use console::Style;
use flagstone::task::LocalExecutor;

use crate::medium::Medium;
use crowd::Plan;
use measured::Measured;
use violation::{Checked, Violation};
use watch::Watch;

/// What a self-test has checked if it ends without a violation, for readers who do not know the code.
const CHECKED: &str = "\
checked:
  - Each line that a client sent arrived at every other client once, complete
    and in the order in which it was sent.
  - A client that joined late got every line from then on.
  - Some clients were disconnected by the server while they talked, and some
    broke off. All others got the same lines from them, then learned that they
    had left. No id of an ended task could be used to end another task.
  - A client for which there was no room was told so.
  - A client that did not read was told so and disconnected. Meanwhile no other
    client lost a line.
  - Bad names, bad lines and unknown commands were answered with the reason.
  - The server's list showed each connection exactly once.
  - Each server, when told to end, told its clients and left no task behind.
";

/// Runs everything, and returns a report, or the first violation.
///
/// # Errors
///
/// If a thread cannot be started.
pub(crate) fn run(clients: usize, patience: Duration, medium: Medium) -> io::Result<Result<String, Violation>> {
    let begun = Instant::now();
    let watch = Watch::start(patience)?;
    let executor = LocalExecutor::new();
    let checked = async_io::block_on(executor.run_until(check(&executor, &watch, clients)));
    watch.end();
    Ok(checked.map(|mut measured| {
        measured.duration("for the whole self-test", begun.elapsed());
        let passed = medium.paint(Style::new().green(), "passed");
        let table = measured.table(medium.columns);
        format!("{passed}: {clients} clients talked through the server, and got what they should\n\n{CHECKED}\n{table}")
    }))
}

async fn check(executor: &LocalExecutor, watch: &Arc<Watch>, clients: usize) -> Checked<Measured> {
    let (mut measured, plan) = (Measured::default(), Plan::new(clients));
    watch.expect(plan.expected());
    manners::check(watch).await?;
    sloth::check(watch, &mut measured).await?;
    crowd::check(executor, watch, plan, &mut measured).await?;
    Ok(measured)
}
