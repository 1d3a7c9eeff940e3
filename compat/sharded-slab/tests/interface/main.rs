//! The public interface of `sharded-slab` 0.1.7: every path, every signature, every trait, and the behaviour on which a
//! program may rely.
//!
//! It does not depend on flagstone, so it also runs against the published crate, and passes there:
//!
//! ```text
//! cargo test --manifest-path compat/sharded-slab/Cargo.toml
//! cargo test --manifest-path compat/sharded-slab/published/Cargo.toml
//! ```
//!
//! The two differ in bounds that the published crate lacks; each such place is marked with the word "Stricter". The
//! README and flagstone's own tests cover what behaves differently.

// What must compile.
mod paths;
mod signatures;
mod traits;

// What must happen.
mod pools;
mod slabs;
