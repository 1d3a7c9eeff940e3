//! The profile that this program was built with.

use std::env;
use std::path::Path;

/// Returns the profile's name: cargo builds a profile into a folder of its name, `release` for `bench` too.
pub(crate) fn name() -> String {
    let program = env::current_exe().unwrap_or_default();
    // target/<profile>/deps/<program>
    let folder = program.parent().filter(|folder| folder.ends_with("deps")).and_then(Path::parent);
    let name = folder.and_then(Path::file_name).map(|name| name.to_string_lossy().into_owned());
    name.unwrap_or_else(|| "unknown".to_owned())
}

/// Returns the file's name, with the profile before its extension unless the profile is `release`.
pub(crate) fn file_name(file: &str) -> String {
    match (name().as_str(), file.rsplit_once('.')) {
        ("release", _) | (_, None) => file.to_owned(),
        (profile, Some((stem, extension))) => format!("{stem}-{profile}.{extension}"),
    }
}
