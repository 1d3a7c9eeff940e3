//! Ages of tasks, in 64ths of a second since their core was created, where the system has a clock.

use core::time::Duration;
use std::time::Instant;

/// Ages are counted in units of 1/64 of a second: 32 bits of them are two years.
const UNITS_PER_SECOND: u32 = 64;

/// Whether `Instant::now` works: on `wasm32-unknown-unknown` it panics.
const HAS_CLOCK: bool = !cfg!(all(target_family = "wasm", target_os = "unknown"));

/// The time at which a core was created. `None` if there is no clock.
pub(in crate::task::raw) struct Clock(Option<Instant>);

impl Clock {
    pub(in crate::task::raw) fn new() -> Self {
        Self(HAS_CLOCK.then(Instant::now))
    }

    /// Returns the time since the core was created, in units. Reads the clock. Returns 0 if there is none.
    pub(in crate::task::raw) fn now(&self) -> u32 {
        let Some(started) = self.0 else { return 0 };
        let age = started.elapsed();
        let of_seconds = age.as_secs().saturating_mul(u64::from(UNITS_PER_SECOND));
        let of_the_rest = age.subsec_nanos() / (1_000_000_000 / UNITS_PER_SECOND);
        u32::try_from(of_seconds + u64::from(of_the_rest)).unwrap_or(u32::MAX)
    }

    /// Returns the time since [`now`](Self::now) has returned `born`. `None` if there is no clock.
    pub(in crate::task::raw) fn since(&self, born: u32) -> Option<Duration> {
        Some(self.0?.elapsed().saturating_sub(Duration::from_secs(u64::from(born)) / UNITS_PER_SECOND))
    }
}

#[cfg(test)]
mod tests {
    use super::Clock;

    #[test]
    #[cfg(not(all(target_family = "wasm", target_os = "unknown")))] // which has no clock
    fn ages_are_known_to_a_unit() {
        use super::{Duration, Instant};

        let clock = Clock(Instant::now().checked_sub(Duration::from_millis(1500)));
        let now = clock.now();
        assert!((96..96 + 64 * 60).contains(&now), "{now}");
        let age = clock.since(64).unwrap();
        assert!((Duration::from_millis(500)..Duration::from_secs(60)).contains(&age), "{age:?}");
        assert_eq!(clock.since(u32::MAX), Some(Duration::ZERO));
    }

    /// Issue 14, point 10.
    #[test]
    fn without_a_clock_ages_are_unknown() {
        let clock = Clock(None);
        assert_eq!((clock.now(), clock.since(0)), (0, None));
    }
}
