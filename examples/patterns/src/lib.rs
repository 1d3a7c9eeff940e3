//! Five small programs on flagstone, each beside a longer twin on the crate `slab`, mostly behind a lock:
//!
//! | program | what it shows |
//! | --- | --- |
//! | `connections.rs` | a table by address, with get-or-insert on many threads |
//! | `buffers.rs` | buffers of a pool that go through channels |
//! | `handles/` | handles for C, of two kinds |
//! | `records.rs` | records with parents, and a live dump |
//! | `fan_out.rs` | bounded fan-out inside tokio |
//!
//! `cargo run -p patterns --example connections`; `connections_locked` is the twin. `cargo test -p patterns -- --nocapture`
//! runs all, the C program against both libraries, and prints how many lines each has.
