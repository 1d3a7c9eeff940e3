//! Points 10 and 12: what a registry shows of tasks.

use std::{future::pending, sync::LazyLock};

use flagstone::task::LocalExecutor;

use crate::storages::{Stored, on_every_storage};

on_every_storage! {
    point_12_kinds_and_names_do_not_break_the_table
    point_12_the_type_of_a_task_that_was_built_is_the_users
    point_12_kinds_of_the_same_text_are_the_same
    point_10_ages_are_known_where_there_is_a_clock
}

const ODD: &str = "a\nb\u{202e}c\u{2028}d\u{2066}e\u{7f}f\u{200b}g\"h\\";

fn point_12_kinds_and_names_do_not_break_the_table<M: Stored>() {
    let executor = M::executor();
    executor.builder().name(ODD).kind(ODD).spawn(pending::<()>()).detach();
    let registry = executor.registry();
    let shown = [
        registry.to_string(),
        registry.json().to_string(),
        registry.tasks()[0].to_string(),
        registry.tasks()[0].json().to_string(),
    ];
    for (shown, lines) in shown.iter().zip([2, 1, 1, 1]) {
        assert_eq!(shown.lines().count(), lines, "{shown}");
        for odd in ['\u{202e}', '\u{2028}', '\u{2066}', '\u{7f}', '\u{200b}'] {
            assert!(!shown.contains(odd), "{shown:?}");
        }
    }
    assert!(shown[0].contains(r"a\nb\u{202e}c\u{2028}d"), "{}", shown[0]);
    assert!(shown[1].contains(r#""kind":"a\u000ab\u202ec\u2028d\u2066e\u007ff\u200bg\"h\\""#), "{}", shown[1]);
}

struct OfTheUser;

impl Future for OfTheUser {
    type Output = ();

    fn poll(self: std::pin::Pin<&mut Self>, _: &mut std::task::Context<'_>) -> std::task::Poll<()> {
        std::task::Poll::Pending
    }
}

// The type was that of the closure in which the future is built.
fn point_12_the_type_of_a_task_that_was_built_is_the_users<M: Stored>() {
    let executor = M::executor();
    let handle = executor.spawner().spawn_with(|| OfTheUser);
    let type_name = handle.task().info().type_name;
    assert!(type_name.ends_with("::OfTheUser"), "{type_name}");
    let claimed = executor.try_claim().unwrap().spawn_with(|| OfTheUser).unwrap();
    assert_eq!(claimed.task().info().type_name, type_name);
}

// Each address made a site of its own, which lived as long as the executor.
fn point_12_kinds_of_the_same_text_are_the_same<M: Stored>() {
    static KINDS: LazyLock<Vec<String>> =
        LazyLock::new(|| (0..1000).map(|number| format!("kind {}", number % 2)).collect());
    let executor = M::executor();
    for (number, kind) in KINDS.iter().enumerate() {
        let kind: &'static str = kind;
        let handle = executor.builder().kind(kind).spawn(async {});
        let shown = handle.task().info().kind;
        assert_eq!(shown, kind);
        assert_eq!(std::ptr::eq(shown, kind), number < 2, "one site for each text");
        handle.detach();
        executor.tick(1);
    }
}

fn point_10_ages_are_known_where_there_is_a_clock<M: Stored>() {
    let executor = M::executor();
    let handle = executor.spawn(async {});
    assert!(handle.task().info().age.is_some());
    assert!(!executor.registry().to_string().contains("unknown"));
}

#[test]
fn point_11_a_future_that_is_aligned_to_16_stands_in_its_slot() {
    use flagstone::task::{BoxStorage, Refusal, SlabStorage, Storage, yield_now};

    #[repr(align(32))]
    struct Aligned32([u8; 32]);

    async fn holds_u128(start: std::time::Instant) -> u128 {
        let nanoseconds = start.elapsed().as_nanos();
        yield_now().await;
        assert_eq!((&raw const nanoseconds).addr() % align_of::<u128>(), 0);
        nanoseconds
    }

    fn runs<M: Storage>(executor: LocalExecutor<M>) {
        let tasks: Vec<_> =
            (0..100).map(|_| executor.try_spawn(holds_u128(std::time::Instant::now())).unwrap()).collect();
        executor.block_on(async {
            for task in tasks {
                assert!(task.await.unwrap() < 1 << 60);
            }
        });
    }

    runs(LocalExecutor::with_storage(SlabStorage::<192>::new()));
    runs(LocalExecutor::with_storage(SlabStorage::<64>::with_capacity(200)));
    runs(LocalExecutor::with_storage(BoxStorage::<0>::new()));
    runs(LocalExecutor::new());
    let executor = LocalExecutor::with_storage(SlabStorage::<192>::new());
    let aligned = Aligned32([7; 32]);
    let large = async move {
        let aligned = aligned;
        yield_now().await;
        aligned.0[0]
    };
    let refused = executor.try_spawn(large).map(drop).unwrap_err();
    assert_eq!(refused.reason(), Refusal::Align { needed: 32, had: 16 });
}
