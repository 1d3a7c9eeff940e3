//! The registry of thread numbers: which were handed out, and which are free.

use core::mem;

use super::record::Record;

const WORD_BITS: usize = usize::BITS as usize;

/// All numbers that were ever handed out, from 1 up, and which of them no thread has.
#[derive(Default)]
pub(super) struct Registry {
    /// The record of number `n` is at `n - 1`. Records are never freed. A leak checker reaches them from here.
    records: Vec<&'static Record>,
    /// Bit `n - 1` is set while number `n` is free. There is a word for each record, so giving back needs no memory.
    free: Vec<usize>,
}

impl Registry {
    /// Takes the lowest free number, or, if there is none, the next new one. Returns `None` if that needs memory that
    /// `spare` does not have.
    ///
    /// Calls no allocator: what is no longer needed goes into `spare`.
    pub(super) fn take(&mut self, spare: &mut Spare) -> Option<&'static Record> {
        if let Some(record) = self.take_free() {
            return Some(record);
        }
        self.move_to(spare);
        let number = self.records.len() + 1;
        if number > self.room() {
            return None;
        }
        let record = spare.make(number)?;
        self.records.push(record);
        if self.free.len() < number.div_ceil(WORD_BITS) {
            self.free.push(0);
        }
        Some(record)
    }

    fn take_free(&mut self) -> Option<&'static Record> {
        let index = self.free.iter().position(|&word| word != 0)?;
        let bit = self.free[index].trailing_zeros() as usize;
        self.free[index] &= !(1 << bit);
        Some(self.records[index * WORD_BITS + bit])
    }

    /// Takes that number if it is free, and returns whether it was.
    pub(super) fn take_number(&mut self, number: usize) -> bool {
        let Some((index, bit)) = place(number) else { return false };
        match self.free.get_mut(index) {
            Some(word) if *word & bit != 0 => {
                *word &= !bit;
                true
            }
            _ => false,
        }
    }

    /// Marks a taken number as free. Allocates nothing.
    pub(super) fn give_back(&mut self, number: usize) {
        if let Some((index, bit)) = place(number) {
            debug_assert_eq!(self.free[index] & bit, 0, "a number that is given back was taken");
            self.free[index] |= bit;
        }
    }

    /// Returns the number of records for which there is room.
    fn room(&self) -> usize {
        self.records.capacity().min(self.free.capacity().saturating_mul(WORD_BITS))
    }

    /// Returns the number of records for which a [`Spare`] should have room: 0 if there is room for one more.
    pub(super) fn wanted_room(&self) -> usize {
        if self.room() > self.records.len() { 0 } else { 2 * self.records.len() + 4 }
    }

    /// Swaps the tables for those of `spare` if those are larger.
    fn move_to(&mut self, spare: &mut Spare) {
        if spare.records.capacity() > self.records.capacity() {
            spare.records.append(&mut self.records);
            mem::swap(&mut self.records, &mut spare.records);
        }
        if spare.free.capacity() > self.free.capacity() {
            spare.free.append(&mut self.free);
            mem::swap(&mut self.free, &mut spare.free);
        }
    }
}

/// Returns the index of a number's word, and its bit. `None` for 0, which is no thread's.
fn place(number: usize) -> Option<(usize, usize)> {
    let index = number.checked_sub(1)?;
    Some((index / WORD_BITS, 1 << (index % WORD_BITS)))
}

/// Memory for one more number. It is allocated and freed without the registry's lock held.
#[derive(Default)]
pub(super) struct Spare {
    /// Room for one record, or none.
    record: Vec<Record>,
    records: Vec<&'static Record>,
    free: Vec<usize>,
}

impl Spare {
    /// Allocates memory for one record and for tables of `room` numbers. Returns `None` if the allocator refuses it.
    pub(super) fn allocate(room: usize) -> Option<Self> {
        let mut spare = Self::default();
        spare.record.try_reserve_exact(1).ok()?;
        spare.records.try_reserve_exact(room).ok()?;
        spare.free.try_reserve_exact(room.div_ceil(WORD_BITS)).ok()?;
        Some(spare)
    }

    /// Makes the record, once.
    fn make(&mut self, number: usize) -> Option<&'static Record> {
        if self.record.capacity() == 0 {
            return None;
        }
        let mut record = mem::take(&mut self.record);
        record.push(Record::new(number));
        record.leak().first()
    }
}

#[cfg(all(test, not(flagstone_loom)))]
impl Registry {
    /// Returns the number of thread numbers that were ever handed out, and how many of those are free.
    pub(super) fn counts(&self) -> (usize, usize) {
        (self.records.len(), self.free.iter().map(|word| word.count_ones() as usize).sum())
    }

    pub(super) fn has_room_for_all(&self) -> bool {
        self.room() >= self.records.len() && self.free.len() == self.records.len().div_ceil(WORD_BITS)
    }

    /// Returns the record of a number, and whether the number is free.
    pub(super) fn find(&self, number: usize) -> Option<(&'static Record, bool)> {
        let (index, bit) = place(number)?;
        Some((self.records.get(number - 1)?, self.free[index] & bit != 0))
    }
}
