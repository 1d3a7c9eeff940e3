//! Where threads run.

use core_affinity::CoreId;
use std::sync::OnceLock;

/// Keeps the current thread on the core of this number, where there is one.
///
/// The system easily puts two threads that sometimes wait for each other on one core, and leaves them there. Then they
/// alternate, there is no contention, and the figures measure something else.
pub(crate) fn settle_on(core: usize) {
    /// Looked up before any thread has settled: afterwards it would see one core.
    static CORES: OnceLock<Vec<CoreId>> = OnceLock::new();
    let cores = CORES.get_or_init(|| core_affinity::get_core_ids().unwrap_or_default());
    if let Some(&core) = cores.get(core) {
        core_affinity::set_for_current(core);
    }
}
