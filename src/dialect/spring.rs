//! As the stock of Spring Security OAuth 2.5.2 does, on Spring Boot 2.5 or later: its leniency in reading, its order of
//! checks, its status codes and texts (`wire.md` §3-§6). Where that framework has no word for what this server refuses,
//! the nearest of its answers is given.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::clock::Timestamp;
use crate::dialect::{FORM, Received, Told, body, media_type};
use crate::oauth::client::Client;
use crate::oauth::credentials::{Claim, Credentials, Via, basic};
use crate::oauth::params::Params;
use crate::oauth::refusal::{Refusal, excerpt};
use crate::oauth::scope::Scope;

/// A servlet's view of a request: query and form in one list, of which the first of a name counts (§4 rows 32-33), and
/// any other body is invisible (row 30).
pub(super) fn read(received: &Received<'_>) -> Result<(Credentials, Params), Refusal> {
    let decode = |bytes, part| {
        Params::decode(bytes).map_err(|why| Refusal::Unreadable {
            part,
            why: why.to_string(),
        })
    };
    let is_form = received
        .content_type
        .is_some_and(|content_type| media_type(content_type).0 == FORM);
    let form = if is_form && received.method == "POST" {
        received.body
    } else {
        &[]
    };
    let mut params = decode(received.query, "query")?.followed_by(decode(form, "form")?);
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
    let credentials = credentials(received.authorization, &params);
    Ok((credentials, params))
}

/// The two filters in their order, form before Basic (§6): whom the first let in, the second does not ask again.
fn credentials(authorization: Option<&[u8]>, params: &Params) -> Credentials {
    let named = params.raw("client_id");
    let mut claims: Vec<Claim> = named
        .iter()
        .map(|id| Claim::new(id.trim(), params.raw("client_secret"), Via::Form))
        .collect();
    let raw = |part: &[u8]| String::from_utf8(part.to_vec()).map_err(|why| why.to_string());
    let mut unreadable = None;
    match authorization.map(|header| basic(header, raw)) {
        None | Some(Err(Refusal::SchemeUnsupported { .. })) => {}
        Some(Err(refusal)) => unreadable = Some(refusal),
        Some(Ok((client_id, secret))) => {
            claims.push(Claim::new(&client_id, Some(&secret), Via::Basic));
        }
    }
    Credentials {
        claims,
        unreadable,
        named: named.map(str::to_owned),
    }
}

/// Any white space and a literal `+` separate; the result is sorted (§5). A blank in front or doubled stays: it makes
/// an empty member, which is an invalid scope.
fn split_scope(text: &str) -> String {
    let text = text.trim_end_matches(is_separator);
    let tokens: BTreeSet<&str> = text.split(is_separator).collect();
    tokens.into_iter().collect::<Vec<_>>().join(" ")
}

fn is_separator(c: char) -> bool {
    // Java's `\s`, which has the vertical tab too.
    c == '+' || c == '\x0B' || c.is_ascii_whitespace()
}

/// The scope is held against the client's registration before the grant type is looked at, and a refresh token must be
/// there before the client's grants are (§3 c and f).
pub(super) fn screen(client: &Client, params: &Params) -> Result<(), Refusal> {
    let client_id = client.client_id.clone();
    match (&client.scope, params.get("scope")) {
        (None, None) => return Err(Refusal::ScopeEmpty { client_id }),
        (Some(registered), Some(asked)) => {
            // What is no scope token at all is not registered either.
            let beyond = match asked.parse::<Scope>() {
                Ok(scope) => scope.beyond(registered).to_string(),
                Err(_) => asked.to_owned(),
            };
            if !beyond.is_empty() {
                return Err(Refusal::ScopeNotRegistered {
                    client_id,
                    asked: excerpt(&beyond),
                    registered: registered.clone(),
                });
            }
        }
        _ => {}
    }
    if params.get("grant_type") == Some("refresh_token") && params.get("refresh_token").is_none() {
        return Err(Refusal::ParameterMissing {
            name: "refresh_token",
        });
    }
    Ok(())
}

/// A scope that was asked for is issued in alphabetical order (§5).
pub(super) fn arrange(scope: Scope, params: &Params) -> Scope {
    match params.get("scope") {
        Some(_) => scope.sorted(),
        None => scope,
    }
}

/// The three ways this framework answers.
enum Answer<'a> {
    /// An `OAuth2Exception`, with its extra members in sorted order.
    OAuth {
        status: u16,
        error: &'static str,
        description: &'a str,
        extra: Option<(&'static str, String)>,
    },
    /// The form filter's entry point.
    Form,
    /// The container's error page, by Spring Boot.
    Boot { status: u16, reason: &'static str },
}

/// What the security filters put on every answer.
pub(super) const FILTERED: &[(&str, &str)] = &[
    ("x-content-type-options", "nosniff"),
    ("x-xss-protection", "1; mode=block"),
    ("x-frame-options", "DENY"),
];

#[expect(clippy::too_many_lines, reason = "one table: a line for each refusal")]
fn answer(refusal: &Refusal) -> Answer<'_> {
    use Refusal as R;
    let oauth = |status, error, description| Answer::OAuth {
        status,
        error,
        description,
        extra: None,
    };
    let scope = |description, scope: &Scope| Answer::OAuth {
        status: 400,
        error: "invalid_scope",
        description,
        extra: Some(("scope", scope.to_string())),
    };
    let unauthorized = Answer::Boot {
        status: 401,
        reason: "Unauthorized",
    };
    match refusal {
        R::NoSuchEndpoint { .. } => Answer::Boot {
            status: 404,
            reason: "Not Found",
        },
        R::BodyTooSlow { .. } => Answer::Boot {
            status: 408,
            reason: "Request Timeout",
        },
        R::BodyTooLarge { .. } => Answer::Boot {
            status: 413,
            reason: "Payload Too Large",
        },
        R::TargetTooLong { .. } => Answer::Boot {
            status: 414,
            reason: "URI Too Long",
        },
        R::HeadersTooLarge { .. } => Answer::Boot {
            status: 431,
            reason: "Request Header Fields Too Large",
        },
        R::MethodNotAllowed { method, .. } if method == "GET" => oauth(
            405,
            "method_not_allowed",
            "Request method 'GET' not supported",
        ),
        R::MethodNotAllowed { .. } => Answer::Boot {
            status: 405,
            reason: "Method Not Allowed",
        },
        R::ContentType { .. }
        | R::Charset { .. }
        | R::ContentEncoding { .. }
        | R::BodyBrokeOff
        | R::Unreadable { .. }
        | R::ParameterInUri { .. }
        | R::ParameterRepeated { .. } => Answer::Boot {
            status: 400,
            reason: "Bad Request",
        },
        R::ParameterMissing { name: "grant_type" } => {
            oauth(400, "invalid_request", "Missing grant type")
        }
        R::ParameterMissing { .. } => oauth(
            400,
            "invalid_request",
            "refresh_token parameter not provided",
        ),
        R::AuthenticationMissing
        | R::SchemeUnsupported { .. }
        | R::BasicMalformed { .. }
        | R::SeveralAuthenticationMethods
        | R::AssertionUnsupported => unauthorized,
        R::ClientUnknown { via, .. }
        | R::SecretWrong { via, .. }
        | R::SecretMissing { via, .. }
        | R::SecretUnexpected { via, .. }
        | R::AuthMethodNotRegistered { via, .. } => match via {
            Via::Basic => unauthorized,
            Via::Form => Answer::Form,
        },
        R::ClientIdMismatch { .. } => oauth(
            401,
            "invalid_client",
            "Given client ID does not match authenticated client",
        ),
        R::GrantTypeUnsupported { grant_type } if grant_type == "implicit" => oauth(
            400,
            "invalid_grant",
            "Implicit grant type not supported from token endpoint",
        ),
        R::GrantTypeUnsupported { .. } => {
            oauth(400, "unsupported_grant_type", "Unsupported grant type")
        }
        R::GrantTypeNotAllowed { .. } => oauth(401, "invalid_client", "Unauthorized grant type"),
        // Spring checks neither type nor audience nor nbf nor iat: these are nearest to what it cannot read.
        R::RefreshTokenMalformed { .. }
        | R::RefreshTokenForged { .. }
        | R::RefreshTokenWrongType { .. }
        | R::RefreshTokenWrongAudience { .. }
        | R::RefreshTokenNotYetValid { .. }
        | R::RefreshTokenIssuedInFuture { .. } => {
            oauth(401, "invalid_token", "Cannot convert access token to JSON")
        }
        R::NotARefreshToken { .. } => {
            oauth(401, "invalid_token", "Encoded token is not a refresh token")
        }
        R::RefreshTokenExpired { .. } => {
            oauth(401, "invalid_token", "Invalid refresh token (expired)")
        }
        R::ClientMismatch { .. } => {
            oauth(400, "invalid_grant", "Wrong client for this refresh token")
        }
        R::IssuerMismatch { .. } | R::FamilyRevoked | R::RefreshTokenReplayed => {
            oauth(400, "invalid_grant", "Invalid refresh token")
        }
        R::UserUnknown { .. } => oauth(400, "invalid_grant", "user not found"),
        R::ScopeNotRegistered { registered, .. } => scope("Invalid scope", registered),
        // What is no scope token at all was not granted either.
        R::ScopeNotGranted { granted, .. } | R::ScopeMalformed { granted, .. } => scope(
            "Unable to narrow the scope of the client authentication",
            granted,
        ),
        R::ScopeEmpty { .. } => oauth(
            400,
            "invalid_scope",
            "Empty scope (either the client or the user is not allowed the requested scopes)",
        ),
    }
}

/// What stands in the head of every answer that is no token.
fn filtered() -> Vec<(&'static str, String)> {
    FILTERED
        .iter()
        .chain(&[("content-type", "application/json"), ("pragma", "no-cache")])
        .map(|(name, value)| (*name, (*value).to_owned()))
        .collect()
}

/// What stands in the head of an OAuth error of that status.
pub(super) fn headers(status: u16, members: &[(&str, &str)]) -> Vec<(&'static str, String)> {
    let mut headers = filtered();
    if status == 401 {
        let summary: Vec<String> = members
            .iter()
            .map(|(name, value)| format!("{name}=\"{value}\""))
            .collect();
        headers.push(("www-authenticate", format!("Bearer {}", summary.join(", "))));
    }
    headers.push(("cache-control", "no-store".to_owned()));
    headers
}

pub(super) fn tell(refusal: &Refusal, path: &str, now: Timestamp) -> Told {
    let mut headers = filtered();
    match answer(refusal) {
        Answer::OAuth {
            status,
            error,
            description,
            extra,
        } => {
            let mut members = vec![("error", error), ("error_description", description)];
            members.extend(extra.as_ref().map(|(name, value)| (*name, value.as_str())));
            Told {
                status,
                error,
                headers: self::headers(status, &members),
                body: body(&members),
            }
        }
        Answer::Form => {
            const DESCRIPTION: &str = "Bad client credentials";
            let challenge = format!(
                r#"Form realm="oauth2/client", error="invalid_client", error_description="{DESCRIPTION}""#
            );
            headers.push(("www-authenticate", challenge));
            headers.push(("cache-control", "no-store".to_owned()));
            let body = body(&[
                ("error", "invalid_client"),
                ("error_description", DESCRIPTION),
            ]);
            Told {
                status: 401,
                error: "invalid_client",
                headers,
                body,
            }
        }
        Answer::Boot { status, reason } => {
            if status == 401 {
                headers.push((
                    "www-authenticate",
                    r#"Basic realm="oauth2/client""#.to_owned(),
                ));
            }
            if let Refusal::MethodNotAllowed { allow, .. } = refusal {
                headers.push(("allow", (*allow).to_owned()));
            }
            headers.push((
                "cache-control",
                "no-cache, no-store, max-age=0, must-revalidate".to_owned(),
            ));
            headers.push(("expires", "0".to_owned()));
            let page: Value = json!({ "timestamp": timestamp(now), "status": status, "error": reason, "path": path });
            Told {
                status,
                error: reason,
                headers,
                body: page.to_string(),
            }
        }
    }
}

/// `2023-03-28T12:23:16.000+00:00`: the server's clock has no milliseconds.
fn timestamp(now: Timestamp) -> String {
    now.to_string().replace('Z', ".000+00:00")
}
