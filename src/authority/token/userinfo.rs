//! Userinfo (OpenID Connect Core §5.3).

use crate::authority::Authority;
use crate::clock::Timestamp;
use crate::oauth::leniency::Tolerance;
use crate::oauth::refusal::Refusal;

/// The claims of the user, as the client wants them.
#[derive(Debug)]
pub(crate) enum Userinfo {
    /// A JSON object.
    Plain(String),
    /// A signed JWT (OpenID Connect Core §5.3.2).
    Signed(String),
}

impl Authority {
    /// Answers a userinfo request.
    pub(crate) async fn userinfo(
        &self,
        token: Option<&str>,
        _now: Timestamp,
        _tolerance: &mut Tolerance,
    ) -> Result<Userinfo, Refusal> {
        let why = "this server does not read tokens back yet".to_owned();
        match token {
            Some(_) => Err(Refusal::AccessTokenUnknown { why }),
            None => Err(Refusal::BearerMissing {}),
        }
    }
}
