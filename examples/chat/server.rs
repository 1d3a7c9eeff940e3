//! The server: an executor, the room, and two tasks of its own beside those of the clients.

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::rc::Rc;

use async_io::Async;
use flagstone::task::{JoinHandle, LocalExecutor, Registry, TaskState};
use futures_lite::future::or;

use crate::connection::within;
use crate::doorman;
use crate::failure::cannot_listen;
use crate::limits::Limits;
use crate::log::Log;
use crate::orders::{Desk, orders};
use crate::room::Room;
use crate::tally::Tally;

/// Tasks that are not clients': the doorman, and the operator, which carries orders out.
pub(crate) const OWN_TASKS: usize = 2;

/// A server that listens. It stays on its thread, with all its tasks.
pub(crate) struct Server {
    executor: LocalExecutor,
    address: SocketAddr,
    room: Rc<Room>,
    doorman: JoinHandle<()>,
    operator: JoinHandle<()>,
}

/// What happened while the server ran.
#[derive(Debug, Default)]
pub(crate) struct Ending {
    pub(crate) tally: Tally,
    /// Tasks that had not ended when all should have.
    pub(crate) left: usize,
}

impl Server {
    /// Opens a server. It serves when it is run.
    ///
    /// # Errors
    ///
    /// If it cannot listen on that address, which the error names.
    pub(crate) fn open(address: SocketAddr, limits: Limits, log: Log) -> io::Result<(Self, Desk)> {
        let listener = Async::<TcpListener>::bind(address).map_err(|error| cannot_listen(address, &error))?;
        let address = listener.get_ref().local_addr().map_err(|error| cannot_listen(address, &error))?;
        let executor = LocalExecutor::with_capacity(limits.connections + OWN_TASKS);
        let room = Room::new(limits, log);
        room.log.tell(format_args!("listening on {address}"));
        let (opening, orders) = orders();
        let operator = executor.builder().name("operator").kind("server").spawn(orders.obey(room.clone()));
        let doorman = doorman::serve(listener, address, room.clone(), executor.local_spawner());
        let doorman = executor.builder().name("doorman").kind("server").spawn(doorman);
        let desk = Desk::new(opening, operator.task());
        Ok((Self { executor, address, room, doorman, operator }, desk))
    }

    /// The address on which it listens.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// The tasks.
    pub(crate) fn registry(&self) -> Registry {
        self.executor.registry()
    }

    /// Serves until it is told to end, or one of its own tasks is cancelled.
    pub(crate) fn run(self) -> Ending {
        let Self { executor, room, mut doorman, mut operator, .. } = self;
        let registry = executor.registry();
        let serve = async {
            let doorman_ended = async {
                let _ = (&mut doorman).await;
                false
            };
            if !or(async { (&mut operator).await.is_ok() }, doorman_ended).await {
                room.log.tell("a task of the server itself was cancelled: it ends");
            }
            end(doorman).await;
            end(operator).await;
            room.close();
            let patience = room.limits().farewell;
            if within(patience, room.emptied()).await.is_none() {
                for id in room.tasks() {
                    registry.cancel(id);
                }
                room.emptied().await;
            }
        };
        async_io::block_on(executor.run_until(serve));
        // A finished task is listed while there is a reference to it: the desk has one, the reactor may have some.
        let left = registry.tasks().iter().filter(|task| task.state != TaskState::Finished).count();
        Ending { tally: room.tally.clone(), left }
    }
}

/// Ends a task, if it has not ended.
async fn end(task: JoinHandle<()>) {
    if task.cancel() {
        let _ = task.await;
    }
}
