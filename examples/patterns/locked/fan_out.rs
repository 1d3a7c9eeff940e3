//! The same on a `slab` of boxed futures: each wake polls all of them.

use std::{
    cell::Cell,
    future::{Future, poll_fn},
    pin::Pin,
    task::Poll,
    time::Duration,
};

use slab::Slab;
use tokio::time::sleep;

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let (running, most, sum) = (Cell::new(0), Cell::new(0), Cell::new(0));
    let request = |page| {
        let (running, most, sum) = (&running, &most, &sum);
        async move {
            running.set(running.get() + 1);
            most.set(most.get().max(running.get()));
            sleep(Duration::from_millis(page % 3)).await;
            sum.set(sum.get() + page);
            running.set(running.get() - 1);
        }
    };
    let mut pages = 0..100_u64;
    let mut futures: Slab<Pin<Box<dyn Future<Output = ()> + '_>>> = Slab::with_capacity(8);
    poll_fn(|context| {
        loop {
            while futures.len() < 8 {
                match pages.next() {
                    Some(page) => _ = futures.insert(Box::pin(request(page))),
                    None => break,
                }
            }
            if futures.is_empty() {
                return Poll::Ready(());
            }
            let before = futures.len();
            futures.retain(|_, future| future.as_mut().poll(context).is_pending());
            if futures.len() == before {
                return Poll::Pending;
            }
        }
    })
    .await;
    assert_eq!((most.get(), sum.get()), (8, 4_950));
    println!("the sum is {}", sum.get());
}
