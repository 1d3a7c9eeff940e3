//! `tracing-subscriber` as it is published, on flagstone.
//!
//! The tests whose names begin with `only_with_flagstone` fail unless the patch is in place. The package in
//! `published/` runs the same tests without the patch and shows this: these two fail, and no others.
//!
//! ```text
//! cargo test                                                                       # all pass
//! cargo test --manifest-path published/Cargo.toml -- --skip only_with_flagstone    # all pass
//! cargo test --manifest-path published/Cargo.toml only_with_flagstone              # 2 failed
//! ```

mod identities;
mod locks;
mod output;
mod threads;

mod census;
mod transcript;
