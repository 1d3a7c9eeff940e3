//! A bit field in a word: its width and position.

/// `bits` bits of a `usize`, the lowest of them at `shift`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Field {
    pub(crate) shift: u32,
    pub(crate) bits: u32,
}

impl Field {
    pub(crate) const fn new(shift: u32, bits: u32) -> Self {
        assert!(shift <= usize::BITS && bits <= usize::BITS - shift, "a field must lie within a word");
        Self { shift, bits }
    }

    /// The field that starts where this one ends.
    pub(crate) const fn then(self, bits: u32) -> Self {
        Self::new(self.shift + self.bits, bits)
    }

    /// The first bit above the field.
    pub(crate) const fn end(self) -> u32 {
        self.shift + self.bits
    }

    /// The largest value that the field holds.
    pub(crate) const fn max(self) -> usize {
        low_bits(self.bits)
    }

    /// The value of the field in `word`.
    #[inline(always)]
    pub(crate) const fn get(self, word: usize) -> usize {
        if self.bits == 0 { 0 } else { (word >> self.shift) & self.max() }
    }

    /// A word in which this field is `value` and all else zero.
    #[inline(always)]
    pub(crate) const fn put(self, value: usize) -> usize {
        debug_assert!(value <= self.max());
        if self.bits == 0 { 0 } else { value << self.shift }
    }
}

/// A word whose lowest `bits` bits are set.
pub(crate) const fn low_bits(bits: u32) -> usize {
    if bits == 0 { 0 } else { usize::MAX >> (usize::BITS - bits) }
}

/// The number of bits that `value` needs.
pub(crate) const fn width_of(value: usize) -> u32 {
    usize::BITS - value.leading_zeros()
}

#[cfg(test)]
mod tests;
