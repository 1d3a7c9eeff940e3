//! Pools: whether values are cleared once each, kept, and not seen in between.

mod ending;
mod everything;
mod lending;
mod nested;
mod owned;
mod threads;
