//! The refresh token grant (RFC 6749 §6).
//!
//! The token must be named in the fixtures or signed by this server, must be a refresh token of this client, and must be
//! valid now. Whether it was used before is checked last, by the authority, so that nobody can revoke the grant of another
//! client.

use crate::grant::reader::{self, Problem, ReadToken, Wanted};
use crate::grant::{Ground, Presented, Proved, ScopeRule, Settlement, first_user};
use crate::oauth::client::Client;
use crate::oauth::leniency::Tolerance;
use crate::oauth::params::Params;
use crate::oauth::refusal::Refusal;
use crate::oauth::token_kind::TokenKind;

pub(super) fn prove(
    params: &Params,
    client: &Client,
    ground: &Ground<'_>,
    tolerance: &mut Tolerance,
) -> Result<Proved, Refusal> {
    let Some(token) = params.get("refresh_token") else {
        tolerance.refuse(Refusal::RefreshTokenMissing {})?;
        return Ok(first_user(client, ground));
    };
    let Some(read) = read(token, client, ground, tolerance)? else {
        return Ok(first_user(client, ground));
    };
    if let Some(expired) = read.expired(ground.now) {
        tolerance.refuse(expired.of_refresh_token())?;
    }
    Ok(Proved {
        grant: read.grant,
        scope: ScopeRule::Within,
        settlement: Settlement::RefreshToken(Presented {
            token: token.to_owned(),
            id: read.id,
            remember_until: read.expires_at,
        }),
        issues_refresh_token: true,
        fault: read.fault,
        login: None,
    })
}

/// Reads the client's refresh token; `None` if the text is not one and that is tolerated.
fn read(
    token: &str,
    client: &Client,
    ground: &Ground<'_>,
    tolerance: &mut Tolerance,
) -> Result<Option<ReadToken>, Refusal> {
    if let Some(named) = ground.registry.refresh_token(token, &client.client_id) {
        return Ok(Some(reader::named(&named, ground)));
    }
    if let Some(refusal) = foreign_owners(token, client, ground) {
        tolerance.refuse(refusal)?;
        return Ok(None);
    }
    let wanted = Wanted {
        kinds: &[TokenKind::RefreshToken],
        client: Some(client),
    };
    let judge = |problem: Problem| tolerance.refuse(problem.of_refresh_token());
    reader::signed(token, wanted, ground, judge)
}

/// Returns the refusal of a token name that only other clients have.
fn foreign_owners(token: &str, client: &Client, ground: &Ground<'_>) -> Option<Refusal> {
    let owners = ground.registry.owners_of(token);
    (!owners.is_empty()).then(|| Refusal::RefreshTokenWrongClient {
        owner: owners.join(", "),
        presenter: client.client_id.clone(),
    })
}
