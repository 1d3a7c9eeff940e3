//! Iteration over the guards of a pool.

use super::{Pool, Ref};
use crate::{clear::Clear, walks::walks};

walks! { Pool called "pool", Ref in Refs, keys in RefKeys, where T: Clear }
