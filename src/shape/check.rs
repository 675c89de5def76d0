//! Checks of a profile's paths and lifetimes.

use crate::oauth::authorization::{ChallengeMethod, ResponseType};
use crate::oauth::endpoint::{Endpoint, METADATA_PATHS};
use crate::shape::ProfileError;
use crate::shape::document::{LifetimesDocument, Paths};

/// Checks that paths are plain, differ from one another and leave the server's own paths free.
pub(super) fn paths(paths: &Paths) -> Result<(), ProfileError> {
    // The members have the names of the endpoints.
    let chosen = Endpoint::ALL
        .iter()
        .filter_map(|endpoint| Some((endpoint.to_string(), paths.chosen(*endpoint)?)));
    let prefix = Some(("prefix".to_owned(), paths.prefix.as_str()));
    let aliases = paths.aliases.iter().enumerate();
    let named = chosen
        .chain(prefix.filter(|(_, prefix)| !prefix.is_empty()))
        .chain(aliases.map(|(index, alias)| (format!("aliases/{index}"), alias.as_str())));
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
        } else if METADATA_PATHS.contains(&path) {
            "is the path of the metadata (RFC 8414 §3, OpenID Connect Discovery §4)"
        } else {
            continue;
        };
        return Err(ProfileError::new(
            format!("/paths/{name}"),
            format!("`{path}` {problem}"),
        ));
    }
    distinct(paths)
}

/// Checks that no two endpoints have the same whole path, under the prefix or an alias.
fn distinct(paths: &Paths) -> Result<(), ProfileError> {
    let metadata = paths.all(Endpoint::Metadata).into_iter();
    let mut seen: Vec<(String, &str)> = metadata.map(|whole| (whole, "the metadata")).collect();
    for endpoint in Endpoint::ALL {
        if paths.chosen(*endpoint).is_none() {
            continue;
        }
        for whole in paths.all(*endpoint) {
            if let Some((_, other)) = seen.iter().find(|(held, _)| *held == whole) {
                return Err(ProfileError::new(
                    format!("/paths/{endpoint}"),
                    format!("`{whole}` is the path of {other} already"),
                ));
            }
            seen.push((whole, endpoint.as_str()));
        }
    }
    Ok(())
}

/// Reads the response types of a profile.
pub(super) fn response_types(names: &[String]) -> Result<Vec<ResponseType>, ProfileError> {
    let read = |(index, name): (usize, &String)| {
        ResponseType::parse(name).ok_or_else(|| {
            let problem = format!("`{name}` is not made of code, id_token and token");
            ProfileError::new(format!("/response_types/{index}"), problem)
        })
    };
    if names.is_empty() {
        return Err(ProfileError::new(
            "/response_types",
            "must name at least one response type",
        ));
    }
    names.iter().enumerate().map(read).collect()
}

/// Checks that there is a method of code challenges: public clients need one.
pub(super) fn code_challenge_methods(
    methods: &[ChallengeMethod],
) -> Result<Vec<ChallengeMethod>, ProfileError> {
    match methods {
        [] => Err(ProfileError::new(
            "/code_challenge_methods",
            "must name at least one method",
        )),
        methods => Ok(methods.to_vec()),
    }
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
