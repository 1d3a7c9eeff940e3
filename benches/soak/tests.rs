//! Each check detects its own fault, and nothing else.

use std::sync::{Arc, Mutex, MutexGuard, Once, PoisonError, Weak};
use std::time::Duration;
use std::{panic, thread};

use clap::{CommandFactory, Parser};
use crossbeam_channel::bounded;
use flagstone::{Clear, DefaultConfig, Pool, Slab};

use crate::actor::{Act, Actor, Post, each_once};
use crate::arena::{Arena, NO_KEY, Site};
use crate::arguments::Arguments;
use crate::books::Books;
use crate::crowds::{Crowded, Wrapping};
use crate::ground::{Ground, Of};
use crate::history::{self, Operation};
use crate::memory::{Quiet, resident};
use crate::plot;
use crate::random::Random;
use crate::samples::Sample;
use crate::shadow::{Parts, Shadow};
use crate::soak::Spent;
use crate::store::Store;
use crate::value::{Afterlife, Belonging, Plan, Reenter, Value, attempt};
use crate::violation::{self, noticed};

/// Thread numbers are process-wide and some tests depend on them, so tests run one at a time.
fn turn() -> MutexGuard<'static, ()> {
    static TURN: Mutex<()> = Mutex::new(());
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let usual = panic::take_hook();
        panic::set_hook(Box::new(move |panicked| {
            if !panicked.payload().is::<violation::Planned>() {
                usual(panicked);
            }
        }));
    });
    let turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    noticed();
    turn
}

fn site() -> Site {
    let books = Box::leak(Box::new(Books::new()));
    Site { number: 0, name: "store", books, places: 4, permanent: 1, threads: 2 }
}

fn plan(site: &Site) -> Plan {
    let Site { number, name, books, .. } = *site;
    Plan { store: number, name, books, serial: 7, belonging: Belonging::Anybody, afterlife: None }
}

#[track_caller]
fn expect_noticed(what: &str) {
    let noticed = noticed();
    assert!(noticed.iter().any(|line| line.contains(what)), "{what:?} is not in {noticed:?}");
}

#[track_caller]
fn expect_nothing_noticed() {
    assert_eq!(noticed(), Vec::<String>::new());
}

#[test]
fn a_value_is_known_by_its_key_until_it_ends() {
    let _turn = turn();
    let mut value = Value::new(plan(&site()), 5);
    value.check(5).unwrap();
    value.write();
    value.check(5).unwrap();
    assert!(value.check(6).unwrap_err().contains("key 0x5"));
    value.clear();
    assert!(value.check(5).unwrap_err().contains("cleared"));
    drop(value);
    expect_nothing_noticed();
}

#[test]
fn a_value_that_is_overwritten_or_ended_twice_is_noticed() {
    let _turn = turn();
    let mut value = Value::new(plan(&site()), 5);
    value.tear();
    assert!(value.check(5).unwrap_err().contains("torn"));
    value.clear();
    expect_noticed("ended that is torn");
    value.clear();
    expect_noticed("cleared already");
    value.destroy();
    assert!(value.check(5).unwrap_err().contains("destroyed"));
    drop(value);
    expect_noticed("destroyed already");
}

#[test]
fn a_pooled_value_that_is_not_cleared_is_not_to_be_filled() {
    let _turn = turn();
    let mut value = Value::default();
    value.fill(plan(&site()), 1);
    value.clear();
    value.fill(plan(&site()), 2);
    expect_nothing_noticed();
    value.fill(plan(&site()), 3);
    expect_noticed("not a cleared one");
}

#[test]
fn keys_are_taken_apart_as_they_were_put_together() {
    let slab = Slab::<()>::new_with_config::<Crowded>();
    let _turn = turn();
    let keys: Vec<usize> = (0..14).map(|_| slab.insert(()).unwrap()).collect();
    let mut parts: Vec<Parts> = keys.iter().map(|&key| Parts::of::<Crowded>(key).unwrap()).collect();
    assert!(parts.iter().all(|part| part.shard == parts[0].shard && part.generation == 0));
    parts.sort_by_key(|part| (part.page, part.offset));
    let places: Vec<_> = parts.iter().map(|part| (part.page, part.offset)).collect();
    let all = (0..3).flat_map(|page| (0..2 << page).map(move |offset| (page, offset)));
    assert_eq!(places, all.collect::<Vec<_>>());
    assert!(slab.remove(keys[3]));
    let again = Parts::of::<Crowded>(slab.insert(()).unwrap()).unwrap();
    assert_eq!(again, Parts { generation: 1, ..Parts::of::<Crowded>(keys[3]).unwrap() });
    assert_eq!(Parts::of::<Crowded>(usize::MAX), None);
}

#[test]
fn a_key_that_is_handed_out_twice_is_noticed() {
    let shadow = Shadow::<Crowded>::new(8);
    let slab = Slab::<()>::new_with_config::<Crowded>();
    let _turn = turn();
    let mut last = slab.insert(()).unwrap();
    for _ in 0..5 {
        shadow.born(last, true).unwrap();
        assert!(shadow.born(last, false).is_err() && shadow.born(last, true).is_err());
        assert!(slab.remove(last));
        let next = slab.insert(()).unwrap();
        let same_slot = Parts { generation: 0, ..Parts::of::<Crowded>(next).unwrap() };
        assert_eq!(same_slot, Parts { generation: 0, ..Parts::of::<Crowded>(last).unwrap() });
        shadow.born(next, true).unwrap();
        assert!(shadow.born(last, true).unwrap_err().contains("twice"), "an earlier one");
        shadow.born(last, false).unwrap(); // told late
        assert!(slab.remove(next));
        last = slab.insert(()).unwrap();
    }
    assert!(shadow.born(usize::MAX, true).unwrap_err().contains("no slot"));
}

#[test]
fn a_value_that_is_taken_under_a_reader_is_noticed() {
    let shadow = Shadow::<DefaultConfig>::new(8);
    shadow.is_there(3).unwrap();
    shadow.taken(3);
    assert!(shadow.is_there(3).is_err());
    shadow.is_there(4).unwrap();
}

#[test]
fn a_walk_comes_by_each_once() {
    each_once(&mut [3, 1, 2], [1, 3].iter()).unwrap();
    assert!(each_once(&mut [3, 1, 3], [].iter()).unwrap_err().contains("visited 0x3 twice"));
    assert!(each_once(&mut [3, 1], [2].iter()).unwrap_err().contains("not visit 0x2"));
}

#[test]
fn memory_that_grows_is_noticed() {
    let mut quiet = Quiet::default();
    quiet.look(100 << 20).unwrap();
    quiet.look(90 << 20).unwrap();
    quiet.look(101 << 20).unwrap();
    assert!(quiet.look(200 << 20).unwrap_err().contains("grows"));
    assert!(!cfg!(target_os = "linux") || resident() > 0);
}

#[test]
fn what_a_worker_finds_wrong_it_says() {
    let _turn = turn();
    let arena = Arena::<Slab<Value, Crowded>>::new(site());
    let mut random = Random::new(1);
    let key = arena.add(&mut random, Belonging::One).unwrap();
    arena.is_found(key);
    assert!(arena.remove(key));
    expect_nothing_noticed();
    arena.is_found(key);
    expect_noticed("was not found");
    let key = arena.add(&mut random, Belonging::One).unwrap();
    arena.is_gone(key);
    expect_noticed("had ended found one");
    let other = arena.store.insert(Value::new(plan(&arena.site), key ^ 1)).unwrap();
    arena.see(other, &arena.store.get(other).unwrap());
    expect_noticed("the value of the key");
}

fn settled<S: Store>(plant: impl FnOnce(&Arena<S>) + Send) -> Vec<String> {
    let mut ground = Of::<S>::around(Arena::new(site()));
    thread::scope(|scope| {
        let planter = scope.spawn(|| {
            ground.begin();
            plant(ground.arena());
        });
        planter.join().unwrap(); // its number is free again
    });
    ground.settle(2);
    noticed()
}

#[test]
fn books_that_balance_are_said_to() {
    let _turn = turn();
    let add = |arena: &Arena<Slab<Value, Crowded>>| {
        (0..9).for_each(|number| _ = arena.add(&mut Random::new(number), Belonging::Anybody));
    };
    assert_eq!(settled(add), Vec::<String>::new());
    assert_eq!(settled::<Pool<Value, Wrapping>>(|_| {}), Vec::<String>::new());
    assert_eq!(settled::<Slab<Value, DefaultConfig>>(|_| {}), Vec::<String>::new());
}

#[test]
fn books_that_do_not_balance_are_noticed() {
    let _turn = turn();
    let notices = |noticed: Vec<String>, what: &str| {
        assert!(noticed.iter().any(|line| line.contains(what)), "{what:?} is not in {noticed:?}");
    };
    // A value that was never ended, one that was ended twice, a slot that is lost, a permanent entry that was removed.
    notices(settled::<Slab<Value, Crowded>>(|arena| arena.site.books.filled.raise()), "values are alive");
    notices(settled::<Slab<Value, Crowded>>(|arena| arena.site.books.ended.raise()), "values are alive");
    notices(
        settled::<Slab<Value, Crowded>>(|arena| std::mem::forget(arena.store.vacant_entry())),
        "slots could be filled",
    );
    let forget = |arena: &Arena<Slab<Value, Crowded>>| std::mem::forget(arena.store.get(arena.permanent()[0]));
    notices(settled(forget), "`len` is 1");
    let remove = |arena: &Arena<Pool<Value, Crowded>>| assert!(arena.store.clear(arena.permanent()[0]));
    notices(settled(remove), "which was there all the time");
}

#[test]
fn ends_insert_and_remove_and_panic() {
    let _turn = turn();
    let arena = Arena::<Slab<Value, Crowded>>::new(site());
    let with = |afterlife| {
        let stage: Weak<dyn Reenter> = Arc::downgrade(&arena) as _;
        let plan = Plan { afterlife: Some((afterlife, stage)), ..plan(&arena.site) };
        arena.store.insert_with_key(|key| Value::new(plan, key)).unwrap()
    };
    let key = with(Afterlife::Insert);
    assert!(attempt(|| assert!(arena.store.remove(key))));
    assert_eq!(arena.store.len(), 1);
    let key = with(Afterlife::Remove);
    assert!(attempt(|| assert!(arena.store.remove(key))));
    let key = with(Afterlife::Panic);
    assert!(!attempt(|| _ = arena.store.remove(key)));
    let key = with(Afterlife::Panic);
    assert!(arena.store.remove(key), "not where it would not be caught");
    expect_nothing_noticed();
}

#[test]
fn one_worker_alone_finds_nothing() {
    fn work<S: Store>() {
        let arena = Arena::<S>::new(site());
        arena.permanent();
        let post = Post { guards: bounded(4), owned: bounded(4) };
        let mut actor = Actor::new(&arena, &post, Random::new(3));
        for turn in 0..3000 {
            let _ = attempt(|| actor.act());
            if turn % 16 == 0 {
                while !attempt(|| actor.let_go()) {}
                let _ = attempt(|| actor.take());
            }
        }
        drop(actor);
        drop(post);
        drop(arena);
    }
    let _turn = turn();
    work::<Slab<Value, DefaultConfig>>();
    work::<Pool<Value, Crowded>>();
    work::<Slab<Value, Spent>>();
    work::<Slab<Value, Wrapping>>();
    expect_nothing_noticed();
}

#[test]
fn a_report_lists_the_last_operations_on_the_key() {
    let _turn = turn();
    history::be(61);
    for key in 0..40_000 {
        history::remember(Operation::Insert, 3, key);
    }
    history::remember(Operation::Remove, 3, 39_999);
    history::remember(Operation::Get, 4, 39_999);
    let text = history::describe(3, 39_999);
    let (about_key, last) = text.split_once("the last operation of each").unwrap();
    assert_eq!(about_key.matches("worker 61").count(), 2, "{text}");
    assert!(about_key.contains("Insert") && about_key.contains("Remove") && last.contains("Get 0x9c3f in store 4"));
    assert_eq!(history::operations_of(61), 40_002);
    history::be(history::NOBODY);
}

#[test]
fn arguments_say_how_long() {
    Arguments::command().debug_assert();
    let parse = |line: &str| Arguments::try_parse_from(line.split(' '));
    let length = |line| parse(line).unwrap().length();
    assert_eq!(length("soak --minutes 2"), Duration::from_secs(120));
    assert_eq!(length("soak --seconds 7"), Duration::from_secs(7));
    assert_eq!(parse("soak --seconds 8").unwrap().round(), Duration::from_secs(2));
    assert_eq!(parse("soak").unwrap().round(), Duration::from_secs(5));
    for wrong in ["soak --threads 0", "soak --threads 63", "soak --seconds 0", "soak --seconds 1 --minutes 1"] {
        assert!(parse(wrong).is_err(), "{wrong}");
    }
}

#[test]
fn a_picture_is_drawn_of_any_number_of_samples() {
    let file = std::env::temp_dir().join(format!("flagstone-soak-{}.svg", std::process::id()));
    for count in [0, 1, 2000] {
        let sample = |second| Sample { seconds: second as f64, operations_per_second: 1e6, ..Sample::default() };
        let samples: Vec<Sample> = (1..=count).map(sample).collect();
        plot::draw(&samples, "soak", &file).unwrap();
        let text = std::fs::read_to_string(&file).unwrap();
        for label in ["million operations per second", "resident memory, MiB", "live entries, thousands"] {
            assert!(text.contains(label), "{label}");
        }
    }
    std::fs::remove_file(&file).unwrap();
    assert_eq!(NO_KEY, usize::MAX);
}
