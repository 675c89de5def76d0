//! A compiled profile.

use std::time::Duration;

use serde_json::Value;

use crate::clock::Timestamp;
use crate::fault::{Defect, TokenFault, Which};
use crate::keys::SigningKey;
use crate::keys::jws::{self, Members};
use crate::oauth::client::Client;
use crate::oauth::grant::{Grant, Lifetimes, Presented, RefreshPolicy};
use crate::oauth::refusal::ErrorDialect;
use crate::oauth::response::{Lineage, TokenResponse};
use crate::oauth::scope::Scope;
use crate::oauth::user::User;
use crate::random::Random;
use crate::shape::document::{LifetimesDocument, Paths, ProfileDocument, TokenDocument};
use crate::shape::id::IdTemplate;
use crate::shape::template::{Facts, Place, Placeholder, Template};
use crate::shape::{Misshapen, forge};

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

#[derive(Debug, Clone)]
struct TokenShape {
    when_scope: Option<String>,
    id: IdTemplate,
    header: Template,
    claims: Template,
}

/// Which of the three tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TokenKind {
    Access,
    Refresh,
    Id,
}

impl TokenKind {
    /// For people, with its article.
    pub(crate) fn described(self) -> &'static str {
        match self {
            Self::Access => "an access token",
            Self::Refresh => "a refresh token",
            Self::Id => "an ID token",
        }
    }
}

/// What a refresh token said when it was read back.
#[derive(Debug)]
pub(crate) struct ReadBack {
    pub(crate) issuer: Option<String>,
    pub(crate) id: String,
    pub(crate) expires_at: Timestamp,
    pub(crate) grant: Grant,
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
        check_paths(&document.paths)?;
        check_lifetimes(&document.lifetimes)?;
        let grant_id = IdTemplate::compile(&document.grant_id, None, "grant_id")?;
        let tokens = &document.tokens;
        let access_token = TokenShape::compile(&tokens.access_token, None, "tokens.access_token")?;
        let refresh_token = TokenShape::compile(
            &tokens.refresh_token,
            Some(&grant_id),
            "tokens.refresh_token",
        )?;
        let id_token = tokens
            .id_token
            .as_ref()
            .map(|t| TokenShape::compile(t, None, "tokens.id_token"))
            .transpose()?;
        for (path, shape) in [
            ("tokens.access_token", &access_token),
            ("tokens.refresh_token", &refresh_token),
        ] {
            if shape.when_scope.is_some() {
                return Err(Misshapen::new(
                    format!("{path}.when_scope"),
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
                    "tokens.refresh_token.claims",
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
            response: Template::compile(&document.response, Place::Response, "response")?,
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
        let defect_of = |which: Which| {
            issue
                .defect
                .filter(|fault| fault.which == which)
                .map(|fault| &fault.defect)
        };
        let access_token = self
            .access_token
            .write(&facts, key, defect_of(Which::AccessToken));
        let same = issue
            .presented
            .filter(|_| issue.same_refresh_token && defect_of(Which::RefreshToken).is_none());
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
                defect_of(Which::RefreshToken),
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
                defect_of(Which::IdToken),
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
                .filter(|kind| *kind != TokenKind::Refresh)
        })
    }

    /// Which of this profile's tokens these claims look like.
    pub(crate) fn kind_of(&self, claims: &Members) -> Option<TokenKind> {
        let looks_like = |shape: &TokenShape| shape.claims.read(claims).is_some();
        if looks_like(&self.refresh_token) {
            Some(TokenKind::Refresh)
        } else if looks_like(&self.access_token) {
            Some(TokenKind::Access)
        } else if self.id_token.as_ref().is_some_and(looks_like) {
            Some(TokenKind::Id)
        } else {
            None
        }
    }

    #[cfg(feature = "cli")]
    /// When a token with these claims was issued and ends, by the template of its kind.
    pub(crate) fn times_of(
        &self,
        kind: TokenKind,
        claims: &Members,
    ) -> Option<(Option<Timestamp>, Timestamp)> {
        let shape = match kind {
            TokenKind::Access => &self.access_token,
            TokenKind::Refresh => &self.refresh_token,
            TokenKind::Id => self.id_token.as_ref()?,
        };
        let readings = shape.claims.read(claims)?;
        let at = |placeholder| readings.number(placeholder).map(Timestamp::from_unix);
        Some((at(&Placeholder::Now), at(&Placeholder::ExpiresAt)?))
    }

    #[cfg(feature = "cli")]
    /// The issuer that a token of that kind names.
    pub(crate) fn issuer_of<'a>(&self, kind: TokenKind, claims: &'a Members) -> Option<&'a str> {
        let shape = match kind {
            TokenKind::Access => &self.access_token,
            TokenKind::Refresh => &self.refresh_token,
            TokenKind::Id => self.id_token.as_ref()?,
        };
        shape.claims.read(claims)?.text(&Placeholder::Issuer)
    }
}

impl TokenShape {
    fn compile(
        document: &TokenDocument,
        grant_id: Option<&IdTemplate>,
        path: &str,
    ) -> Result<Self, Misshapen> {
        let header = Template::compile(&document.header, Place::Header, &format!("{path}.header"))?;
        if header.literal("alg") != Some(&Value::String("RS256".to_owned())) {
            return Err(Misshapen::new(
                format!("{path}.header.alg"),
                "must be RS256: it is what the keys can sign",
            ));
        }
        Ok(Self {
            when_scope: document.when_scope.clone(),
            id: IdTemplate::compile(&document.id, grant_id, &format!("{path}.id"))?,
            header,
            claims: Template::compile(&document.claims, Place::Claims, &format!("{path}.claims"))?,
        })
    }

    fn write(&self, facts: &Facts<'_>, key: &SigningKey, defect: Option<&Defect>) -> String {
        match defect {
            Some(defect) => forge::write(&self.header, &self.claims, facts, key, defect),
            None => jws::sign(&self.header.write(facts), &self.claims.write(facts), key),
        }
    }

    /// A refresh token must carry all that a refresh needs to know.
    fn check_readable(&self) -> Result<(), Misshapen> {
        let carries = |placeholder| self.claims.carries(&placeholder);
        let needs = [
            ("{subject}", carries(Placeholder::Subject)),
            ("{client_id}", carries(Placeholder::ClientId)),
            (
                "{scope} or {scopes}",
                carries(Placeholder::Scope) || carries(Placeholder::Scopes),
            ),
            ("{auth_time}", carries(Placeholder::AuthTime)),
            ("{expires_at}", carries(Placeholder::ExpiresAt)),
            ("{id}", carries(Placeholder::Id)),
            (
                "{grant_id}, there or in its id",
                carries(Placeholder::GrantId) || self.id.has_grant_id(),
            ),
        ];
        match needs.iter().find(|(_, there)| !there) {
            Some((missing, _)) => Err(Misshapen::new(
                "tokens.refresh_token.claims",
                format!("must carry {missing}: the server reads its refresh tokens back"),
            )),
            None => Ok(()),
        }
    }

    fn read(&self, claims: &Members) -> Option<ReadBack> {
        let readings = self.claims.read(claims)?;
        let text = |placeholder| readings.text(&placeholder);
        let id = text(Placeholder::Id)?.to_owned();
        let grant_id = match text(Placeholder::GrantId) {
            Some(grant_id) => grant_id.to_owned(),
            None => self.id.grant_id_of(&id)?.to_owned(),
        };
        let scope = match (
            readings.texts(&Placeholder::Scopes),
            text(Placeholder::Scope),
        ) {
            (Some(tokens), _) => Scope::from_tokens(tokens.iter().copied()).ok()?,
            (None, Some(joined)) => joined.parse().ok()?,
            (None, None) => Scope::default(),
        };
        Some(ReadBack {
            issuer: text(Placeholder::Issuer).map(str::to_owned),
            id,
            expires_at: Timestamp::from_unix(readings.number(&Placeholder::ExpiresAt)?),
            grant: Grant {
                id: grant_id,
                client_id: text(Placeholder::ClientId)?.to_owned(),
                subject: text(Placeholder::Subject)?.to_owned(),
                scope,
                auth_time: Timestamp::from_unix(readings.number(&Placeholder::AuthTime)?),
            },
        })
    }
}

/// What no other endpoint may answer at.
const METADATA: [&str; 2] = [
    "/.well-known/openid-configuration",
    "/.well-known/oauth-authorization-server",
];

fn check_paths(paths: &Paths) -> Result<(), Misshapen> {
    let own = [
        ("token", &paths.token),
        ("authorization", &paths.authorization),
        ("jwks", &paths.jwks),
    ];
    let prefixes = std::iter::once(("prefix".to_owned(), &paths.prefix))
        .filter(|(_, prefix)| !prefix.is_empty())
        .chain(
            paths
                .aliases
                .iter()
                .enumerate()
                .map(|(index, alias)| (format!("aliases[{index}]"), alias)),
        );
    let named = own
        .iter()
        .map(|(name, path)| ((*name).to_owned(), *path))
        .chain(prefixes);
    for (name, path) in named {
        let plain = |c: char| c.is_ascii_alphanumeric() || "/-._~".contains(c);
        let problem = if !path.starts_with('/') || path.ends_with('/') {
            "must begin with / and not end with one"
        } else if path.contains("//") || !path.chars().all(plain) {
            "may hold letters, digits, - . _ ~ and single slashes only"
        } else if path == "/_mimic" || path.starts_with("/_mimic/") {
            "stands under /_mimic, which is kept for what is not the imitated server"
        } else if METADATA.contains(&path.as_str()) {
            "is where the metadata stands (RFC 8414 §3, OpenID Connect Discovery §4)"
        } else {
            continue;
        };
        return Err(Misshapen::new(
            format!("paths.{name}"),
            format!("`{path}` {problem}"),
        ));
    }
    for (index, (name, path)) in own.iter().enumerate() {
        if let Some((other, _)) = own[..index].iter().find(|(_, earlier)| earlier == path) {
            return Err(Misshapen::new(
                format!("paths.{name}"),
                format!("`{path}` is paths.{other} already"),
            ));
        }
    }
    Ok(())
}

fn check_lifetimes(lifetimes: &LifetimesDocument) -> Result<(), Misshapen> {
    let all = [
        ("access_token", lifetimes.access_token),
        ("id_token", lifetimes.id_token),
        ("refresh_token", lifetimes.refresh_token),
    ];
    match all.iter().find(|(_, seconds)| *seconds == 0) {
        Some((name, _)) => Err(Misshapen::new(
            format!("lifetimes.{name}"),
            "must be at least 1 second",
        )),
        None => Ok(()),
    }
}
