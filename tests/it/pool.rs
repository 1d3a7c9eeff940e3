//! Behaviour of the pool.

// One entry: its life, its value, its guards, its key.
mod downgrades;
mod entries;
mod guards;
mod keys;
mod limits;
mod shapes;
mod values;

// All entries.
mod whole;

// Other people's code, and other threads.
mod double_faults;
mod poison;
mod reentrance;
mod thread_ends;
mod threads;
