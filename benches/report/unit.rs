//! Quantities in readable form.

/// What a figure counts.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unit {
    /// Time.
    Nanoseconds,
    /// Memory.
    Bytes,
}

impl Unit {
    /// Returns the name in files.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Nanoseconds => "ns",
            Self::Bytes => "B",
        }
    }

    /// Returns the quantity with a suitable decimal prefix.
    pub(crate) fn show(self, quantity: f64) -> String {
        let prefixes = match self {
            Self::Nanoseconds => ["ns", "µs", "ms", "s"],
            Self::Bytes => ["B", "kB", "MB", "GB"],
        };
        let mut scaled = quantity;
        let mut prefixes = prefixes.into_iter();
        let mut prefix = prefixes.next().expect("there are four");
        // From 999.95 on, one decimal place would print 1000.0.
        while scaled.abs() >= 999.95 {
            let Some(next) = prefixes.next() else { break };
            scaled /= 1_000.0;
            prefix = next;
        }
        // A quantity near zero has no sign.
        if scaled.abs() < 0.05 {
            scaled = 0.0;
        }
        format!("{scaled:.1} {prefix}")
    }
}
