//! Every live task of an executor, from any thread.

use core::fmt;
use std::sync::Arc;

use super::{
    info::{OneLine, TaskInfo},
    raw::Listing,
    task_id::TaskId,
    task_ref::TaskRef,
};

/// Lists the live tasks of an executor, from any thread, while tasks run.
///
/// A task is listed from its spawning until it has ended and its join handle was dropped. A listing stops no thread: it
/// [pins](crate::Slab::pin) the executor's slab meanwhile. `Display` prints the tasks as a table. A registry may
/// outlive the executor.
///
/// # Examples
///
/// ```
/// use flagstone::task::LocalExecutor;
///
/// let executor = LocalExecutor::new();
/// executor.builder().name("heartbeat").spawn(std::future::pending::<()>()).detach();
///
/// let registry = executor.registry();
/// std::thread::spawn(move || {
///     println!("{registry}");
///     let task = &registry.tasks()[0];
///     assert_eq!(task.name.as_deref(), Some("heartbeat"));
///     assert!(registry.cancel(task.id));
/// })
/// .join()
/// .unwrap();
/// executor.tick(1);
/// assert!(executor.is_empty());
/// ```
#[derive(Clone)]
pub struct Registry(Arc<dyn Listing>);

impl Registry {
    pub(crate) fn new(listing: Arc<dyn Listing>) -> Self {
        Self(listing)
    }

    /// Returns a snapshot of every live task, each once, in the order of the slots.
    ///
    /// A task that lives throughout the call is listed. A task that is spawned or ends meanwhile may or may not be
    /// listed. Each snapshot is taken at its own moment: if one task has spawned another, the second may be listed
    /// without the first.
    ///
    /// The slab is pinned for 64 slots at a time. So a task that ends meanwhile keeps its slot only for as long as it
    /// takes to copy the snapshots of that many tasks, and no spawn is refused because of that.
    #[must_use]
    pub fn tasks(&self) -> Vec<TaskInfo> {
        let mut tasks = Vec::new();
        self.0.for_each(&mut |seen| tasks.push(TaskInfo::new(&seen)));
        tasks
    }

    /// Returns a reference to a task, if it is listed.
    ///
    /// # Panics
    ///
    /// If the task has as many references as can be counted.
    #[must_use]
    pub fn get(&self, id: TaskId) -> Option<TaskRef> {
        self.0.find(id.executor(), id.as_usize()).map(TaskRef::new)
    }

    /// Returns a snapshot of a task, if it is listed.
    #[must_use]
    pub fn info(&self, id: TaskId) -> Option<TaskInfo> {
        let mut info = None;
        self.0.show(id.executor(), id.as_usize(), &mut |seen| info = Some(TaskInfo::new(&seen)));
        info
    }

    /// Cancels a task: it ends before it completes, as with [`JoinHandle::cancel`](super::JoinHandle::cancel). Returns
    /// whether it will: `false` if there is no such task, or it has ended already.
    ///
    /// # Panics
    ///
    /// If the task has as many [references](TaskRef) as can be counted.
    pub fn cancel(&self, id: TaskId) -> bool {
        self.get(id).is_some_and(|task| task.cancel())
    }

    /// Returns the number of live tasks, as [`LocalExecutor::len`](super::LocalExecutor::len) does: those that are
    /// listed, and slots that are claimed. Futures of `block_on`, and tasks that were spawned after the executor's end,
    /// are listed and not counted.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Returns whether [`len`](Self::len) is zero.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Returns a value that prints every live task as a line of JSON: an object, with the age in seconds.
    ///
    /// # Examples
    ///
    /// ```
    /// use flagstone::task::LocalExecutor;
    ///
    /// let executor = LocalExecutor::new();
    /// executor.builder().name("quoted \"so\"").spawn(async {}).detach();
    /// let lines = executor.registry().json().to_string();
    /// assert!(lines.contains(r#""name":"quoted \"so\"","kind":"task","state":"scheduled""#));
    /// ```
    #[must_use]
    pub fn json(&self) -> impl fmt::Display + '_ {
        Lines(self)
    }
}

struct Lines<'a>(&'a Registry);

impl fmt::Display for Lines<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.tasks().iter().try_for_each(|task| writeln!(formatter, "{}", task.json()))
    }
}

impl fmt::Display for Registry {
    /// Prints a table: a header line, then a line for each task.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut rows = vec![HEADS.map(str::to_owned)];
        rows.extend(self.tasks().iter().map(row));
        let mut widths = [0; COLUMNS];
        for row in &rows {
            for (width, cell) in widths.iter_mut().zip(row) {
                *width = cell.chars().count().max(*width);
            }
        }
        for row in rows {
            let mut line = String::new();
            for ((cell, width), align) in row.iter().zip(widths).zip(ALIGNED_RIGHT) {
                line += &if align { format!("{cell:>width$}  ") } else { format!("{cell:<width$}  ") };
            }
            writeln!(formatter, "{}", line.trim_end())?;
        }
        Ok(())
    }
}

const COLUMNS: usize = 11;
const HEADS: [&str; COLUMNS] =
    ["id", "name", "kind", "state", "polls", "wakes", "refs", "age", "bytes", "spawned at", "type"];
const ALIGNED_RIGHT: [bool; COLUMNS] = [true, false, false, false, true, true, true, true, true, false, false];

fn row(task: &TaskInfo) -> [String; COLUMNS] {
    let text = |text: &str| OneLine(text).to_string();
    [
        task.id.to_string(),
        text(task.name.as_deref().unwrap_or("-")),
        text(task.kind),
        task.state.to_string(),
        task.polls.to_string(),
        task.wakes.to_string(),
        task.references.to_string(),
        task.age.map_or_else(|| "unknown".to_owned(), |age| format!("{:.2} s", age.as_secs_f64())),
        task.size.to_string(),
        text(&task.location.to_string()),
        text(task.type_name),
    ]
}

// A panic leaves shared state consistent: user code runs only where no operation is half done.
impl core::panic::UnwindSafe for Registry {}
impl core::panic::RefUnwindSafe for Registry {}

impl fmt::Debug for Registry {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_list().entries(self.tasks()).finish()
    }
}
