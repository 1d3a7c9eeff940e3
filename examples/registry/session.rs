//! A run: tasks, workers, and a user or a program that watches.

use std::convert::Infallible;
use std::io;
use std::thread::{self, Builder, Scope};
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, bounded, never, select, tick, unbounded};

use crate::arguments::Arguments;
use crate::input;
use crate::job::Job;
use crate::operator::{self, Answer};
use crate::output::print;
use crate::registry::Registry;
use crate::row::Row;
use crate::table::{self, Space};
use crate::ticket::Ticket;
use crate::view::{JsonLines, View};
use crate::worker;

/// After this time `--once` shows the table, even if not every worker has begun.
const START_UP: Duration = Duration::from_secs(1);

/// The queue of tasks that wait for workers.
pub(crate) type Queue<'a> = Receiver<(Ticket<'a>, Job)>;

/// Runs tasks, shows them and executes commands until all have ended. Returns how many entries were left.
///
/// # Errors
///
/// If the slab has no room, a thread cannot be started, or standard output cannot be written to. Then all tasks are
/// cancelled.
pub(crate) fn run(arguments: &Arguments) -> io::Result<usize> {
    let registry = Registry::new();
    let mut view = None;
    thread::scope(|scope| {
        let watched = start(scope, &registry, arguments).and_then(|stopped| {
            if arguments.once { once(&registry, arguments) } else { watch(&registry, arguments, &stopped, &mut view) }
        });
        registry.cancel_all(); // the scope waits for the workers
        watched
    })?;
    if let Some(mut view) = view {
        view.close(&registry)?;
    }
    Ok(registry.len())
}

/// Registers the tasks and starts the workers. The channel is closed when the last of them has ended.
fn start<'scope, 'a: 'scope>(
    scope: &'scope Scope<'scope, '_>,
    registry: &'a Registry,
    arguments: &Arguments,
) -> io::Result<Receiver<Infallible>> {
    let (sender, queue) = unbounded();
    for number in 0..arguments.tasks {
        let job = Job::mixed(number, arguments.effort);
        let ticket = registry.register(&job.name()).ok_or_else(|| io::Error::other("the slab has no room"))?;
        let _ = sender.send((ticket, job)); // `queue` is still here
    }
    drop(sender);
    hire(scope, &queue, arguments.workers())
}

/// Starts workers. Nothing is ever sent on the returned channel; it is closed when the last worker has ended.
pub(crate) fn hire<'scope, 'a: 'scope>(
    scope: &'scope Scope<'scope, '_>,
    queue: &Queue<'a>,
    workers: usize,
) -> io::Result<Receiver<Infallible>> {
    worker::report_panics_as_outcomes();
    let (working, stopped) = bounded::<Infallible>(0);
    for _ in 0..workers {
        let (queue, working) = (queue.clone(), working.clone());
        let body = move || {
            worker::run(&queue);
            drop(working);
        };
        Builder::new()
            .name(worker::NAME.to_owned())
            .spawn_scoped(scope, body)
            .map_err(|error| io::Error::new(error.kind(), format!("cannot start a worker: {error}")))?;
    }
    Ok(stopped)
}

/// Shows the tasks several times a second, and executes commands as they arrive.
fn watch(
    registry: &Registry,
    arguments: &Arguments,
    stopped: &Receiver<Infallible>,
    view: &mut Option<View>,
) -> io::Result<()> {
    let view = view.insert(View::open(arguments.json)?);
    let mut lines = input::lines()?;
    let ticks = tick(arguments.interval());
    view.show(registry)?;
    loop {
        select! {
            recv(stopped) -> _closed => return Ok(()),
            recv(ticks) -> _now => view.show(registry)?,
            recv(lines) -> line => match line {
                Ok(line) => match operator::answer(registry, &line, view.space()) {
                    Answer::Text(text) => view.answer(registry, text)?,
                    Answer::Quit => return Ok(()),
                },
                // A closed channel is always ready, so it is replaced by one that never is.
                Err(_ended) => {
                    lines = never();
                    view.end_of_input(registry)?;
                }
            },
        }
    }
}

/// Waits until every worker has something to show, and shows it once.
fn once(registry: &Registry, arguments: &Arguments) -> io::Result<()> {
    let latest = Instant::now() + START_UP;
    let busy = || registry.pin().iter().filter(|(_key, task)| task.elapsed().is_some()).count();
    let begun = |busy: usize| busy >= arguments.workers().min(registry.len());
    while !begun(busy()) && Instant::now() < latest {
        thread::sleep(Duration::from_millis(1));
    }
    thread::sleep(arguments.interval());
    if arguments.json {
        return JsonLines::default().snapshot(registry);
    }
    let pinned = registry.pin();
    let rows = Row::all(&pinned);
    let space = Space::of_output();
    let totals = operator::totals(registry, &rows, space.medium.columns);
    let text = format!("{}{totals}", table::render(&rows, space));
    drop(pinned);
    print(&text)
}
