use flagstone::task::TaskId;

use super::{Command, Misunderstood};

#[test]
fn commands_are_understood() {
    assert_eq!(Command::parse("tasks\n"), Ok(Command::Tasks));
    assert_eq!(Command::parse("  help \r\n"), Ok(Command::Help));
    assert_eq!(Command::parse("who"), Ok(Command::Who));
    assert_eq!(Command::parse("quit"), Ok(Command::Quit));
    assert_eq!(Command::parse("say  two words "), Ok(Command::Say("two words".to_owned())));
    assert_eq!(Command::parse("cancel\t0x2a"), Ok(Command::Cancel(TaskId::from_usize(42))));
}

#[test]
fn what_is_wrong_is_said() {
    assert_eq!(Command::parse(" \n"), Err(Misunderstood::Empty));
    assert_eq!(Command::parse("kill 1"), Err(Misunderstood::Unknown("kill".to_owned())));
    assert_eq!(Command::parse("say "), Err(Misunderstood::Incomplete("say", "TEXT")));
    assert_eq!(Command::parse("cancel"), Err(Misunderstood::Incomplete("cancel", "ID")));
    assert_eq!(Command::parse("tasks 1"), Err(Misunderstood::TooMuch("tasks".to_owned())));
    for word in ["ana", "0x", "-1", "0x-1", "0x+1", "1.5", "0x1 0x2", &format!("0x{}", "1".repeat(40))] {
        assert_eq!(Command::parse(&format!("cancel {word}")), Err(Misunderstood::NotAnId(word.to_owned())));
    }
}

#[test]
fn what_was_typed_is_quoted() {
    for line in ["\x1b[2J", "cancel \x1b[2J"] {
        let misunderstood = Command::parse(line).unwrap_err();
        assert!(!misunderstood.to_string().contains('\x1b'));
    }
}
