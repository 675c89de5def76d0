//! Userinfo (OpenID Connect Core §5.3).

use std::sync::Arc;

use crate::authority::Authority;
use crate::authority::token::OfToken;
use crate::clock::Timestamp;
use crate::grant::reader::{self, Problem, ReadToken, Wanted};
use crate::grant::{Ground, first_user};
use crate::oauth::claims::{self, ClaimsRequest, OPENID};
use crate::oauth::client::{Client, SignedResponseAlg};
use crate::oauth::grant::Grant;
use crate::oauth::leniency::Tolerance;
use crate::oauth::refusal::{Refusal, excerpt};
use crate::oauth::scope::Scope;
use crate::oauth::token_kind::TokenKind;
use crate::oauth::user::User;
use crate::shape::UserinfoFacts;
use crate::store::ValueKind;

/// The claims of the user, as the client wants them.
#[derive(Debug)]
pub(crate) enum Userinfo {
    /// A JSON object.
    Plain(String),
    /// A signed JWT (OpenID Connect Core §5.3.2).
    Signed(String),
}

impl Authority {
    /// Answers a userinfo request with that access token; `None` stands for the first user.
    pub(crate) async fn userinfo(
        &self,
        token: Option<&str>,
        now: Timestamp,
        tolerance: &mut Tolerance,
    ) -> Result<OfToken<Userinfo>, Refusal> {
        let (keys, random) = (self.keys(), self.random.fork());
        let ground = self.ground(&keys, &random, now);
        let read = match token {
            Some(token) => read(token, &ground, tolerance)?,
            None => None,
        };
        if let Some(read) = &read {
            self.check_alive(read, now, tolerance).await?;
            check_scope(&read.grant, tolerance)?;
        }
        let grant = match &read {
            Some(read) => &read.grant,
            None => &anybody(&ground),
        };
        let user = user(grant, &ground, tolerance)?;
        let requested = self.requested(grant, now).await;
        let facts = UserinfoFacts {
            issuer: &self.settings.issuer,
            grant,
            user: &user,
            claims: claims::select(
                &user,
                Some(&grant.scope),
                requested.as_ref().map(|request| &request.userinfo),
            ),
            kid: &keys.signing().public.kid,
            now,
        };
        let client = self.registry.get::<Client>(&grant.client_id);
        let alg = client.and_then(|client| client.userinfo_signed_response_alg);
        let profile = &self.settings.profile;
        let answer = match alg {
            None => Userinfo::Plain(profile.write_userinfo(&facts)),
            Some(SignedResponseAlg::Rs256) => {
                Userinfo::Signed(profile.sign_userinfo(&facts, keys.signing()))
            }
        };
        Ok(OfToken::new(answer, read))
    }

    /// The claims that the client requested one by one when the grant was made.
    async fn requested(&self, grant: &Grant, now: Timestamp) -> Option<ClaimsRequest> {
        let stored = self.store.get(ValueKind::Claims, &grant.id, now).await?;
        ClaimsRequest::parse(std::str::from_utf8(&stored).ok()?).ok()
    }
}

/// Reads an access token; `None` if the text is not one and that is tolerated.
fn read(
    token: &str,
    ground: &Ground<'_>,
    tolerance: &mut Tolerance,
) -> Result<Option<ReadToken>, Refusal> {
    let mut judge = |problem: Problem| tolerance.refuse(problem.of_access_token());
    if !ground.registry.owners_of(token).is_empty() {
        let found = Some(TokenKind::RefreshToken);
        judge(Problem::WrongKind { found })?;
        return Ok(None);
    }
    let wanted = Wanted {
        kinds: &[TokenKind::AccessToken],
        client: None,
    };
    reader::signed(token, wanted, ground, judge)
}

/// RFC 6750 §3.1: userinfo is for tokens of OpenID Connect.
fn check_scope(grant: &Grant, tolerance: &mut Tolerance) -> Result<(), Refusal> {
    if grant.scope.contains(OPENID) {
        return Ok(());
    }
    tolerance.refuse(Refusal::ScopeInsufficient {
        needed: OPENID,
        scope: excerpt(&grant.scope.to_string()),
    })
}

/// Finds the user of an access token.
fn user(
    grant: &Grant,
    ground: &Ground<'_>,
    tolerance: &mut Tolerance,
) -> Result<Arc<User>, Refusal> {
    let Some(subject) = grant.subject.as_deref() else {
        let why = "it was issued to a client that acts for itself".to_owned();
        tolerance.refuse(Refusal::AccessTokenWithoutUser { why })?;
        let first = ground.registry.pick::<User>(None);
        return Ok(first.unwrap_or_else(|_| Arc::new(User::new("user"))));
    };
    if let Some(user) = ground.registry.get::<User>(subject) {
        return Ok(user);
    }
    let why = format!("there is no user {}", excerpt(subject));
    tolerance.refuse(Refusal::AccessTokenWithoutUser { why })?;
    Ok(Arc::new(User::new(subject)))
}

/// A grant of the first user with every scope: the fallback where a missing or unusable token is tolerated.
fn anybody(ground: &Ground<'_>) -> Grant {
    let client = ground.registry.pick::<Client>(None);
    let client = client.unwrap_or_else(|_| Arc::new(Client::public("client")));
    Grant {
        scope: Scope::from_tokens(claims::SCOPES).unwrap_or_default(),
        ..first_user(&client, ground).grant
    }
}
