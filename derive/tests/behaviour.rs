//! What derived implementations do.

use std::{
    collections::HashMap,
    marker::PhantomData,
    panic::{AssertUnwindSafe, catch_unwind},
};

use flagstone::{Clear, Pool};

#[derive(Default, Clear, Debug, PartialEq)]
struct Named {
    text: String,
    numbers: Vec<u32>,
    #[clear(skip)]
    kept: u32,
    #[clear(default)]
    reset: Option<Box<str>>,
    #[clear(with = halve)]
    halved: u32,
    r#type: u8,
}

fn halve(number: &mut u32) {
    *number /= 2;
}

#[test]
fn each_field_of_a_struct_is_cleared_as_it_says() {
    let mut value = Named {
        text: String::from("text"),
        numbers: vec![1, 2],
        kept: 3,
        reset: Some("reset".into()),
        halved: 8,
        r#type: 9,
    };
    let capacity = value.text.capacity();
    value.clear();
    assert_eq!(value, Named { kept: 3, halved: 4, ..Named::default() });
    assert_eq!(value.text.capacity(), capacity);
}

#[derive(Default, Clear, Debug, PartialEq)]
struct Tuple(String, #[clear(skip)] u32, Vec<u8>);

#[derive(Default, Clear)]
struct Unit;

#[derive(Clear)]
#[clear(keep_variant)]
enum Never {}

#[test]
fn tuple_structs_and_unit_structs() {
    let mut value = Tuple("text".to_owned(), 1, vec![1]);
    value.clear();
    assert_eq!(value, Tuple(String::new(), 1, vec![]));
    Unit.clear();
    let pool: Pool<Unit> = Pool::new();
    assert!(pool.lend().is_some());
    let _: Option<Never> = None;
}

#[derive(Default, Clear, Debug, PartialEq)]
enum State {
    #[default]
    New,
    Running {
        #[allow(dead_code)]
        steps: u32,
    },
    Ended(String),
}

#[test]
fn an_enum_becomes_its_default() {
    for mut state in [State::New, State::Running { steps: 1 }, State::Ended("end".to_owned())] {
        state.clear();
        assert_eq!(state, State::New);
    }
}

#[derive(Clear, Debug, PartialEq)]
#[clear(keep_variant)]
enum Buffer {
    None,
    Small([u8; 4], #[clear(skip)] u8),
    Large {
        bytes: Vec<u8>,
        #[clear(with = halve)]
        halved: u32,
        #[clear(default)]
        reset: Option<u8>,
    },
}

#[test]
fn an_enum_that_keeps_its_variant_clears_the_fields() {
    let large = |bytes, halved, reset| Buffer::Large { bytes, halved, reset };
    for (mut before, after) in [
        (Buffer::None, Buffer::None),
        (Buffer::Small([1; 4], 5), Buffer::Small([0; 4], 5)),
        (large(vec![1], 8, Some(1)), large(vec![], 4, None)),
    ] {
        before.clear();
        assert_eq!(before, after);
    }
}

/// `Unclear` does not implement `Clear`.
#[derive(Default)]
struct Unclear;

#[derive(Clear)]
struct Generic<'a, T, K, const N: usize>
where
    T: Copy,
{
    items: Vec<T>,
    map: HashMap<K, T>,
    array: [u8; N],
    pair: (Option<T>, u8),
    names: Option<&'a str>,
    marker: PhantomData<K>,
}

#[derive(Default, Clear)]
struct Wrapper<T>(T);

#[derive(Default, Clear)]
enum Choice<T> {
    #[default]
    Nothing,
    #[allow(dead_code)]
    Something(T),
}

#[derive(Default, Clear)]
#[clear(bound(T: Clear))]
struct List<T> {
    value: T,
    next: Option<Box<List<T>>>,
}

#[test]
fn generics_have_the_bounds_that_the_fields_need() {
    #[derive(Clone, Copy)]
    struct Plain;
    let mut value = Generic::<Plain, Unclear, 2> {
        items: vec![Plain],
        map: HashMap::new(),
        array: [1, 2],
        pair: (Some(Plain), 1),
        names: Some("name"),
        marker: PhantomData,
    };
    value.clear();
    assert!(value.items.is_empty() && value.map.is_empty() && value.array == [0, 0] && value.pair.0.is_none());
    assert!(value.pair.1 == 0 && value.names.is_none());

    let mut wrapper = Wrapper("text".to_owned());
    wrapper.clear();
    assert_eq!(wrapper.0, "");
    let mut choice = Choice::Something(Unclear);
    choice.clear();
    assert!(matches!(choice, Choice::Nothing));
    let mut list = List { value: 1, next: Some(Box::new(List { value: 2, next: None })) };
    list.clear();
    assert!(list.value == 0 && list.next.is_none());
}

mod renamed {
    pub(crate) use flagstone as stone;
}

#[derive(Clear)]
#[clear(crate = renamed::stone)]
struct Elsewhere(u8);

#[test]
fn flagstone_may_be_elsewhere() {
    let mut value = Elsewhere(1);
    value.clear();
    assert_eq!(value.0, 0);
}

#[test]
fn nothing_is_cleared_after_a_panic() {
    #[derive(Clear)]
    struct Bomb(u8, #[clear(with = explode)] u8, u8);
    fn explode(_: &mut u8) {
        panic!("as told");
    }
    let mut bomb = Bomb(1, 1, 1);
    assert!(catch_unwind(AssertUnwindSafe(|| bomb.clear())).is_err());
    assert_eq!((bomb.0, bomb.1, bomb.2), (0, 1, 1));
}

/// Types and items that come through macros.
mod through_macros {
    macro_rules! through {
        (tokens $name:ident $($of:tt)*) => {
            #[derive(Default, flagstone::Clear)]
            pub(crate) struct $name {
                pub(crate) field: $($of)*,
            }
        };
        (ident $name:ident $of:ident) => {
            #[derive(Default, flagstone::Clear)]
            pub(crate) struct $name(pub(crate) $of);
        };
        (item $item:item) => {
            #[derive(Default, flagstone::Clear)]
            $item
        };
    }

    through!(tokens Tokens Vec<u8>);
    through!(ident Ident String);
    through!(item pub(crate) struct Item<T> { #[deprecated] pub(crate) old: Vec<T>, #[clear(default)] pub(crate) new: Option<T> });
}

#[test]
#[allow(deprecated)]
fn types_may_come_through_macros() {
    let mut tokens = through_macros::Tokens { field: vec![1] };
    let mut ident = through_macros::Ident("text".to_owned());
    let mut item = through_macros::Item { old: vec![1], new: Some(1) };
    tokens.clear();
    ident.clear();
    item.clear();
    assert!(tokens.field.is_empty() && ident.0.is_empty() && item.old.is_empty() && item.new.is_none());
}

/// Names that a user's module may have must not be captured.
mod hostile {
    #[allow(dead_code)]
    struct Default;
    #[allow(dead_code)]
    mod core {}
    #[allow(dead_code)]
    trait Clear {
        fn clear(&mut self);
    }
    impl<T> Clear for T {
        fn clear(&mut self) {
            panic!("the wrong trait");
        }
    }

    #[derive(flagstone::Clear)]
    pub(crate) struct Value {
        pub(crate) number: u8,
    }
}

#[test]
fn names_of_the_users_are_not_captured() {
    let mut value = hostile::Value { number: 1 };
    flagstone::Clear::clear(&mut value);
    assert_eq!(value.number, 0);
}
