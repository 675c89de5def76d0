//! The authorization code grant (RFC 6749 §4.1, RFC 7636).
//!
//! A code that is not this client's, has expired, or comes with another redirect URI is refused without being spent. A
//! wrong or missing verifier spends it, because the code may be stolen.

use serde::{Deserialize, Serialize};

use crate::clock::Timestamp;
use crate::grant::{Ground, LoginDetails, Proved, ScopeRule, Settlement, first_user};
use crate::oauth::authorization::{Challenge, is_proof_key};
use crate::oauth::client::Client;
use crate::oauth::grant::Grant;
use crate::oauth::leniency::Tolerance;
use crate::oauth::params::Params;
use crate::oauth::refusal::{Refusal, RefusalName, excerpt};
use crate::oauth::scope::Scope;
use crate::store::ValueKind;

/// What the store keeps of an authorization code.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct CodeRecord {
    pub(crate) grant_id: String,
    pub(crate) client_id: String,
    pub(crate) sub: String,
    pub(crate) scope: Scope,
    pub(crate) auth_time: Timestamp,
    pub(crate) redirect_uri: String,
    /// Whether the authorization request had a redirect URI: only then must the token request repeat it.
    pub(crate) redirect_uri_was_sent: bool,
    pub(crate) challenge: Option<Challenge>,
    pub(crate) login: LoginDetails,
    pub(crate) expires_at: Timestamp,
    pub(crate) used: bool,
}

impl CodeRecord {
    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        // Serializing text and numbers into memory cannot fail.
        serde_json::to_vec(self).unwrap_or_default()
    }
}

/// A code that was presented and proved, and is not spent yet.
#[derive(Debug)]
pub(crate) struct PresentedCode {
    pub(crate) code: String,
    /// The record as the store has it, to be replaced by `used`.
    pub(crate) held: Vec<u8>,
    pub(crate) used: Vec<u8>,
    pub(crate) was_used: bool,
    /// The refusal that is due once the code is spent.
    pub(crate) objection: Option<Refusal>,
}

pub(super) async fn prove(
    params: &Params,
    client: &Client,
    ground: &Ground<'_>,
    tolerance: &mut Tolerance,
) -> Result<Proved, Refusal> {
    let Some(code) = params.get("code") else {
        tolerance.refuse(Refusal::CodeMissing {})?;
        return Ok(first_user(client, ground));
    };
    let held = ground.store.get(ValueKind::Code, code, ground.now).await;
    let record = held
        .as_ref()
        .and_then(|held| serde_json::from_slice::<CodeRecord>(held).ok());
    let (Some(held), Some(record)) = (held, record) else {
        tolerance.refuse(Refusal::CodeUnknown {})?;
        return Ok(first_user(client, ground));
    };
    if record.client_id != client.client_id {
        tolerance.refuse(Refusal::CodeWrongClient {
            owner: record.client_id.clone(),
            presenter: client.client_id.clone(),
        })?;
    }
    if ground.now >= record.expires_at && !record.used {
        tolerance.refuse(Refusal::CodeExpired {
            at: record.expires_at,
            now: ground.now,
        })?;
    }
    // A second use revokes what the first one got, whatever else is wrong with it (RFC 6749 §4.1.2).
    let is_replay = record.used && !tolerance.tolerates(RefusalName::CodeReplayed);
    let objection = if is_replay {
        None
    } else {
        check_redirect_uri(params, &record, tolerance)?;
        check_verifier(params, &record, tolerance)?
    };
    let used = CodeRecord {
        used: true,
        ..record.clone()
    };
    Ok(Proved {
        grant: Grant {
            id: record.grant_id,
            client_id: client.client_id.clone(),
            subject: Some(record.sub),
            scope: record.scope,
            auth_time: Some(record.auth_time),
        },
        scope: ScopeRule::AsGranted,
        settlement: Settlement::Code(PresentedCode {
            code: code.to_owned(),
            held,
            used: used.to_bytes(),
            was_used: record.used,
            objection,
        }),
        issues_refresh_token: client.may_use("refresh_token"),
        fault: None,
        login: Some(record.login),
    })
}

/// The redirect URI must be repeated, character by character (RFC 6749 §4.1.3).
fn check_redirect_uri(
    params: &Params,
    record: &CodeRecord,
    tolerance: &mut Tolerance,
) -> Result<(), Refusal> {
    match params.get("redirect_uri") {
        Some(uri) if uri == record.redirect_uri => Ok(()),
        Some(uri) => tolerance.refuse(Refusal::RedirectUriMismatch {
            uri: excerpt(uri),
            authorized: excerpt(&record.redirect_uri),
        }),
        None if record.redirect_uri_was_sent => {
            tolerance.refuse(Refusal::RedirectUriNotRepeated {})
        }
        None => Ok(()),
    }
}

/// Compares the verifier with the challenge (RFC 7636 §4.6). Returns the refusal that is due once the code is spent.
fn check_verifier(
    params: &Params,
    record: &CodeRecord,
    tolerance: &mut Tolerance,
) -> Result<Option<Refusal>, Refusal> {
    let verifier = params.get("code_verifier");
    let Some(challenge) = &record.challenge else {
        if verifier.is_some() {
            tolerance.refuse(Refusal::VerifierUnexpected {})?;
        }
        return Ok(None);
    };
    let refusal = match verifier {
        None => Refusal::VerifierMissing {},
        Some(verifier) => {
            if !is_proof_key(verifier) {
                tolerance.refuse(Refusal::VerifierMalformed {})?;
            }
            if challenge.matches(verifier) {
                return Ok(None);
            }
            Refusal::VerifierWrong {}
        }
    };
    Ok(tolerance.refuse(refusal).err())
}
