//! The formatted output: nested spans, spans on several threads at once, and spans that move from thread to thread.

use std::{sync::mpsc::channel, thread};

use tracing::{Dispatch, Span, dispatcher, field, info, info_span};

use crate::transcript::Transcript;

const WORKERS: usize = 4;
const REQUESTS: usize = 200;

/// Handles requests, each with a query within it, below one span.
fn work(worker: usize) {
    let _worker = info_span!("worker", worker).entered();
    for request in 0..REQUESTS {
        let span = info_span!("request", request, status = field::Empty);
        let _request = span.enter();
        info_span!("query", table = "users").in_scope(|| info!(rows = worker + request, "found"));
        span.record("status", 200);
    }
}

/// The expected lines of a worker.
fn lines_of_work(worker: usize) -> Vec<String> {
    let span = format!("worker{{worker={worker}}}");
    let mut lines = told(&span, ["new", "enter"]);
    for request in 0..REQUESTS {
        let open = format!("{span}:request{{request={request}}}");
        let done = format!("{span}:request{{request={request} status=200}}");
        let query = format!("{open}:query{{table=\"users\"}}");
        let found = format!("found rows={}", worker + request);
        lines.extend(told(&open, ["new", "enter"]));
        lines.extend(told(&query, ["new", "enter", &found, "exit", "close"]));
        lines.extend(told(&done, ["exit", "close"]));
    }
    lines.extend(told(&span, ["exit", "close"]));
    lines
}

/// The lines of one span.
fn told<const LINES: usize>(span: &str, moments: [&str; LINES]) -> Vec<String> {
    moments.map(|moment| format!("{span}: {moment}")).to_vec()
}

/// Moves a span, and one below it, from thread to thread. The last thread drops the upper one first, so it closes
/// together with the lower one.
fn travel(dispatch: &Dispatch) {
    let (to_second, at_second) = channel::<(Span, Span)>();
    let (to_third, at_third) = channel::<(Span, Span)>();
    thread::scope(|scope| {
        scope.spawn(move || {
            dispatcher::with_default(dispatch, || {
                let journey = info_span!("journey", end = field::Empty);
                let luggage = info_span!(parent: &journey, "luggage");
                journey.in_scope(|| info!("first"));
                to_second.send((journey, luggage)).unwrap();
            })
        });
        scope.spawn(move || {
            dispatcher::with_default(dispatch, || {
                let (journey, luggage) = at_second.recv().unwrap();
                journey.in_scope(|| info_span!("stay").in_scope(|| info!("second")));
                to_third.send((journey, luggage)).unwrap();
            })
        });
        scope.spawn(move || {
            dispatcher::with_default(dispatch, || {
                let (journey, luggage) = at_third.recv().unwrap();
                journey.record("end", "here");
                drop(journey);
                luggage.in_scope(|| info!("third"));
                drop(luggage);
            })
        });
    });
}

/// The expected lines of `travel`.
const JOURNEY: [&str; 17] = [
    "journey: new",
    "journey:luggage: new",
    "journey: enter",
    "journey: first",
    "journey: exit",
    "journey: enter",
    "journey:stay: new",
    "journey:stay: enter",
    "journey:stay: second",
    "journey:stay: exit",
    "journey:stay: close",
    "journey: exit",
    "journey{end=\"here\"}:luggage: enter",
    "journey{end=\"here\"}:luggage: third",
    "journey{end=\"here\"}:luggage: exit",
    "journey{end=\"here\"}:luggage: close",
    "journey{end=\"here\"}: close",
];

#[test]
fn every_span_is_told_of_in_its_place() {
    let transcript = Transcript::default();
    let dispatch = transcript.registry();
    thread::scope(|scope| {
        for worker in 0..WORKERS {
            let dispatch = &dispatch;
            scope.spawn(move || dispatcher::with_default(dispatch, || work(worker)));
        }
        scope.spawn(|| travel(&dispatch));
    });
    assert_eq!(transcript.lines_within("journey"), JOURNEY);
    for worker in 0..WORKERS {
        assert_eq!(transcript.lines_within(&format!("worker{{worker={worker}}}")), lines_of_work(worker));
    }
    assert_eq!(transcript.lines().len(), WORKERS * lines_of_work(0).len() + JOURNEY.len());
}
