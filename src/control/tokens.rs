//! Tokens without a request.

use std::marker::PhantomData;

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value};

use crate::authority::{MintError, MintKind, MintOrder};
use crate::control::route::{OptionalBody, Written};
use crate::control::{Call, Problem};

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
    OptionalBody(order): OptionalBody<MintOrder>,
) -> Result<Written<Minted>, Problem> {
    let text = call.sandbox.mint(&order)?.text;
    let json = match order.kind {
        MintKind::Response => text,
        MintKind::AccessToken | MintKind::RefreshToken | MintKind::IdToken => {
            // Serializing text into memory cannot fail.
            serde_json::to_string(&OneToken { token: text }).unwrap_or_default()
        }
    };
    Ok(Written {
        json,
        schema: PhantomData,
    })
}

impl From<MintError> for Problem {
    fn from(why: MintError) -> Self {
        let pointer = why.pointer().to_owned();
        match why {
            MintError::Invalid { problem, .. } => Self::in_body(pointer, problem),
            other => Self::in_body(pointer, other.to_string()),
        }
    }
}
