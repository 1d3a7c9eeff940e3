//! Sets inside tokio, async-executor and our own executor, with their channels, and timers, woken from other threads.

mod budgets;
mod channels;
mod executors;
mod streams;
mod timer;
