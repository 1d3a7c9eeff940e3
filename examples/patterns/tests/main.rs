//! Runs the programs and their twins, and the C program against both libraries.

use std::{
    env::{consts, current_exe},
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
};

/// Where cargo puts the examples.
fn examples() -> PathBuf {
    let test = current_exe().expect("the test has a path");
    test.ancestors().nth(2).expect("deps is in the folder of the profile").join("examples")
}

#[track_caller]
fn run(command: &mut Command) -> String {
    let output: Output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let said = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert!(output.status.success(), "{command:?}: {}\n{}", output.status, said(&output.stderr));
    said(&output.stdout)
}

#[test]
fn programs_and_twins_do_the_same() {
    for name in ["connections", "buffers", "records", "fan_out"] {
        for twin in ["", "_locked"] {
            let said = run(&mut Command::new(examples().join(format!("{name}{twin}{}", consts::EXE_SUFFIX))));
            assert_eq!(said.lines().count(), 1, "{name}{twin}: {said}");
        }
    }
}

#[test]
#[cfg(unix)]
fn a_c_program_uses_the_handles() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("handles");
    for library in ["handles", "handles_locked"] {
        let program = examples().join(format!("{library}_in_c"));
        let mut compile = Command::new("cc");
        compile.args(["-std=c11", "-Wall", "-Wextra", "-Werror", "-pthread", "-o"]).arg(&program);
        compile.arg(source.join("main.c")).arg("-L").arg(examples()).arg(format!("-l{library}"));
        run(compile.arg(format!("-Wl,-rpath,{}", examples().display())));
        assert_eq!(run(&mut Command::new(&program)), "all is as the header says\n", "{library}");
    }
}

#[test]
fn programs_are_shorter_than_their_twins() {
    let lines = |path: &str| {
        let text = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap();
        text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with("//")).count()
    };
    println!("| program | lines | its twin on a locked slab |\n| --- | --- | --- |");
    for (program, twin) in [
        ("connections.rs", "locked/connections.rs"),
        ("buffers.rs", "locked/buffers.rs"),
        ("handles/handles.rs", "locked/handles.rs"),
        ("records.rs", "locked/records.rs"),
        ("fan_out.rs", "locked/fan_out.rs"),
    ] {
        println!("| `{program}` | {} | {} |", lines(program), lines(twin));
        assert!(lines(program) < lines(twin), "{program}");
    }
}
