//! Checks of a profile's paths and lifetimes.

use crate::oauth::endpoint::METADATA_PATHS;
use crate::shape::ProfileError;
use crate::shape::document::{LifetimesDocument, Paths};

/// Checks that paths are plain, differ from one another and leave the server's own paths free.
pub(super) fn paths(paths: &Paths) -> Result<(), ProfileError> {
    let own = [
        ("token", &paths.token),
        ("authorization", &paths.authorization),
        ("jwks", &paths.jwks),
    ];
    let prefixes = std::iter::once(("prefix".to_owned(), &paths.prefix))
        .filter(|(_, prefix)| !prefix.is_empty())
        .chain(
            paths
                .aliases
                .iter()
                .enumerate()
                .map(|(index, alias)| (format!("aliases/{index}"), alias)),
        );
    let named = own
        .iter()
        .map(|(name, path)| ((*name).to_owned(), *path))
        .chain(prefixes);
    for (name, path) in named {
        let plain = |c: char| c.is_ascii_alphanumeric() || "/-._~".contains(c);
        let problem = if !path.starts_with('/') || path.ends_with('/') {
            "must begin with / and not end with one"
        } else if path.contains("//") || !path.chars().all(plain) {
            "may hold letters, digits, - . _ ~ and single slashes only"
        } else if path == "/_mimic" || path.starts_with("/_mimic/") {
            "is below /_mimic, which is reserved for the control plane"
        } else if path == "/s" || path.starts_with("/s/") {
            "is below /s, which is reserved for sandboxes"
        } else if METADATA_PATHS.contains(&path.as_str()) {
            "is the path of the metadata (RFC 8414 §3, OpenID Connect Discovery §4)"
        } else {
            continue;
        };
        return Err(ProfileError::new(
            format!("/paths/{name}"),
            format!("`{path}` {problem}"),
        ));
    }
    distinct(paths, &own)
}

/// Checks that no two endpoints have the same whole path, under the prefix or an alias.
fn distinct(paths: &Paths, own: &[(&str, &String)]) -> Result<(), ProfileError> {
    let prefixes = || std::iter::once(&paths.prefix).chain(&paths.aliases);
    let mut seen: Vec<(String, &str)> = prefixes()
        .flat_map(|prefix| {
            METADATA_PATHS
                .iter()
                .map(move |document| (format!("{prefix}{document}"), "the metadata"))
        })
        .collect();
    for prefix in prefixes() {
        for (name, path) in own {
            let whole = format!("{prefix}{path}");
            if let Some((_, other)) = seen.iter().find(|(held, _)| *held == whole) {
                return Err(ProfileError::new(
                    format!("/paths/{name}"),
                    format!("`{whole}` is the path of {other} already"),
                ));
            }
            seen.push((whole, name));
        }
    }
    Ok(())
}

/// Checks that every lifetime is at least one second.
pub(super) fn lifetimes(lifetimes: &LifetimesDocument) -> Result<(), ProfileError> {
    let all = [
        ("access_token", lifetimes.access_token),
        ("id_token", lifetimes.id_token),
        ("refresh_token", lifetimes.refresh_token),
    ];
    match all.iter().find(|(_, seconds)| *seconds == 0) {
        Some((name, _)) => Err(ProfileError::new(
            format!("/lifetimes/{name}"),
            "must be at least 1 second",
        )),
        None => Ok(()),
    }
}
