//! The public interface of `sharded-slab` 0.1.7: every path, every signature, every trait, and the behaviour on which a
//! program may rely.
//!
//! There is nothing in it about flagstone, so it is run against the published crate too, and passes there:
//!
//! ```text
//! cargo test --manifest-path compat/sharded-slab/Cargo.toml
//! cargo test --manifest-path compat/sharded-slab/published/Cargo.toml
//! ```
//!
//! The two differ in bounds that the published crate lacks; each place says so with the word "Stricter". What behaves
//! differently stands in the README, and in flagstone's own tests.

// What must compile.
mod paths;
mod signatures;
mod traits;

// What must happen.
mod pools;
mod slabs;
