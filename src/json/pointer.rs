//! JSON Pointers (RFC 6901).

use serde_path_to_error::{Path, Segment};

/// Returns the pointer to a member or item of the value at `parent`.
pub(crate) fn child(parent: &str, name: &str) -> String {
    format!("{parent}/{}", name.replace('~', "~0").replace('/', "~1"))
}

/// Returns the pointer to a place that serde was at. It ends where a name was not yet read.
pub(crate) fn of(path: &Path) -> String {
    let mut pointer = String::new();
    for segment in path {
        pointer = match segment {
            Segment::Seq { index } => child(&pointer, &index.to_string()),
            Segment::Map { key } => child(&pointer, key),
            Segment::Enum { variant } => child(&pointer, variant),
            Segment::Unknown => break,
        };
    }
    pointer
}
