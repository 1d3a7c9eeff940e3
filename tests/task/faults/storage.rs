//! Faults 8, 9, 10: where futures are kept, and where they are dropped.

use std::{
    cell::Cell,
    future::Future,
    marker::PhantomData,
    rc::Rc,
    sync::{Arc, MutexGuard, mpsc},
    task::{Poll, Waker},
    thread,
};

use flagstone::task::{
    BoxStorage, Claim, JoinError, JoinHandle, LocalExecutor, LocalSpawner, Refusal, SlabStorage, Spawner, Storage,
};

use crate::{
    implements::implements,
    storages::{Slab, Stored, on_every_storage},
    trials::{OnDrop, asleep, attempt, elsewhere, joined, poll_fn, poll_once, said},
    value::Ledger,
};

on_every_storage! {
    fault_08_a_full_slab_gives_the_future_back
    fault_08_spawn_drops_the_future_that_a_full_slab_refuses
    fault_10_a_future_is_dropped_by_its_executors_thread
}

fn fault_08_a_full_slab_gives_the_future_back<M: Stored>() {
    let ledger = Ledger::new();
    let executor = M::small_executor(1);
    let kept = executor.spawn(std::future::pending::<()>());
    let give_back = |refused: u32| {
        let value = ledger.value();
        let error = executor.try_spawn(async move { (value, refused) }).expect_err("it is full");
        assert_eq!(error.reason(), Refusal::Full);
        assert!(!error.to_string().is_empty() && !format!("{error:?}").is_empty());
        error.into_inner()
    };
    for refused in 0..10 {
        let dropped = ledger.dropped();
        let mut future = Box::pin(give_back(refused));
        assert_eq!(ledger.dropped(), dropped);
        let Poll::Ready((_value, found)) = poll_once(&mut future) else { panic!("it has nothing to wait for") };
        assert_eq!(found, refused);
    }
    let value = ledger.value();
    let error = executor.spawner().try_spawn(async move { drop(value) }).expect_err("it is full");
    assert_eq!(error.reason(), Refusal::Full);
    drop(error);
    let value = ledger.value();
    let error = executor.builder().name("refused").try_spawn(async move { drop(value) }).expect_err("it is full");
    assert_eq!(error.reason(), Refusal::Full);
    let spawner = executor.spawner();
    let value = ledger.value();
    let error = elsewhere(|| spawner.try_spawn_with(move || async move { drop(value) }).expect_err("it is full"));
    let build = error.into_inner();

    // A future that was refused is accepted when there is room.
    kept.cancel();
    drop(kept);
    executor.tick(usize::MAX);
    executor.block_on(executor.spawn(build())).unwrap();
}

fn fault_08_spawn_drops_the_future_that_a_full_slab_refuses<M: Stored>() {
    let ledger = Ledger::new();
    let executor = M::small_executor(0);
    let value = ledger.value();
    let panicked = attempt(|| executor.spawn(async move { drop(value) }).detach()).expect_err("it is full");
    assert!(!said(&*panicked).is_empty());
    assert_eq!(ledger.dropped(), 1);
}

#[test]
fn fault_08_a_future_that_is_too_large_comes_back() {
    let ledger = Ledger::new();
    let executor = LocalExecutor::with_storage(SlabStorage::<64>::new());
    let (value, large) = (ledger.value(), [7_u8; 4096]);
    let mut handles = Vec::new();
    for round in 0..3 {
        handles.push(executor.spawn(async move { round }));
    }
    let error = executor.try_spawn(async move { (value.id(), large[4095]) }).expect_err("it is too large");
    let Refusal::TooLarge { needed, had } = error.reason() else { panic!("{:?}", error.reason()) };
    assert!(needed >= 4096 && had < needed, "{needed}, {had}");
    assert_eq!(poll_once(&mut Box::pin(error.into_inner())), Poll::Ready((0, 7)));
    // So does a task of which only the output is too large.
    let error = executor.try_spawn(async { [7_u8; 4096] }).map(drop).expect_err("its output is too large");
    assert!(matches!(error.reason(), Refusal::TooLarge { .. }));
    // Nothing else has changed.
    assert_eq!(executor.len(), 3);
    for (round, handle) in handles.into_iter().enumerate() {
        assert_eq!(executor.block_on(handle).unwrap(), round);
    }
}

/// Checks the alignment of the place of such a future, and of its output.
fn is_aligned<M: Storage, A: Default + Send + 'static>(executor: &LocalExecutor<M>) -> bool {
    fn address<T>(value: &T) -> usize {
        (&raw const *value).addr()
    }

    let kept = A::default();
    let mut polls = 0;
    let future = poll_fn(move |context| {
        assert_eq!(address(&kept) % align_of::<A>(), 0);
        polls += 1;
        if polls < 3 {
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        Poll::Ready(A::default())
    });
    match executor.try_spawn(future) {
        Ok(handle) => {
            let output = executor.block_on(handle).unwrap();
            assert_eq!(address(&output) % align_of::<A>(), 0);
            true
        }
        Err(error) => {
            let Refusal::Align { needed, had } = error.reason() else { panic!("{:?}", error.reason()) };
            assert!(needed == align_of::<A>() && had < needed, "{needed}, {had}");
            false
        }
    }
}

macro_rules! aligned {
    ($($name:ident = $align:literal),*) => {$(
        #[derive(Default)]
        #[repr(align($align))]
        struct $name;
    )*};
}
aligned! { A1 = 1, A8 = 8, A16 = 16, A32 = 32, A64 = 64, A128 = 128, A4096 = 4096 }

#[test]
fn fault_09_an_over_aligned_future_is_aligned_or_refused() {
    fn all<M: Storage>(executor: &LocalExecutor<M>) -> [bool; 7] {
        [
            is_aligned::<M, A1>(executor),
            is_aligned::<M, A8>(executor),
            is_aligned::<M, A16>(executor),
            is_aligned::<M, A32>(executor),
            is_aligned::<M, A64>(executor),
            is_aligned::<M, A128>(executor),
            is_aligned::<M, A4096>(executor),
        ]
    }

    for _ in 0..3 {
        assert_eq!(all(&LocalExecutor::with_storage(BoxStorage::<192>::new())), [true; 7]);
        assert_eq!(all(&LocalExecutor::with_storage(BoxStorage::<0>::new())), [true; 7]);
        assert_eq!(all(&LocalExecutor::with_storage(BoxStorage::<16384>::new())), [true; 7]);
    }
    // Without boxes, a future of usual alignment is accepted, and one aligned to a page is refused.
    let slots = all(&LocalExecutor::with_storage(SlabStorage::<16384>::new()));
    assert!(slots[..2].iter().all(|&placed| placed) && !slots[6], "{slots:?}");
    assert!(slots.is_sorted_by(|smaller, larger| smaller >= larger), "{slots:?}");
}

fn fault_10_a_future_is_dropped_by_its_executors_thread<M: Stored>() {
    let here = thread::current().id();
    let executor = M::executor();
    let drops = Rc::new(Cell::new(0));
    // Other threads have the last handles, references and wakers, and cancel.
    for way in 0..8 {
        let (sender, receiver) = mpsc::channel::<Waker>();
        let counted = Rc::clone(&drops);
        let handle = executor.spawn(async move {
            let _here = OnDrop(move || {
                assert_eq!(thread::current().id(), here);
                counted.set(counted.get() + 1);
            });
            asleep(|waker| sender.send(waker).unwrap()).await;
            if way < 2 {
                std::future::pending::<()>().await;
            }
        });
        executor.tick(usize::MAX);
        let waker = receiver.recv().unwrap();
        elsewhere(move || match way {
            0 => assert!(handle.cancel()),
            1 => assert!(handle.abort_handle().abort()),
            2 => drop(handle),
            3 => {
                let task = handle.task();
                drop(handle);
                task.wake();
            }
            _ => handle.task().waker().wake(),
        });
        elsewhere(move || waker.wake());
        assert_eq!(drops.get(), way);
        executor.tick(usize::MAX);
        assert_eq!((drops.get(), executor.len()), (way + 1, 0));
    }
    // And by shutdown.
    let counted = Rc::clone(&drops);
    let handle = executor.spawn(async move {
        let _here = OnDrop(move || counted.set(counted.get() + 1));
        std::future::pending::<()>().await;
    });
    executor.tick(usize::MAX);
    drop(executor);
    assert_eq!(drops.get(), 9);
    elsewhere(move || drop(handle));
}

#[test]
fn fault_10_a_join_handle_goes_where_its_output_may() {
    type Sent = Arc<u8>;
    type NotSync = Cell<u8>; // `Send` alone
    type NotSend = MutexGuard<'static, u8>; // `Sync` alone
    type Neither = Rc<u8>;

    assert!(implements!(JoinHandle<Sent>: Send) && implements!(JoinHandle<Sent>: Sync));
    assert!(implements!(JoinHandle<NotSync>: Send) && implements!(JoinHandle<NotSync>: Sync));
    assert!(!implements!(JoinHandle<NotSend>: Send) && !implements!(JoinHandle<NotSend>: Sync));
    assert!(!implements!(JoinHandle<Neither>: Send) && !implements!(JoinHandle<Neither>: Sync));
    assert!(implements!(JoinError<Sent>: Send) && !implements!(JoinError<Neither>: Send));
    assert!(!implements!(LocalExecutor<Slab>: Send) && !implements!(LocalExecutor<Slab>: Sync));
    assert!(!implements!(LocalSpawner<Slab>: Send) && !implements!(LocalSpawner<Slab>: Sync));
    assert!(implements!(Spawner<Slab>: Send) && implements!(Spawner<Slab>: Sync));
    assert!(!implements!(Claim<Slab>: Send), "its future is spawned without `Send`");
    // A future that a spawner sends must be `Send`: see the doctests of `Spawner` for code that must not compile.
    fn spawns<M: Storage, F: Future<Output: Send> + Send + 'static>(_: &Spawner<M>, _: PhantomData<F>) {}
    spawns(&LocalExecutor::new().spawner(), PhantomData::<std::future::Ready<u8>>);
}

#[test]
fn fault_10_an_output_that_is_not_send_stays_on_its_thread() {
    let executor = LocalExecutor::new();
    let output = Rc::new(7);
    let kept = Rc::clone(&output);
    let (handle, other) = (executor.spawn(async move { output }), executor.spawn(async { Rc::new(8) }));
    let (task, aborts) = (handle.task(), other.abort_handle());
    executor.tick(usize::MAX);
    // No handle that may be sent to other threads touches outputs.
    elsewhere(move || {
        assert!(!task.cancel() && !aborts.abort());
        drop((task, aborts));
    });
    drop(other);
    assert_eq!(Rc::strong_count(&kept), 2);
    assert!(Rc::ptr_eq(&joined(handle).unwrap(), &kept));
    assert_eq!(Rc::strong_count(&kept), 1);
}
