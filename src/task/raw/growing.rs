//! Lists that grow where no user code may run. The allocator is user code, and is called outside.

use core::mem;

/// Makes sure that the list to which `with` gives access has room for one more entry. No other thread uses that room.
pub(super) fn make_room<T>(with: impl Fn(&mut dyn FnMut(&mut Vec<T>))) {
    loop {
        let (mut is_full, mut capacity) = (false, 0);
        with(&mut |list| (is_full, capacity) = (list.len() == list.capacity(), list.capacity()));
        if !is_full {
            return;
        }
        let mut larger = Vec::with_capacity(2 * capacity + 4);
        with(&mut |list| {
            if list.len() < larger.capacity() {
                larger.append(list);
                mem::swap(list, &mut larger);
            }
        });
        // The smaller list is freed here.
    }
}
