use super::{Command, Misunderstood};
use crate::key::{Key, NotAKey};

#[test]
fn commands_are_understood() {
    assert_eq!(Command::parse("list\n"), Ok(Command::List));
    assert_eq!(Command::parse("  help \r\n"), Ok(Command::Help));
    assert_eq!(Command::parse("quit"), Ok(Command::Quit));
    assert_eq!(Command::parse("find  two words "), Ok(Command::Find("two words".to_owned())));
    assert_eq!(Command::parse("show 0x2a"), Ok(Command::Show(Key(42))));
    assert_eq!(Command::parse("cancel\t2A"), Ok(Command::Cancel(Key(42))));
}

#[test]
fn what_is_wrong_is_said() {
    let not_a_key = |word: &str, reason| Err(Misunderstood::NotAKey(word.to_owned(), reason));
    assert_eq!(Command::parse(" \n"), Err(Misunderstood::Empty));
    assert_eq!(Command::parse("kill 1"), Err(Misunderstood::Unknown("kill".to_owned())));
    assert_eq!(Command::parse("find"), Err(Misunderstood::Incomplete("find", "TEXT")));
    assert_eq!(Command::parse("cancel "), Err(Misunderstood::Incomplete("cancel", "KEY")));
    assert_eq!(Command::parse("cancel 1 2"), Err(Misunderstood::TooMuch("cancel".to_owned())));
    assert_eq!(Command::parse("list 1"), Err(Misunderstood::TooMuch("list".to_owned())));
    for word in ["primes", "0x", "-1", "+1", "0x+1", "1.5"] {
        assert_eq!(Command::parse(&format!("show {word}")), not_a_key(word, NotAKey::NotHexadecimal));
    }
    let large = "1".repeat(40);
    assert_eq!(Command::parse(&format!("show {large}")), not_a_key(&large, NotAKey::TooLarge));
}

#[test]
fn what_was_typed_is_quoted() {
    let misunderstood = Command::parse("\x1b[2J").unwrap_err();
    assert!(!misunderstood.to_string().contains('\x1b'));
}
