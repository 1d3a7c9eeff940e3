//! Futures of odd shapes: zero-sized, of large alignment, huge, never to be moved.

use std::{
    future::Future,
    marker::PhantomPinned,
    mem,
    pin::Pin,
    sync::atomic::{AtomicUsize, Ordering},
    task::{Context, Poll},
};

use crate::{
    gate::run,
    homes::{Home, Room, in_every_home, with_much_stack},
};

in_every_home! {
    over_aligned_futures_stand_where_they_may
    futures_without_size_are_dropped_once
    a_future_never_moves
}

/// Is polled twice, and records its address.
struct Placed<T> {
    polls: usize,
    here: usize,
    filling: T,
    _pinned: PhantomPinned,
}

impl<T> Placed<T> {
    fn new(filling: T) -> Self {
        Self { polls: 0, here: 0, filling, _pinned: PhantomPinned }
    }
}

impl<T: Copy + Into<[usize; 2]>> Future for Placed<T> {
    type Output = [usize; 2];

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<[usize; 2]> {
        let here = (&raw const *self).addr();
        assert_eq!(here % align_of::<Self>(), 0, "it is not aligned");
        let filling = self.filling;
        let (seen, polls) = project(self);
        if *seen == 0 {
            *seen = here;
        }
        assert_eq!(*seen, here, "it has moved");
        *polls += 1;
        context.waker().wake_by_ref();
        if *polls < 4 { Poll::Pending } else { Poll::Ready(filling.into()) }
    }
}

#[allow(unsafe_code, reason = "a projection of fields that are not pinned")]
fn project<T>(pinned: Pin<&mut Placed<T>>) -> (&mut usize, &mut usize) {
    // SAFETY: nothing is moved out of these two fields.
    let this = unsafe { pinned.get_unchecked_mut() };
    (&mut this.here, &mut this.polls)
}

impl<T> Drop for Placed<T> {
    fn drop(&mut self) {
        let here = (&raw const *self).addr();
        assert!(self.here == 0 || self.here == here, "it is not dropped where it was polled");
    }
}

#[derive(Clone, Copy)]
#[repr(align(128))]
struct Aligned128([usize; 2]);

#[derive(Clone, Copy)]
#[repr(align(4096))]
struct Aligned4096([usize; 2]);

#[derive(Clone, Copy)]
struct Huge([[usize; 2]; 10_000]);

impl From<Aligned128> for [usize; 2] {
    fn from(from: Aligned128) -> Self {
        from.0
    }
}

impl From<Aligned4096> for [usize; 2] {
    fn from(from: Aligned4096) -> Self {
        from.0
    }
}

impl From<Huge> for [usize; 2] {
    fn from(from: Huge) -> Self {
        assert!(from.0.windows(2).all(|pair| pair[0] == pair[1]));
        from.0[9_999]
    }
}

fn fill_and_drain<H: Home, T: Copy + Into<[usize; 2]>, const N: usize>(filling: impl Fn([usize; 2]) -> T) {
    let mut room = Room::<_, N>::new();
    let mut set = H::set(&mut room);
    for round in 0..2 {
        for number in 0..N {
            assert!(set.try_push(Placed::new(filling([round, number]))).is_ok());
        }
        let first = set.keys().next().unwrap();
        assert!(round == 0 || set.remove(first));
        let mut outputs = Vec::new();
        while let Poll::Ready(Some((_, output))) = run(&mut set) {
            assert_eq!(output[0], round);
            outputs.push(output[1]);
        }
        outputs.sort_unstable();
        outputs.dedup();
        assert_eq!(outputs.len(), N - round);
    }
    assert!(set.try_push(Placed::new(filling([0, 0]))).is_ok());
}

fn over_aligned_futures_stand_where_they_may<H: Home>() {
    fill_and_drain::<H, _, 70>(Aligned128);
    fill_and_drain::<H, _, 3>(Aligned4096);
    fill_and_drain::<H, _, 1>(Aligned4096);
}

fn a_future_never_moves<H: Home>() {
    fill_and_drain::<H, _, 200>(|filling| filling);
    fill_and_drain::<H, _, 1>(|filling| filling);
}

mod huge_futures {
    use super::*;

    fn behaviour<H: Home>() {
        fill_and_drain::<H, _, 3>(|filling| Huge([filling; 10_000]));
    }

    #[test]
    fn on_heap() {
        with_much_stack(behaviour::<crate::homes::Heap>);
    }

    #[test]
    fn in_place() {
        with_much_stack(behaviour::<crate::homes::Place>);
    }
}

fn futures_without_size_are_dropped_once<H: Home>() {
    struct Nothing<H>(std::marker::PhantomData<H>);

    static ALIVE: [AtomicUsize; 2] = [const { AtomicUsize::new(0) }; 2];

    fn alive<H: Home>() -> &'static AtomicUsize {
        &ALIVE[usize::from(H::IN_PLACE)]
    }

    impl<H: Home> Nothing<H> {
        fn new() -> Self {
            alive::<H>().fetch_add(1, Ordering::SeqCst);
            Self(std::marker::PhantomData)
        }
    }

    // A generic destructor cannot have stricter bounds than its type.
    struct Counted<H: Home>(Nothing<H>);

    impl<H: Home> Drop for Counted<H> {
        fn drop(&mut self) {
            alive::<H>().fetch_sub(1, Ordering::SeqCst);
        }
    }

    impl<H: Home> Future for Counted<H> {
        type Output = Self;

        fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Self> {
            Poll::Ready(Self(Nothing::new()))
        }
    }

    assert_eq!(mem::size_of::<Counted<H>>(), 0);
    let mut room = Room::<_, 100>::new();
    let mut set = H::set(&mut room);
    for _ in 0..2 {
        assert!((0..100).all(|_| set.try_push(Counted(Nothing::<H>::new())).is_ok()));
        let keys: Vec<_> = set.keys().collect();
        assert!(keys[..20].iter().all(|&key| set.remove(key)));
        assert_eq!(alive::<H>().load(Ordering::SeqCst), 80);
        let outputs: Vec<_> = (0..20).map(|_| run(&mut set)).collect();
        assert_eq!((alive::<H>().load(Ordering::SeqCst), set.len()), (80, 60));
        drop(outputs);
        set.clear();
        assert_eq!(alive::<H>().load(Ordering::SeqCst), 0);
    }
}
