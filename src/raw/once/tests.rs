use core::mem;

use super::*;

fn blank() -> Once<u64> {
    // SAFETY: a pointer is empty when it is zero.
    unsafe { mem::zeroed() }
}

#[test]
fn it_is_filled_once_and_not_closed_afterwards() {
    let (pointer, first, second) = (blank(), 1_u64, 2_u64);
    let (first, second) = (NonNull::from(&first), NonNull::from(&second));
    assert_eq!(pointer.get(), None);
    assert_eq!(pointer.fill(first), Ok(()));
    assert_eq!(pointer.fill(second), Err(NotEmpty::Filled(first)));
    assert_eq!(pointer.close(), Some(first));
    assert_eq!((pointer.get(), pointer.fill(second)), (Some(first), Err(NotEmpty::Filled(first))));
}

#[test]
fn closed_it_looks_empty_and_stays_so() {
    let (pointer, value) = (blank(), 1_u64);
    assert_eq!((pointer.close(), pointer.close(), pointer.get()), (None, None, None));
    assert_eq!(pointer.fill(NonNull::from(&value)), Err(NotEmpty::Closed));
    assert_eq!(pointer.get(), None);
}

#[test]
fn a_copy_has_what_was_there() {
    let (old, copy, value) = (blank(), blank(), 1_u64);
    assert_eq!(old.fill(NonNull::from(&value)), Ok(()));
    old.close().into_iter().for_each(|pointer| copy.init(pointer));
    assert_eq!(copy.get(), Some(NonNull::from(&value)));
}
