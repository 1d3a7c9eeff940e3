//! Tests that need a process of their own: thread numbers and resident memory belong to the whole process.

use std::{env, process::Command};

const CHILD: &str = "FLAGSTONE_IT_ALONE";

/// Runs `behaviour` in a child process which runs the test `module::name` and nothing else.
pub(crate) fn run(module: &str, name: &str, behaviour: impl FnOnce()) {
    if env::var_os(CHILD).is_some() {
        return behaviour();
    }
    let (_crate, module) = module.split_once("::").expect("tests stand in a module of the test crate");
    let output = Command::new(env::current_exe().expect("a test is an executable"))
        .args(["--exact", &format!("{module}::{name}"), "--test-threads=1", "--nocapture"])
        .env(CHILD, "1")
        .output()
        .expect("the test can be run again");
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success() && said.contains("1 passed"),
        "{}\n{said}\n{}",
        output.status,
        String::from_utf8_lossy(&output.stderr)
    );
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
