//! What needs a store for itself: what is done between phases, and at the end.

use std::collections::BTreeMap;

use super::{
    call::{Call, attempt},
    configurations::Shape,
    driver::compare_trim,
    operations::Interlude,
    oracle::Oracle,
    store::Store,
    value::Value,
};

/// Does it, and compares.
pub(crate) fn between<S: Store>(store: &mut S, oracle: &mut Oracle<S::Config>, interlude: &Interlude) {
    match interlude {
        Interlude::Nothing => {}
        Interlude::EndAll => compare_end(attempt(|| store.end_all()), &oracle.end_all()),
        Interlude::ShrinkToFit => {
            if let Some(expected) = oracle.trim_all() {
                compare_trim(attempt(|| store.shrink_to_fit()), &expected);
            }
        }
        Interlude::Drain(count) => {
            let Some(mut drain) = store.drain() else { return };
            yield_some(&mut drain, *count, oracle);
            compare_end(attempt(|| drop(drain)), &oracle.end_all());
        }
        Interlude::IterMut(number, curse) => {
            let mut written = BTreeMap::new();
            for (key, value) in store.iter_mut() {
                assert_eq!(written.insert(key, value.id()), None, "{key:#x} came twice");
                value.write(*number, *curse);
            }
            assert_eq!(written, oracle.all_endable());
            for key in written.into_keys() {
                let entry = oracle.entry_mut(key);
                (entry.written, entry.curse) = (Some(*number), *curse);
            }
        }
        Interlude::UniqueIter => {
            let mut seen: Vec<u64> = store.unique_iter().map(Value::id).collect();
            let mut ids: Vec<u64> = oracle.all_endable().into_values().collect();
            seen.sort_unstable();
            ids.sort_unstable();
            assert_eq!(seen, ids);
        }
        Interlude::GetMut(choice, number, curse) => {
            let key = choice.key(oracle);
            let value = store.get_mut(key);
            let expected = oracle.endable(key).map(|entry| (entry.id, entry.written));
            assert_eq!(value.as_ref().map(|value| (value.id(), value.written())), expected, "get_mut {key:#x}");
            if let Some(value) = value {
                value.write(*number, *curse);
                let entry = oracle.entry_mut(key);
                (entry.written, entry.curse) = (Some(*number), *curse);
            }
        }
    }
}

/// The first of the panics goes on, whichever comes first.
fn compare_end(outcome: Result<(), Call>, panics: &[Call]) {
    let is_foreseen = outcome.map_or_else(|call| panics.contains(&call), |()| panics.is_empty());
    assert!(is_foreseen, "the end of all entries is {outcome:?}, where {panics:?} are to panic");
}

/// The store ends, whole or after it has yielded so many of its values.
pub(crate) fn finish<S: Store>(store: S, oracle: &mut Oracle<S::Config>, into_iter: Option<u8>) {
    let outcome = match if into_iter.is_some() { store.into_iter() } else { Err(store) } {
        Err(store) => attempt(|| drop(store)),
        Ok(mut values) => {
            yield_some(&mut values, into_iter.unwrap_or(0), oracle);
            attempt(|| drop(values))
        }
    };
    assert_eq!(outcome, oracle.dropped(), "the end of the store");
}

/// Takes so many values, as long as there are any, and compares them.
fn yield_some<C: Shape>(values: &mut impl Iterator<Item = (usize, Value)>, count: u8, oracle: &mut Oracle<C>) {
    let mut left = oracle.all_endable().len();
    for _ in 0..count {
        assert!(values.size_hint().1 >= Some(left), "an upper bound");
        let yielded = values.next().map(|(key, value)| (key, value.into_parts()));
        assert_eq!(yielded.is_some(), left > 0, "what is left");
        if let Some((key, value)) = yielded {
            let entry = oracle.drained(key).expect("there is an entry of this key");
            assert_eq!(value, (entry.id, entry.written), "what {key:#x} yielded");
            left -= 1;
        }
    }
}
