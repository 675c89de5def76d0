//! Tokens without a request.

use std::marker::PhantomData;
use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::authority::{MintError, MintOrder};
use crate::control::route::{OptionalBody, Written};
use crate::control::{Call, Problem};
use crate::fault::{Defect, Fault, SetClaimsDefect};
use crate::oauth::grant_type::GrantType;
use crate::oauth::token_kind::TokenKind;

/// What is to be minted; what is left out, the fixtures decide.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Mint {
    /// The grant that the tokens are issued for. Default: a user's grant, as `refresh_token` refreshes it.
    grant_type: GrantType,
    /// The client; omitted, the first.
    client_id: Option<String>,
    /// The user; omitted, the first.
    sub: Option<String>,
    /// The scope; omitted, all that the client is registered for.
    scope: Option<String>,
    /// Seconds that the token lives, or in a response the access token.
    #[schemars(range(min = 1))]
    lifetime: Option<u32>,
    /// Claims it has, whatever it should have.
    claims: Option<Map<String, Value>>,
    /// What is wrong with it.
    defect: Option<Defect>,
    /// What to answer.
    kind: Kind,
}

/// What to answer.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Kind {
    AccessToken,
    RefreshToken,
    IdToken,
    /// All that the token endpoint would have answered.
    #[default]
    Response,
}

/// One token.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct OneToken {
    /// The token as a client receives it.
    token: String,
}

/// One token, or a whole token response.
#[derive(JsonSchema)]
#[schemars(untagged)]
#[expect(dead_code, reason = "it describes what is written elsewhere")]
pub(super) enum Minted {
    One(OneToken),
    /// What the token endpoint would have answered; the profile decides its members.
    Response {
        access_token: String,
        #[schemars(flatten)]
        more: Map<String, Value>,
    },
}

pub(super) fn mint(
    call: &Call,
    OptionalBody(mint): OptionalBody<Mint>,
) -> Result<Written<Minted>, Problem> {
    let which = match mint.kind {
        Kind::AccessToken | Kind::Response => TokenKind::AccessToken,
        Kind::RefreshToken => TokenKind::RefreshToken,
        Kind::IdToken => TokenKind::IdToken,
    };
    let defect = match (mint.defect, mint.claims) {
        (Some(_), Some(_)) => {
            let problem = "claims and defect cannot both be given; give {\"kind\": \"set_claims\", \"claims\": {...}} for the claims alone";
            return Err(Problem::in_body("/defect", problem));
        }
        (Some(defect), None) => Some(defect),
        (None, claims) => claims.map(|claims| SetClaimsDefect::from(claims).into()),
    };
    let defect = defect.map(|defect| Fault::token(which, defect));
    if let Some(fault) = &defect {
        fault.check()?;
    }
    if mint.lifetime == Some(0) {
        return Err(Problem::in_body("/lifetime", "must be at least 1 second"));
    }
    let lifetime = mint
        .lifetime
        .map(|seconds| Duration::from_secs(seconds.into()));
    let of = |kind: TokenKind| lifetime.filter(|_| which == kind);
    let response = call
        .sandbox
        .mint(&MintOrder {
            grant_type: mint.grant_type,
            client_id: mint.client_id,
            subject: mint.sub,
            scope: mint.scope,
            auth_time: None,
            access_token_lifetime: of(TokenKind::AccessToken),
            id_token_lifetime: of(TokenKind::IdToken),
            refresh_token_lifetime: of(TokenKind::RefreshToken),
            defect,
        })
        .map_err(|why| {
            let pointer = match why {
                MintError::ClientUnknown { .. } => "/client_id",
                MintError::UserUnknown { .. } | MintError::NoUser => "/sub",
                MintError::Scope(_) => "/scope",
            };
            Problem::in_body(pointer, why.to_string())
        })?;
    let token = match mint.kind {
        Kind::Response => return Ok(written(response.body)),
        Kind::AccessToken | Kind::RefreshToken | Kind::IdToken => response.token(which),
    };
    let token = token.map(str::to_owned).ok_or_else(|| {
        let problem = format!(
            "a response for this grant and the scope `{}` has no {which}; an ID token needs openid",
            response.scope()
        );
        Problem::in_body("/kind", problem)
    })?;
    // Serializing text into memory cannot fail.
    Ok(written(
        serde_json::to_string(&OneToken { token }).unwrap_or_default(),
    ))
}

fn written(json: String) -> Written<Minted> {
    Written {
        json,
        schema: PhantomData,
    }
}
