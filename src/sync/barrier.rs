//! The barrier between an RMW and a later load, for the case in which neither of two threads may miss what the other
//! did.

use core::sync::atomic::compiler_fence;

use super::{Ordering, fence};

/// Whether an RMW is itself the barrier, as on x86. The models and Miri run the fences instead.
pub(crate) const EXCHANGE_IS_BARRIER: bool =
    cfg!(all(any(target_arch = "x86", target_arch = "x86_64"), not(flagstone_loom), not(miri)));

/// Orders an RMW on one word before a later load of another word. Take two threads and two words. One thread does `A`
/// RMW on the first word, barrier, `B` load of the second. The other does `C` RMW on the second word, barrier, `D` load
/// of the first. At least one of the loads sees what the other thread's RMW wrote.
///
/// On x86 no load is executed before the RMWs that precede it are visible to all processors (Sewell et al., "x86-TSO",
/// 2010). So the RMW is the fence, and only the compiler must be kept from reordering.
#[inline(always)]
pub(crate) fn barrier_after_exchange() {
    if EXCHANGE_IS_BARRIER {
        // Ordering: SeqCst - pairs with itself on the other side; for the processor the RMW is the fence.
        compiler_fence(Ordering::SeqCst);
    } else {
        // Ordering: SeqCst - pairs with itself on the other side: the one case for which nothing weaker is enough.
        fence(Ordering::SeqCst);
    }
}
