//! Statistics of a slab or a pool.

use core::fmt;

/// Statistics of a slab or a pool, by shard. Returned by [`Slab::stats`](crate::Slab::stats) and
/// [`Pool::stats`](crate::Pool::stats).
///
/// Each number was exact when it was read. If other threads use the store meanwhile, the numbers need not be consistent
/// with each other. The `Display` output is a table.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    pub(crate) shards: Vec<ShardStats>,
}

/// The pages of one shard. Part of [`Stats`].
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ShardStats {
    /// The number of the shard, as in keys: from 1, in the order in which threads first used the slab. 0 is the
    /// overflow shard.
    pub number: usize,
    /// The pages of the shard, in the order of their numbers.
    pub pages: Vec<PageStats>,
}

/// One page of slots. Part of [`ShardStats`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct PageStats {
    /// The number of slots.
    pub capacity: usize,
    /// The number of slots that hold entries, including removed entries that guards or pins keep.
    pub live: usize,
    /// The number of slots that were ever used, or used since the page was last trimmed.
    pub high_water: usize,
    /// The number of slots that have used up their generations and are never reused.
    pub retired: usize,
    /// The number of bytes of memory that the page needs, without what values own: its header and the slots that were
    /// used. The rest of the page is only address space, on systems that back memory when it is first written and that
    /// take it back.
    pub bytes: usize,
}

impl Stats {
    /// Returns the shards that have pages, in the order of their numbers.
    #[must_use]
    pub fn shards(&self) -> &[ShardStats] {
        &self.shards
    }

    /// Returns the sum over all pages.
    #[must_use]
    pub fn total(&self) -> PageStats {
        self.shards.iter().map(ShardStats::total).fold(PageStats::default(), PageStats::plus)
    }
}

impl ShardStats {
    /// Returns the sum over the shard's pages.
    #[must_use]
    pub fn total(&self) -> PageStats {
        self.pages.iter().copied().fold(PageStats::default(), PageStats::plus)
    }
}

impl PageStats {
    fn plus(self, other: Self) -> Self {
        Self {
            capacity: self.capacity + other.capacity,
            live: self.live + other.live,
            high_water: self.high_water + other.high_water,
            retired: self.retired + other.retired,
            bytes: self.bytes + other.bytes,
        }
    }

    fn columns(&self) -> [usize; 5] {
        [self.capacity, self.live, self.high_water, self.retired, self.bytes]
    }
}

impl fmt::Display for Stats {
    /// Writes a table: a row for each page, and one for the sum.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut rows =
            vec![["shard", "page", "capacity", "live", "high water", "retired", "bytes"].map(ToOwned::to_owned)];
        let mut add = |shard: String, page: String, numbers: &PageStats| {
            let [capacity, live, high_water, retired, bytes] = numbers.columns().map(grouped);
            rows.push([shard, page, capacity, live, high_water, retired, bytes]);
        };
        for shard in &self.shards {
            let name = if shard.number == 0 { "overflow".to_owned() } else { grouped(shard.number) };
            for (page, numbers) in shard.pages.iter().enumerate() {
                add(name.clone(), grouped(page), numbers);
            }
        }
        add("all".to_owned(), String::new(), &self.total());
        let mut widths = [0; 7];
        for row in &rows {
            for (width, cell) in widths.iter_mut().zip(row) {
                *width = cell.len().max(*width);
            }
        }
        for (number, row) in rows.iter().enumerate() {
            if number > 0 {
                formatter.write_str("\n")?;
            }
            for (column, (cell, width)) in row.iter().zip(widths).enumerate() {
                let gap = if column == 0 { "" } else { "  " };
                write!(formatter, "{gap}{cell:>width$}")?;
            }
        }
        Ok(())
    }
}

/// Returns the number with a comma before each group of three digits.
pub(crate) fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let mut grouped = String::new();
    for (position, digit) in digits.chars().enumerate() {
        if position > 0 && (digits.len() - position) % 3 == 0 {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

#[cfg(all(test, not(flagstone_loom)))]
mod tests;
