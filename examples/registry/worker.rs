//! Workers receive tickets and run their jobs.

use std::any::Any;
use std::panic;
use std::thread;

use crossbeam_channel::Receiver;

use crate::job::Job;
use crate::ticket::Ticket;

/// The name of the worker threads.
pub(crate) const NAME: &str = "worker";

/// Works until no more tickets can arrive.
pub(crate) fn run(queue: &Receiver<(Ticket<'_>, Job)>) {
    for (ticket, job) in queue {
        carry_out(ticket, &job);
    }
}

/// Keeps workers' panic messages off standard error, where they would disturb the table. The journal has them.
pub(crate) fn report_panics_as_outcomes() {
    let report = panic::take_hook();
    panic::set_hook(Box::new(move |information| {
        if thread::current().name() != Some(NAME) {
            report(information);
        }
    }));
}

/// Runs one job. If it panics the ticket records that, and the thread continues with the next.
fn carry_out(ticket: Ticket<'_>, job: &Job) {
    let worked = panic::catch_unwind(|| {
        ticket.begin()?;
        job.run(&ticket)
    });
    match worked {
        Ok(Ok(result)) => ticket.finish(result),
        Ok(Err(_cancelled)) => ticket.stop(),
        Err(payload) => ticket.fail(message(payload.as_ref())),
    }
}

fn message(payload: &(dyn Any + Send)) -> String {
    let text = payload.downcast_ref::<&str>().copied();
    let text = text.or_else(|| payload.downcast_ref::<String>().map(String::as_str));
    text.unwrap_or("panicked").to_owned()
}
