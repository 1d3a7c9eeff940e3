#![cfg(flagstone_loom)]

mod check;
mod value;

mod publish_and_read;
