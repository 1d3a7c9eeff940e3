//! A hundred requests inside one task of tokio, eight at a time.
//!
//! The futures borrow from the task, only those that were woken are polled, and the set allocates once.

use std::{cell::Cell, time::Duration};

use flagstone::future_set::for_each_concurrent;
use tokio::time::sleep;

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let (running, most, sum) = (Cell::new(0), Cell::new(0), Cell::new(0));
    for_each_concurrent(0..100_u64, 8, async |page| {
        running.set(running.get() + 1);
        most.set(most.get().max(running.get()));
        sleep(Duration::from_millis(page % 3)).await;
        sum.set(sum.get() + page);
        running.set(running.get() - 1);
    })
    .await;
    assert_eq!((most.get(), sum.get()), (8, 4_950));
    println!("the sum is {}", sum.get());
}
