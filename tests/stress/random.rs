//! Random numbers that threads do not share.

use std::{
    hash::{BuildHasher, RandomState},
    sync::atomic::{AtomicU64, Ordering},
};

/// Marsaglia's xorshift64.
pub(crate) struct Random(u64);

impl Random {
    /// Different for every call; in every run too, unless `FLAGSTONE_STRESS_SEED` says otherwise.
    pub(crate) fn new() -> Self {
        static CALLS: AtomicU64 = AtomicU64::new(1);
        let seed = super::variable("FLAGSTONE_STRESS_SEED").unwrap_or_else(|| RandomState::new().hash_one(0));
        let call = CALLS.fetch_add(1, Ordering::Relaxed);
        Self((seed ^ call.wrapping_mul(0x9E37_79B9_7F4A_7C15)).max(1))
    }

    #[allow(dead_code, reason = "tests/task_stress uses it")]
    pub(crate) fn seeded(seed: u64) -> Self {
        Self(seed.max(1))
    }

    /// Less than `end`.
    pub(crate) fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        // The low bits of xorshift are the weaker ones.
        (self.0 >> 20) as usize % end
    }

    /// Once in `n` times.
    pub(crate) fn once_in(&mut self, n: usize) -> bool {
        self.below(n) == 0
    }
}
