use super::*;

#[test]
fn what_is_put_is_got_in_every_field() {
    for shift in 0..usize::BITS {
        for bits in 0..=usize::BITS - shift {
            let field = Field::new(shift, bits);
            for value in [0, 1, field.max() / 2, field.max()] {
                let value = value & field.max();
                assert_eq!(field.get(field.put(value)), value, "{field:?}");
                assert_eq!(field.get(field.put(value) | !field.put(field.max())), value, "{field:?}");
            }
        }
    }
}

#[test]
fn a_field_sets_no_bit_outside_itself() {
    for shift in 0..usize::BITS {
        for bits in 0..=usize::BITS - shift {
            let field = Field::new(shift, bits);
            let set = field.put(field.max());
            assert_eq!(set.count_ones(), bits, "{field:?}");
            assert!(bits == 0 || (set.trailing_zeros(), set.leading_zeros()) == (shift, usize::BITS - field.end()));
        }
    }
}

#[test]
fn a_field_of_no_bits_is_always_zero_also_at_the_end_of_the_word() {
    for shift in 0..=usize::BITS {
        let nothing = Field::new(shift, 0);
        assert_eq!((nothing.max(), nothing.get(usize::MAX), nothing.put(0), nothing.end()), (0, 0, 0, shift));
    }
}

#[test]
fn the_next_field_begins_where_the_last_ends() {
    let low = Field::new(0, 7);
    let high = low.then(5);
    assert_eq!((high.shift, high.end()), (7, 12));
    assert_eq!(low.put(low.max()) ^ high.put(high.max()), low_bits(12));
}

#[test]
#[cfg(not(target_family = "wasm"))] // where a panic ends the program
#[should_panic(expected = "within a word")]
fn a_field_that_ends_outside_the_word_is_refused() {
    let _ = Field::new(usize::BITS - 1, 2);
}

#[test]
#[cfg(not(target_family = "wasm"))] // where a panic ends the program
#[should_panic(expected = "within a word")]
fn a_field_that_begins_outside_the_word_is_refused() {
    let _ = Field::new(usize::BITS + 1, 0);
}

#[test]
fn widths() {
    assert_eq!([0, 1, 2, 3, 4, 4096, usize::MAX].map(width_of), [0, 1, 2, 2, 3, 13, usize::BITS]);
    for bits in 0..=usize::BITS {
        assert_eq!(low_bits(bits).count_ones(), bits);
        assert_eq!(width_of(low_bits(bits)), bits);
    }
}
