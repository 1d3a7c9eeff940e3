//! What is printed for a file.

#[cfg(test)]
mod tests;

use std::io::{self, ErrorKind, Read};

/// FNV-1a of 64 bits, by Fowler, Noll and Vo: it detects whether two reads differ, and gives no security against an
/// attacker.
const FNV_BASIS: u64 = 0xcbf2_9ce4_8422_2325;
const FNV_PRIME: u64 = 0x0000_0100_0000_01b3;

/// Numbers by which two contents are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Digest {
    pub(crate) bytes: u64,
    /// Text after the last line break counts as a line.
    pub(crate) lines: u64,
    pub(crate) checksum: u64,
}

impl Digest {
    /// Returns the digest of the whole input, read in pieces of `chunk` bytes.
    ///
    /// # Errors
    ///
    /// Any error of reading.
    pub(crate) fn of(mut input: impl Read, chunk: usize) -> io::Result<Self> {
        let mut digest = Self { bytes: 0, lines: 0, checksum: FNV_BASIS };
        let (mut chunk, mut last) = (vec![0; chunk], b'\n');
        loop {
            let read = match input.read(&mut chunk) {
                Ok(0) => break,
                Ok(read) => read,
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                Err(error) => return Err(error),
            };
            digest.add(&chunk[..read]);
            last = chunk[read - 1];
        }
        digest.lines += u64::from(last != b'\n');
        Ok(digest)
    }

    fn add(&mut self, chunk: &[u8]) {
        self.bytes += chunk.len() as u64;
        for &byte in chunk {
            self.lines += u64::from(byte == b'\n');
            self.checksum = (self.checksum ^ u64::from(byte)).wrapping_mul(FNV_PRIME);
        }
    }
}
