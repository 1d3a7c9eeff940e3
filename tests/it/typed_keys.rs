//! Keys with types of their own.

use std::{
    collections::{BTreeSet, HashMap},
    hash::Hash,
    num::NonZeroUsize,
    str::FromStr,
    sync::Arc,
};

use flagstone::{
    Config, DefaultConfig, Slab,
    keyed::{self, InvalidKey, Key, KeyData},
    new_key_type,
};

use crate::{
    configs::{on_every_configuration, room},
    crowd::{on_a_thread_without_a_shard, others_claim_all},
    implements::implements,
};

new_key_type! {
    /// With documentation, and with a visibility.
    pub(crate) struct NumberKey;
    struct OtherKey;
}

new_key_type! {}

on_every_configuration! {
    every_operation_by_key_has_its_typed_twin
    typed_keys_of_a_pool
    the_numbers_are_those_of_an_untyped_slab
}

fn every_operation_by_key_has_its_typed_twin<C: Config>() {
    let slab: Arc<keyed::Slab<NumberKey, String, C>> = Arc::new(keyed::Slab::with_key());
    let key: NumberKey = slab.insert("a".to_owned()).unwrap();
    assert_eq!((&**slab.get(key).unwrap(), slab.get(key).unwrap().key()), ("a", key));
    assert_eq!(slab.try_get(key).unwrap().key(), key);
    assert_eq!(slab.get_arc(key).unwrap().key(), key);
    assert_eq!(slab.clone().get_owned(key).unwrap().key(), key);
    {
        let pinned = slab.pin();
        assert_eq!(pinned.get(key).map(String::as_str), Some("a"));
        assert!(pinned.contains(key) && pinned.keys().eq([key]) && pinned.iter().all(|(found, _)| found == key));
    }
    slab.get_exclusive(key).unwrap().push('b');
    slab.wait_exclusive(key).unwrap().push('c');
    assert!(slab.contains(key) && slab.keys().eq([key]) && slab.iter().all(|entry| entry.key() == key));
    slab.retain(|found, value| found == key && value == "abc");
    assert_eq!(format!("{slab:?}").matches("NumberKey(0x").count(), 1);
    assert_eq!(slab.take(key).as_deref(), Some("abc"));
    assert!(slab.get(key).is_none() && !slab.remove(key) && slab.try_take(key).is_none());

    let key = slab.try_insert("d".to_owned()).unwrap();
    assert_eq!(slab.try_take(key).as_deref(), Some("d"));
    let key = slab.insert_with_key(|key: NumberKey| key.to_string()).unwrap();
    assert_eq!(NumberKey::from_str(&slab.get(key).unwrap()), Ok(key));
    assert!(slab.get(key).unwrap().remove());
    let vacant = slab.vacant_entry().unwrap();
    let key: NumberKey = vacant.key();
    vacant.insert("e".to_owned());

    let mut slab = Arc::into_inner(slab).unwrap();
    slab.get_mut(key).unwrap().push('f');
    assert!(slab.iter_mut().all(|(found, value)| found == key && value == "ef"));
    assert_eq!(slab.drain().next(), Some((key, "ef".to_owned())));
    slab.extend(["g".to_owned()]);
    assert!(slab.into_iter().all(|(_, value): (NumberKey, _)| value == "g"));
    let collected: keyed::Slab<NumberKey, u8, C> = [1].into_iter().collect();
    assert_eq!(collected.len(), 1);
}

fn typed_keys_of_a_pool<C: Config>() {
    let pool: Arc<keyed::Pool<NumberKey, String, C>> = Arc::new(keyed::Pool::with_key());
    let key: NumberKey = pool.create_with_key(|key: NumberKey, text| text.push_str(&key.to_string())).unwrap();
    assert_eq!(*pool.get(key).unwrap(), key.to_string());
    assert!(pool.try_get(key).is_ok() && pool.get_arc(key).is_some() && pool.clone().get_owned(key).is_some());
    assert!(pool.contains(key) && pool.pin().get(key).is_some() && pool.keys().eq([key]));
    assert!(pool.remove(key) && !pool.clear(key) && pool.get_exclusive(key).is_err());
    let key = pool.create().unwrap().key();
    assert!(pool.iter().all(|guard| guard.key() == key));
    assert_eq!(pool.wait_exclusive(key).unwrap().key(), key);
    assert!(pool.remove(key));
    let lent = pool.lend_owned().unwrap();
    assert_ne!(lent.key(), key);
    drop(lent);
    let mut made: keyed::Pool<OtherKey, String, C> = keyed::Pool::with_key_and_init(|| "made".to_owned());
    let key = made.create_with(|text| assert_eq!(text, "made")).unwrap();
    assert_eq!(made.get_mut(key).map(|text| text.len()), Some(4));
}

fn the_numbers_are_those_of_an_untyped_slab<C: Config>() {
    let (plain, typed) = (Slab::new_with_config::<C>(), keyed::Slab::<NumberKey, usize, C>::with_key());
    for number in 0..room::<C>(100) {
        let (raw, key) = (plain.insert(number).unwrap(), typed.insert(number).unwrap());
        assert_eq!((raw, raw as u64), (key.to_raw(), key.to_bits()));
        assert_eq!(NumberKey::from_bits(raw as u64), Some(key));
    }
}

#[test]
fn a_walk_on_a_thread_without_a_shard_yields_typed_keys() {
    struct One;
    impl Config for One {
        const MAX_THREADS: usize = 1;
    }
    let slab: keyed::Slab<NumberKey, u8, One> = keyed::Slab::with_key();
    on_a_thread_without_a_shard(|| {
        others_claim_all::<One>(|| drop(slab.pin()));
        let keys = BTreeSet::from([slab.insert(1).unwrap(), slab.insert(2).unwrap()]);
        let pinned = slab.pin();
        assert_eq!(
            (pinned.keys().collect::<BTreeSet<_>>(), slab.keys().collect::<BTreeSet<_>>()),
            (keys.clone(), keys)
        );
    });
}

#[test]
fn a_key_has_a_niche() {
    assert_eq!(size_of::<NumberKey>(), size_of::<usize>());
    assert_eq!(size_of::<Option<NumberKey>>(), size_of::<usize>());
    assert_eq!(size_of::<Result<NumberKey, ()>>(), size_of::<usize>());
    assert_eq!(size_of::<Option<KeyData>>(), size_of::<usize>());
}

#[test]
fn a_key_is_a_number_and_a_text() {
    fn check<K>(name: &str)
    where
        K: Key + Hash + ToString + FromStr<Err = InvalidKey> + TryFrom<u64, Error = InvalidKey> + Into<u64>,
    {
        let last = usize::MAX as u64 - 1;
        for (bits, text) in [(1, "0x1".to_owned()), (31, "0x1f".to_owned()), (last, format!("{last:#x}"))] {
            let key = K::try_from(bits).unwrap();
            assert_eq!((key.into(), key.to_raw() as u64, key.to_string()), (bits, bits, text.clone()));
            assert_eq!((text.parse(), bits.to_string().parse()), (Ok(key), Ok(key)));
            assert_eq!(format!("{key:?}"), format!("{name}({text})"));
            assert_eq!(K::from_raw(NonZeroUsize::new(bits as usize).unwrap()), key);
        }
        for (bits, reason) in
            [(0, InvalidKey::Zero), (last + 1, InvalidKey::TooLarge), (u64::MAX, InvalidKey::TooLarge)]
        {
            assert_eq!(K::try_from(bits), Err(reason));
            assert_eq!((bits.to_string().parse::<K>(), format!("{bits:#x}").parse::<K>()), (Err(reason), Err(reason)));
        }
        let too_large = ["0x10000000000000000", "18446744073709551616"];
        assert!(too_large.iter().all(|text| text.parse::<K>() == Err(InvalidKey::TooLarge)));
        let wrong = ["", "0x", "x1", "1f", "0xg", "+1", "0x+1", "-1", " 1", "1 ", "0X1", "0b1", "1.0", "\u{661}"];
        for text in wrong {
            assert_eq!(text.parse::<K>(), Err(InvalidKey::NotANumber), "{text:?}");
        }
        let keys: HashMap<K, u64> = (1..100).map(|bits| (K::try_from(bits).unwrap(), bits)).collect();
        assert!(keys.iter().all(|(&key, &bits)| key.into() == bits));
        assert!(K::try_from(1).unwrap() < K::try_from(2).unwrap());
    }
    check::<NumberKey>("NumberKey");
    check::<OtherKey>("OtherKey");
    check::<KeyData>("KeyData");
    assert_eq!((NumberKey::from_bits(0), NumberKey::from_bits(u64::MAX)), (None, None));
    const KEY: Option<NumberKey> = NumberKey::from_bits(7);
    assert_eq!(KEY.map(NumberKey::to_bits), Some(7));
    assert_eq!(InvalidKey::Zero.to_string(), "0 is never a key");
    assert!(InvalidKey::TooLarge.to_string().contains(&format!("{:#x}", usize::MAX)));
}

#[test]
fn a_key_of_any_number_may_be_looked_up() {
    let slab: keyed::Slab<NumberKey, u8> = keyed::Slab::with_key();
    let key = slab.insert(1).unwrap();
    for bits in (1..1_000).chain([u64::MAX / 2, usize::MAX as u64 - 1]) {
        if let Some(made_up) = NumberKey::from_bits(bits).filter(|&made_up| made_up != key) {
            assert!(slab.get(made_up).is_none() && !slab.remove(made_up));
        }
    }
    assert_eq!(slab.take(key), Some(1));
}

#[test]
fn a_type_of_keys_may_be_written_by_hand() {
    #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
    struct Tagged(NonZeroUsize, u8);
    impl Key for Tagged {
        fn from_raw(raw: NonZeroUsize) -> Self {
            Self(raw, 7)
        }
        fn to_raw(self) -> usize {
            self.0.get()
        }
    }
    let slab: Slab<&str, DefaultConfig, Tagged> = Slab::with_key();
    let key = slab.insert("tagged").unwrap();
    assert_eq!((key.1, *slab.get(key).unwrap()), (7, "tagged"));
}

#[test]
fn a_store_with_typed_keys_goes_where_another_goes() {
    assert!(implements!(keyed::Slab<NumberKey, u8>: Send) && implements!(keyed::Slab<NumberKey, u8>: Sync));
    assert!(implements!(keyed::Pool<NumberKey, String>: Send) && implements!(keyed::Pool<NumberKey, String>: Sync));
    static SLAB: keyed::Slab<NumberKey, u8> = keyed::Slab::with_key();
    assert_eq!(SLAB.take(SLAB.insert(1).unwrap()), Some(1));
    assert_eq!(size_of::<keyed::Slab<NumberKey, u8>>(), size_of::<Slab<u8>>());
}
