//! Which crate the registry keeps its spans in.

use std::collections::HashSet;

use tracing::{info_span, subscriber};

use crate::subscriber::registry_and_nothing;

/// The crate's name with the patch.
pub(crate) const FLAGSTONE: &str = "flagstone";

/// The crate's name without.
pub(crate) const PUBLISHED: &str = "sharded-slab";

/// Returns the name of the crate in which the registry keeps its spans.
///
/// Determined by its behaviour: with the published crate the identity of a span repeats, the first one as the 8,192nd.
pub(crate) fn name() -> &'static str {
    let mut identities = HashSet::new();
    let all_differ = subscriber::with_default(registry_and_nothing(), || {
        (0..10_000).all(|_| identities.insert(info_span!("probe").id()))
    });
    if all_differ { FLAGSTONE } else { PUBLISHED }
}
