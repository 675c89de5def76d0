//! Pages about names: placeholders, refusals, advice.

use std::fmt::Write as _;

use serde_json::Value;

use crate::cli::docs::{begin, cell};
use crate::journal::AdviceCode;
use crate::oauth::refusal::{ErrorDialect, RefusalName};
use crate::shape::errors;
use crate::shape::template::{PLACEHOLDERS, Place, Placeholder};

const PLACEHOLDERS_ARE: &str = "\
The placeholders of a [profile](../concepts/profiles.md)'s templates, and where each can be. A text that is one placeholder
and nothing else takes its type. `{now+60}` adds to a number, and `{{` is a brace. `{user.NAME}` is a claim of the user, in
claims, in the response, in userinfo and in introspection. The member `\"...\": \"{claims}\"` is replaced by the claims of the user. In the `id` of a token, `{random:N}` is N random characters of base64url, `{uuid}` is a random
UUID, and `{grant_id}` is the id of the grant. In an error answer, each field of the refusal is a placeholder.";

const REFUSALS_ARE: &str = "\
The reasons for which a request is refused, in the order in which a request is checked. The names are those of the journal, of
its filters, of a profile's error table, and of [leniency](../concepts/leniency.md).";

const ADVICE_IS: &str = "\
The codes of the [advice](../concepts/journal.md#advice) in the journal: what a stricter server would refuse, or what an RFC
advises against.";

/// The places of templates, as the columns of a table.
const PLACES: &[(Place, &str)] = &[
    (Place::Header, "header"),
    (Place::Claims, "claims"),
    (Place::Response, "response"),
    (Place::Metadata, "metadata"),
    (Place::Jwk, "key"),
    (Place::Error, "error"),
    (Place::Userinfo, "userinfo"),
    (Place::Introspection, "introspection"),
];

pub(super) fn placeholders() -> String {
    let mut page = begin("Placeholders", PLACEHOLDERS_ARE);
    page.push_str("\n| placeholder | meaning |");
    for (_, name) in PLACES {
        // Writing to a String cannot fail.
        let _ = write!(page, " {name} |");
    }
    let _ = writeln!(page, "\n|---|---|{}", "---|".repeat(PLACES.len()));
    for (name, placeholder, places) in PLACEHOLDERS {
        let _ = write!(page, "| `{{{name}}}` | {} |", meaning(placeholder));
        for (place, _) in PLACES {
            page.push_str(if places.contains(place) {
                " yes |"
            } else {
                " |"
            });
        }
        page.push('\n');
    }
    page
}

fn meaning(placeholder: &Placeholder) -> &'static str {
    match placeholder {
        Placeholder::Issuer => "the issuer",
        Placeholder::ClientId => "the id of the client",
        Placeholder::Subject => "the `sub` of the user",
        Placeholder::GrantId => "the id of the grant, which all its refresh tokens have in common",
        Placeholder::GrantType => "the `grant_type` of the request",
        Placeholder::Scope => "the scope as a text, with spaces",
        Placeholder::Scopes => "the scope as an array",
        Placeholder::AuthTime => "the time of the login, a number",
        Placeholder::Now => "the time of issue, a number",
        Placeholder::ExpiresAt => "the time at which this token expires, a number",
        Placeholder::ExpiresIn => "the lifetime of the access token in seconds, a number",
        Placeholder::Id => "the id of this token",
        Placeholder::AccessTokenId => "the id of the access token",
        Placeholder::RefreshTokenId => "the id of the refresh token",
        Placeholder::IdTokenId => "the id of the ID token",
        Placeholder::AccessTokenAudience => "the audience of the access token, an array",
        Placeholder::IdTokenAudience => "the audience of the ID token, an array",
        Placeholder::User(_) => "a claim of the user",
        Placeholder::Kid => "the id of the key",
        Placeholder::AccessToken => "the access token",
        Placeholder::RefreshToken => "the refresh token",
        Placeholder::IdToken => "the ID token",
        Placeholder::Nonce => "the `nonce` of the authorization request",
        Placeholder::Acr => "the authentication context class that was reached",
        Placeholder::SessionId => "the id of the session",
        Placeholder::AccessTokenHash => "the hash of the access token of the same response",
        Placeholder::CodeHash => "the hash of the code of the same response",
        Placeholder::Claims => {
            "the claims of the user that are granted or requested, as `\"...\": \"{claims}\"`"
        }
        Placeholder::IssuedAt => "the time at which the token was issued, a number",
        Placeholder::Audience => "the audience of the token, a text or an array",
        Placeholder::UserinfoEndpoint => "the URL of the userinfo endpoint",
        Placeholder::IntrospectionEndpoint => "the URL of the introspection endpoint",
        Placeholder::RevocationEndpoint => "the URL of the revocation endpoint",
        Placeholder::AuthorizationEndpoint => "the URL of the authorization endpoint",
        Placeholder::EndSessionEndpoint => "the URL of the end session endpoint",
        Placeholder::TokenEndpoint => "the URL of the token endpoint",
        Placeholder::JwksUri => "the URL of the key set",
        Placeholder::ScopesSupported => "every scope that a client is registered for, an array",
        Placeholder::ResponseTypesSupported => "the response types, an array",
        Placeholder::ChallengeMethodsSupported => "the methods of code challenges, an array",
        Placeholder::GrantTypesSupported => "the grant types, an array",
        Placeholder::AuthMethodsSupported => "the methods of client authentication, an array",
        Placeholder::ClaimsSupported => "the claims of ID tokens, an array",
        Placeholder::Modulus => "the modulus of the RSA key (RFC 7518 §6.3.1.1)",
        Placeholder::Exponent => "the exponent of the RSA key (RFC 7518 §6.3.1.2)",
        Placeholder::Error => "the error code",
        Placeholder::Description => "the error description",
        Placeholder::Reason => "the whole reason of the refusal",
        Placeholder::Status => "the HTTP status, a number",
        Placeholder::Path => "the path of the request",
        Placeholder::Timestamp => "the time with milliseconds and offset, as Java writes it",
        Placeholder::Members => "the members of the body as `name=\"value\"`, for a challenge",
        Placeholder::Field(_) => "a field of the refusal",
    }
}

pub(super) fn refusals() -> String {
    let mut page = begin("Refusals", REFUSALS_ARE);
    let dialects = [ErrorDialect::Rfc, ErrorDialect::Spring].map(|dialect| {
        let document: Value = serde_json::from_str(errors::text_of(dialect)).unwrap_or_default();
        document["refusals"].clone()
    });
    for name in RefusalName::ALL {
        // Writing to a String cannot fail.
        let _ = write!(
            page,
            "\n## `{name}`\n\n{}\n\n| | |\n|---|---|\n| remedy | {} |\n| if it is tolerated | {} |\n",
            name.cause(),
            cell(name.remedy()),
            cell(name.tolerated().unwrap_or("It cannot be tolerated.")),
        );
        for (dialect, answers) in ["rfc", "spring"].iter().zip(&dialects) {
            let _ = writeln!(
                page,
                "| answer, dialect `{dialect}` | {} |",
                answer(&answers[name.as_str()])
            );
        }
    }
    page
}

/// The status and the error code of an answer, or of each answer and when it is given.
fn answer(entry: &Value) -> String {
    if let Some(entries) = entry.as_array() {
        return entries.iter().map(answer).collect::<Vec<_>>().join("; ");
    }
    let error = entry["error"].as_str().unwrap_or_default();
    let mut text = format!("{} `{error}`", entry["status"]);
    if let Some(description) = entry["description"].as_str() {
        let _ = write!(text, ": \"{}\"", cell(description));
    }
    for (field, value) in entry["when"].as_object().into_iter().flatten() {
        let _ = write!(
            text,
            " if {field} is {}",
            value.as_str().unwrap_or_default()
        );
    }
    text
}

pub(super) fn advice() -> String {
    let mut page = begin("Advice", ADVICE_IS);
    page.push_str("\n| code | meaning | based on |\n|---|---|---|\n");
    for code in AdviceCode::ALL {
        let _ = writeln!(
            page,
            "| `{code}` | {} | {} |",
            cell(code.doc()),
            code.clause()
        );
    }
    page
}
