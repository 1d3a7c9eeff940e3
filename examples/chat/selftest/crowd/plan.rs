//! The role of each client in the crowd.

/// The approximate number of lines that are heard in all.
const HEARD: usize = 600_000;

/// The number of clients that connect when all slots are taken.
pub(crate) const UNINVITED: usize = 3;

/// The most bytes that a line of the self-test takes in an outbox.
const LINE: usize = 320;

/// Numbers of clients: the first clients from 0 on, then the late ones.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Plan {
    pub(crate) clients: usize,
    late: usize,
    /// Lines of each.
    pub(crate) lines: usize,
}

/// What a client does.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Role {
    /// It says and hears everything, and leaves at the end.
    Stays(Way),
    /// It is cancelled by the operator while it talks, or waits to.
    Cancelled,
    /// It closes its connection in the middle, with lines unread.
    Vanishes,
}

/// A way to leave.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Way {
    Quit,
    HalfClose,
    Drop,
}

impl Plan {
    /// For `clients` clients at a time, at least five.
    pub(crate) fn new(clients: usize) -> Self {
        let lines = (HEARD / (clients * clients)).clamp(4, 2000);
        let plan = Self { clients, late: 0, lines };
        Self { late: plan.count(|role| role == Role::Cancelled).div_ceil(2), ..plan }
    }

    /// All numbers are less than this one.
    pub(crate) fn all(&self) -> usize {
        self.clients + self.late
    }

    pub(crate) fn role(&self, number: usize) -> Role {
        match number % 10 {
            _ if number >= self.clients => Role::Stays(Way::Quit),
            3 => Role::Cancelled,
            4 if number % 20 == 4 => Role::Vanishes,
            digit => Role::Stays([Way::Quit, Way::HalfClose, Way::Drop][digit % 3]),
        }
    }

    /// Whether it waits in the middle until some clients are cancelled. So late clients hear some lines, and all
    /// clients that are to be cancelled are connected when it happens, some of them busy and some waiting.
    pub(crate) fn pauses(&self, number: usize) -> bool {
        number < self.clients && self.role(number) != Role::Vanishes
    }

    pub(crate) fn count(&self, is_meant: impl Fn(Role) -> bool) -> usize {
        (0..self.all()).filter(|number| is_meant(self.role(*number))).count()
    }

    pub(crate) fn staying(&self) -> usize {
        self.count(|role| matches!(role, Role::Stays(_)))
    }

    /// Room for everything that is said and announced.
    pub(crate) fn bytes(&self) -> usize {
        (self.lines + 3) * self.all() * LINE
    }

    /// The approximate number of lines that are heard.
    pub(crate) fn expected(&self) -> usize {
        self.staying() * self.staying() * self.lines
    }
}
