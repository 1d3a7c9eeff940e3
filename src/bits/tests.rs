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
fn the_next_field_begins_where_the_last_ends() {
    let low = Field::new(0, 7);
    let high = low.then(5);
    assert_eq!((high.shift, high.end()), (7, 12));
    assert_eq!(low.put(low.max()) ^ high.put(high.max()), low_bits(12));
}

#[test]
fn widths() {
    assert_eq!([0, 1, 2, 3, 4, 4096, usize::MAX].map(width_of), [0, 1, 2, 2, 3, 13, usize::BITS]);
}
