//! Threads that end where std has no native thread-locals: every value, those of the crate too, is destroyed in any order
//! and made anew if it is used afterwards.
//!
//! `RUSTFLAGS="--cfg flagstone_emulated_locals" cargo test --test emulated`, and the same with `FLAGSTONE_LOCALS=last`.
//! Without the cfg there is nothing here.

#![cfg(flagstone_emulated_locals)]

// Instead of std's.
#[macro_use(thread_local)]
extern crate flagstone;

// What the tests stand on: values, numbers, and what thread-locals hold.
mod dice;
mod held;
mod ledger;
mod owners;

// One thread, in every order.
mod orders;

// Thousands of threads.
mod crowds;

// What has no thread comes back.
mod numbers;
