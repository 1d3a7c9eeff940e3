//! A client of the crowd.

use std::future::pending;
use std::time::Instant;

use flagstone::task::yield_now;
use futures_lite::future::{or, try_zip};

use super::plan::{Role, Way};
use super::{Crowd, LAST_WORDS};
use crate::selftest::client::{Client, Sound};
use crate::selftest::ledger::{Heard, Ledger};
use crate::selftest::speech::{self, speech};
use crate::selftest::violation::{Checked, Violation, ensure};

/// The number of lines that a client sends before other clients have their turn.
const BURST: usize = 4;

impl Crowd {
    /// A client, from its first line to its last.
    pub(super) async fn attend(&self, number: usize) -> Checked {
        let client = Client::connect(self.host.address, speech::name(number)).await?;
        client.say(&client.name).await?;
        client.expect("* welcome").await?;
        self.gates.welcomed.arrive();
        let known = number < self.plan.clients;
        if known {
            self.gates.welcomed.wait(self.plan.clients).await; // so all first clients hear all first lines
        }
        let mut ledger = Ledger::new(number, self.plan.all(), known);
        let role = self.plan.role(number);
        match role {
            Role::Stays(_) => {
                try_zip(self.speak(&client, number, self.plan.lines), self.listen(&client, &mut ledger)).await?;
            }
            Role::Cancelled => {
                let speak = async {
                    let _ = self.speak(&client, number, self.plan.lines).await; // it may end in the middle of a line
                    pending().await
                };
                or(self.listen(&client, &mut ledger), speak).await?;
            }
            Role::Vanishes => {
                let listen = async {
                    self.listen(&client, &mut ledger).await?;
                    Err(Violation(format!("the connection of {} has ended too early", client.name)))
                };
                return or(self.speak(&client, number, self.plan.lines / 3), listen).await;
            }
        }
        *self.seats[number].ledger.borrow_mut() = Some(ledger);
        if let Role::Stays(way) = role {
            self.gates.over.arrive();
            self.gates.leave.wait(1).await;
            take_leave(&client, way).await?;
        }
        Ok(())
    }

    async fn speak(&self, client: &Client, number: usize, lines: usize) -> Checked {
        self.gates.begin.wait(1).await;
        for line in 0..lines {
            if line == lines / 2 && self.plan.pauses(number) {
                self.gates.second_half.wait(1).await;
            }
            self.seats[number].said.set(line + 1);
            client.say(speech(number, line)).await?;
            self.gates.said.arrive();
            if line % BURST == 0 {
                yield_now().await;
            }
        }
        if matches!(self.plan.role(number), Role::Stays(_)) {
            client.say("/who").await?;
        }
        Ok(())
    }

    /// Listens to the last words or, if the client is cancelled, to the end of the connection.
    async fn listen(&self, client: &Client, ledger: &mut Ledger) -> Checked {
        let number = speech::speaker(&client.name).unwrap_or_default();
        let seat = &self.seats[number];
        loop {
            let line = match client.hear().await? {
                Sound::Line(line) => line,
                end => {
                    ensure(seat.cancelled.get().is_some(), || {
                        format!("the connection of {} has come to {end:?}, though it was not ended", client.name)
                    })?;
                    seat.ended.set(Some(Instant::now()));
                    self.gates.ended.arrive();
                    return Ok(());
                }
            };
            match ledger.hear(&line)? {
                Heard::Speech => self.watch.heard(),
                Heard::Left => {}
                Heard::Joined(newcomer) => self.latest.borrow_mut().push((number, newcomer, seat.said.get())),
                Heard::Notice(notice) if notice.starts_with("here: ") => {
                    self.check_who(&client.name, &notice)?;
                    self.gates.answered.arrive();
                }
                Heard::Notice(notice) if notice == format!("server: {LAST_WORDS}") => {
                    return ensure(seat.cancelled.get().is_none(), || {
                        format!("{} was cancelled, and still hears", client.name)
                    });
                }
                Heard::Notice(notice) => return Err(Violation(format!("{} has heard {notice:?}", client.name))),
            }
        }
    }

    /// Checks that each client that stays is listed, once.
    fn check_who(&self, asking: &str, notice: &str) -> Checked {
        let mut times = vec![0; self.plan.all()];
        for name in notice.split_whitespace().skip(1) {
            match speech::speaker(name).and_then(|number| times.get_mut(number)) {
                Some(times) => *times += 1,
                None => return Err(Violation(format!("{asking} is told that {name:?} is here"))),
            }
        }
        let wrong = (0..self.plan.clients).find(|number| match self.plan.role(*number) {
            Role::Stays(_) => times[*number] != 1,
            _ => times[*number] > 1,
        });
        let Some(number) = wrong else { return Ok(()) };
        let name = speech::name(number);
        Err(Violation(format!("{asking} is told {} times that {name} is here", times[number])))
    }
}

async fn take_leave(client: &Client, way: Way) -> Checked {
    match way {
        Way::Drop => return Ok(()),
        Way::Quit => client.say("/quit").await?,
        Way::HalfClose => client.end()?,
    }
    loop {
        match client.hear().await? {
            Sound::End(0) => return Ok(()),
            Sound::Line(line) if line.ends_with(" has left") => {}
            Sound::Line(line) if line == "* bye" && way == Way::Quit => return client.expect_end().await,
            sound => return Err(Violation(format!("{} takes its leave and comes to {sound:?}", client.name))),
        }
    }
}
