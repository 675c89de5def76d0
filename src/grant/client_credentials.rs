//! The client credentials grant (RFC 6749 §4.4): the client's authentication is all that it proves.
//!
//! No user takes part, so there is no ID token, and no refresh token is issued (RFC 6749 §4.4.3).

use crate::grant::{Ground, Proved, ScopeRule, Settlement};
use crate::oauth::client::Client;
use crate::oauth::grant::Grant;
use crate::oauth::leniency::Tolerance;
use crate::oauth::refusal::Refusal;
use crate::oauth::scope::Scope;

pub(super) fn prove(
    client: &Client,
    ground: &Ground<'_>,
    tolerance: &mut Tolerance,
) -> Result<Proved, Refusal> {
    if client.is_public() {
        tolerance.refuse(Refusal::ClientNotConfidential {
            client_id: client.client_id.clone(),
        })?;
    }
    let grant = Grant {
        id: ground.profile.draw_grant_id(ground.random),
        client_id: client.client_id.clone(),
        subject: None,
        scope: Scope::default(),
        auth_time: None,
    };
    Ok(Proved {
        grant,
        scope: ScopeRule::New,
        settlement: Settlement::Nothing,
        issues_refresh_token: false,
        fault: None,
        login: None,
    })
}
