use super::*;

/// A byte, or what the default sizes can spare.
const TAG_BITS: usize = if usize::BITS >= 64 { 8 } else { 2 };

/// A configuration in one line.
macro_rules! config {
    ($name:ident: $($constant:ident = $value:expr),*) => {
        struct $name;
        impl Config for $name {
            $(const $constant: usize = $value;)*
        }
    };
}

config! { OneSlot: MAX_THREADS = 1, MAX_PAGES = 1, INITIAL_PAGE_SIZE = 1 }
config! { OnePage: MAX_THREADS = 1, MAX_PAGES = 1, INITIAL_PAGE_SIZE = 1 << 7 }
config! { Uneven: MAX_THREADS = 5, MAX_PAGES = 3, INITIAL_PAGE_SIZE = 5 }
config! { Reserved: RESERVED_BITS = TAG_BITS }
config! { Crowded: MAX_THREADS = 6, MAX_PAGES = 2, INITIAL_PAGE_SIZE = 2, RESERVED_BITS = usize::BITS as usize - 8 }
config! { Immense: MAX_THREADS = 1, MAX_PAGES = 1, INITIAL_PAGE_SIZE = 1 << (usize::BITS - 8) }
#[cfg(target_pointer_width = "64")]
config! { ManyPages: MAX_THREADS = 1, MAX_PAGES = 40, INITIAL_PAGE_SIZE = 1 }
config! { AllOnes: MAX_THREADS = 7, MAX_PAGES = 8, INITIAL_PAGE_SIZE = 4 }

/// What must hold for every configuration, whatever its numbers.
fn check<C: Config>() {
    let () = Layout::<C>::VALID;
    assert!(Layout::<C>::INITIAL_PAGE_SIZE.is_power_of_two());
    assert!(Layout::<C>::INITIAL_PAGE_SIZE >= C::INITIAL_PAGE_SIZE);
    assert!(Layout::<C>::INITIAL_PAGE_SIZE / 2 < C::INITIAL_PAGE_SIZE);
    // The key: no overlap, nothing in the reserved bits.
    assert_eq!(Layout::<C>::SHARDS, C::MAX_THREADS + 1);
    assert!(Layout::<C>::USED_BITS + C::RESERVED_BITS as u32 <= usize::BITS);
    assert!((C::MAX_PAGES - 1) >> Layout::<C>::PAGE_BITS == 0);
    assert!(C::MAX_THREADS < (1 << Layout::<C>::SHARD_BITS) - 1, "the number of all ones is no shard's");
    assert_eq!(Layout::<C>::DIRECTORY_LENGTH, Layout::<C>::SHARDS << Layout::<C>::PAGE_BITS);
    assert_eq!(Layout::<C>::LIFT + Layout::<C>::SHARED_BITS, usize::BITS);
    // The lifecycle word of each page has room for the generation, for the count, and for the link of a free slot.
    for page in 0..C::MAX_PAGES as u32 {
        let offset_bits = Layout::<C>::INITIAL_OFFSET_BITS + page;
        let generation_bits = Layout::<C>::SHARED_BITS - offset_bits;
        assert!(generation_bits >= MIN_GENERATION_BITS, "page {page}");
        let count_bits = usize::BITS - STATE_BITS - generation_bits;
        assert!(count_bits >= MIN_COUNT_BITS, "page {page}: {count_bits} bits to count guards");
        assert!(count_bits > offset_bits, "page {page}: {count_bits} bits to link {offset_bits} bits of offset");
    }
}

#[test]
fn every_layout_has_room_for_everything() {
    check::<DefaultConfig>();
    check::<OneSlot>();
    check::<OnePage>();
    check::<Uneven>();
    check::<Reserved>();
    check::<Crowded>();
    check::<Immense>();
    #[cfg(target_pointer_width = "64")]
    check::<ManyPages>();
    check::<AllOnes>();
}

#[test]
#[cfg(target_pointer_width = "64")]
fn the_default_on_64_bits() {
    type Default = Layout<DefaultConfig>;
    assert_eq!((Default::SHARED_BITS, Default::SHARD_BITS, Default::PAGE_BITS), (46, 13, 5));
    assert_eq!((Default::LIFT, Default::USED_BITS, Default::SHARDS), (18, 64, 4097));
    assert_eq!((Default::INITIAL_PAGE_SIZE, Default::LARGEST_OFFSET_BITS), (32, 36));
    assert_eq!(Default::DIRECTORY_LENGTH, 4097 * 32);
    const { assert!(!DefaultConfig::WRAP_GENERATIONS) };
}

#[test]
#[cfg(target_pointer_width = "32")]
fn the_default_on_32_bits() {
    type Default = Layout<DefaultConfig>;
    assert_eq!((Default::SHARED_BITS, Default::SHARD_BITS, Default::PAGE_BITS), (20, 8, 4));
    assert_eq!((Default::LIFT, Default::USED_BITS, Default::SHARDS), (12, 32, 129));
    assert_eq!((Default::INITIAL_PAGE_SIZE, Default::LARGEST_OFFSET_BITS), (32, 17));
    const { assert!(DefaultConfig::WRAP_GENERATIONS) };
}

#[test]
#[cfg(target_pointer_width = "64")]
fn the_count_caps_the_shared_field_of_small_pages() {
    // 60 bits would be left, of which the generation of the only page may have 41: 2 for the state, 21 to count.
    assert_eq!((Layout::<OneSlot>::SHARED_BITS, Layout::<OneSlot>::LIFT), (41, 23));
    assert_eq!((Layout::<OneSlot>::SHARD_BITS, Layout::<OneSlot>::PAGE_BITS), (2, 0));
    assert_eq!(Layout::<OneSlot>::USED_BITS, 43);
    // Seven bits of offset are in the shared field as well.
    assert_eq!(Layout::<OnePage>::SHARED_BITS, 48);
}

#[test]
#[cfg(target_pointer_width = "64")]
fn the_link_caps_the_shared_field_of_large_pages() {
    // The link of a free slot of the largest page must have values for 2^56 slots and "none", beside the bit for a kept
    // value.
    assert_eq!(Layout::<Immense>::SHARED_BITS, 60);
    assert_eq!(Layout::<Immense>::LARGEST_OFFSET_BITS, 56);
}

#[test]
fn reserved_bits_are_taken_from_the_generation() {
    assert_eq!(Layout::<Reserved>::SHARED_BITS, Layout::<DefaultConfig>::SHARED_BITS - TAG_BITS as u32);
    assert_eq!(Layout::<Reserved>::USED_BITS, usize::BITS - TAG_BITS as u32);
    // 3 bits of shard number (0 to 6, not 7), 1 of page number, 4 shared.
    assert_eq!((Layout::<Crowded>::SHARD_BITS, Layout::<Crowded>::PAGE_BITS), (3, 1));
    assert_eq!((Layout::<Crowded>::SHARED_BITS, Layout::<Crowded>::USED_BITS), (4, 8));
}

#[test]
fn sizes_are_rounded_up() {
    assert_eq!(Layout::<Uneven>::INITIAL_PAGE_SIZE, 8);
    assert_eq!((Layout::<Uneven>::PAGE_BITS, Layout::<Uneven>::SHARD_BITS), (2, 3));
    // With 7 threads the shards are 0 to 7, so a fourth bit keeps the number of all ones free.
    assert_eq!((Layout::<AllOnes>::SHARD_BITS, Layout::<AllOnes>::PAGE_BITS), (4, 3));
}

#[test]
fn the_default_configuration_shows_its_numbers() {
    let shown = format!("{:?}", DefaultConfig::default());
    for part in ["MAX_THREADS", "MAX_PAGES", "INITIAL_PAGE_SIZE: 32", "RESERVED_BITS: 0", "WRAP_GENERATIONS"] {
        assert!(shown.contains(part), "{shown}");
    }
}
