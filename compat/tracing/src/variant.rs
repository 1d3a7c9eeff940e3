//! The program with the patch, and the program without.

use std::{
    error::Error,
    ffi::OsString,
    fmt,
    io::{self, BufRead, BufReader, Write},
    path::{Path, PathBuf},
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
    time::Duration,
};

use crate::{linked, workload::Workload};

/// One of the two, as a package that can be built and run.
pub(crate) struct Variant {
    /// The crate in which its spans are kept.
    pub(crate) name: &'static str,
    manifest: PathBuf,
}

impl Variant {
    /// The package of this program's `Cargo.toml`.
    pub(crate) fn patched() -> Self {
        Self { name: linked::FLAGSTONE, manifest: directory().join("Cargo.toml") }
    }

    /// The same sources without the patch.
    pub(crate) fn published() -> Self {
        Self { name: linked::PUBLISHED, manifest: directory().join("published").join("Cargo.toml") }
    }

    fn cargo(&self, subcommand: &str) -> Command {
        let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| OsString::from("cargo")));
        // Locked, so that only the patch differs.
        command.args([subcommand, "--release", "--quiet", "--locked", "--manifest-path"]).arg(&self.manifest);
        command
    }

    /// Builds it.
    pub(crate) fn build(&self) -> Result<(), Box<dyn Error>> {
        let status = self.cargo("build").status()?;
        if status.success() { Ok(()) } else { Err(format!("{self} was not built: {status}").into()) }
    }

    /// Checks that it keeps its spans in the right crate.
    pub(crate) fn check(&self) -> Result<(), Box<dyn Error>> {
        let output = self.cargo("run").args(["--", "--linked"]).stderr(Stdio::inherit()).output()?;
        let found = String::from_utf8(output.stdout)?;
        if found.trim() == self.name {
            Ok(())
        } else {
            Err(format!("{self} should use {}, but uses '{}'", self.name, found.trim()).into())
        }
    }

    /// Starts a process of it that is ready to measure a workload.
    pub(crate) fn start(&self, workload: &Workload) -> Result<Runner, Box<dyn Error>> {
        let mut child = self
            .cargo("run")
            .args(["--", "--measure", workload.id])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let questions = child.stdin.take().ok_or("standard input is piped")?;
        let answers = BufReader::new(child.stdout.take().ok_or("standard output is piped")?);
        let mut runner = Runner { child, questions: Some(questions), answers };
        match runner.answer()?.as_str() {
            "ready" => Ok(runner),
            other => Err(format!("{self} says '{other}'").into()),
        }
    }
}

impl fmt::Display for Variant {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "the program on {}", self.name)
    }
}

/// Returns the directory of the patched package: this one, or its parent if this is the package without the patch.
fn directory() -> &'static Path {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    if here.ends_with("published") { here.parent().unwrap_or(here) } else { here }
}

/// A process that measures a workload, and ends when this is dropped.
pub(crate) struct Runner {
    child: Child,
    questions: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
}

impl Runner {
    /// Returns how long the process needs for `spans` spans.
    pub(crate) fn measure(&mut self, spans: u64) -> Result<Duration, Box<dyn Error>> {
        let questions = self.questions.as_mut().ok_or("the process has been asked to end")?;
        writeln!(questions, "{spans}")?;
        questions.flush()?;
        Ok(Duration::from_nanos(self.answer()?.parse()?))
    }

    fn answer(&mut self) -> io::Result<String> {
        let mut line = String::new();
        self.answers.read_line(&mut line)?;
        if line.is_empty() {
            return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "a child process ended early"));
        }
        Ok(line.trim().to_owned())
    }
}

impl Drop for Runner {
    fn drop(&mut self) {
        // It ends at the end of its input.
        drop(self.questions.take());
        // Nothing depends on its exit status.
        let _ = self.child.wait();
    }
}
