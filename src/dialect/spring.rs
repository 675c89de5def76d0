//! As Spring Security OAuth 2.5.2 reads a request: its lenient parameters and its order of checks (docs/design/wire.md §3,
//! §5, §6). What it answers is data: `fixtures/dialects/spring.json`.

use std::collections::BTreeSet;

use crate::dialect::{RawRequest, decode, form_of};
use crate::oauth::bearer;
use crate::oauth::client::Client;
use crate::oauth::credentials::{Claim, Credentials, Via, basic_as_it_is};
use crate::oauth::grant_type::GrantType;
use crate::oauth::leniency::Tolerance;
use crate::oauth::params::Params;
use crate::oauth::refusal::{Refusal, excerpt};
use crate::oauth::scope::Scope;

/// Reads a request as a servlet does: query and form are one list, of which the first of a name counts (wire.md §4 rows 32
/// and 33). Any other body is ignored (row 30).
pub(super) fn read(
    request: &RawRequest<'_>,
    tolerance: &mut Tolerance,
) -> Result<(Credentials, Params), Refusal> {
    let query = decode(request.query, "query", tolerance)?;
    let mut params = query.followed_by(form_of(request, tolerance)?);
    if let Some(scope) = params.raw("scope").map(split_scope) {
        params.replace("scope", &scope);
    }
    if params
        .raw("grant_type")
        .is_some_and(|name| name.trim().is_empty())
    {
        // A blank one counts as missing (row 14).
        params.replace("grant_type", "");
    }
    let mut credentials = credentials(request.authorization, &params);
    if request.method != "POST" {
        // Authentication comes first, and the answer names GET although it is not allowed (wire.md §4 rows 12, 12b, 13).
        credentials.deferred = Some(Refusal::MethodNotAllowed {
            method: excerpt(request.method),
            allow: "GET, POST".to_owned(),
        });
    }
    Ok((credentials, params))
}

/// Reads an access token as `BearerTokenExtractor` does: from the header up to a comma, or else from query or form.
pub(super) fn read_bearer(
    request: &RawRequest<'_>,
    tolerance: &mut Tolerance,
) -> Result<Option<String>, Refusal> {
    let in_header = request.authorization.and_then(|header| {
        let text = String::from_utf8_lossy(bearer::after_scheme(header)?).into_owned();
        Some(text.split(',').next().unwrap_or_default().trim().to_owned())
    });
    let query = decode(request.query, "query", tolerance)?;
    let params = query.followed_by(form_of(request, tolerance)?);
    let token = in_header.or_else(|| params.get(bearer::PARAMETER).map(str::to_owned));
    if token.as_deref().is_none_or(str::is_empty) {
        tolerance.refuse(Refusal::BearerMissing {})?;
        return Ok(None);
    }
    Ok(token)
}

/// Spring runs the form filter before the Basic filter; a client that the form filter authenticated is not checked again by
/// Basic (wire.md §6).
fn credentials(authorization: Option<&[u8]>, params: &Params) -> Credentials {
    let named = params.raw("client_id");
    let mut claims: Vec<Claim> = named
        .iter()
        .map(|id| Claim::new(id.trim(), params.raw("client_secret"), Via::Form))
        .collect();
    let mut unreadable = None;
    match authorization.map(basic_as_it_is) {
        None | Some(Err(Refusal::SchemeUnsupported { .. })) => {}
        Some(Err(refusal)) => unreadable = Some(refusal),
        Some(Ok((client_id, secret))) => {
            claims.push(Claim::new(&client_id, Some(&secret), Via::Basic));
        }
    }
    Credentials {
        claims,
        unreadable,
        deferred: None,
        named: named.map(str::to_owned),
    }
}

/// White space and a literal `+` separate scope tokens; the result is sorted (wire.md §5). A leading or doubled space
/// produces an empty scope token, which Spring rejects as `invalid_scope`.
fn split_scope(text: &str) -> String {
    let text = text.trim_end_matches(is_separator);
    let tokens: BTreeSet<&str> = text.split(is_separator).collect();
    tokens.into_iter().collect::<Vec<_>>().join(" ")
}

fn is_separator(c: char) -> bool {
    // Java's `\s` includes the vertical tab.
    c == '+' || c == '\x0B' || c.is_ascii_whitespace()
}

/// Compares the scope with the client's registration before looking at the grant type, and requires a refresh token before
/// looking at the client's grant types (wire.md §3 c and f).
pub(super) fn screen(
    client: &Client,
    params: &Params,
    tolerance: &mut Tolerance,
) -> Result<(), Refusal> {
    let client_id = client.client_id.clone();
    match (&client.scope, params.get("scope")) {
        (None, None) => tolerance.refuse(Refusal::ScopeEmpty { client_id })?,
        (Some(registered), Some(asked)) => {
            // A malformed scope token is not registered either.
            let beyond = match asked.parse::<Scope>() {
                Ok(scope) => scope.beyond(registered).to_string(),
                Err(_) => asked.to_owned(),
            };
            if !beyond.is_empty() {
                tolerance.refuse(Refusal::ScopeNotRegistered {
                    client_id,
                    asked: excerpt(&beyond),
                    registered: registered.clone(),
                })?;
            }
        }
        (None, Some(_)) | (Some(_), None) => {}
    }
    let refreshes = params.get("grant_type") == Some(GrantType::RefreshToken.as_str());
    if refreshes && params.get("refresh_token").is_none() {
        tolerance.refuse(Refusal::RefreshTokenMissing {})?;
    }
    Ok(())
}

/// Compares redirect URIs without their queries; each registered parameter must have its values, and others may be added
/// (wire.md §9).
pub(super) fn is_redirect_uri(registered: &str, presented: &str) -> bool {
    let split = |uri| str::split_once(uri, '?').unwrap_or((uri, ""));
    let ((registered, due), (presented, given)) = (split(registered), split(presented));
    let due = Params::decode_lossy(due.as_bytes());
    let given = Params::decode_lossy(given.as_bytes());
    let has_values = |(name, _)| due.all(name).eq(given.all(name));
    registered == presented && due.iter().all(has_values)
}

/// Sorts a scope that was requested alphabetically (wire.md §5).
pub(super) fn arrange(scope: Scope, params: &Params) -> Scope {
    match params.get("scope") {
        Some(_) => scope.sorted(),
        None => scope,
    }
}
