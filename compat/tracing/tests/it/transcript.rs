//! The output of a formatting layer, kept in memory.

use std::{
    io,
    sync::{Arc, Mutex},
};

use tracing::Dispatch;
use tracing_subscriber::{Registry, fmt, fmt::format::FmtSpan, layer::SubscriberExt};

/// Lines of text. All clones share them.
#[derive(Clone, Default)]
pub(crate) struct Transcript(Arc<Mutex<Vec<u8>>>);

impl Transcript {
    /// Returns a registry below a layer that writes every event and every state change of a span here, without times
    /// and colours.
    pub(crate) fn registry(&self) -> Dispatch {
        let transcript = self.clone();
        let layer = fmt::layer()
            .with_writer(move || transcript.clone())
            .with_span_events(FmtSpan::FULL)
            .with_ansi(false)
            .with_target(false)
            .with_level(false)
            .without_time();
        Dispatch::new(Registry::default().with(layer))
    }

    /// Returns all lines.
    pub(crate) fn lines(&self) -> Vec<String> {
        let text = String::from_utf8(self.0.lock().unwrap().clone()).unwrap();
        text.lines().map(|line| line.trim_start().to_owned()).collect()
    }

    /// Returns the lines of a span and of all spans within it, in order. Lines of other spans may be between them.
    pub(crate) fn lines_within(&self, outermost: &str) -> Vec<String> {
        self.lines().into_iter().filter(|line| line.starts_with(outermost)).collect()
    }
}

/// The layer writes each line in one call.
impl io::Write for Transcript {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(line);
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
