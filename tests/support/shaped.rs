//! Plain values of unusual size and alignment.

use std::ptr;

use flagstone::Clear;

/// A number, aligned.
macro_rules! aligned {
    ($($name:ident $alignment:literal)*) => {$(
        #[derive(Clone, Copy, PartialEq, Debug, Default)]
        #[repr(align($alignment))]
        pub(crate) struct $name(pub(crate) usize);

        impl Clear for $name {
            fn clear(&mut self) {
                self.0 = 0;
            }
        }
    )*};
}

aligned! { Aligned128 128 Aligned4096 4096 }

#[derive(Clone, Copy, PartialEq, Debug, Default)]
#[repr(align(128))]
pub(crate) struct AlignedNothing;

impl Clear for AlignedNothing {
    fn clear(&mut self) {}
}

pub(crate) fn is_aligned<T>(value: &T) -> bool {
    ptr::from_ref(value).addr() % align_of::<T>() == 0
}

/// Tests, on every configuration, that values of each shape are kept: by `$is_kept`, which takes what makes them of a number.
macro_rules! in_every_shape {
    ($is_kept:ident) => {
        $crate::configs::on_every_configuration! {
            nothing
            aligned_nothing
            a_byte
            three_bytes
            sixteen_byte_words
            aligned_to_128
            aligned_to_4096
        }

        fn nothing<C: flagstone::Config>() {
            $is_kept::<(), C>(|_| ());
        }

        fn aligned_nothing<C: flagstone::Config>() {
            $is_kept::<_, C>(|_| $crate::shaped::AlignedNothing);
        }

        fn a_byte<C: flagstone::Config>() {
            $is_kept::<_, C>(|index| index as u8);
        }

        fn three_bytes<C: flagstone::Config>() {
            $is_kept::<_, C>(|index| [index as u8, 1, 2]);
        }

        fn sixteen_byte_words<C: flagstone::Config>() {
            $is_kept::<_, C>(|index| index as u128);
        }

        fn aligned_to_128<C: flagstone::Config>() {
            $is_kept::<_, C>($crate::shaped::Aligned128);
        }

        fn aligned_to_4096<C: flagstone::Config>() {
            $is_kept::<_, C>($crate::shaped::Aligned4096);
        }
    };
}
pub(crate) use in_every_shape;
