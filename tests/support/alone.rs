//! Tests that need a process of their own: thread numbers and resident memory belong to the whole process.

use std::{
    env,
    process::{Command, Output},
};

const CHILD: &str = "FLAGSTONE_IT_ALONE";

/// Runs `behaviour` in a child process which runs the test `module::name` and nothing else.
pub(crate) fn run(module: &str, name: &str, behaviour: impl FnOnce()) {
    let Some(output) = run_in_child(module, name, behaviour) else { return };
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success() && said.contains("1 passed"),
        "{}\n{said}\n{}",
        output.status,
        String::from_utf8_lossy(&output.stderr)
    );
}

/// Runs `behaviour` in a child process too, and asserts that it aborts that one. What it said until then.
#[cfg(not(flagstone_published))]
pub(crate) fn run_until_it_aborts(module: &str, name: &str, behaviour: impl FnOnce()) -> Option<String> {
    let output = run_in_child(module, name, behaviour)?;
    let (said, errors) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    // A test that fails ends its process with a code of its own.
    #[cfg(unix)]
    assert!(output.status.code().is_none(), "{}\n{said}\n{errors}", output.status);
    assert!(!output.status.success() && !said.contains("test result"), "{}\n{said}\n{errors}", output.status);
    Some(said.into_owned())
}

/// Runs a test again in a process that runs nothing else; `behaviour` if this is that process.
fn run_in_child(module: &str, name: &str, behaviour: impl FnOnce()) -> Option<Output> {
    if env::var_os(CHILD).is_some() {
        behaviour();
        return None;
    }
    let (_crate, module) = module.split_once("::").expect("tests stand in a module of the test crate");
    let output = Command::new(env::current_exe().expect("a test is an executable"))
        .args(["--exact", &format!("{module}::{name}"), "--test-threads=1", "--nocapture", "--include-ignored"])
        .env(CHILD, "1")
        .output();
    Some(output.expect("the test can be run again"))
}

/// Declares tests that run in processes of their own.
macro_rules! alone {
    ($($(#[$attribute:meta])* fn $name:ident() $behaviour:block)*) => {$(
        #[test]
        $(#[$attribute])*
        fn $name() {
            $crate::alone::run(module_path!(), stringify!($name), || $behaviour);
        }
    )*};
}
pub(crate) use alone;
