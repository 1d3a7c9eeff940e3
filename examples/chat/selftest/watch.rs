//! Watches from another thread: draws progress, and ends a self-test that hangs.

use std::io;
use std::process;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{Builder, JoinHandle};
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, bounded};
use indicatif::{ProgressBar, ProgressStyle};

use crate::FAILED;
use crate::output::note;

const INTERVAL: Duration = Duration::from_millis(100);
/// In a narrow terminal the end of the message is cut.
const STYLE: &str = "{percent:>3} % heard, {elapsed}  {wide_msg}";

/// The state that the watching thread reads. That thread does not depend on what it watches: an executor that loses a
/// wake, or a server that is stuck, cannot keep it from ending the process.
#[derive(Debug)]
pub(crate) struct Watch {
    stage: Mutex<Stage>,
    heard: AtomicUsize,
    expected: AtomicUsize,
    thread: Mutex<Option<(Sender<()>, JoinHandle<()>)>>,
}

/// What is being waited for.
#[derive(Clone, Debug, Default)]
struct Stage {
    what: String,
    have: Arc<AtomicUsize>,
    needed: usize,
}

impl Watch {
    /// Starts the thread. When this much time is over, it ends the process.
    pub(crate) fn start(patience: Duration) -> io::Result<Arc<Self>> {
        let (stage, heard, expected, thread) = Default::default();
        let watch = Arc::new(Self { stage, heard, expected, thread });
        let (sender, ended) = bounded(0);
        let watched = watch.clone();
        let thread = Builder::new().name("watch".to_owned()).spawn(move || watched.look_on(patience, &ended))?;
        *watch.thread.lock().unwrap_or_else(PoisonError::into_inner) = Some((sender, thread));
        Ok(watch)
    }

    /// Ends the thread, and removes what it has drawn.
    pub(crate) fn end(&self) {
        let Some((sender, thread)) = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take() else { return };
        drop(sender);
        let _ = thread.join(); // if it has panicked, the hook has reported it
    }

    /// Reports what is waited for: until `have` reaches `needed`.
    pub(crate) fn wait_for(&self, what: impl Into<String>, have: &Arc<AtomicUsize>, needed: usize) {
        let stage = Stage { what: what.into(), have: have.clone(), needed };
        *self.stage.lock().unwrap_or_else(PoisonError::into_inner) = stage;
    }

    /// Reports how many lines will be heard.
    pub(crate) fn expect(&self, lines: usize) {
        self.expected.store(lines, Ordering::Relaxed);
    }

    /// Reports that another line was heard.
    pub(crate) fn heard(&self) {
        self.heard.fetch_add(1, Ordering::Relaxed);
    }

    fn look_on(&self, patience: Duration, ended: &Receiver<()>) {
        let deadline = Instant::now() + patience;
        let style = ProgressStyle::with_template(STYLE).unwrap_or_else(|_| ProgressStyle::default_bar());
        let bar = ProgressBar::new(0).with_style(style); // hidden unless standard error is a terminal
        while ended.recv_timeout(INTERVAL) == Err(RecvTimeoutError::Timeout) {
            let Stage { what, have, needed } = self.stage.lock().unwrap_or_else(PoisonError::into_inner).clone();
            let stage = format!("{} of {needed}: {what}", have.load(Ordering::Relaxed));
            if Instant::now() > deadline {
                bar.finish_and_clear();
                note(format_args!("the self-test FAILED: after {} s it still waits for {stage}", patience.as_secs()));
                process::exit(FAILED.into());
            }
            bar.set_length(self.expected.load(Ordering::Relaxed) as u64);
            bar.set_position(self.heard.load(Ordering::Relaxed) as u64);
            bar.set_message(stage);
        }
        bar.finish_and_clear();
    }
}
