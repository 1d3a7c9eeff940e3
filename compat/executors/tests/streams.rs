//! Sets as futures-util sees them.

use std::{pin::pin, thread};

use flagstone::FutureSet;
use futures_util::{
    FutureExt, StreamExt,
    future::{Either, ready, select},
    stream::{FusedStream, select as merge},
};
use tokio::sync::oneshot;

use crate::executors::{Runs, in_every_executor};

in_every_executor! {
    a_set_beside_something_else
    combinators
}

fn a_set_beside_something_else<R: Runs>() {
    let (answers, asked): (Vec<_>, Vec<_>) = (0..200).map(|_| oneshot::channel()).unzip();
    let (stop, stopped) = oneshot::channel::<()>();
    let answering = thread::spawn(move || {
        for (number, answer) in answers.into_iter().enumerate() {
            if number < 150 {
                answer.send(number).unwrap();
            } else {
                std::mem::forget(answer); // no answer is sent
            }
        }
        stop.send(()).unwrap();
    });
    let (mut outputs, left) = R::run(async move {
        let (mut set, mut outputs): (FutureSet<_>, _) = (asked.into_iter().collect(), Vec::new());
        let mut stopped = stopped.fuse();
        // Each `next` that is not chosen is dropped, and made again.
        while let Either::Left((output, _)) = select(set.next(), &mut stopped).await {
            outputs.push(output.expect("some wait for ever").unwrap());
        }
        // All have been answered that will be; budgets, the set's and tokio's, may take them turns.
        while outputs.len() < 150 {
            outputs.push(set.next().await.expect("some wait for ever").unwrap());
        }
        assert!(set.next().now_or_never().is_none());
        (outputs, set.len())
    });
    answering.join().unwrap();
    outputs.sort_unstable();
    assert_eq!((outputs, left), ((0..150).collect::<Vec<_>>(), 50));
}

fn combinators<R: Runs>() {
    R::run(async {
        let squares = |from: usize| (from..from + 100).map(|number| ready(number * number)).collect::<FutureSet<_>>();
        let expected: usize = (0..200).map(|number| number * number).sum();
        let both = merge(squares(0), squares(100)).fold(0, |sum, square| async move { sum + square }).await;
        assert_eq!(both, expected);
        let mut set = squares(0);
        assert_eq!(StreamExt::next(&mut set).await, Some(0));
        assert_eq!(StreamExt::take(set.by_ref(), 9).collect::<Vec<_>>().await.len(), 9);
        assert!(!set.is_terminated());
        let chunks: Vec<_> = set.by_ref().ready_chunks(30).map(|chunk| chunk.len()).collect().await;
        assert_eq!((chunks.iter().sum::<usize>(), set.is_terminated()), (90, true));
        assert!(set.try_push(ready(7)).is_ok());
        assert_eq!(set.select_next_some().await, 7, "and goes on");
        let mut fused = pin!(squares(3).fuse());
        assert_eq!(fused.next().await, Some(9));
        let mut peekable = pin!(squares(1).peekable());
        assert_eq!(peekable.as_mut().peek().await, Some(&1));
        assert_eq!(peekable.next().await, Some(1));
    });
}
