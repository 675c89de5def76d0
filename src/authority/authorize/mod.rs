//! The front channel: a browser asks for an authorization response (RFC 6749 §4.1.1, OpenID Connect Core §3).
//!
//! [`Authority::authorize`] is the whole walk: read the request, decide who logs in, issue a code. Whatever is wrong with
//! the client or its redirect URI is answered on a page; every other refusal goes back to the client.

mod answer;
mod form;
mod login;
mod logins;
mod logout;
mod notice;
mod request;
mod session;
mod visitor;
mod wrong;

pub(crate) use answer::{Back, FrontAnswer, FrontCause, FrontKind, FrontStop};
pub use logins::Login;
pub(crate) use logins::{Logins, MOST_LOGINS};
pub(crate) use logout::LogoutAnswer;
pub(crate) use notice::{LogoutToken, Notices};
pub(crate) use session::SessionView;
pub(crate) use visitor::{Action, Interaction, Page, PageKind, Visitor};
pub(crate) use wrong::FrontFaults;

use crate::authority::Authority;
use crate::authority::authorize::login::{Authenticated, Decided};
use crate::authority::authorize::request::AuthorizationRequest;
use crate::clock::Timestamp;
use crate::fault::WrongRedirect;
use crate::grant::{CodeRecord, LoginDetails};
use crate::oauth::grant::Grant;
use crate::oauth::grant_type::GrantType;
use crate::oauth::leniency::Tolerance;
use crate::oauth::params::Params;
use crate::oauth::user::User;
use crate::random::Random;
use crate::shape::{Authentication, FrontIssue, Issue, RefreshTokenOrder};
use crate::store::ValueKind;

/// How long the server remembers a code after its end, to tell a second use from an unknown code. Seconds.
const CODE_REMEMBERED: i64 = 600;

impl Authority {
    /// Answers an authorization request, or the submitted form of one of its pages.
    pub(crate) async fn authorize(
        &self,
        params: &Params,
        visitor: &Visitor<'_>,
        faults: FrontFaults<'_>,
        now: Timestamp,
        tolerance: &mut Tolerance,
    ) -> Result<FrontAnswer, FrontStop> {
        let (client, back) = self.destination(params, tolerance)?;
        let random = self.random.fork();
        let request = self
            .authorization_request(params, client, &back, now, tolerance)
            .map_err(|refusal| FrontStop::back(refusal, &back))?;
        let back = Back {
            mode: request.response_mode,
            ..back
        };
        let decided = self
            .decide_login(&request, visitor, &random, now)
            .await
            .map_err(|stop| stop.to(&back))?;
        match decided {
            Decided::Page(page) => Ok(FrontAnswer::page(page)),
            Decided::Authenticated(authenticated) => {
                let answer = self
                    .respond(&request, &back, authenticated, faults, &random, now)
                    .await;
                Ok(answer)
            }
        }
    }

    /// Answers with what was requested for the new grant: a code, tokens, or both.
    async fn respond(
        &self,
        request: &AuthorizationRequest,
        back: &Back,
        authenticated: Authenticated,
        faults: FrontFaults<'_>,
        random: &Random,
        now: Timestamp,
    ) -> FrontAnswer {
        let Authenticated {
            session,
            scope,
            acr,
            delay,
        } = authenticated;
        let profile = &self.settings.profile;
        let grant = Grant {
            id: profile.draw_grant_id(random),
            client_id: request.client.client_id.clone(),
            subject: Some(session.sub.clone()),
            scope,
            auth_time: Some(session.auth_time),
        };
        let login = LoginDetails {
            nonce: request.nonce.clone(),
            acr,
            sid: Some(session.sid.clone()),
            claims: request.claims.as_ref().map(|(text, _)| text.clone()),
        };
        let lifetimes = profile.lifetimes_of(&request.client);
        let ends = lifetimes.refresh_token_end(grant.auth_time, now);
        if let Some(claims) = &login.claims {
            let (kind, bytes) = (ValueKind::Claims, claims.clone().into_bytes());
            self.store.put(kind, &grant.id, bytes, ends, now).await;
        }
        let code = if request.response_type.code {
            let record = self.code_record(request, back, &grant, &login, now);
            let record = self.wronged(record, faults.redirect, random, now);
            Some(self.store_code(&record, random, now).await)
        } else {
            None
        };
        let authentication = Authentication {
            code: code.as_deref(),
            ..login.authentication()
        };
        let members = self.members(request, &grant, &authentication, faults, random, now);
        let cookie = self.remember_grant(session, &grant, ends, now).await;
        let mut answer = FrontAnswer::redirect(back, cookie);
        let closing = back.closing(&self.settings.issuer, faults.redirect);
        for (name, value) in members.into_iter().chain(closing) {
            answer.push(name, &value);
        }
        answer.grant = Some(grant);
        answer.delay = delay;
        answer
    }

    /// What the store keeps of a code for a grant.
    fn code_record(
        &self,
        request: &AuthorizationRequest,
        back: &Back,
        grant: &Grant,
        login: &LoginDetails,
        now: Timestamp,
    ) -> CodeRecord {
        CodeRecord {
            grant_id: grant.id.clone(),
            client_id: grant.client_id.clone(),
            sub: grant.subject.clone().unwrap_or_default(),
            scope: grant.scope.clone(),
            auth_time: grant.auth_time.unwrap_or(now),
            redirect_uri: back.redirect_uri.clone(),
            redirect_uri_was_sent: request.redirect_uri_was_sent,
            challenge: request.challenge.clone(),
            login: login.clone(),
            expires_at: now + self.settings.profile.code_lifetime(),
            used: false,
        }
    }

    /// Stores a code and returns it.
    async fn store_code(&self, record: &CodeRecord, random: &Random, now: Timestamp) -> String {
        let profile = &self.settings.profile;
        let until = record.expires_at.moved_by(CODE_REMEMBERED);
        loop {
            let code = self.settings.errors.draw_code(random);
            let code = code.unwrap_or_else(|| profile.draw_code(random));
            let (kind, bytes) = (ValueKind::Code, record.to_bytes());
            if self.store.put(kind, &code, bytes, until, now).await {
                return code;
            }
        }
    }

    /// Returns the parameters of the response, in the order of OpenID Connect Core §3.3.2.5, without `state` and `iss`.
    fn members(
        &self,
        request: &AuthorizationRequest,
        grant: &Grant,
        authentication: &Authentication<'_>,
        faults: FrontFaults<'_>,
        random: &Random,
        now: Timestamp,
    ) -> Vec<(&'static str, String)> {
        let mut members = Vec::new();
        let code = authentication.code;
        members.extend(code.map(|code| ("code", code.to_owned())));
        if faults.redirect == Some(WrongRedirect::DuplicatedCode) {
            members.extend(code.map(|code| ("code", code.to_owned())));
        }
        if !request.response_type.has_token() {
            return members;
        }
        let user = grant
            .subject
            .as_deref()
            .and_then(|sub| self.registry.get::<User>(sub));
        let profile = &self.settings.profile;
        let lifetimes = profile.lifetimes_of(&request.client);
        let order = FrontIssue {
            issue: Issue {
                issuer: &self.settings.issuer,
                grant_type: GrantType::AuthorizationCode,
                client: &request.client,
                user: user.as_deref(),
                grant,
                scope: &grant.scope,
                lifetimes: &lifetimes,
                refresh_token: RefreshTokenOrder::None,
                authentication: Some(authentication),
                claims: request.claims.as_ref().map(|(_, request)| request),
                presented: None,
                altered: faults.token.map(Into::into),
                now,
            },
            access_token: request.response_type.token,
            id_token: request.response_type.id_token,
        };
        let tokens = profile.issue_in_front(&order, self.keys().signing(), random);
        if let Some(access_token) = tokens.access_token {
            let seconds = lifetimes.access_token.as_secs().to_string();
            members.push(("access_token", access_token));
            members.push(("token_type", "Bearer".to_owned()));
            members.push(("expires_in", seconds));
            members.push(("scope", grant.scope.to_string()));
        }
        members.extend(tokens.id_token.map(|token| ("id_token", token)));
        members
    }
}
