use super::*;

/// Fault 8 of issue 13: some kernels clear a whole huge page more than requested, if the range begins with one.
#[test]
fn giving_back_never_begins_where_a_huge_page_may() {
    const PAGE: usize = 4096;
    for huge in [64 * 1024, 2 * 1024 * 1024, 1024 * 1024 * 1024] {
        for start in [huge, huge - 1, huge + 1, huge - PAGE, huge - PAGE + 1, huge + PAGE, 3 * huge] {
            let first = first_discarded(start, PAGE);
            assert!(first >= start && first % PAGE == 0 && first - start < 2 * PAGE, "{start:#x}");
            assert_ne!(first % huge, 0, "{start:#x}");
        }
    }
    // Otherwise no memory page is skipped.
    assert_eq!(first_discarded(5 * PAGE, PAGE), 5 * PAGE);
    assert_eq!(first_discarded(5 * PAGE + 8, PAGE), 6 * PAGE);
}

#[test]
fn blocks_are_zeroed_and_aligned_whatever_their_size() {
    for size in [1, 63, 64, 4095, 4096, 4097, 100_000] {
        for align in [1, 8, 16, 64, 4096] {
            let layout = Layout::from_size_align(size, align).expect("a layout");
            for _ in 0..3 {
                let (block, start) = Block::allocate_zeroed(layout).expect("there is memory");
                assert_eq!(start.addr().get() % align, 0);
                for place in 0..size {
                    // SAFETY: the block has as many bytes.
                    let place = unsafe { start.add(place) };
                    // SAFETY: as above, and they are initialised.
                    assert_eq!(unsafe { place.read() }, 0);
                    // SAFETY: as above.
                    unsafe { place.write(0xff) };
                }
                // SAFETY: it is not used afterwards.
                unsafe { block.deallocate() };
            }
        }
    }
}
