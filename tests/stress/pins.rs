//! Pins: whether what they show is there as long as they are, and ends, once, with them.

mod hot;
mod obligations;
mod subject;
mod taking;
mod threads;
mod walks;
