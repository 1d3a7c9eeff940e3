//! The same reads, sequentially in one thread, for comparison.

#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::sync::Arc;

use crate::item::Item;
use crate::readers::{Counts, Finished};

/// Differs from the readers' chunk size, so that their handling of chunk boundaries is compared too.
const CHUNK: usize = 10_007;

/// How many problems are described; all are counted.
const DESCRIBED: usize = 10;

/// Reads all items, and returns what is wrong with the finished ones. The list is empty if nothing is wrong.
pub(crate) fn problems(given: &[Arc<Item>], kept: &[Finished], counts: &Counts, at_once: usize) -> Vec<String> {
    let mut problems = Vec::new();
    let mut finished: HashMap<u64, Vec<&Finished>> = HashMap::new();
    for one in kept {
        finished.entry(one.item.number).or_default().push(one);
    }
    for item in given {
        let name = item.name();
        match finished.remove(&item.number).unwrap_or_default()[..] {
            [] => problems.push(format!("{name:?} has no result")),
            [one] => problems.extend(difference(item, one)),
            ref several => problems.push(format!("{name:?} has {} results", several.len())),
        }
    }
    problems.extend(finished.values().map(|rest| format!("{:?} was not on the list", rest[0].item.name())));
    problems.extend(miscounts(given.len() as u64, counts, at_once as u64));
    let more = problems.len().saturating_sub(DESCRIBED);
    problems.truncate(DESCRIBED);
    if more > 0 {
        problems.push(format!("and {more} more"));
    }
    problems
}

fn difference(item: &Arc<Item>, one: &Finished) -> Option<String> {
    let (name, expected) = (item.name(), item.read(CHUNK));
    if !Arc::ptr_eq(item, &one.item) {
        return Some(format!("{name:?} has the result of {:?}", one.item.name()));
    }
    (one.outcome != expected).then(|| {
        let outcome = &one.outcome;
        format!("{name:?} differs, unless it has changed meanwhile: {outcome:?}, and in one thread {expected:?}")
    })
}

/// Checks the counts: a read is started once, polled twice, and woken between the two polls.
fn miscounts(given: u64, counts: &Counts, at_once: u64) -> Vec<String> {
    let should = [
        ("reads were started", counts.started, given),
        ("reads were completed", counts.completed, given),
        ("reads were woken", counts.woken, given),
        ("polls of reads", counts.polls, 2 * given),
    ];
    let wrong = should.into_iter().filter(|(_, count, expected)| count != expected);
    let mut problems: Vec<_> =
        wrong.map(|(what, count, expected)| format!("{count} {what}, not {expected}, of {given} items")).collect();
    let most = counts.most_in_flight;
    if most > at_once || most == 0 && given != 0 {
        problems.push(format!("{most} reads were in flight at the same time, where at most {at_once} may be"));
    }
    problems
}
