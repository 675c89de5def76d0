//! A compiled profile: compiling and checking it, and reading tokens back. [`issue`] writes them.

mod issue;

use std::time::Duration;

use crate::clock::Timestamp;
use crate::json::Object;
use crate::keys::SigningKey;
use crate::keys::jws::{self, Jws, Members};
use crate::oauth::authorization::{ChallengeMethod, ResponseType};
use crate::oauth::client::Client;
use crate::oauth::form;
use crate::oauth::grant::{Lifetimes, RefreshPolicy};
use crate::oauth::grant_type::GrantType;
use crate::oauth::refusal::ErrorDialect;
use crate::oauth::token_kind::TokenKind;
use crate::random::Random;
use crate::shape::document::{
    LifetimesDocument, PartialTokenDocument, Paths, PostLogoutState, ProfileDocument,
    TokenDocument, UserinfoDocument,
};
use crate::shape::errors::ErrorTable;
use crate::shape::id::IdTemplate;
pub(crate) use crate::shape::profile::issue::{
    Authentication, FrontIssue, Issue, RefreshTokenOrder,
};
use crate::shape::template::{Place, Template};
use crate::shape::token::{IdTokenHint, ReadBack, TokenShape, header};
use crate::shape::{
    Expected, IntrospectionFacts, Invalid, JwkFacts, MetadataFacts, ProfileError, UserinfoFacts,
    check, validity,
};

/// A profile, checked and ready to write and read tokens.
#[derive(Debug, Clone)]
pub(crate) struct Profile {
    pub(crate) name: String,
    pub(crate) paths: Paths,
    pub(crate) refresh: RefreshPolicy,
    pub(crate) error_dialect: ErrorDialect,
    errors: Object,
    lifetimes: LifetimesDocument,
    grant_id: IdTemplate,
    code: IdTemplate,
    /// The response types that the authorization endpoint supports.
    pub(crate) response_types: Vec<ResponseType>,
    /// The methods of code challenges that the authorization endpoint supports.
    pub(crate) code_challenge_methods: Vec<ChallengeMethod>,
    access_token: ByGrant<TokenShape>,
    refresh_token: TokenShape,
    id_token: Option<ByGrant<TokenShape>>,
    response: ByGrant<Template>,
    userinfo: Userinfo,
    introspection: Template,
    post_logout_state: PostLogoutState,
    metadata: Template,
    jwk: Template,
}

/// The answers of the userinfo endpoint.
#[derive(Debug, Clone)]
struct Userinfo {
    claims: Template,
    signed_header: Template,
    signed_claims: Template,
}

/// A part of a profile that may differ for single grants.
#[derive(Debug, Clone)]
struct ByGrant<T> {
    usual: T,
    others: Vec<(GrantType, T)>,
}

impl<T> ByGrant<T> {
    fn of(&self, grant_type: GrantType) -> &T {
        let own = self.others.iter().find(|(own, _)| *own == grant_type);
        own.map_or(&self.usual, |(_, part)| part)
    }

    /// Returns every variant of that token with its place in the document.
    fn all_at(&self, token: &str) -> impl Iterator<Item = (String, &T)> {
        let usual = std::iter::once((format!("/tokens/{token}"), &self.usual));
        let others = self.others.iter();
        usual.chain(others.map(move |(grant, part)| (format!("/grants/{grant}/{token}"), part)))
    }

    fn all(&self) -> impl Iterator<Item = &T> {
        std::iter::once(&self.usual).chain(self.others.iter().map(|(_, part)| part))
    }
}

impl Profile {
    /// Compiles a document, or reports its first mistake.
    pub(crate) fn compile(document: &ProfileDocument) -> Result<Self, ProfileError> {
        check::paths(&document.paths)?;
        check::lifetimes(&document.lifetimes)?;
        let grant_id = IdTemplate::compile(&document.grant_id, None, "/grant_id")?;
        let profile = Self {
            name: document.name.clone(),
            paths: document.paths.clone(),
            refresh: document.refresh,
            error_dialect: document.error_dialect,
            errors: document.errors.clone(),
            lifetimes: document.lifetimes,
            access_token: access_token(document, &grant_id)?,
            refresh_token: TokenShape::compile(
                &document.tokens.refresh_token,
                Some(&grant_id),
                "/tokens/refresh_token",
            )?,
            id_token: id_token(document)?,
            response: response(document)?,
            userinfo: userinfo(&document.userinfo)?,
            introspection: Template::compile(
                &document.introspection,
                Place::Introspection,
                "/introspection",
            )?,
            post_logout_state: document.post_logout_state,
            metadata: Template::compile(&document.metadata, Place::Metadata, "/metadata")?,
            jwk: Template::compile(&document.jwk, Place::Jwk, "/jwk")?,
            code: IdTemplate::compile(&document.code, None, "/code")?,
            response_types: check::response_types(&document.response_types)?,
            code_challenge_methods: check::code_challenge_methods(
                &document.code_challenge_methods,
            )?,
            grant_id,
        };
        profile.check()?;
        profile.error_table(profile.error_dialect)?;
        Ok(profile)
    }

    /// Checks that refresh tokens can be read back and distinguished from other tokens.
    fn check(&self) -> Result<(), ProfileError> {
        let scoped = [
            ("/tokens/access_token", &self.access_token.usual),
            ("/tokens/refresh_token", &self.refresh_token),
        ];
        if let Some((path, _)) = scoped.iter().find(|(_, shape)| shape.when_scope.is_some()) {
            return Err(ProfileError::new(
                format!("{path}/when_scope"),
                "only the id_token depends on a scope",
            ));
        }
        let refresh_token = &self.refresh_token;
        refresh_token.check_readable(TokenKind::RefreshToken, "/tokens/refresh_token")?;
        let id_tokens = || self.id_token.iter().flat_map(ByGrant::all);
        id_tokens()
            .try_for_each(|id_token| distinct(refresh_token, id_token, TokenKind::IdToken))?;
        for (path, access_token) in self.access_token.all_at("access_token") {
            access_token.check_readable(TokenKind::AccessToken, &path)?;
            distinct(refresh_token, access_token, TokenKind::AccessToken)?;
            for id_token in id_tokens() {
                if !access_token.claims.differs_from(&id_token.claims) {
                    return Err(ProfileError::new(
                        format!("{path}/claims"),
                        "an ID token could be taken for an access token; give the access token a claim that only it has",
                    ));
                }
            }
        }
        Ok(())
    }

    /// Compiles the error answers of a dialect with this profile's deviations.
    pub(crate) fn error_table(&self, dialect: ErrorDialect) -> Result<ErrorTable, ProfileError> {
        ErrorTable::compile(dialect, &self.errors)
    }

    /// Returns the lifetimes of a client's tokens.
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

    /// Returns the refresh policy of a client. Public clients always rotate (RFC 9700 §2.2.2).
    pub(crate) fn refresh_of(&self, client: &Client) -> RefreshPolicy {
        if client.is_public() {
            RefreshPolicy::Rotate
        } else {
            client.refresh.unwrap_or(self.refresh)
        }
    }

    /// Returns where the browser goes after a logout: the registered URI with the client's `state`.
    pub(crate) fn after_logout(&self, uri: &str, state: Option<&str>) -> String {
        let Some(state) = state else {
            return uri.to_owned();
        };
        let joint = match self.post_logout_state {
            PostLogoutState::Query if !uri.contains('?') => '?',
            PostLogoutState::Query | PostLogoutState::Ampersand => '&',
        };
        let state = form::encode_pairs(&[("state".to_owned(), state.to_owned())]);
        format!("{uri}{joint}{state}")
    }

    /// Reads what a logout or a login needs of an ID token of this profile.
    pub(crate) fn read_id_token(&self, claims: &Members) -> Option<IdTokenHint> {
        let shape = self.shape_of(TokenKind::IdToken, claims)?;
        shape.read_hint(claims)
    }

    /// Returns how long an authorization code is valid.
    pub(crate) fn code_lifetime(&self) -> Duration {
        Duration::from_secs(self.lifetimes.code.into())
    }

    /// Draws an authorization code.
    pub(crate) fn draw_code(&self, random: &Random) -> String {
        self.code.draw("", random)
    }

    /// Draws the id of a new grant.
    pub(crate) fn draw_grant_id(&self, random: &Random) -> String {
        self.grant_id.draw("", random)
    }

    /// Returns the names of the claims that the profile gives every ID token, in order; none if it has no ID token.
    pub(crate) fn id_token_claims(&self) -> impl Iterator<Item = &str> {
        self.id_token
            .iter()
            .flat_map(|shapes| shapes.usual.claims.lasting_names())
    }

    /// Writes the userinfo response.
    pub(crate) fn write_userinfo(&self, facts: &UserinfoFacts<'_>) -> String {
        self.userinfo.claims.write(facts)
    }

    /// Writes and signs the userinfo response (OpenID Connect Core §5.3.2).
    pub(crate) fn sign_userinfo(&self, facts: &UserinfoFacts<'_>, key: &SigningKey) -> String {
        let Userinfo {
            signed_header,
            signed_claims,
            ..
        } = &self.userinfo;
        jws::sign(signed_header.write(facts), signed_claims.write(facts), key)
    }

    /// Writes the introspection response of an active token.
    pub(crate) fn write_introspection(&self, facts: &IntrospectionFacts<'_>) -> String {
        self.introspection.write(facts)
    }

    /// Writes the metadata documents.
    pub(crate) fn write_metadata(&self, facts: &MetadataFacts<'_>) -> String {
        self.metadata.write(facts)
    }

    /// Writes a JWK Set (RFC 7517 §5).
    pub(crate) fn write_jwks<'a>(&self, keys: impl Iterator<Item = JwkFacts<'a>>) -> String {
        let keys: Vec<String> = keys.map(|key| self.jwk.write(&key)).collect();
        format!(r#"{{"keys":[{}]}}"#, keys.join(","))
    }

    /// Reads a refresh token or an access token of this profile, whichever of `kinds` it is. The error is the kind of token
    /// that it is instead, if that is known.
    pub(crate) fn read(
        &self,
        kinds: &[TokenKind],
        claims: &Members,
    ) -> Result<(TokenKind, ReadBack), Option<TokenKind>> {
        // The usual case is not read twice.
        let is_refresh_token = |read: &ReadBack| {
            let grant = &read.grant;
            grant.subject.is_some() && grant.auth_time.is_some()
        };
        let read = self.refresh_token.read(claims).filter(is_refresh_token);
        let (kind, read) = if read.is_some() {
            (Some(TokenKind::RefreshToken), read)
        } else {
            let kind = self.kind_of(claims);
            let shape = self.shape_of(TokenKind::AccessToken, claims);
            (kind, shape.and_then(|shape| shape.read(claims)))
        };
        match (kind, read) {
            (Some(kind), Some(read)) if kinds.contains(&kind) => Ok((kind, read)),
            (kind, _) => Err(kind.filter(|kind| !kinds.contains(kind))),
        }
    }

    /// Returns the kind of token that these claims have the shape of.
    pub(crate) fn kind_of(&self, claims: &Members) -> Option<TokenKind> {
        TokenKind::RECOGNIZED
            .iter()
            .copied()
            .find(|kind| self.shape_of(*kind, claims).is_some())
    }

    /// Returns the shape of a kind of token that these claims have.
    fn shape_of(&self, kind: TokenKind, claims: &Members) -> Option<&TokenShape> {
        let fits = |shape: &&TokenShape| shape.claims.read(claims).is_some();
        match kind {
            TokenKind::RefreshToken => Some(&self.refresh_token).filter(fits),
            TokenKind::AccessToken => best(self.access_token.all(), claims),
            TokenKind::IdToken => best(self.id_token.iter().flat_map(ByGrant::all), claims),
        }
    }

    /// Returns every reason not to accept a token of that kind whose signature is good; for a token that is not of this
    /// profile, only those of time.
    pub(crate) fn invalid(
        &self,
        kind: Option<TokenKind>,
        jws: &Jws<'_>,
        expected: &Expected<'_>,
    ) -> Vec<Invalid> {
        match kind.and_then(|kind| self.shape_of(kind, &jws.claims)) {
            Some(shape) => shape.invalid(jws, expected),
            None => validity::too_early(jws, expected.now),
        }
    }

    /// Returns when a token with these claims was issued and when it expires: by the template of its kind, or else by the
    /// registered claims (RFC 7519 §4.1).
    pub(crate) fn times_of(
        &self,
        kind: Option<TokenKind>,
        claims: &Members,
    ) -> (Option<Timestamp>, Option<Timestamp>) {
        let by_template = kind.and_then(|kind| self.shape_of(kind, claims)?.times(claims));
        let time = |claim| validity::time(claims, claim);
        by_template.map_or_else(
            || (time("iat"), time("exp")),
            |(issued_at, expires_at)| (issued_at, Some(expires_at)),
        )
    }

    /// Returns the client that a token of that kind names.
    pub(crate) fn client_of<'a>(&self, kind: TokenKind, claims: &'a Members) -> Option<&'a str> {
        self.shape_of(kind, claims)?.client(claims)
    }

    /// Returns the issuer that a token of that kind names.
    pub(crate) fn issuer_of<'a>(&self, kind: TokenKind, claims: &'a Members) -> Option<&'a str> {
        self.shape_of(kind, claims)?.issuer(claims)
    }
}

/// Returns the shape that claims match best: a token of one grant may have the shape of another one's, too, where that one
/// leaves out what this grant has not.
fn best<'s>(
    shapes: impl Iterator<Item = &'s TokenShape>,
    claims: &Members,
) -> Option<&'s TokenShape> {
    shapes
        .filter_map(|shape| Some((shape.claims.fit(claims)?, shape)))
        .max_by_key(|(fit, _)| *fit)
        .map(|(_, shape)| shape)
}

/// Checks that another token cannot be taken for a refresh token.
fn distinct(
    refresh_token: &TokenShape,
    other: &TokenShape,
    kind: TokenKind,
) -> Result<(), ProfileError> {
    if refresh_token.claims.differs_from(&other.claims) {
        return Ok(());
    }
    Err(ProfileError::new(
        "/tokens/refresh_token/claims",
        format!(
            "{} could be taken for a refresh token; give the refresh token a claim that only it has",
            kind.described()
        ),
    ))
}

fn access_token(
    document: &ProfileDocument,
    grant_id: &IdTemplate,
) -> Result<ByGrant<TokenShape>, ProfileError> {
    let usual = &document.tokens.access_token;
    let others = document.grants.iter().filter_map(|(grant_type, own)| {
        let partial = own.access_token.as_ref()?;
        Some((
            *grant_type,
            usual.with(partial),
            format!("/grants/{grant_type}/access_token"),
        ))
    });
    shapes(usual, Some(grant_id), "/tokens/access_token", others)
}

fn id_token(document: &ProfileDocument) -> Result<Option<ByGrant<TokenShape>>, ProfileError> {
    let Some(usual) = &document.tokens.id_token else {
        return Ok(None);
    };
    let others = document.grants.iter().filter_map(|(grant_type, own)| {
        let partial = own.id_token.as_ref()?;
        Some((
            *grant_type,
            usual.with(partial),
            format!("/grants/{grant_type}/id_token"),
        ))
    });
    shapes(usual, None, "/tokens/id_token", others).map(Some)
}

fn shapes(
    usual: &TokenDocument,
    grant_id: Option<&IdTemplate>,
    path: &str,
    others: impl Iterator<Item = (GrantType, TokenDocument, String)>,
) -> Result<ByGrant<TokenShape>, ProfileError> {
    Ok(ByGrant {
        usual: TokenShape::compile(usual, grant_id, path)?,
        others: others
            .map(|(grant_type, document, path)| {
                Ok((grant_type, TokenShape::compile(&document, grant_id, &path)?))
            })
            .collect::<Result<_, ProfileError>>()?,
    })
}

fn userinfo(document: &UserinfoDocument) -> Result<Userinfo, ProfileError> {
    let signed = &document.signed;
    Ok(Userinfo {
        claims: Template::compile(&document.claims, Place::Userinfo, "/userinfo/claims")?,
        signed_header: header(&signed.header, "/userinfo/signed/header")?,
        signed_claims: Template::compile(
            &signed.claims,
            Place::Userinfo,
            "/userinfo/signed/claims",
        )?,
    })
}

fn response(document: &ProfileDocument) -> Result<ByGrant<Template>, ProfileError> {
    let own = document.grants.iter().filter_map(|(grant_type, own)| {
        Some((
            *grant_type,
            own.response.as_ref()?,
            format!("/grants/{grant_type}/response"),
        ))
    });
    Ok(ByGrant {
        usual: Template::compile(&document.response, Place::Response, "/response")?,
        others: own
            .map(|(grant_type, response, path)| {
                Ok((
                    grant_type,
                    Template::compile(response, Place::Response, &path)?,
                ))
            })
            .collect::<Result<_, ProfileError>>()?,
    })
}

impl TokenDocument {
    /// Returns this document with the parts that a grant replaces.
    fn with(&self, partial: &PartialTokenDocument) -> Self {
        Self {
            when_scope: self.when_scope.clone(),
            id: partial.id.clone().unwrap_or_else(|| self.id.clone()),
            header: partial
                .header
                .clone()
                .unwrap_or_else(|| self.header.clone()),
            claims: partial
                .claims
                .clone()
                .unwrap_or_else(|| self.claims.clone()),
        }
    }
}
