//! A layer that counts.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use tracing::{Subscriber, span};
use tracing_subscriber::{Layer, Registry, layer, layer::SubscriberExt, registry::LookupSpan};

/// How many spans were opened, and how many closed. Clones count together.
///
/// As a layer it also makes the registry close spans: a registry without any layer keeps them all.
#[derive(Clone, Default)]
pub(crate) struct Census(Arc<[AtomicUsize; 2]>);

impl Census {
    /// Returns a registry with this layer on it.
    pub(crate) fn registry(&self) -> impl Subscriber + Send + Sync + 'static {
        Registry::default().with(self.clone())
    }

    pub(crate) fn opened(&self) -> usize {
        self.0[0].load(Ordering::Relaxed)
    }

    pub(crate) fn closed(&self) -> usize {
        self.0[1].load(Ordering::Relaxed)
    }
}

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for Census {
    fn on_new_span(&self, _: &span::Attributes<'_>, id: &span::Id, context: layer::Context<'_, S>) {
        assert_eq!(context.span(id).map(|span| span.id()).as_ref(), Some(id));
        self.0[0].fetch_add(1, Ordering::Relaxed);
    }

    fn on_close(&self, id: span::Id, context: layer::Context<'_, S>) {
        assert!(context.span(&id).is_some(), "a span that closes is still there");
        self.0[1].fetch_add(1, Ordering::Relaxed);
    }
}
