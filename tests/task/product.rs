//! One task in every circumstance, against an oracle that is written down here.
//!
//! A [`circumstance::Circumstance`] is how the future ends, whether it is pending first, when its handle goes, when it is
//! cancelled and how it is woken. Each is run over both storages by a `LocalExecutor`, and by `Tasks` whose queue two threads
//! take turns at. Between the steps a bystander is polled, and in the end another task runs.
//!
//! What the oracle ([`oracle::expect`]) says. The first row that applies decides what the handle yields:
//!
//! | circumstance | polls | the handle yields | the output, if one was made |
//! | --- | --- | --- | --- |
//! | cancelled before a poll, or asleep | none after it | cancelled, without output | |
//! | a poll panics, cancelled or not | none after it | the panic | |
//! | cancelled inside the poll that returns `Pending` | none after it | cancelled, without output | |
//! | the destructor of the future panics when it has completed | none after it | the panic | dropped by whoever runs the task |
//! | cancelled inside the poll that returns `Ready` | none after it | cancelled, with the output | |
//! | the future completes | none after it | the output | |
//! | neither | | shut down, at the end | |
//!
//! Cancelled once more when it has completed: `cancel` says `false`, and nothing changes. The panic of a destructor of a
//! future that did not complete is what the handle yields too. The future is dropped once, by the thread that runs or shuts
//! down the task, before anybody hears of the end. An output is dropped once: by whoever joins, by whoever drops the handle
//! if that is after the end, and else by the thread that runs the task. A joiner that waits is woken once, at the end.

mod circumstance;
mod local;
mod oracle;
mod script;
mod subject;
mod tasks;
