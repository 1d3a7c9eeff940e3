//! The barrier between an exchange and a load behind it, where neither of two threads may miss what the other did.

use core::sync::atomic::compiler_fence;

use super::{Ordering, fence};

/// Whether a locked instruction is the barrier. The models run the fences, and so does Miri.
pub(crate) const EXCHANGE_IS_BARRIER: bool =
    cfg!(all(any(target_arch = "x86", target_arch = "x86_64"), not(flagstone_loom), not(miri)));

/// Between an exchange and a load of another word. Of two threads that do `A` exchange the one word, barrier, `B` load the
/// other, and `C` exchange the other, barrier, `D` load the one, at least one sees what the other did.
///
/// On x86 no load is carried out before the locked instructions in front of it are seen by everybody (Sewell et al.,
/// "x86-TSO", 2010): that is the fence, and only the compiler has to be told.
#[inline(always)]
pub(crate) fn barrier_after_exchange() {
    if EXCHANGE_IS_BARRIER {
        // Ordering: SeqCst - pairs with itself on the other side; the processor's part the exchange has done.
        compiler_fence(Ordering::SeqCst);
    } else {
        // Ordering: SeqCst - pairs with itself on the other side: the one case for which nothing weaker will do.
        fence(Ordering::SeqCst);
    }
}
