//! The shape of a token: the templates that write it and read a refresh token back.

use crate::clock::Timestamp;
use crate::json::{Object, Value};
use crate::keys::jws::{self, Members};
use crate::keys::{Alg, SigningKey};
use crate::oauth::grant::Grant;
use crate::oauth::scope::Scope;
use crate::oauth::token_kind::TokenKind;
use crate::shape::document::TokenDocument;
use crate::shape::id::IdTemplate;
use crate::shape::template::{Place, Placeholder, Template, TokenFacts};
use crate::shape::{Altered, ProfileError, forge};

/// The templates of one kind of token.
#[derive(Debug, Clone)]
pub(super) struct TokenShape {
    pub(super) when_scope: Option<String>,
    pub(super) id: IdTemplate,
    pub(super) header: Template,
    pub(super) claims: Template,
}

/// The content of a token that was read back.
#[derive(Debug)]
pub(crate) struct ReadBack {
    pub(crate) issuer: Option<String>,
    pub(crate) id: String,
    pub(crate) issued_at: Option<Timestamp>,
    pub(crate) expires_at: Timestamp,
    /// The grant. Its scope is that of the token.
    pub(crate) grant: Grant,
}

/// Compiles the JOSE header at `path`.
pub(super) fn header(document: &Object, path: &str) -> Result<Template, ProfileError> {
    let header = Template::compile(document, Place::Header, path)?;
    let alg = header.literal("alg").and_then(Value::as_str);
    if alg.and_then(Alg::parse).is_none() {
        return Err(ProfileError::new(
            format!("{path}/alg"),
            "must be RS256: it is what the keys can sign",
        ));
    }
    Ok(header)
}

/// What an ID token says when it comes back as a hint.
#[derive(Debug)]
pub(crate) struct IdTokenHint {
    pub(crate) sub: String,
    /// The client that it was issued to.
    pub(crate) client_id: Option<String>,
    /// The session in which it was issued.
    pub(crate) sid: Option<String>,
}

impl TokenShape {
    /// Compiles a document at `path`; `grant_id` is the template of the grant's id if the token's id may contain it.
    pub(super) fn compile(
        document: &TokenDocument,
        grant_id: Option<&IdTemplate>,
        path: &str,
    ) -> Result<Self, ProfileError> {
        Ok(Self {
            when_scope: document.when_scope.clone(),
            id: IdTemplate::compile(&document.id, grant_id, &format!("{path}/id"))?,
            header: header(&document.header, &format!("{path}/header"))?,
            claims: Template::compile(&document.claims, Place::Claims, &format!("{path}/claims"))?,
        })
    }

    /// Writes and signs the token, altered if that is asked for.
    pub(super) fn write(
        &self,
        facts: &TokenFacts<'_>,
        key: &SigningKey,
        altered: Option<&Altered<'_>>,
    ) -> String {
        if let Some(altered) = altered {
            return forge::write(&self.header, &self.claims, facts, key, altered);
        }
        let mut json = Vec::with_capacity(1024);
        self.header.append(facts, &mut json);
        let header = json.len();
        self.claims.append(facts, &mut json);
        jws::sign(&json[..header], &json[header..], key)
    }

    /// Checks that a token at `path` contains everything that reading it back needs; a refresh token must name its user and
    /// the time of the login, too.
    pub(super) fn check_readable(&self, kind: TokenKind, path: &str) -> Result<(), ProfileError> {
        let carries = |placeholder| self.claims.carries(&placeholder);
        let is_refresh_token = kind == TokenKind::RefreshToken;
        let needs = [
            (
                "{subject}",
                !is_refresh_token || carries(Placeholder::Subject),
            ),
            ("{client_id}", carries(Placeholder::ClientId)),
            (
                "{scope} or {scopes}",
                carries(Placeholder::Scope) || carries(Placeholder::Scopes),
            ),
            (
                "{auth_time}",
                !is_refresh_token || carries(Placeholder::AuthTime),
            ),
            ("{expires_at}", carries(Placeholder::ExpiresAt)),
            ("{id}", carries(Placeholder::Id)),
            (
                "{grant_id}, there or in its id",
                carries(Placeholder::GrantId) || self.id.has_grant_id(),
            ),
        ];
        match needs.iter().find(|(_, there)| !there) {
            Some((missing, _)) => Err(ProfileError::new(
                format!("{path}/claims"),
                format!(
                    "must carry {missing}, alone or as the only placeholder of a text: the server reads its refresh tokens and access tokens back"
                ),
            )),
            None => Ok(()),
        }
    }

    /// Reads a refresh token or an access token back, if these claims have its shape.
    pub(super) fn read(&self, claims: &Members) -> Option<ReadBack> {
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
            issued_at: readings.number(&Placeholder::Now).map(Timestamp::from_unix),
            expires_at: Timestamp::from_unix(readings.number(&Placeholder::ExpiresAt)?),
            grant: Grant {
                id: grant_id,
                client_id: text(Placeholder::ClientId)?.to_owned(),
                subject: text(Placeholder::Subject).map(str::to_owned),
                scope,
                auth_time: readings
                    .number(&Placeholder::AuthTime)
                    .map(Timestamp::from_unix),
            },
        })
    }

    /// Reads the user, the client and the session that an ID token names.
    pub(super) fn read_hint(&self, claims: &Members) -> Option<IdTokenHint> {
        let readings = self.claims.read(claims)?;
        Some(IdTokenHint {
            sub: readings.text(&Placeholder::Subject)?.to_owned(),
            client_id: readings.text(&Placeholder::ClientId).map(str::to_owned),
            sid: claims.get("sid").and_then(Value::as_str).map(str::to_owned),
        })
    }

    /// When a token with these claims was issued, where it says so, and when it ends.
    pub(super) fn times(&self, claims: &Members) -> Option<(Option<Timestamp>, Timestamp)> {
        let readings = self.claims.read(claims)?;
        let at = |placeholder| readings.number(placeholder).map(Timestamp::from_unix);
        Some((at(&Placeholder::Now), at(&Placeholder::ExpiresAt)?))
    }

    /// The client that a token with these claims names.
    pub(super) fn client<'a>(&self, claims: &'a Members) -> Option<&'a str> {
        self.claims.read(claims)?.text(&Placeholder::ClientId)
    }

    /// The issuer that a token with these claims names.
    pub(super) fn issuer<'a>(&self, claims: &'a Members) -> Option<&'a str> {
        self.claims.read(claims)?.text(&Placeholder::Issuer)
    }
}
