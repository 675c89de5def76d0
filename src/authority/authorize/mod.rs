//! The front channel: a browser asks for an authorization response (RFC 6749 §4.1.1, OpenID Connect Core §3).
//!
//! [`Authority::authorize`] is the whole walk: read the request, decide who logs in, issue a code. Whatever is wrong with
//! the client or its redirect URI is answered on a page; every other refusal goes back to the client.

mod answer;
mod login;
mod logins;
mod logout;
mod notice;
mod request;
mod session;

pub(crate) use answer::{Back, FrontAnswer, FrontCause, FrontKind, FrontStop};
pub(crate) use login::{Action, Interaction, Page, PageKind, Visitor};
pub use logins::Login;
pub(crate) use logins::{Logins, MOST_LOGINS};
pub(crate) use logout::LogoutAnswer;
pub(crate) use notice::{LogoutToken, Notices};
pub(crate) use session::SessionView;

use crate::authority::Authority;
use crate::authority::authorize::login::{Authenticated, Decided};
use crate::authority::authorize::request::AuthorizationRequest;
use crate::clock::Timestamp;
use crate::grant::CodeRecord;
use crate::oauth::grant::Grant;
use crate::oauth::leniency::Tolerance;
use crate::oauth::params::Params;
use crate::random::Random;
use crate::store::ValueKind;

/// How long the server remembers a code after its end, to tell a second use from an unknown code. Seconds.
const CODE_REMEMBERED: i64 = 600;

impl Authority {
    /// Answers an authorization request, or the submitted form of one of its pages.
    pub(crate) async fn authorize(
        &self,
        params: &Params,
        visitor: &Visitor<'_>,
        now: Timestamp,
        tolerance: &mut Tolerance,
    ) -> Result<FrontAnswer, FrontStop> {
        let (client, back) = self.destination(params, tolerance)?;
        let random = self.random.fork();
        let request = self
            .authorization_request(params, client, &back, now, tolerance)
            .map_err(|refusal| FrontStop::back(refusal, &back))?;
        let decided = self
            .decide_login(&request, visitor, &random, now)
            .await
            .map_err(|stop| stop.to(&back))?;
        match decided {
            Decided::Page(page) => Ok(FrontAnswer::page(page)),
            Decided::Authenticated(authenticated) => {
                let answer = self
                    .issue_code(&request, &back, authenticated, &random, now)
                    .await;
                Ok(answer)
            }
        }
    }

    /// Stores a code for what was granted, and answers with it.
    async fn issue_code(
        &self,
        request: &AuthorizationRequest,
        back: &Back,
        authenticated: Authenticated,
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
            scope: scope.clone(),
            auth_time: Some(session.auth_time),
        };
        let record = CodeRecord {
            grant_id: grant.id.clone(),
            client_id: grant.client_id.clone(),
            sub: session.sub.clone(),
            scope,
            auth_time: session.auth_time,
            redirect_uri: back.redirect_uri.clone(),
            redirect_uri_was_sent: request.redirect_uri_was_sent,
            challenge: request.challenge.clone(),
            nonce: request.nonce.clone(),
            acr,
            sid: session.sid.clone(),
            expires_at: now + profile.code_lifetime(),
            used: false,
        };
        let until = record.expires_at.moved_by(CODE_REMEMBERED);
        let code = loop {
            let code = self.settings.errors.draw_code(random);
            let code = code.unwrap_or_else(|| profile.draw_code(random));
            let bytes = record.to_bytes();
            if self
                .store
                .put(ValueKind::Code, &code, bytes, until, now)
                .await
            {
                break code;
            }
        };
        let lifetimes = profile.lifetimes_of(&request.client);
        let ends = lifetimes.refresh_token_end(grant.auth_time, now);
        let cookie = self.remember_grant(session, &grant, ends, now).await;
        let mut answer = FrontAnswer::redirect(back, cookie);
        answer.push("code", &code);
        answer.finish(back, &self.settings.issuer);
        answer.grant = Some(grant);
        answer.delay = delay;
        answer
    }
}
