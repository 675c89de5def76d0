//! Issuing: the tokens of a response, and the response around them.

use crate::clock::Timestamp;
use crate::keys::SigningKey;
use crate::oauth::claims::ClaimsRequest;
use crate::oauth::client::Client;
use crate::oauth::grant::{Grant, Lifetimes};
use crate::oauth::grant_type::GrantType;
use crate::oauth::response::{Lineage, TokenIds, TokenResponse, Tokens};
use crate::oauth::scope::Scope;
use crate::oauth::token_kind::TokenKind;
use crate::oauth::user::User;
use crate::random::Random;
use crate::shape::Altered;
use crate::shape::profile::Profile;
use crate::shape::template::TokenFacts;
use crate::shape::token::TokenShape;

/// An order for a token response.
pub(crate) struct Issue<'a> {
    pub(crate) issuer: &'a str,
    pub(crate) grant_type: GrantType,
    pub(crate) client: &'a Client,
    /// The user; a client that acts for itself has none.
    pub(crate) user: Option<&'a User>,
    pub(crate) grant: &'a Grant,
    /// The scope of the access token; within the grant's.
    pub(crate) scope: &'a Scope,
    pub(crate) lifetimes: &'a Lifetimes,
    pub(crate) refresh_token: RefreshTokenOrder<'a>,
    /// What the ID token says of the login; a refresh has none (OpenID Connect Core §12.2).
    pub(crate) authentication: Option<&'a Authentication<'a>>,
    /// The claims that the client requested one by one.
    pub(crate) claims: Option<&'a ClaimsRequest>,
    /// The id of the token that was presented, for the lineage.
    pub(crate) presented: Option<&'a str>,
    /// How one of the tokens differs from a good one.
    pub(crate) altered: Option<Altered<'a>>,
    pub(crate) now: Timestamp,
}

/// What an ID token says of the login and of the response that it belongs to.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Authentication<'a> {
    /// The `nonce` of the authorization request (OpenID Connect Core §3.1.2.1).
    pub(crate) nonce: Option<&'a str>,
    /// The authentication context class that was reached (OpenID Connect Core §2).
    pub(crate) acr: Option<&'a str>,
    /// The id of the session (OpenID Connect Back-Channel Logout §2.1).
    pub(crate) sid: Option<&'a str>,
    /// The code of the same response, for `c_hash`.
    pub(crate) code: Option<&'a str>,
}

impl<'a> Authentication<'a> {
    /// Takes the values of a login; there is no code.
    pub(crate) fn new(nonce: Option<&'a str>, acr: Option<&'a str>, sid: Option<&'a str>) -> Self {
        Self {
            nonce,
            acr,
            sid,
            code: None,
        }
    }
}

/// An order for the tokens of an authorization response.
pub(crate) struct FrontIssue<'a> {
    pub(crate) issue: Issue<'a>,
    pub(crate) access_token: bool,
    pub(crate) id_token: bool,
}

/// The tokens of an authorization response.
#[derive(Debug)]
pub(crate) struct FrontTokens {
    pub(crate) access_token: Option<String>,
    pub(crate) id_token: Option<String>,
}

/// Which refresh token a response has.
#[derive(Debug, Clone, Copy)]
pub(crate) enum RefreshTokenOrder<'a> {
    None,
    New,
    /// The one that was presented.
    Same {
        token: &'a str,
        id: &'a str,
    },
}

impl Profile {
    /// Writes and signs the tokens, and writes the response around them.
    pub(crate) fn issue(
        &self,
        issue: &Issue<'_>,
        key: &SigningKey,
        random: &Random,
    ) -> TokenResponse {
        let id_shape = self.id_shape(issue);
        let ids = self.draw_ids(issue, id_shape, random);
        let access_token_end = issue.now + issue.lifetimes.access_token;
        let mut facts = TokenFacts {
            issue,
            scope: issue.scope,
            now: issue.now,
            expires_at: access_token_end,
            id: &ids.access_token,
            ids: &ids,
            kid: &key.public.kid,
            access_token: None,
            tokens: None,
        };
        let access_token = self.access_token.of(issue.grant_type).write(
            &facts,
            key,
            issue.altered(TokenKind::AccessToken),
        );
        let tokens = Tokens {
            refresh_token: self.write_refresh_token(&facts, key),
            id_token: id_shape.map(|shape| {
                let facts = TokenFacts {
                    expires_at: issue.now + issue.lifetimes.id_token,
                    id: ids.id_token.as_deref().unwrap_or_default(),
                    access_token: Some(&access_token),
                    ..facts
                };
                shape.write(&facts, key, issue.altered(TokenKind::IdToken))
            }),
            access_token,
        };
        facts.tokens = Some(&tokens);
        let room = tokens.length() + 512;
        TokenResponse {
            body: self
                .response
                .of(issue.grant_type)
                .write_with_room(&facts, room),
            tokens,
            scope: issue.scope.clone(),
            lineage: Lineage {
                presented: issue.presented.map(str::to_owned),
                about: issue.grant.into(),
                issued_at: issue.now,
                access_token_ends: access_token_end,
                ids,
            },
        }
    }

    /// Writes and signs the tokens of an authorization response. An ID token without an access token has the claims of the
    /// scope (OpenID Connect Core §5.4).
    pub(crate) fn issue_in_front(
        &self,
        order: &FrontIssue<'_>,
        key: &SigningKey,
        random: &Random,
    ) -> FrontTokens {
        let issue = &order.issue;
        let id_shape = self.id_token.as_ref().filter(|_| order.id_token);
        let id_shape = id_shape.map(|shape| shape.of(issue.grant_type));
        let ids = self.draw_ids(issue, id_shape, random);
        let facts = TokenFacts {
            issue,
            scope: issue.scope,
            now: issue.now,
            expires_at: issue.now + issue.lifetimes.access_token,
            id: &ids.access_token,
            ids: &ids,
            kid: &key.public.kid,
            access_token: None,
            tokens: None,
        };
        let shape = self.access_token.of(issue.grant_type);
        let altered = issue.altered(TokenKind::AccessToken);
        let access_token = order
            .access_token
            .then(|| shape.write(&facts, key, altered));
        let id_token = id_shape.map(|shape| {
            let facts = TokenFacts {
                expires_at: issue.now + issue.lifetimes.id_token,
                id: ids.id_token.as_deref().unwrap_or_default(),
                access_token: access_token.as_deref(),
                ..facts
            };
            shape.write(&facts, key, issue.altered(TokenKind::IdToken))
        });
        FrontTokens {
            access_token,
            id_token,
        }
    }

    /// The shape of the ID token, if the response has one: it needs a user, and the scope token that the profile names.
    fn id_shape(&self, issue: &Issue<'_>) -> Option<&TokenShape> {
        issue.user?;
        let shape = self.id_token.as_ref()?.of(issue.grant_type);
        let needed = shape.when_scope.as_deref();
        needed
            .is_none_or(|token| issue.scope.contains(token))
            .then_some(shape)
    }

    fn draw_ids(
        &self,
        issue: &Issue<'_>,
        id_shape: Option<&TokenShape>,
        random: &Random,
    ) -> TokenIds {
        let grant_id = &issue.grant.id;
        TokenIds {
            access_token: self
                .access_token
                .of(issue.grant_type)
                .id
                .draw(grant_id, random),
            refresh_token: match issue.refresh_token {
                RefreshTokenOrder::None => None,
                // An altered token is always new.
                RefreshTokenOrder::Same { id, .. }
                    if issue.altered(TokenKind::RefreshToken).is_none() =>
                {
                    Some(id.to_owned())
                }
                RefreshTokenOrder::Same { .. } | RefreshTokenOrder::New => {
                    Some(self.refresh_token.id.draw(grant_id, random))
                }
            },
            id_token: id_shape.map(|shape| shape.id.draw(grant_id, random)),
        }
    }

    fn write_refresh_token(&self, facts: &TokenFacts<'_>, key: &SigningKey) -> Option<String> {
        let issue = facts.issue;
        let altered = issue.altered(TokenKind::RefreshToken);
        match (issue.refresh_token, altered) {
            (RefreshTokenOrder::None, _) => None,
            (RefreshTokenOrder::Same { token, .. }, None) => Some(token.to_owned()),
            (RefreshTokenOrder::Same { .. }, Some(_)) | (RefreshTokenOrder::New, _) => {
                let facts = TokenFacts {
                    // The scope of the grant, however narrow this access token is (RFC 6749 §6).
                    scope: &issue.grant.scope,
                    expires_at: issue
                        .lifetimes
                        .refresh_token_end(issue.grant.auth_time, issue.now),
                    id: facts.ids.refresh_token.as_deref().unwrap_or_default(),
                    ..*facts
                };
                Some(self.refresh_token.write(&facts, key, altered))
            }
        }
    }
}

impl Issue<'_> {
    /// Returns how a kind of token differs from a good one.
    fn altered(&self, kind: TokenKind) -> Option<&Altered<'_>> {
        self.altered
            .as_ref()
            .filter(|altered| altered.token == kind)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::keys::KeySet;
    use crate::keys::jws::Jws;
    use crate::shape::document::ProfileDocument;

    const STANDARD: &str = include_str!("../../../fixtures/profiles/standard.json");

    /// The claims of an ID token of alice.
    fn id_token(
        authentication: Option<&Authentication<'_>>,
        claims: Option<&ClaimsRequest>,
    ) -> Value {
        let document: ProfileDocument = serde_json::from_str(STANDARD).expect("a document");
        let profile = Profile::compile(&document).expect("a profile");
        let client = Client::confidential("app", "s3cret");
        let user = User::new("alice")
            .claim("name", "Alice")
            .claim("email", "alice@example.com")
            .claim("client_id", "mallory");
        let scope: Scope = "openid email".parse().expect("a scope");
        let grant = Grant {
            id: "grant".to_owned(),
            client_id: "app".to_owned(),
            subject: Some("alice".to_owned()),
            scope: scope.clone(),
            auth_time: Some(Timestamp::from_unix(0)),
        };
        let issue = Issue {
            issuer: "https://issuer.example",
            grant_type: GrantType::RefreshToken,
            client: &client,
            user: Some(&user),
            grant: &grant,
            scope: &scope,
            lifetimes: &profile.lifetimes_of(&client),
            refresh_token: RefreshTokenOrder::None,
            authentication,
            claims,
            presented: None,
            altered: None,
            now: Timestamp::from_unix(0),
        };
        let keys = KeySet::built_in();
        let response = profile.issue(&issue, keys.signing(), &Random::seeded(1));
        let token = response.id_token().expect("an ID token");
        let jws = Jws::parse(token).expect("a token");
        let claims = jws
            .claims
            .iter()
            .map(|(name, value)| (name.to_owned(), json!(value)));
        claims.collect()
    }

    #[test]
    fn an_id_token_has_what_the_login_and_the_response_give() {
        let login = Authentication {
            nonce: Some("n"),
            acr: Some("high"),
            sid: Some("s"),
            code: Some("Qcb0Orv1zh30vL1MPRsbm-diHiMwcLyZvn1arpZv-Jxf_11jnpEX3Tgfvk"),
        };
        let claims = id_token(Some(&login), None);
        assert_eq!(
            (&claims["nonce"], &claims["acr"], &claims["sid"]),
            (&json!("n"), &json!("high"), &json!("s"))
        );
        // The example of OpenID Connect Core, Appendix A.4.
        assert_eq!(claims["c_hash"], "LDktKdoQak3Pk0cnXxCltA");
        let claims = id_token(None, None);
        for absent in ["nonce", "acr", "sid", "c_hash"] {
            assert_eq!(claims.get(absent), None, "{absent}");
        }
        assert!(claims["at_hash"].is_string());
    }

    #[test]
    fn an_id_token_has_the_claims_that_were_requested_for_it() {
        let request = json!({
            "userinfo": { "email": null },
            "id_token": { "name": { "essential": true }, "client_id": null, "aud": null },
        });
        let request = ClaimsRequest::parse(&request.to_string()).expect("a request");
        let claims = id_token(None, Some(&request));
        assert_eq!(claims["name"], "Alice");
        assert_eq!(claims["aud"], json!(["app"]));
        for absent in ["email", "client_id"] {
            assert_eq!(claims.get(absent), None, "{absent}");
        }
    }
}
