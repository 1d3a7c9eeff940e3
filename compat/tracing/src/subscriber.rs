//! What the spans are told to.

use std::io;

use tracing::{Subscriber, subscriber};
use tracing_subscriber::{Layer, Registry, fmt, layer::SubscriberExt};

/// Takes part, and does nothing: what remains is the registry.
///
/// It takes one to have spans closed: a registry alone keeps them all.
struct Nothing;

impl<S: Subscriber> Layer<S> for Nothing {}

/// Returns a registry below a layer that does nothing.
pub(crate) fn registry_and_nothing() -> impl Subscriber + Send + Sync {
    Registry::default().with(Nothing)
}

/// Sets a registry below a layer that does nothing.
pub(crate) fn set_nothing() {
    set(registry_and_nothing());
}

/// Sets a registry below the layer that formats, whose lines go nowhere.
pub(crate) fn set_formatting() {
    set(Registry::default().with(fmt::layer().with_ansi(false).with_writer(io::sink)));
}

/// Sets the global subscriber, as programs do: a thread-local one is found more slowly.
fn set(chosen: impl Subscriber + Send + Sync) {
    subscriber::set_global_default(chosen).expect("a child process sets one subscriber");
}
