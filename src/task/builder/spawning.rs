//! Spawning by a builder, for each type that spawns.

use core::future::Future;

use super::{
    super::{
        join_handle::JoinHandle, local_spawner::LocalSpawner, raw::Name, schedule::Schedule, spawn_error::SpawnError,
        spawner::Spawner, storage::Storage, tasks::Tasks,
    },
    Builder,
};

/// Generates a builder's methods for each type that spawns. Each calls the method of the same name there, with the same
/// bounds.
macro_rules! builds {
    ($([$($parameters:tt)*] $spawner:ty, as $its:literal, [$($future:tt)*];)*) => {$(
        impl<$($parameters)*> Builder<'_, $spawner> {
            #[doc = concat!("Spawns a future, as [`spawn`](", $its, "::spawn) does.")]
            ///
            /// # Panics
            ///
            #[doc = concat!("As [`spawn`](", $its, "::spawn).")]
            #[track_caller]
            pub fn spawn<F: $($future)*>(self, future: F) -> JoinHandle<F::Output> {
                let (spawner, origin) = (self.spawner, self.origin());
                match self.try_spawn(future) {
                    Ok(handle) => handle,
                    Err(error) => {
                        let reason = error.reason();
                        JoinHandle::of_any(Err((error.into_inner(), reason)), |future| spawner.spawn_ended(origin, future))
                    }
                }
            }

            #[doc = concat!("Spawns a future, as [`try_spawn`](", $its, "::try_spawn) does.")]
            ///
            /// # Errors
            ///
            /// [`SpawnError`], with the future.
            #[track_caller]
            pub fn try_spawn<F: $($future)*>(self, future: F) -> Result<JoinHandle<F::Output>, SpawnError<F>> {
                let origin = self.origin();
                match self.name {
                    Some(name) => self.spawner.spawn_labelled(origin, Name(name), future),
                    None => self.spawner.spawn_labelled(origin, (), future),
                }
            }
        }
    )*};
}

builds! {
    [M: Storage] LocalSpawner<M>, as "crate::task::LocalExecutor", [Future + 'static];
    [M: Storage] Spawner<M>, as "Spawner", [Future<Output: Send> + Send + 'static];
    [S: Schedule, M: Storage] Tasks<S, M>, as "Tasks", [Future<Output: Send> + Send + 'static];
}
