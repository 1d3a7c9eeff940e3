//! What one client has heard of each other one.

use super::speech;
use super::violation::{Checked, Violation, ensure};

/// Accounts of all speakers, by their numbers. A line that should not come now is noticed when it comes, one that never
/// came when the accounts are closed.
#[derive(Debug)]
pub(crate) struct Ledger {
    owner: usize,
    accounts: Vec<Account>,
}

/// What was heard of one speaker.
#[derive(Clone, Debug, Default)]
struct Account {
    /// Whether the owner was there before the speaker's first line.
    from_start: bool,
    joined: bool,
    left: bool,
    first: usize,
    /// One more than the last line. While it is equal to `first`, and not `from_start`, none was heard.
    next: usize,
}

/// What a line was.
#[derive(Debug, Eq, PartialEq)]
pub(crate) enum Heard {
    Speech,
    Joined(usize),
    Left,
    /// Something that the server says to the owner alone, or to all.
    Notice(String),
}

/// The fate of a speaker.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Fate {
    /// It has said this number of lines, and all were handled.
    Stayed { said: usize },
    /// It left at some point, after at most this number of lines.
    Gone { said_at_most: usize },
}

impl Ledger {
    /// For a client that was in the room before the first line of each of these `speakers` that is also `known`.
    pub(crate) fn new(owner: usize, speakers: usize, known: bool) -> Self {
        let account = Account { from_start: known, ..Account::default() };
        Self { owner, accounts: vec![account; speakers] }
    }

    /// Enters a line.
    pub(crate) fn hear(&mut self, line: &str) -> Checked<Heard> {
        if let Some(notice) = line.strip_prefix("* ") {
            return self.hear_notice(notice);
        }
        let owner = speech::name(self.owner);
        let said = line.split_once(": ").and_then(|(name, said)| {
            let speaker = speech::speaker(name)?;
            Some((speaker, speech::number(speaker, said)?))
        });
        let Some((speaker, number)) = said else {
            return Err(Violation(format!("{owner} has heard a line that was not said: {line:?}")));
        };
        let account = self.account(speaker)?;
        let name = speech::name(speaker);
        ensure(!account.left, || format!("{owner} has heard {name} after it had left: {line:?}"))?;
        if !account.from_start && account.first == account.next {
            (account.first, account.next) = (number, number);
        }
        let next = account.next;
        ensure(number >= next, || format!("{owner} has heard line {number} of {name} again, or out of order"))?;
        ensure(number == next, || {
            format!(
                "{owner} has heard line {number} of {name} when line {next} was the next: some were lost, or out of order"
            )
        })?;
        account.next += 1;
        Ok(Heard::Speech)
    }

    fn hear_notice(&mut self, notice: &str) -> Checked<Heard> {
        let owner = speech::name(self.owner);
        if let Some(name) = notice.strip_suffix(" has joined") {
            let speaker = known(name, notice)?;
            let account = self.account(speaker)?;
            ensure(!account.joined && !account.left, || format!("{owner} has heard again that {name} has joined"))?;
            (account.joined, account.from_start) = (true, true);
            return Ok(Heard::Joined(speaker));
        }
        if let Some(name) = notice.strip_suffix(" has left") {
            let account = self.account(known(name, notice)?)?;
            ensure(!account.left, || format!("{owner} has heard again that {name} has left"))?;
            account.left = true;
            return Ok(Heard::Left);
        }
        Ok(Heard::Notice(notice.to_owned()))
    }

    fn account(&mut self, speaker: usize) -> Checked<&mut Account> {
        let owner = speech::name(self.owner);
        ensure(speaker != self.owner, || format!("{owner} has heard its own line, or its own coming or going"))?;
        let account = self.accounts.get_mut(speaker);
        account.ok_or_else(|| Violation(format!("{owner} has heard of {}, which is not there", speech::name(speaker))))
    }

    /// Checks an account when all is over.
    pub(crate) fn close(&self, speaker: usize, fate: Fate) -> Checked {
        let account = &self.accounts[speaker];
        let (owner, name, next) = (speech::name(self.owner), speech::name(speaker), account.next);
        match fate {
            Fate::Stayed { said } => {
                ensure(!account.left, || format!("{owner} has heard that {name} has left, which it has not"))?;
                let silent = !account.from_start && account.first == next;
                ensure(silent || next == said, || {
                    format!(
                        "{owner} has heard {name} up to line {next}, and it has said {said}: the last ones are lost"
                    )
                })
            }
            Fate::Gone { said_at_most } => {
                let owner = &owner;
                ensure(account.left || !account.from_start, || format!("{owner} has not heard that {name} has left"))?;
                ensure(next <= said_at_most, || {
                    format!("{owner} has heard {next} lines of {name}, which has said {said_at_most}")
                })
            }
        }
    }

    /// Checks that lines of this speaker were heard from this one on at the latest.
    pub(crate) fn has_heard_from(&self, speaker: usize, latest: usize, said: usize) -> Checked {
        let account = &self.accounts[speaker];
        let first = if account.first == account.next { said } else { account.first };
        ensure(first <= latest, || {
            let (owner, name) = (speech::name(self.owner), speech::name(speaker));
            format!(
                "{name} knew from its line {latest} on that {owner} was there, which has heard it from line {first} on"
            )
        })
    }

    /// The number of lines of this speaker that were heard.
    pub(crate) fn count(&self, speaker: usize) -> usize {
        let account = &self.accounts[speaker];
        account.next - account.first
    }
}

fn known(name: &str, notice: &str) -> Checked<usize> {
    speech::speaker(name).ok_or_else(|| Violation(format!("no client is {name:?}, but the server says {notice:?}")))
}
