//! Behaviour through the public interface.
//!
//! `RUSTFLAGS="--cfg flagstone_published" cargo test --test it faults` runs the faults against `sharded-slab`, where
//! they fail.

mod alone;
mod implements;
mod value;

mod faults;

#[cfg(not(flagstone_published))]
mod configs;
#[cfg(not(flagstone_published))]
mod counting;
#[cfg(not(flagstone_published))]
mod entries;
#[cfg(not(flagstone_published))]
mod guards;
#[cfg(not(flagstone_published))]
mod iteration;
#[cfg(not(flagstone_published))]
mod keys;
#[cfg(not(flagstone_published))]
mod next_generation;
#[cfg(not(flagstone_published))]
mod panics;
#[cfg(not(flagstone_published))]
mod reentrance;
#[cfg(not(flagstone_published))]
mod retaining;
#[cfg(not(flagstone_published))]
mod shapes;
#[cfg(not(flagstone_published))]
mod vacancies;
