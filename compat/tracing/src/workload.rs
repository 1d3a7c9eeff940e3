//! The workloads: spans that are created, entered, recorded to, left and closed.

use std::{
    collections::VecDeque,
    sync::mpsc::sync_channel,
    time::{Duration, Instant},
};

use tracing::{Span, field, info, info_span};

use crate::{pair, subscriber};

/// Creates, uses and closes a number of spans, and returns how long that took. Where spans come in groups, there may be
/// a few fewer than requested.
pub(crate) type Trial = Box<dyn FnMut(u64) -> Duration>;

/// A workload to be measured.
pub(crate) struct Workload {
    /// The name on the command line.
    pub(crate) id: &'static str,
    /// The name in the table.
    pub(crate) title: &'static str,
    /// How many times as many spans a second there should be with flagstone.
    pub(crate) goal: f64,
    /// Sets the subscriber.
    pub(crate) subscribe: fn(),
    /// Opens the spans that are open all the time.
    pub(crate) prepare: fn() -> Trial,
}

impl Workload {
    /// A workload on the registry alone.
    const fn new(id: &'static str, title: &'static str, goal: f64, prepare: fn() -> Trial) -> Self {
        Self { id, title, goal, subscribe: subscriber::set_nothing, prepare }
    }
}

/// The goal where flagstone must not be slower.
const AS_FAST: f64 = 1.0;

/// The goal where many spans are open.
const FASTER: f64 = 1.15;

/// All of them, in the order of the table.
pub(crate) const ALL: &[Workload] = &[
    Workload::new("one-thread", "one thread", AS_FAST, || among(0)),
    Workload::new("two-threads", "two threads", AS_FAST, || Box::new(two_threads)),
    Workload::new("open-1000", "1,000 others open", FASTER, || among(1_000)),
    Workload::new("open-10000", "10,000 others open", FASTER, || among(10_000)),
    Workload::new("open-100000", "100,000 others open", FASTER, || among(100_000)),
    Workload::new("oldest-1000", "1,000 open, the oldest closes", FASTER, || oldest(1_000)),
    Workload::new("oldest-100000", "100,000 open, the oldest closes", FASTER, || oldest(100_000)),
    Workload::new("nested", "four, each in the one before", AS_FAST, || Box::new(nested)),
    Workload::new("one-parent", "two threads, below one span", AS_FAST, one_parent),
    Workload::new("handover", "opened here, closed there", AS_FAST, || Box::new(handover)),
    Workload {
        subscribe: subscriber::set_formatting,
        ..Workload::new("formatted", "one thread, formatted, with an event", AS_FAST, || Box::new(formatted))
    },
];

/// Creates a span with the caller's number as a field.
fn create(number: u64) -> Span {
    info_span!("request", number, outcome = field::Empty)
}

/// Enters a span, records to it and leaves it.
fn visit(span: &Span, number: u64) {
    let _entered = span.enter();
    span.record("outcome", number);
}

/// The whole life of one span.
fn live(number: u64) {
    visit(&create(number), number);
}

/// Times a function that is called for each number, on the current thread.
fn time(spans: u64, each: impl FnMut(u64)) -> Duration {
    pair::settle_on(0);
    let start = Instant::now();
    (0..spans).for_each(each);
    start.elapsed()
}

/// Creates and closes spans one after another, while others are open.
fn among(others: u64) -> Trial {
    let open: Vec<Span> = (0..others).map(create).collect();
    Box::new(move |spans| {
        let elapsed = time(spans, live);
        assert_eq!(open.len() as u64, others);
        elapsed
    })
}

/// Some spans are open; for each new one the oldest is closed.
fn oldest(open: u64) -> Trial {
    let mut open: VecDeque<Span> = (0..open).map(create).collect();
    Box::new(move |spans| {
        time(spans, |number| {
            drop(open.pop_front());
            let span = create(number);
            visit(&span, number);
            open.push_back(span);
        })
    })
}

/// Two threads, each with spans of its own.
fn two_threads(spans: u64) -> Duration {
    let work = || (0..spans / 2).for_each(live);
    pair::time(work, work)
}

/// Four spans, each within the one before.
fn nested(spans: u64) -> Duration {
    fn descend(depth: u64) {
        let span = create(depth);
        let _entered = span.enter();
        span.record("outcome", depth);
        if depth > 1 {
            descend(depth - 1);
        }
    }
    time(spans / 4, |_| descend(4))
}

/// Two threads, each with spans of its own, all of them children of one span that both have entered.
fn one_parent() -> Trial {
    let parent = create(0);
    Box::new(move |spans| {
        let work = || parent.in_scope(|| (0..spans / 2).for_each(live));
        pair::time(work, work)
    })
}

/// Spans that one thread creates and another enters and closes, handed over by the hundred.
fn handover(spans: u64) -> Duration {
    const GROUP: u64 = 100;
    let (sender, receiver) = sync_channel::<Vec<Span>>(4);
    pair::time(
        move || {
            for group in 0..spans / GROUP {
                let spans = (group * GROUP..(group + 1) * GROUP).map(create).collect();
                sender.send(spans).expect("the receiver takes all");
            }
        },
        move || {
            for (number, span) in (0..).zip(receiver.iter().flatten()) {
                visit(&span, number);
            }
        },
    )
}

/// Spans with an event each, formatted.
fn formatted(spans: u64) -> Duration {
    time(spans, |number| {
        let span = create(number);
        let _entered = span.enter();
        span.record("outcome", number);
        info!("done");
    })
}
