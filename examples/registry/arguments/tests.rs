use clap::CommandFactory;

use super::Arguments;

#[test]
fn the_version_is_that_of_the_crate() {
    let version = env!("CARGO_PKG_VERSION");
    let manifest = include_str!("../../../Cargo.toml"); // of flagstone
    assert!(manifest.contains(&format!("name = \"flagstone\"\nversion = \"{version}\"\n")));
    let printed = Arguments::command().render_version();
    assert_eq!(printed, format!("registry, an example of flagstone {version}\n"));
}
