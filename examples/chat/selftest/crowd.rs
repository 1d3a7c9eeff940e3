//! Many clients that talk to each other while some are cancelled, some vanish and some connect late.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};

use flagstone::task::{JoinHandle, LocalExecutor};
use futures_lite::future::or;

use super::client::Client;
use super::gate::Gate;
use super::host::Host;
use super::ledger::{Fate, Ledger};
use super::measured::Measured;
use super::speech;
use super::violation::{Checked, Violation, ensure};
use super::watch::Watch;
use crate::limits::Limits;

mod member;
mod plan;

pub(crate) use plan::Plan;
use plan::Role;

/// How many clients connect at a time: fewer than may wait to be accepted, since one more would retry a second later.
const WAVE: usize = 64;

const LAST_WORDS: &str = "the self-test is over";

/// State that the clients share.
struct Crowd {
    host: Host,
    watch: Arc<Watch>,
    plan: Plan,
    seats: Vec<Seat>,
    /// The lines that newcomers must hear at the latest: speaker, newcomer, line.
    latest: RefCell<Vec<(usize, usize, usize)>>,
    gates: Gates,
    violation: RefCell<Option<Violation>>,
}

/// The gates that clients and their director wait for. Clients arrive at each, or the director opens it.
#[derive(Default)]
struct Gates {
    welcomed: Gate,
    begin: Gate,
    /// Clients arrive here with each line that they say.
    said: Gate,
    /// Clients that were cancelled arrive here.
    ended: Gate,
    second_half: Gate,
    answered: Gate,
    over: Gate,
    leave: Gate,
    violated: Gate,
}

/// Data about a client beside its own ledger.
#[derive(Default)]
struct Seat {
    /// Lines that it has said, or begun to.
    said: Cell<usize>,
    cancelled: Cell<Option<Instant>>,
    ended: Cell<Option<Instant>>,
    ledger: RefCell<Option<Ledger>>,
}

/// Runs the scenario.
pub(crate) async fn check(
    executor: &LocalExecutor,
    watch: &Arc<Watch>,
    plan: Plan,
    measured: &mut Measured,
) -> Checked {
    let limits = Limits { connections: plan.clients, outbox: plan.bytes(), ..Limits::patient() };
    let crowd = Rc::new(Crowd::new(Host::start(limits)?, watch.clone(), plan));
    let violated = async {
        crowd.gates.violated.wait(1).await;
        Err(crowd.violation.take().unwrap_or_else(|| Violation("an unknown violation".to_owned())))
    };
    or(violated, crowd.direct(executor, measured)).await?;
    let crowd = Rc::into_inner(crowd).ok_or_else(|| Violation("a client's task was not dropped".to_owned()))?;
    let ending = crowd.host.end(watch).await?;
    measured.number("lines sent by all clients", ending.tally.lines.get());
    measured.number("lines delivered: each goes to all other clients", ending.tally.deliveries.get());
    ensure(ending.tally.slow.get() == 0, || "a client was dropped as too slow, with room for all lines")?;
    ensure(ending.tally.refused.get() == plan::UNINVITED, || "not as many were refused as came uninvited")
}

impl Crowd {
    fn new(host: Host, watch: Arc<Watch>, plan: Plan) -> Self {
        let seats = (0..plan.all()).map(|_| Seat::default()).collect();
        let (latest, gates, violation) = Default::default();
        Self { host, watch, plan, seats, latest, gates, violation }
    }

    /// Leads the clients from one stage to the next.
    async fn direct(self: &Rc<Self>, executor: &LocalExecutor, measured: &mut Measured) -> Checked {
        let Plan { clients, .. } = self.plan;
        let begun = Instant::now();
        let mut tasks = Vec::new();
        while tasks.len() < clients {
            let wave = tasks.len()..clients.min(tasks.len() + WAVE);
            tasks.extend(wave.map(|number| self.spawn(executor, number)));
            self.wait(&self.gates.welcomed, "clients welcome", tasks.len()).await;
        }
        self.host.settle(&self.watch, clients).await;
        measured.number("clients connected at the same time", clients);
        measured.duration("until all of them had joined", begun.elapsed());
        let size = self.host.registry.tasks().iter().map(|task| task.size).max().unwrap_or(0);
        measured.number("bytes of memory for the largest task", size);
        self.check_refusal().await?;
        let begun = Instant::now();
        self.gates.begin.arrive();

        self.wait(&self.gates.said, "lines said, before some are cancelled", clients * self.plan.lines / 4).await;
        let stale = self.cancel_some().await?;
        let victims = stale.len();
        self.wait(&self.gates.ended, "cancelled clients that have come to their end", victims).await;
        let vanished = self.plan.count(|role| role == Role::Vanishes);
        self.host.settle(&self.watch, clients - victims - vanished).await;
        for id in &stale {
            self.host.expect(&format!("cancel {id}"), "there is no task")?;
        }
        measured.number("connections ended by their ids", victims);
        measured.duration("at most from the operator's `cancel` to the connection's end", self.slowest_end());

        // Their slots are free: clients that connect now get them, and the old ids stay stale.
        tasks.extend((clients..self.plan.all()).map(|number| self.spawn(executor, number)));
        self.gates.second_half.arrive();
        let stay = self.plan.staying();
        self.wait(&self.gates.answered, "clients that have an answer after their last line", stay).await;
        self.host.settle(&self.watch, stay).await;
        self.check_listing().await?;
        for id in &stale {
            self.host.expect(&format!("cancel {id}"), "there is no task")?;
        }
        self.host.expect(&format!("say {LAST_WORDS}"), "")?;
        self.wait(&self.gates.over, "clients that have heard the last words", stay).await;
        measured.duration("until all lines had been sent and received", begun.elapsed());
        self.close_accounts()?;

        self.gates.leave.arrive();
        for task in tasks {
            task.await.map_err(|error| Violation(format!("a client's task has failed: {error}")))?;
        }
        self.host.settle(&self.watch, 0).await;
        Ok(())
    }

    async fn wait(&self, gate: &Gate, what: &str, enough: usize) {
        self.watch.wait_for(what, gate.arrived(), enough);
        gate.wait(enough).await;
    }

    fn spawn(self: &Rc<Self>, executor: &LocalExecutor, number: usize) -> JoinHandle<()> {
        let crowd = self.clone();
        executor.builder().name(speech::name(number)).kind("client").spawn(async move {
            if let Err(violation) = crowd.attend(number).await {
                crowd.violation.borrow_mut().get_or_insert(violation);
                crowd.gates.violated.arrive();
            }
        })
    }

    /// Clients for which there is no slot are told so, and are not in the registry.
    async fn check_refusal(&self) -> Checked {
        let refused = Gate::default();
        for _ in 0..plan::UNINVITED {
            self.watch.wait_for("clients that are refused", refused.arrived(), plan::UNINVITED);
            let client = Client::connect(self.host.address, "an uninvited client").await?;
            client.say("uninvited").await?; // unread when it is refused, which must not cost it the reason
            client.expect("* the server is full").await?;
            client.expect_end().await?;
            refused.arrive();
        }
        self.host.settle(&self.watch, self.plan.clients).await;
        self.check_listing().await
    }

    /// The registry lists each task of a guest, once.
    async fn check_listing(&self) -> Checked {
        let listed: Vec<String> = self.host.registry.tasks().iter().map(|task| task.id.to_string()).collect();
        for (id, name) in self.host.who(&self.watch).await? {
            let times = listed.iter().filter(|listed| **listed == id).count();
            ensure(times == 1, || format!("the registry lists the task {id} of {name} {times} times"))?;
        }
        Ok(())
    }

    /// Cancels as an operator would, and returns the ids, which are stale then.
    async fn cancel_some(&self) -> Checked<Vec<String>> {
        let mut stale = Vec::new();
        for (id, name) in self.host.who(&self.watch).await? {
            let number =
                speech::speaker(&name).ok_or_else(|| Violation(format!("`who` shows a client called {name:?}")))?;
            if self.plan.role(number) == Role::Cancelled {
                self.seats[number].cancelled.set(Some(Instant::now()));
                self.host.expect(&format!("cancel {id}"), "cancelled")?;
                stale.push(id);
            }
        }
        let victims = self.plan.count(|role| role == Role::Cancelled);
        ensure(stale.len() == victims, || format!("`who` shows {} of {victims} clients", stale.len()))?;
        Ok(stale)
    }

    fn slowest_end(&self) -> Duration {
        let ends = self.seats.iter().filter_map(|seat| Some(seat.ended.get()? - seat.cancelled.get()?));
        ends.max().unwrap_or_default()
    }

    /// Checks that each client has heard of each other client what it should have.
    fn close_accounts(&self) -> Checked {
        let ledger = |number: usize| self.seats[number].ledger.borrow();
        let stay = |number: usize| matches!(self.plan.role(number), Role::Stays(_));
        for speaker in 0..self.plan.all() {
            let said = self.seats[speaker].said.get();
            let fate = if stay(speaker) { Fate::Stayed { said } } else { Fate::Gone { said_at_most: said } };
            let mut heard = None;
            for listener in (0..self.plan.all()).filter(|listener| *listener != speaker && stay(*listener)) {
                let ledger = ledger(listener);
                let Some(ledger) = &*ledger else { continue };
                ledger.close(speaker, fate)?;
                if listener < self.plan.clients {
                    let count = ledger.count(speaker);
                    let first = *heard.get_or_insert(count);
                    ensure(first == count, || {
                        format!("of c{speaker} c{listener} has heard {count} lines, and another client {first}")
                    })?;
                }
            }
        }
        for (speaker, newcomer, latest) in self.latest.take() {
            if stay(speaker) && newcomer >= self.plan.clients {
                let said = self.seats[speaker].said.get();
                let ledger = ledger(newcomer);
                ledger.as_ref().map_or(Ok(()), |ledger| ledger.has_heard_from(speaker, latest, said))?;
            }
        }
        let closed = self.seats.iter().filter(|seat| seat.ledger.borrow().is_some()).count();
        let due = self.plan.all() - self.plan.count(|role| role == Role::Vanishes);
        ensure(closed == due, || format!("{closed} of {due} clients have handed in their ledgers"))
    }
}
