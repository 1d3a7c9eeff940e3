//! Pools of strings, which are cleared and filled again.
//!
//! Those with keys are subjects like the stores, and do the same work: `insert` makes an entry and writes [`TEXT`] into
//! its string (the number passed to it is ignored), `get` reads the string's length and first byte under a guard,
//! `remove` clears it. Those without keys are [`Lender`]s.

mod free_list;
mod keyed;
mod lenders;
mod not_pooled;

pub(crate) use self::free_list::FreeList;
use self::keyed::{flagstone, sharded_slab};
use self::not_pooled::NotPooled;
use super::{SharedVisitor, Visitor};
use std::hint::black_box;
use std::ops::DerefMut;
use std::sync::Arc;

/// The content of every string.
const TEXT: &str = "sixty-four bytes that are written, read, cleared, and made anew.";

/// A pool whose strings have no keys: a guard lends one, and returns it when the guard is dropped.
pub(crate) trait Lender: Sized + Send + Sync + 'static {
    /// The name in tables, plots and on the command line.
    const NAME: &'static str;

    /// What is held while a string is lent.
    type Guard<'a>: DerefMut<Target = String> + Send;

    /// The same, for strings that stay lent from one measurement to the next.
    type OwnedGuard: DerefMut<Target = String> + 'static;

    /// Makes an empty pool.
    fn new() -> Self;

    /// Lends an empty string.
    fn lend(&self) -> Self::Guard<'_>;

    /// Lends an empty string with a guard that owns its pool.
    fn lend_owned(self: &Arc<Self>) -> Self::OwnedGuard;
}

/// An operation on each lender.
pub(crate) trait LenderVisitor {
    /// What it returns.
    type Output;

    /// Applies it to the lender `L`.
    fn visit<L: Lender>(&self) -> Self::Output;
}

/// Visits every pool with keys.
pub(crate) fn every<V: Visitor>(visitor: &V) -> Vec<V::Output> {
    vec![
        visitor.visit::<flagstone::Filled>(),
        visitor.visit::<sharded_slab::Filled>(),
        visitor.visit::<NotPooled>(),
        visitor.visit::<FreeList>(),
    ]
}

/// Visits every pool whose new entries can be filled through a guard, as a subject that fills them in this way.
pub(crate) fn every_guarded<V: Visitor>(visitor: &V) -> Vec<V::Output> {
    vec![
        visitor.visit::<flagstone::Guarded>(),
        visitor.visit::<sharded_slab::Guarded>(),
        // No guard is needed where no other thread can read.
        visitor.visit::<FreeList>(),
    ]
}

/// Visits every pool with keys that threads can share.
pub(crate) fn every_shared<V: SharedVisitor>(visitor: &V) -> Vec<V::Output> {
    vec![visitor.visit::<flagstone::Filled>(), visitor.visit::<sharded_slab::Filled>(), visitor.visit::<NotPooled>()]
}

/// Visits every pool without keys.
pub(crate) fn every_lender<V: LenderVisitor>(visitor: &V) -> Vec<V::Output> {
    vec![
        visitor.visit::<::object_pool::Pool<String>>(),
        visitor.visit::<::lockfree_object_pool::LinearObjectPool<String>>(),
        visitor.visit::<::opool::Pool<lenders::Strings, String>>(),
    ]
}

/// Writes the content of every string.
#[inline]
pub(crate) fn fill(string: &mut String) {
    // Hidden from the compiler, which would copy a known text with a few stores.
    string.push_str(black_box(TEXT));
}

/// Reads the length and the first byte.
#[inline]
fn look(string: &str) -> u64 {
    string.len() as u64 + u64::from(string.as_bytes()[0])
}
