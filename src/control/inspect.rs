//! Tokens, decoded and verified for a person.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::authority::Inspection;
use crate::control::requests::number;
use crate::control::route::{Body, Json, Path};
use crate::control::{Call, Problem};
use crate::json::Object;
use crate::oauth::token_kind::TokenKind;

/// A token to decode and verify.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Presented {
    /// The token.
    token: String,
}

/// What a token says, and what is right and wrong with it now, by the clock and the published keys of the sandbox.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Findings {
    /// The JOSE header (RFC 7515 §4); absent if the text is not a signed token.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<serde_json::Map<String, serde_json::Value>>")]
    header: Option<Object>,
    /// The claims (RFC 7519 §4); absent if the text is not a signed token.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<serde_json::Map<String, serde_json::Value>>")]
    claims: Option<Object>,
    /// When the token ends, in seconds since 1970; absent if it has no end.
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_at: Option<i64>,
    /// What was checked and is right.
    right: Vec<String>,
    /// Why the token must not be accepted.
    wrong: Vec<String>,
    /// What is unusual and not wrong.
    odd: Vec<String>,
}

impl Findings {
    fn of(call: &Call, token: &str) -> Self {
        let authority = &call.epoch.authority;
        let issuer = Some(authority.settings.issuer.as_str());
        let Inspection {
            decoded,
            expires_at,
            right,
            wrong,
            odd,
        } = authority.inspect(token, issuer, call.sandbox.clock.now());
        let (header, claims) = decoded.unzip();
        Self {
            header,
            claims,
            expires_at: expires_at.map(crate::clock::Timestamp::as_unix),
            right,
            wrong,
            odd,
        }
    }
}

/// A token of a token response.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct SentToken {
    /// `access_token`, `refresh_token` or `id_token`.
    name: &'static str,
    #[serde(flatten)]
    findings: Findings,
}

/// The tokens that were sent in answer to a request.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct SentTokens {
    /// Empty if the answer was no token response, or if its tokens are not kept any more.
    tokens: Vec<SentToken>,
}

pub(super) fn inspect(call: &Call, Body(presented): Body<Presented>) -> Json<Findings> {
    Json(Findings::of(call, presented.token.trim()))
}

pub(super) fn sent(call: &Call, Path([text]): Path<1>) -> Result<Json<SentTokens>, Problem> {
    let number = number(call, &text)?;
    let sent = call.epoch.journal.tokens(number);
    let shown = |kind: &TokenKind| {
        let token = sent.as_ref()?.get(*kind)?;
        Some(SentToken {
            name: kind.as_str(),
            findings: Findings::of(call, token),
        })
    };
    Ok(Json(SentTokens {
        tokens: TokenKind::ALL.iter().filter_map(shown).collect(),
    }))
}
