//! A compiled profile.

use std::time::Duration;

use crate::clock::Timestamp;
use crate::fault::TokenFault;
use crate::keys::SigningKey;
use crate::keys::jws::{Jws, Members};
use crate::oauth::client::Client;
use crate::oauth::grant::{Grant, Lifetimes, Presented, RefreshPolicy};
use crate::oauth::refusal::ErrorDialect;
use crate::oauth::response::{Lineage, TokenResponse};
use crate::oauth::scope::Scope;
use crate::oauth::token_kind::TokenKind;
use crate::oauth::user::User;
use crate::random::Random;
use crate::shape::document::{LifetimesDocument, Paths, ProfileDocument};
use crate::shape::id::IdTemplate;
use crate::shape::template::{Facts, Place, Template};
use crate::shape::token::{ReadBack, TokenShape};
use crate::shape::{Expected, Invalid, Misshapen, check, validity};

/// What the imitated server looks like, checked and ready to write.
#[derive(Debug, Clone)]
pub(crate) struct Profile {
    pub(crate) name: String,
    pub(crate) paths: Paths,
    pub(crate) refresh: RefreshPolicy,
    pub(crate) error_dialect: ErrorDialect,
    lifetimes: LifetimesDocument,
    grant_id: IdTemplate,
    access_token: TokenShape,
    refresh_token: TokenShape,
    id_token: Option<TokenShape>,
    response: Template,
}

/// What is to be issued.
pub(crate) struct Issue<'a> {
    pub(crate) issuer: &'a str,
    pub(crate) client: &'a Client,
    pub(crate) user: &'a User,
    pub(crate) grant: &'a Grant,
    /// Of the access token; within the grant's.
    pub(crate) scope: &'a Scope,
    pub(crate) lifetimes: &'a Lifetimes,
    /// The refresh token that was presented, where there was one.
    pub(crate) presented: Option<&'a Presented>,
    /// Whether that one is handed back; otherwise a new one is made.
    pub(crate) same_refresh_token: bool,
    /// What is to be wrong with one of the tokens.
    pub(crate) defect: Option<&'a TokenFault>,
    pub(crate) now: Timestamp,
}

impl Profile {
    /// Compiles a document, or says what is wrong with it and where.
    pub(crate) fn compile(document: &ProfileDocument) -> Result<Self, Misshapen> {
        check::paths(&document.paths)?;
        check::lifetimes(&document.lifetimes)?;
        let grant_id = IdTemplate::compile(&document.grant_id, None, "/grant_id")?;
        let tokens = &document.tokens;
        let access_token = TokenShape::compile(&tokens.access_token, None, "/tokens/access_token")?;
        let refresh_token = TokenShape::compile(
            &tokens.refresh_token,
            Some(&grant_id),
            "/tokens/refresh_token",
        )?;
        let id_token = tokens
            .id_token
            .as_ref()
            .map(|t| TokenShape::compile(t, None, "/tokens/id_token"))
            .transpose()?;
        for (path, shape) in [
            ("/tokens/access_token", &access_token),
            ("/tokens/refresh_token", &refresh_token),
        ] {
            if shape.when_scope.is_some() {
                return Err(Misshapen::new(
                    format!("{path}/when_scope"),
                    "only the id_token depends on a scope",
                ));
            }
        }
        refresh_token.check_readable()?;
        let others = [
            ("an access token", Some(&access_token)),
            ("an ID token", id_token.as_ref()),
        ];
        for (kind, other) in others {
            if other.is_some_and(|other| !refresh_token.claims.differs_from(&other.claims)) {
                return Err(Misshapen::new(
                    "/tokens/refresh_token/claims",
                    format!(
                        "{kind} could be taken for a refresh token; give it a claim that only it has"
                    ),
                ));
            }
        }
        Ok(Self {
            name: document.name.clone(),
            paths: document.paths.clone(),
            refresh: document.refresh,
            error_dialect: document.error_dialect,
            lifetimes: document.lifetimes,
            grant_id,
            access_token,
            refresh_token,
            id_token,
            response: Template::compile(&document.response, Place::Response, "/response")?,
        })
    }

    /// How long this client's tokens live.
    pub(crate) fn lifetimes_of(&self, client: &Client) -> Lifetimes {
        let seconds =
            |own: Option<u32>, default: u32| Duration::from_secs(own.unwrap_or(default).into());
        Lifetimes {
            access_token: seconds(client.access_token_lifetime, self.lifetimes.access_token),
            id_token: seconds(client.id_token_lifetime, self.lifetimes.id_token),
            refresh_token: seconds(client.refresh_token_lifetime, self.lifetimes.refresh_token),
            refresh_token_absolute: client
                .refresh_token_absolute_lifetime
                .map(|s| Duration::from_secs(s.into())),
        }
    }

    /// What becomes of this client's used refresh tokens. Public clients always rotate (RFC 9700 §2.2.2).
    pub(crate) fn refresh_of(&self, client: &Client) -> RefreshPolicy {
        if client.is_public() {
            RefreshPolicy::Rotate
        } else {
            client.refresh.unwrap_or(self.refresh)
        }
    }

    /// Draws the id of a new grant.
    pub(crate) fn draw_grant_id(&self, random: &Random) -> String {
        self.grant_id.draw("", random)
    }

    /// The claims an ID token may have, in order; none where the profile has no ID token.
    pub(crate) fn id_token_claims(&self) -> impl Iterator<Item = &str> {
        self.id_token.iter().flat_map(|shape| shape.claims.names())
    }

    /// Writes and signs the tokens, and the response around them.
    pub(crate) fn issue(
        &self,
        issue: &Issue<'_>,
        key: &SigningKey,
        random: &Random,
    ) -> TokenResponse {
        let Issue {
            lifetimes,
            grant,
            now,
            ..
        } = *issue;
        let id_shape = self.id_token.as_ref().filter(|shape| {
            shape
                .when_scope
                .as_deref()
                .is_none_or(|token| issue.scope.contains(token))
        });
        let access_token_id = self.access_token.id.draw(&grant.id, random);
        let refresh_token_id = self.refresh_token.id.draw(&grant.id, random);
        let id_token_id = id_shape
            .map(|shape| shape.id.draw(&grant.id, random))
            .unwrap_or_default();
        let access_token_end = now + lifetimes.access_token;
        let mut facts = Facts {
            issuer: issue.issuer,
            client: issue.client,
            user: issue.user,
            grant,
            scope: issue.scope,
            lifetimes,
            now,
            expires_at: access_token_end,
            id: &access_token_id,
            access_token_id: &access_token_id,
            refresh_token_id: &refresh_token_id,
            id_token_id: &id_token_id,
            kid: &key.public.kid,
            access_token: "",
            refresh_token: "",
            id_token: id_shape.map(|_| ""),
        };
        let defect_of = |which: TokenKind| {
            issue
                .defect
                .filter(|fault| fault.token == which)
                .map(|fault| &fault.defect)
        };
        let access_token = self
            .access_token
            .write(&facts, key, defect_of(TokenKind::AccessToken));
        let same = issue
            .presented
            .filter(|_| issue.same_refresh_token && defect_of(TokenKind::RefreshToken).is_none());
        let refresh_token = match same {
            Some(presented) => presented.token.clone(),
            None => self.refresh_token.write(
                &Facts {
                    // The original grant again, however narrow this access token is (RFC 6749 §6).
                    scope: &grant.scope,
                    expires_at: lifetimes.refresh_token_end(grant.auth_time, now),
                    id: &refresh_token_id,
                    ..facts
                },
                key,
                defect_of(TokenKind::RefreshToken),
            ),
        };
        let id_token = id_shape.map(|shape| {
            shape.write(
                &Facts {
                    expires_at: now + lifetimes.id_token,
                    id: &id_token_id,
                    ..facts
                },
                key,
                defect_of(TokenKind::IdToken),
            )
        });
        facts.access_token = &access_token;
        facts.refresh_token = &refresh_token;
        facts.id_token = id_token.as_deref();
        let body = self.response.write(&facts);
        TokenResponse {
            body,
            access_token,
            refresh_token,
            id_token,
            scope: issue.scope.clone(),
            lineage: Lineage {
                presented: issue.presented.map(|presented| presented.id.clone()),
                access_token: access_token_id,
                refresh_token: same.map_or(refresh_token_id, |presented| presented.id.clone()),
                id_token: id_shape.map(|_| id_token_id),
                issued_at: now,
                access_token_ends: access_token_end,
            },
        }
    }

    /// Reads a refresh token of this profile, or says what it is instead, if that is known.
    pub(crate) fn read_refresh_token(
        &self,
        claims: &Members,
    ) -> Result<ReadBack, Option<TokenKind>> {
        self.refresh_token.read(claims).ok_or_else(|| {
            self.kind_of(claims)
                .filter(|kind| *kind != TokenKind::RefreshToken)
        })
    }

    /// Every reason not to accept a token of that kind, whose signature is good; of a kind that is not this profile's,
    /// only those of time.
    pub(crate) fn invalid(
        &self,
        kind: Option<TokenKind>,
        jws: &Jws<'_>,
        expected: &Expected<'_>,
    ) -> Vec<Invalid> {
        match kind.and_then(|kind| self.shape(kind)) {
            Some(shape) => shape.invalid(jws, expected),
            None => validity::too_early(jws, expected.now),
        }
    }

    /// Which of this profile's tokens these claims look like.
    pub(crate) fn kind_of(&self, claims: &Members) -> Option<TokenKind> {
        let looks_like = |shape: &TokenShape| shape.claims.read(claims).is_some();
        if looks_like(&self.refresh_token) {
            Some(TokenKind::RefreshToken)
        } else if looks_like(&self.access_token) {
            Some(TokenKind::AccessToken)
        } else if self.id_token.as_ref().is_some_and(looks_like) {
            Some(TokenKind::IdToken)
        } else {
            None
        }
    }

    /// When a token with these claims was issued and when it expires: by the template of its kind, or else by the
    /// registered claims (RFC 7519 §4.1).
    #[cfg(feature = "cli")]
    pub(crate) fn times_of(
        &self,
        kind: Option<TokenKind>,
        claims: &Members,
    ) -> (Option<Timestamp>, Option<Timestamp>) {
        let by_template = kind.and_then(|kind| self.shape(kind)?.times(claims));
        let time = |claim| validity::time(claims, claim);
        by_template.map_or_else(
            || (time("iat"), time("exp")),
            |(issued_at, expires_at)| (issued_at, Some(expires_at)),
        )
    }

    /// The client that a token of that kind names.
    #[cfg(feature = "cli")]
    pub(crate) fn client_of<'a>(&self, kind: TokenKind, claims: &'a Members) -> Option<&'a str> {
        self.shape(kind)?.client(claims)
    }

    /// The issuer that a token of that kind names.
    #[cfg(feature = "cli")]
    pub(crate) fn issuer_of<'a>(&self, kind: TokenKind, claims: &'a Members) -> Option<&'a str> {
        self.shape(kind)?.issuer(claims)
    }

    fn shape(&self, kind: TokenKind) -> Option<&TokenShape> {
        match kind {
            TokenKind::AccessToken => Some(&self.access_token),
            TokenKind::RefreshToken => Some(&self.refresh_token),
            TokenKind::IdToken => self.id_token.as_ref(),
        }
    }
}
