//! Long-running work in small steps.

use std::hint;
use std::thread;
use std::time::Duration;

use indicatif::HumanCount;

use crate::task::Cancelled;
use crate::ticket::Ticket;

/// Where the search for primes begins: high enough that each test takes some work.
const FIRST_CANDIDATE: u64 = 1_000_000_001;

const CHUNK: usize = 10_000;
const BLOCK: usize = 64 * 1024;
const MEBIBYTE: u64 = 1024 * 1024;

/// A kind of work, and its amount.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Job {
    kind: Kind,
    /// In units of some hundredths of a second.
    size: u64,
}

#[derive(Clone, Copy, Debug)]
enum Kind {
    Primes,
    Sorting,
    Hashing,
    Chains,
    /// Panics halfway.
    Fault,
    /// Waits until it is cancelled.
    Waiting,
}

impl Job {
    /// Returns job number `number` of a mixed set, in which one of ten panics.
    pub(crate) fn mixed(number: usize, effort: u64) -> Self {
        let kind = match number % 10 {
            0 | 4 | 8 => Kind::Primes,
            1 | 5 | 9 => Kind::Sorting,
            2 | 6 => Kind::Hashing,
            3 => Kind::Chains,
            _ => Kind::Fault,
        };
        Self { kind, size: effort * (1 + number as u64 * 7 % 5) }
    }

    /// Returns a job that ends only when it is cancelled.
    pub(crate) fn waiting() -> Self {
        Self { kind: Kind::Waiting, size: 1 }
    }

    /// Whether the job panics.
    pub(crate) fn is_fault(&self) -> bool {
        matches!(self.kind, Kind::Fault)
    }

    /// Returns the job's name.
    pub(crate) fn name(&self) -> String {
        match self.kind {
            Kind::Primes => format!("count primes among {}", HumanCount(self.candidates())),
            Kind::Sorting => format!("sort {} chunks", HumanCount(self.chunks())),
            Kind::Hashing => format!("hash {} MiB", HumanCount(self.blocks() * BLOCK as u64 / MEBIBYTE)),
            Kind::Chains => format!("longest chain below {}", HumanCount(self.chains())),
            Kind::Fault => "panic half way".to_owned(),
            Kind::Waiting => "wait to be cancelled".to_owned(),
        }
    }

    /// Runs the job, and returns its result.
    ///
    /// # Errors
    ///
    /// If the task was cancelled.
    ///
    /// # Panics
    ///
    /// If the job is [`Kind::Fault`].
    pub(crate) fn run(&self, ticket: &Ticket<'_>) -> Result<String, Cancelled> {
        match self.kind {
            Kind::Primes => {
                let primes = count_primes(self.candidates(), ticket)?;
                Ok(format!("{} primes", HumanCount(primes)))
            }
            Kind::Sorting => {
                let median = sort_chunks(self.chunks(), ticket)?;
                Ok(format!("last median {median:016x}"))
            }
            Kind::Hashing => Ok(format!("{:016x}", hash_blocks(self.blocks(), ticket)?)),
            Kind::Chains => {
                let (start, length) = longest_chain(self.chains(), ticket)?;
                Ok(format!("from {}: {length} steps", HumanCount(start)))
            }
            Kind::Fault => {
                count_primes_until(self.candidates(), self.candidates() / 2, ticket)?;
                panic!("panicked half way, as it is meant to")
            }
            Kind::Waiting => loop {
                ticket.advance(0, 1)?;
                thread::sleep(Duration::from_millis(1));
            },
        }
    }

    fn candidates(&self) -> u64 {
        4_000 * self.size
    }

    fn chunks(&self) -> u64 {
        20 * self.size
    }

    fn blocks(&self) -> u64 {
        64 * self.size
    }

    fn chains(&self) -> u64 {
        20_000 * self.size
    }
}

/// Counts the primes among the first `candidates` odd numbers from [`FIRST_CANDIDATE`] on.
fn count_primes(candidates: u64, ticket: &Ticket<'_>) -> Result<u64, Cancelled> {
    count_primes_until(candidates, candidates, ticket)
}

fn count_primes_until(candidates: u64, end: u64, ticket: &Ticket<'_>) -> Result<u64, Cancelled> {
    let is_prime =
        |odd: u64| (3..).step_by(2).take_while(|factor| factor * factor <= odd).all(|factor| odd % factor != 0);
    let mut primes = 0;
    for candidate in 0..end {
        if candidate % 256 == 0 {
            ticket.advance(candidate, candidates)?;
        }
        primes += u64::from(is_prime(FIRST_CANDIDATE + 2 * candidate));
    }
    ticket.advance(end, candidates)?;
    Ok(primes)
}

/// Sorts chunks of pseudorandom numbers and returns the last chunk's median.
fn sort_chunks(chunks: u64, ticket: &Ticket<'_>) -> Result<u64, Cancelled> {
    let mut random = 0x9e37_79b9_7f4a_7c15;
    let mut numbers = vec![0; CHUNK];
    for chunk in 0..chunks {
        ticket.advance(chunk, chunks)?;
        numbers.fill_with(|| shuffle(&mut random));
        numbers.sort_unstable();
    }
    ticket.advance(chunks, chunks)?;
    Ok(numbers[CHUNK / 2])
}

/// Hashes different blocks (64-bit FNV-1a).
fn hash_blocks(blocks: u64, ticket: &Ticket<'_>) -> Result<u64, Cancelled> {
    let mut hash = 0xcbf2_9ce4_8422_2325;
    for block in 0..blocks {
        ticket.advance(block, blocks)?;
        for byte in 0..BLOCK as u64 {
            hash = (hash ^ (block + byte) & 0xff).wrapping_mul(0x0100_0000_01b3);
        }
        hint::black_box(hash);
    }
    ticket.advance(blocks, blocks)?;
    Ok(hash)
}

/// Returns the number below `end` whose Collatz chain is longest, and its length.
fn longest_chain(end: u64, ticket: &Ticket<'_>) -> Result<(u64, u32), Cancelled> {
    let mut longest = (1, 0);
    for start in 1..end {
        if start % 1024 == 0 {
            ticket.advance(start, end)?;
        }
        let (mut number, mut length) = (start, 0);
        while number != 1 {
            number = if number % 2 == 0 { number / 2 } else { 3 * number + 1 };
            length += 1;
        }
        if length > longest.1 {
            longest = (start, length);
        }
    }
    ticket.advance(end, end)?;
    Ok(longest)
}

/// Xorshift, by Marsaglia.
fn shuffle(random: &mut u64) -> u64 {
    *random ^= *random << 13;
    *random ^= *random >> 7;
    *random ^= *random << 17;
    *random
}
