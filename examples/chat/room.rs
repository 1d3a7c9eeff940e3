//! The room: its members, and what is said to whom.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::fmt::Display;
use std::future::poll_fn;
use std::io;
use std::net::SocketAddr;
use std::rc::Rc;
use std::task::{Poll, Waker};

use console::Alignment::Left;
use console::truncate_str;
use flagstone::task::TaskId;

use crate::columns::{self, Step};
use crate::limits::Limits;
use crate::log::Log;
use crate::name::Name;
use crate::notice::Notice;
use crate::outbox::{Outbox, Put};
use crate::tally::{Tally, count};

#[cfg(test)]
mod tests;

/// All connections. It lives on the executor's thread and is shared by tasks there, so it needs no lock: other tasks
/// see the changes of one poll all at once. A line reaches all outboxes in one poll, so all members hear all others in
/// one order.
#[derive(Debug)]
pub(crate) struct Room {
    limits: Limits,
    guests: RefCell<BTreeMap<TaskId, Guest>>,
    closing: Cell<bool>,
    /// The task that waits for the last guest to leave.
    emptied: RefCell<Option<Waker>>,
    pub(crate) log: Log,
    pub(crate) tally: Tally,
}

#[derive(Debug)]
struct Guest {
    address: SocketAddr,
    outbox: Rc<Outbox>,
    /// Guests that have said their name, and have not left, are members.
    name: Option<Name>,
}

/// What gives way in a narrow terminal: the end of an address, the address, and the end of a name.
const STEPS: [Step; 3] = [Step::Shorten(2, 12), Step::Drop(2), Step::Shorten(1, 8)];

/// A guest's place in the room. When the guest's task ends in any way, the guest leaves.
#[derive(Debug)]
pub(crate) struct Seat {
    room: Rc<Room>,
    id: TaskId,
    pub(crate) outbox: Rc<Outbox>,
}

impl Room {
    /// An empty room.
    pub(crate) fn new(limits: Limits, log: Log) -> Rc<Self> {
        let (guests, closing, emptied, tally) = Default::default();
        Rc::new(Self { limits, guests, closing, emptied, log, tally })
    }

    /// Adds a guest, whose task has this id.
    pub(crate) fn enter(self: &Rc<Self>, id: TaskId, address: SocketAddr) -> Seat {
        let outbox = Rc::new(Outbox::new(self.limits.outbox));
        if self.closing.get() {
            outbox.close_with(&Notice::Closing);
        }
        let guest = Guest { address, outbox: outbox.clone(), name: None };
        self.guests.borrow_mut().insert(id, guest);
        count(&self.tally.connections, 1);
        Seat { room: self.clone(), id, outbox }
    }

    pub(crate) fn limits(&self) -> &Limits {
        &self.limits
    }

    /// Tells all members.
    pub(crate) fn announce(&self, notice: &Notice<'_>) {
        self.tell(notice, None);
    }

    /// Tells every guest that the server ends; all guests' tasks then end.
    pub(crate) fn close(&self) {
        self.closing.set(true);
        for guest in self.guests.borrow().values() {
            guest.outbox.close_with(&Notice::Closing);
        }
    }

    /// Waits until there is no guest.
    pub(crate) async fn emptied(&self) {
        let poll = |context: &mut std::task::Context<'_>| {
            if self.guests.borrow().is_empty() {
                return Poll::Ready(());
            }
            *self.emptied.borrow_mut() = Some(context.waker().clone());
            Poll::Pending
        };
        poll_fn(poll).await;
    }

    /// The ids of all guests' tasks.
    pub(crate) fn tasks(&self) -> Vec<TaskId> {
        self.guests.borrow().keys().copied().collect()
    }

    /// A line for each guest, of at most `columns` columns: its id, its name and its address.
    pub(crate) fn list(&self, columns: usize) -> String {
        let guests = self.guests.borrow();
        let named = guests.values().filter(|guest| guest.name.is_some()).count();
        let row = |(id, guest): (&TaskId, &Guest)| [id.to_string(), guest.name_or("?"), guest.address.to_string()];
        let rows: Vec<_> = guests.iter().map(row).collect();
        let heading = format!("{named} here, of {} connections", guests.len());
        let mut lines = vec![truncate_str(&heading, columns, "…").into_owned()];
        lines.extend(columns::lines(&rows, &[Left; 3], &STEPS, columns));
        lines.join("\n")
    }

    /// Puts a line into the outboxes of all members but one.
    fn tell(&self, line: impl Display, except: Option<TaskId>) -> usize {
        let line = format!("{line}\n");
        let mut told = 0;
        for (id, guest) in &*self.guests.borrow() {
            let Some(name) = &guest.name else { continue };
            if Some(*id) == except {
                continue;
            }
            match guest.outbox.put(&line) {
                Put::In => told += 1,
                Put::Overflowed => {
                    count(&self.tally.slow, 1);
                    let address = guest.address;
                    self.log.tell(format_args!("{name} ({id}), from {address}, reads too slowly: it is disconnected"));
                }
                Put::Closed => {} // its task is about to leave
            }
        }
        told
    }
}

impl Guest {
    /// Returns the guest's name, or this text instead.
    fn name_or(&self, unnamed: &str) -> String {
        self.name.as_ref().map_or_else(|| unnamed.to_owned(), Name::to_string)
    }
}

impl Seat {
    pub(crate) fn room(&self) -> &Room {
        &self.room
    }

    /// Makes the guest a member, unless another one has that name.
    pub(crate) fn introduce(&self, name: &Name) -> bool {
        let mut guests = self.room.guests.borrow_mut();
        if guests.values().any(|guest| guest.name.as_ref() == Some(name)) {
            return false;
        }
        if let Some(guest) = guests.get_mut(&self.id) {
            self.room.log.tell(format_args!("{name} has joined: {}, from {}", self.id, guest.address));
            guest.name = Some(name.clone());
        }
        drop(guests);
        self.hear(&Notice::Welcome(name));
        self.room.tell(Notice::Joined(name), Some(self.id));
        true
    }

    /// Says a line to all other members.
    pub(crate) fn say(&self, text: &str) {
        let guests = self.room.guests.borrow();
        let Some(name) = guests.get(&self.id).and_then(|guest| guest.name.clone()) else { return };
        drop(guests);
        let told = self.room.tell(format_args!("{name}: {text}"), Some(self.id));
        count(&self.room.tally.lines, 1);
        count(&self.room.tally.deliveries, told);
    }

    /// Tells the guest which members are here.
    pub(crate) fn look_around(&self) {
        let guests = self.room.guests.borrow();
        let mut names: Vec<Name> = guests.values().filter_map(|guest| guest.name.clone()).collect();
        drop(guests);
        names.sort_unstable();
        self.hear(&Notice::Present(&names));
    }

    /// Tells the guest something.
    pub(crate) fn hear(&self, notice: &Notice<'_>) {
        if self.outbox.put(&format!("{notice}\n")) == Put::Overflowed {
            count(&self.room.tally.slow, 1);
        }
    }

    /// Tells the operator that the guest's connection has failed.
    pub(crate) fn tell_failure(&self, error: &io::Error) {
        let guests = self.room.guests.borrow();
        let Some(guest) = guests.get(&self.id) else { return };
        let (name, address) = (guest.name_or("a client without a name"), guest.address);
        let advice = "the client can connect again";
        self.room.log.tell(format_args!("the connection of {name}, from {address}, has failed: {error}; {advice}"));
    }

    /// Takes the guest's name away, and tells the others.
    pub(crate) fn leave(&self) {
        let mut guests = self.room.guests.borrow_mut();
        let Some(name) = guests.get_mut(&self.id).and_then(|guest| guest.name.take()) else { return };
        drop(guests);
        self.room.log.tell(format_args!("{name} has left: {}", self.id));
        self.room.announce(&Notice::Left(&name));
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.leave();
        let mut guests = self.room.guests.borrow_mut();
        guests.remove(&self.id);
        let waiting = if guests.is_empty() { self.room.emptied.take() } else { None };
        drop(guests);
        waiting.into_iter().for_each(Waker::wake);
    }
}
