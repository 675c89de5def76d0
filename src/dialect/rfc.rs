//! By the letter of RFC 6749: §3.2 for what a request may hold, §5.2 for how it is refused.

use crate::dialect::{FORM, Received, Told, body, media_type};
use crate::oauth::credentials::Credentials;
use crate::oauth::params::Params;
use crate::oauth::refusal::{self, Refusal, excerpt};

pub(super) fn read(received: &Received<'_>) -> Result<(Credentials, Params), Refusal> {
    if received.method != "POST" {
        return Err(Refusal::MethodNotAllowed {
            method: excerpt(received.method),
            allow: "POST, OPTIONS",
        });
    }
    check_content(received)?;
    let unreadable = |part: &'static str| {
        move |why: crate::oauth::form::MalformedForm| Refusal::Unreadable {
            part,
            why: why.to_string(),
        }
    };
    let query = Params::decode(received.query).map_err(unreadable("query"))?;
    if let Some(name) = query.first_known() {
        return Err(Refusal::ParameterInUri { name });
    }
    let params = Params::decode(received.body).map_err(unreadable("form"))?;
    if let Some(name) = params.repeated() {
        return Err(Refusal::ParameterRepeated { name });
    }
    Ok((Credentials::read(received.authorization, &params)?, params))
}

fn check_content(received: &Received<'_>) -> Result<(), Refusal> {
    let quoted = |bytes: &[u8]| excerpt(&String::from_utf8_lossy(bytes));
    if let Some(encoding) = received
        .content_encoding
        .filter(|e| !e.eq_ignore_ascii_case(b"identity"))
    {
        return Err(Refusal::ContentEncoding {
            encoding: quoted(encoding),
        });
    }
    let Some(content_type) = received.content_type else {
        return Err(Refusal::ContentType {
            found: "a body without a Content-Type".to_owned(),
        });
    };
    let (essence, charset) = media_type(content_type);
    if essence != FORM {
        return Err(Refusal::ContentType {
            found: quoted(content_type),
        });
    }
    match charset {
        Some(charset) if charset != "utf-8" => Err(Refusal::Charset {
            charset: excerpt(&charset),
        }),
        _ => Ok(()),
    }
}

/// Status and code (RFC 6749 §5.2).
fn code(refusal: &Refusal) -> (u16, &'static str) {
    use Refusal as R;
    match refusal {
        R::NoSuchEndpoint { .. } => (404, "invalid_request"),
        R::MethodNotAllowed { .. } => (405, "invalid_request"),
        R::BodyTooSlow { .. } => (408, "invalid_request"),
        R::BodyTooLarge { .. } => (413, "invalid_request"),
        R::TargetTooLong { .. } => (414, "invalid_request"),
        R::HeadersTooLarge { .. } => (431, "invalid_request"),
        R::ContentType { .. }
        | R::Charset { .. }
        | R::ContentEncoding { .. }
        | R::BodyBrokeOff
        | R::Unreadable { .. }
        | R::ParameterInUri { .. }
        | R::ParameterRepeated { .. }
        | R::ParameterMissing { .. }
        | R::BasicMalformed { .. }
        | R::SeveralAuthenticationMethods
        | R::ClientIdMismatch { .. } => (400, "invalid_request"),
        R::AuthenticationMissing
        | R::SchemeUnsupported { .. }
        | R::AssertionUnsupported
        | R::ClientUnknown { .. }
        | R::SecretWrong { .. }
        | R::SecretMissing { .. }
        | R::SecretUnexpected { .. }
        | R::AuthMethodNotRegistered { .. } => (401, "invalid_client"),
        R::GrantTypeUnsupported { .. } => (400, "unsupported_grant_type"),
        R::GrantTypeNotAllowed { .. } => (400, "unauthorized_client"),
        R::RefreshTokenMalformed { .. }
        | R::RefreshTokenForged { .. }
        | R::NotARefreshToken { .. }
        | R::IssuerMismatch { .. }
        | R::ClientMismatch { .. }
        | R::RefreshTokenExpired { .. }
        | R::RefreshTokenWrongType { .. }
        | R::RefreshTokenWrongAudience { .. }
        | R::RefreshTokenNotYetValid { .. }
        | R::RefreshTokenIssuedInFuture { .. }
        | R::FamilyRevoked
        | R::RefreshTokenReplayed
        | R::UserUnknown { .. } => (400, "invalid_grant"),
        R::ScopeMalformed { .. }
        | R::ScopeNotRegistered { .. }
        | R::ScopeNotGranted { .. }
        | R::ScopeEmpty { .. } => (400, "invalid_scope"),
    }
}

/// The refusal's own words, but for those that would tell a stranger which clients there are.
fn description(refusal: &Refusal) -> String {
    use Refusal as R;
    match refusal {
        R::ClientUnknown { .. } | R::SecretWrong { .. } | R::SecretMissing { .. } => {
            "client authentication failed: no such client, or a wrong or missing secret (the server's log says which)"
                .to_owned()
        }
        other => refusal::description(other),
    }
}

/// What stands in the head of every error of that status.
pub(super) fn headers(status: u16) -> Vec<(&'static str, String)> {
    let mut headers = vec![
        ("content-type", "application/json".to_owned()),
        ("cache-control", "no-store".to_owned()),
        ("pragma", "no-cache".to_owned()),
    ];
    if status == 401 {
        // Whatever way was tried: a 401 names a way to authenticate (RFC 9110 §15.5.2).
        headers.push((
            "www-authenticate",
            r#"Basic realm="oauth-mimic", charset="UTF-8""#.to_owned(),
        ));
    }
    headers
}

pub(super) fn tell(refusal: &Refusal) -> Told {
    let (status, error) = code(refusal);
    let mut headers = headers(status);
    if let Refusal::MethodNotAllowed { allow, .. } = refusal {
        headers.push(("allow", (*allow).to_owned()));
    }
    let description = description(refusal);
    Told {
        status,
        error,
        headers,
        body: body(&[("error", error), ("error_description", &description)]),
    }
}
