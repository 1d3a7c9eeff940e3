//! What several test programs stand on. Not each uses all of it.

#![allow(dead_code, unused_imports, unused_macros, reason = "shared by test programs")]

// Not for the published crate, against which `tests/faults` is compiled too.
#[cfg(not(flagstone_published))]
pub(crate) mod configs;
#[cfg(not(flagstone_published))]
pub(crate) mod crowd;
#[cfg(not(flagstone_published))]
pub(crate) mod shaped;

pub(crate) mod alone;
pub(crate) mod implements;
pub(crate) mod pooled;
#[cfg(target_os = "linux")]
pub(crate) mod sleeping;
pub(crate) mod value;
