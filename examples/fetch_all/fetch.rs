//! The loop around the set.

#[cfg(test)]
mod tests;

use std::future::poll_fn;
use std::io;
use std::sync::Arc;
use std::task::Poll;

use flagstone::FutureSet;

use crate::item::Item;
use crate::mailbox::Receiver;
use crate::readers::{Finished, Read, Readers};

/// What the loop waits for.
enum Event {
    /// A read is ready.
    Finished(Finished),
    /// Another item is on the list.
    Item(Arc<Item>),
    /// The list has ended.
    End,
}

/// Reads all items, as many at a time as the set has room for. Calls `each` with the result of each as soon as it is
/// ready.
///
/// # Errors
///
/// The first error that `each` returns. Then nothing more is read.
pub(crate) async fn fetch<'a, S>(
    mut set: FutureSet<Read<'a>, S>,
    items: Receiver<Arc<Item>>,
    readers: &'a Readers,
    mut each: impl FnMut(Finished) -> io::Result<()>,
) -> io::Result<()> {
    loop {
        match next(&mut set, &items).await {
            Event::Finished(finished) => each(finished)?,
            Event::Item(item) => {
                let (finished, vacancy) = set.vacancy().await;
                vacancy.insert(readers.read(item));
                finished.map_or(Ok(()), &mut each)?;
            }
            Event::End => break,
        }
    }
    set.try_drain(each).await
}

/// Waits for a read or for the list. A read that is ready takes precedence, because it makes room.
async fn next<S>(set: &mut FutureSet<Read<'_>, S>, items: &Receiver<Arc<Item>>) -> Event {
    poll_fn(|context| {
        if let Poll::Ready(Some((_key, finished))) = set.poll_next_with_key(context) {
            return Poll::Ready(Event::Finished(finished));
        }
        items.poll_receive(context).map(|item| item.map_or(Event::End, Event::Item))
    })
    .await
}
