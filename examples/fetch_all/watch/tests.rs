use std::future::Future;
use std::sync::Arc;
use std::task::{Context, Waker};
use std::thread;
use std::time::Duration;

use crossbeam_channel::{RecvTimeoutError, unbounded};

use super::Watch;
use crate::item::{Content, Item};
use crate::readers::Readers;

const PATIENCE: Duration = Duration::from_millis(60);

#[test]
fn a_read_that_is_not_polled_when_it_was_woken_is_noticed_and_a_slow_terminal_is_none() {
    let (readers, (notice, noticed)) = (Readers::start(1).unwrap(), unbounded());
    let watch = Watch::start(&readers, PATIENCE, move |reads| notice.send(reads).unwrap()).unwrap();
    let [mut first, mut second] = [1, 2].map(|number| {
        let item = Item { number, content: Content::Line(Vec::new()) };
        Box::pin(readers.read(Arc::new(item)))
    });
    let mut context = Context::from_waker(Waker::noop());
    assert!(first.as_mut().poll(&mut context).is_pending() && second.as_mut().poll(&mut context).is_pending());
    while first.as_mut().poll(&mut context).is_pending() {
        thread::yield_now();
    }
    // The output is being printed, which takes long.
    assert_eq!(noticed.recv_timeout(PATIENCE * 4), Err(RecvTimeoutError::Timeout));
    watch.printed();
    assert_eq!(noticed.recv_timeout(Duration::from_secs(60)), Ok(1));
    assert!(second.as_mut().poll(&mut context).is_ready());
}
