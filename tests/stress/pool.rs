//! Pools: whether values are cleared once each, kept, and seen by nobody in between.

mod ending;
mod everything;
mod lending;
mod nested;
mod owned;
mod threads;
