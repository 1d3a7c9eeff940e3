use std::cell::Cell;
use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::thread;

use crossbeam_channel::unbounded;
use flagstone::{
    future_set::{FutureSet, StackSlots},
    task::LocalExecutor,
};

use super::fetch;
use crate::item::{Content, Item};
use crate::mailbox::mailbox;
use crate::readers::{Counts, Finished, Readers};
use crate::verification::problems;

fn line(number: u64) -> Arc<Item> {
    Arc::new(Item { number, content: Content::Line(number.to_string().into_bytes()) })
}

/// Fetches `lines` lines and a file that does not exist, and returns what happened. If `at_once` is `None` the set is
/// in place.
fn fetch_lines(lines: u64, at_once: Option<usize>, threads: usize) -> (Vec<Arc<Item>>, Vec<Finished>, Counts) {
    let missing = Item { number: lines + 1, content: Content::File("no such file".into()) };
    let given: Vec<_> = (1..=lines).map(line).chain([Arc::new(missing)]).collect();
    let (readers, (sender, items)) = (Readers::start(threads).unwrap(), mailbox(4));
    let list = given.clone();
    let list = thread::spawn(move || list.into_iter().for_each(|item| drop(sender.send(item))));
    let mut kept = Vec::new();
    let each = |finished| {
        kept.push(finished);
        Ok(())
    };
    let executor = LocalExecutor::new();
    let ended = match at_once {
        Some(at_once) => executor.block_on(fetch(FutureSet::with_capacity(at_once), items, &readers, each)),
        None => {
            let slots = pin!(StackSlots::<_, 3>::new());
            executor.block_on(fetch(FutureSet::in_place(slots), items, &readers, each))
        }
    };
    ended.unwrap();
    list.join().unwrap();
    (given, kept, readers.finish().unwrap())
}

#[test]
fn everything_is_read_once_by_so_many_at_a_time() {
    for (at_once, threads) in [(Some(1), 1), (Some(1), 4), (Some(3), 2), (Some(64), 4), (Some(1000), 8), (None, 4)] {
        let (given, kept, counts) = fetch_lines(2_000, at_once, threads);
        assert_eq!(problems(&given, &kept, &counts, at_once.unwrap_or(3)), [""; 0], "{at_once:?} {threads}");
        assert_eq!(kept.iter().filter(|finished| finished.outcome.is_err()).count(), 1);
        assert_eq!(counts.woken, 2_001);
    }
}

#[test]
fn nothing_is_kept_back_while_the_list_is_slow() {
    let (readers, (sender, items), (results, printed)) = (Readers::start(2).unwrap(), mailbox(4), unbounded());
    let list = thread::spawn(move || {
        for number in 1..=100 {
            sender.send(line(number)).unwrap();
            assert_eq!(printed.recv(), Ok(number)); // before the list continues
        }
    });
    let each = |finished: Finished| results.send(finished.item.number).map_err(io::Error::other);
    LocalExecutor::new().block_on(fetch(FutureSet::with_capacity(8), items, &readers, each)).unwrap();
    list.join().unwrap();
}

#[test]
fn a_list_without_an_end_waits_for_those_who_read() {
    const AT_ONCE: u64 = 4;
    const WAITING: u64 = 2;
    let (readers, (sender, items)) = (Readers::start(2).unwrap(), mailbox(WAITING as usize));
    let list = thread::spawn(move || (1..).take_while(|&number| sender.send(line(number)).is_ok()).count() as u64);
    let results = Cell::new(0);
    let each = |_| {
        results.set(results.get() + 1);
        if results.get() < 500 { Ok(()) } else { Err(io::ErrorKind::BrokenPipe.into()) }
    };
    let ended = LocalExecutor::new().block_on(fetch(FutureSet::with_capacity(AT_ONCE as usize), items, &readers, each));
    assert_eq!(ended.unwrap_err().kind(), io::ErrorKind::BrokenPipe);
    let given = list.join().unwrap();
    // The items in the set, one that waits for room there, and those in the mailbox.
    assert!((500..=500 + AT_ONCE + 1 + WAITING).contains(&given), "{given}");
}

#[test]
fn a_read_whose_reader_is_gone_fails() {
    let (readers, (sender, items)) = (Readers::start(0).unwrap(), mailbox(1));
    sender.send(line(1)).unwrap();
    drop(sender);
    let each = |finished: Finished| {
        assert!(finished.outcome.unwrap_err().contains("panicked"));
        Ok(())
    };
    LocalExecutor::new().block_on(fetch(FutureSet::with_capacity(1), items, &readers, each)).unwrap();
}
