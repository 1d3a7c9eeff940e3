//! Iteration over the guards of a slab.

use super::{Entry, Slab};
use crate::walks::walks;

walks! { Slab called "slab", Entry in Entries, keys in EntryKeys }
