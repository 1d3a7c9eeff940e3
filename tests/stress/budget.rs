//! How long a scenario runs, and other numbers that the environment sets.

use std::{
    env,
    str::FromStr,
    time::{Duration, Instant},
};

pub(crate) fn variable<T: FromStr>(name: &str) -> Option<T> {
    let value = env::var(name).ok()?;
    Some(value.parse().unwrap_or_else(|_| panic!("{name} is not a number: {value}")))
}

/// How much longer a scenario goes on. Every thread has its own copy.
#[derive(Clone, Copy)]
pub(crate) struct Budget {
    rounds_left: Option<usize>,
    ends: Instant,
}

impl Budget {
    pub(crate) fn new() -> Self {
        let seconds = variable("FLAGSTONE_STRESS_SECONDS").unwrap_or(0.3);
        Self {
            rounds_left: variable("FLAGSTONE_STRESS_ROUNDS"),
            ends: Instant::now() + Duration::from_secs_f64(seconds),
        }
    }
}

impl Iterator for Budget {
    type Item = ();

    fn next(&mut self) -> Option<()> {
        match &mut self.rounds_left {
            Some(rounds) => {
                *rounds = rounds.checked_sub(1)?;
                Some(())
            }
            None => (Instant::now() < self.ends).then_some(()),
        }
    }
}
