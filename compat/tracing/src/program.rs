//! The small traced program.

use std::thread;

use tracing::{Span, field, info, info_span, instrument};
use tracing_subscriber::fmt::{self, format::FmtSpan, time};

/// Counts the primes below this number.
const END: u32 = 400_000;

/// The number of threads.
const THREADS: u32 = 4;

/// Counts primes on some threads, each in its own span below a common span, and prints each span when it closes.
pub(crate) fn run() {
    let subscriber =
        fmt::fmt().with_span_events(FmtSpan::CLOSE).with_timer(time::uptime()).with_target(false).with_thread_ids(true);
    tracing::subscriber::with_default(subscriber.finish(), || {
        let search = info_span!("search", end = END, primes = field::Empty);
        let _entered = search.enter();
        let primes = count_on_threads(&search);
        search.record("primes", primes);
        info!("done");
    });
}

/// Counts the primes, a part of the numbers on each thread.
fn count_on_threads(search: &Span) -> usize {
    let length = END / THREADS;
    // The default subscriber is thread-local, so it is set on each thread.
    let dispatch = tracing::dispatcher::get_default(Clone::clone);
    thread::scope(|scope| {
        let parts: Vec<_> = (0..THREADS)
            .map(|number| {
                let dispatch = &dispatch;
                scope.spawn(move || {
                    tracing::dispatcher::with_default(dispatch, || {
                        search.in_scope(|| count(number * length, (number + 1) * length))
                    })
                })
            })
            .collect();
        parts.into_iter().map(|part| part.join().expect("counting does not panic")).sum()
    })
}

/// Counts the primes of a part.
#[instrument(name = "part", fields(primes))]
fn count(from: u32, to: u32) -> usize {
    let primes = (from..to).filter(|&number| is_prime(number)).count();
    Span::current().record("primes", primes);
    primes
}

fn is_prime(number: u32) -> bool {
    let divisors = (2..).take_while(|divisor| divisor * divisor <= number);
    number > 1 && !divisors.into_iter().any(|divisor| number % divisor == 0)
}
