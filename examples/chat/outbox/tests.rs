use std::collections::VecDeque;
use std::io::{self, ErrorKind, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Wake, Waker};

use super::{Outbox, Put};
use crate::notice::Notice;

/// Takes so many bytes at a time.
struct Pipe(usize, Vec<u8>);

impl Write for Pipe {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let taken = bytes.len().min(self.0);
        self.1.extend(&bytes[..taken]);
        Ok(taken)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Counts its wakes.
#[derive(Default)]
struct Task(AtomicUsize);

impl Wake for Task {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

fn write(outbox: &Outbox, pipe: &mut Pipe) {
    outbox.0.borrow_mut().write_to(pipe).unwrap();
}

fn write_all(outbox: &Outbox, mut pipe: Pipe) -> String {
    while !outbox.0.borrow().bytes.is_empty() {
        write(outbox, &mut pipe);
    }
    String::from_utf8(pipe.1).unwrap()
}

#[test]
fn what_is_put_in_comes_out() {
    for at_a_time in 1..12 {
        let outbox = Outbox::new(100);
        assert_eq!([outbox.put("one\n"), outbox.put("two\n"), outbox.put("three\n")], [Put::In; 3]);
        assert_eq!(write_all(&outbox, Pipe(at_a_time, Vec::new())), "one\ntwo\nthree\n");
    }
}

#[test]
fn it_is_full_to_the_last_byte() {
    let outbox = Outbox::new(8);
    assert_eq!([outbox.put("one\n"), outbox.put("two\n")], [Put::In; 2]);
    assert_eq!([outbox.put("\n"), outbox.put("\n")], [Put::Overflowed, Put::Closed]);
}

#[test]
fn when_it_overflows_no_line_is_cut() {
    let line = "line\n";
    for written in 0..=4 * line.len() {
        let outbox = Outbox::new(4 * line.len());
        assert_eq!([(); 4].map(|()| outbox.put(line)), [Put::In; 4]);
        let mut pipe = Pipe(written, Vec::new());
        if written > 0 {
            write(&outbox, &mut pipe);
        }
        assert_eq!(outbox.put(&line.repeat(5)), Put::Overflowed);
        let whole = written.div_ceil(line.len());
        pipe.0 = usize::MAX;
        assert_eq!(write_all(&outbox, pipe), format!("{}{}\n", line.repeat(whole), Notice::TooSlow));
    }
}

#[test]
fn the_ring_may_wrap() {
    let outbox = Outbox(Outbox::new(100).0);
    outbox.0.borrow_mut().bytes = VecDeque::with_capacity(16);
    let mut pipe = Pipe(5, Vec::new());
    for number in 0..100 {
        assert_eq!(outbox.put(&format!("{number:03}\n")), Put::In);
        write(&outbox, &mut pipe);
    }
    let expected: String = (0..100).map(|number| format!("{number:03}\n")).collect();
    assert_eq!(write_all(&outbox, pipe), expected);
}

#[test]
fn after_the_last_line_there_is_none() {
    let outbox = Outbox::new(100);
    assert_eq!(outbox.put("one\n"), Put::In);
    outbox.close_with(&Notice::Bye);
    assert_eq!(outbox.put("two\n"), Put::Closed);
    outbox.close_with(&Notice::Closing);
    assert_eq!(write_all(&outbox, Pipe(3, Vec::new())), "one\n* bye\n");
}

#[test]
fn a_stream_that_takes_nothing_is_an_error() {
    let outbox = Outbox::new(100);
    assert_eq!(outbox.put("one\n"), Put::In);
    let error = outbox.0.borrow_mut().write_to(&mut Pipe(0, Vec::new())).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::WriteZero);
}

#[test]
fn whoever_waits_is_woken() {
    let outbox = Outbox::new(8);
    let task = Arc::new(Task::default());
    let waker = Waker::from(task.clone());
    let context = &mut Context::from_waker(&waker);
    let mut closed = Box::pin(outbox.closed());
    for (wakes, line) in [(1, "one\n"), (2, "a line that is too long\n")] {
        assert!(closed.as_mut().poll(context).is_pending());
        let _ = outbox.put(line);
        assert_eq!(task.0.load(Ordering::Relaxed), wakes);
    }
    assert!(closed.as_mut().poll(context).is_ready());

    let outbox = Outbox::new(8);
    let mut closed = Box::pin(outbox.closed());
    assert!(closed.as_mut().poll(context).is_pending());
    outbox.close();
    assert_eq!(task.0.load(Ordering::Relaxed), 3);
    assert!(closed.as_mut().poll(context).is_ready());
}
