//! One task in every circumstance, against an oracle that is written down here.
//!
//! A [`circumstance::Circumstance`] says how the future ends, whether it is pending first, when its handle is dropped,
//! when it is cancelled, and how it is woken. Each is run over both storages by a `LocalExecutor`, and by `Tasks`, on
//! whose queue two threads take turns. Between the steps a bystander is polled, and at the end another task runs.
//!
//! The oracle ([`oracle::expect`]). The first row that applies decides what the handle yields:
//!
//! | circumstance | polls | the handle yields | the output, if one was made |
//! | --- | --- | --- | --- |
//! | cancelled before a poll, or while it sleeps | none after it | cancelled, without output | |
//! | a poll panics, cancelled or not | none after it | the panic | |
//! | cancelled inside the poll that returns `Pending` | none after it | cancelled, without output | |
//! | the destructor of the future panics when it has completed | none after it | the panic | dropped by the thread that runs the task |
//! | cancelled inside the poll that returns `Ready` | none after it | cancelled, with the output | |
//! | the future completes | none after it | the output | |
//! | neither | | shut down, at the end | |
//!
//! If the task is cancelled once more when it has completed, `cancel` returns `false`, and nothing changes. If a future
//! that did not complete panics in its destructor, the handle yields that panic too. The future is dropped once, by the
//! thread that runs or shuts down the task, before its joiner is told of the end. An output is dropped once: by the
//! joiner; by the thread that drops the handle, if that is after the end; and otherwise by the thread that runs the
//! task. A joiner that waits is woken once, at the end.

mod circumstance;
mod local;
mod oracle;
mod script;
mod subject;
mod tasks;
