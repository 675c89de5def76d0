//! Injected faults, as data. `http`, `shape` and `keys` carry them out; [`plan`] chooses them.

mod defect;
mod effect;
mod payload;
pub(crate) mod plan;
mod rule;

pub use defect::{Defect, DefectKind, MissingClaimDefect, OversizedDefect, SetClaimsDefect};
pub(crate) use effect::{Changed, Effects, Instead};
pub use payload::{
    AnswerFault, ContentTypeFault, DelayFault, DripFault, ErrorFault, KeysFault, RedirectFault,
    StatusFault, TokenFault, TruncateFault, WrongKeys, WrongRedirect,
};
pub use rule::{ActiveRule, Rule, When};

use std::time::Duration;

use crate::json::invalid::Invalid;
use crate::json::tagged::tagged;
use crate::oauth::endpoint::Endpoint;
use crate::oauth::token_kind::TokenKind;

tagged! {
    /// An injected fault: a way in which the server misbehaves because a test asked for it.
    ///
    /// ```
    /// use std::time::Duration;
    /// use oauth_mimic::{Defect, Fault, TokenKind, TokenServer};
    /// let server = TokenServer::start();
    /// server.fail_next(1, Fault::status(503).header("Retry-After", "1").body("later"));
    /// server.fail_next(1, Fault::error("invalid_grant").description("The session has ended"));
    /// server.fail_next(1, Fault::token(TokenKind::IdToken, Defect::missing_claim("exp")));
    /// server.fail_next(1, Fault::delay(Duration::from_millis(10)).jitter(Duration::from_millis(5)));
    /// server.fail_next(1, Fault::LostResponse);
    /// ```
    pub enum Fault;
    /// A kind of [`Fault`], by its name in JSON.
    pub enum FaultKind;

    /// An OAuth error in the place of the answer (RFC 6749 §5.2). Nothing is processed: no token is spent or issued. The
    /// client sees a well-formed error response, with the headers of the server's error dialect. At the authorization
    /// endpoint the browser brings the error to the redirect URI (RFC 6749 §4.1.2.1), or shows it on a page where the request
    /// has none to trust; the end session endpoint shows a page.
    Error(ErrorFault) = "error",
    /// An HTTP status in the place of the answer, with the headers and the body that are given. Nothing is processed.
    Status(StatusFault) = "status",
    /// The page of a gateway that cannot reach the server. Nothing is processed. The client sees status 502 and HTML.
    GatewayPage = "gateway_page",
    /// The connection is closed in the place of an answer. Nothing is processed. The client sees an end of the stream.
    Close = "close",
    /// The connection is reset (TCP RST) in the place of an answer. Nothing is processed. The client sees an error of the
    /// connection.
    Reset = "reset",
    /// The request is processed fully, so that a rotating refresh token is spent, and the connection is reset (TCP RST) in
    /// the place of the answer. The client cannot know whether its token was spent.
    LostResponse = "lost_response",
    /// The answer comes late, in real time, and the request is processed only then. It combines with one fault of another
    /// kind. The client sees the same answer as without it, unless it gives up before.
    Delay(DelayFault) = "delay",
    /// The body of the answer comes slowly, in real time. It combines with one fault of another kind. The client sees the
    /// head of the answer at once, and the body a few bytes at a time.
    Drip(DripFault) = "drip",
    /// The answer has another `Content-Type`. It combines with one fault of another kind. The client sees the body that
    /// it expects under a name that it does not.
    ContentType(ContentTypeFault) = "content_type",
    /// The body of the answer breaks off. The client sees a head that promises all of it, the first bytes, and the end of
    /// the connection.
    Truncate(TruncateFault) = "truncate",
    /// The body of the answer is its first half. The client sees a complete response of which the body is not JSON.
    Malformed = "malformed",
    /// Members of the JSON answer are removed or set, as `{"set": {"expires_in": "899"}}`. The client sees a well-formed
    /// answer that does not mean what it should.
    Answer(AnswerFault) = "answer",
    /// The authorization response is wrong: its `state`, `iss` or `code` is not what the client must get. Everything else is
    /// processed as without it. A page does not use the fault up. A correct client refuses the response, or the token
    /// endpoint refuses the code.
    Redirect(RedirectFault) = "redirect",
    /// One of the issued tokens has a defect; it is the access token if none is named. The client gets an
    /// ordinary answer, and a correct verifier refuses the token.
    Token(TokenFault) = "token",
    /// The JWK Set is wrong. A verifier that fetches the keys finds none, old ones, or a wrong one.
    Keys(KeysFault) = "keys",
}

impl Fault {
    /// Answers with an OAuth error of that code, such as `invalid_grant` (RFC 6749 §5.2).
    #[must_use]
    pub fn error(code: impl Into<String>) -> ErrorFault {
        ErrorFault::new(code)
    }

    /// Answers with that HTTP status, from 200 to 599.
    #[must_use]
    pub fn status(status: u16) -> StatusFault {
        StatusFault::new(status)
    }

    /// Delays the answer by that duration of real time.
    #[must_use]
    pub fn delay(delay: Duration) -> DelayFault {
        DelayFault::new(delay)
    }

    /// Sends the body of the answer at that rate, in bytes per second.
    #[must_use]
    pub fn drip(bytes_per_second: u32) -> DripFault {
        DripFault { bytes_per_second }
    }

    /// Sends the answer with that media type as its `Content-Type`.
    #[must_use]
    pub fn content_type(content_type: impl Into<String>) -> ContentTypeFault {
        let content_type = content_type.into();
        ContentTypeFault { content_type }
    }

    /// Ends the body of the answer after `bytes` bytes.
    #[must_use]
    pub fn truncate(bytes: usize) -> TruncateFault {
        TruncateFault { bytes }
    }

    /// Sets a member of the JSON answer to that value.
    #[must_use]
    pub fn set(member: impl Into<String>, value: impl Into<serde_json::Value>) -> AnswerFault {
        AnswerFault::default().set(member, value)
    }

    /// Removes a member of the JSON answer.
    #[must_use]
    pub fn remove(member: impl Into<String>) -> AnswerFault {
        AnswerFault::default().remove(member)
    }

    /// Sends a wrong authorization response.
    #[must_use]
    pub fn redirect(redirect: WrongRedirect) -> RedirectFault {
        RedirectFault { redirect }
    }

    /// Issues the token of that kind with that defect.
    #[must_use]
    pub fn token(token: TokenKind, defect: impl Into<Defect>) -> TokenFault {
        let defect = defect.into();
        TokenFault { token, defect }
    }

    /// Serves a wrong JWK Set.
    #[must_use]
    pub fn keys(keys: WrongKeys) -> KeysFault {
        KeysFault { keys }
    }

    /// Checks what the types cannot exclude.
    pub(crate) fn check(&self) -> Result<(), Invalid> {
        match self {
            Self::Error(fault) => fault.check(),
            Self::Status(fault) => fault.check(),
            Self::Delay(fault) => fault.check(),
            Self::Drip(fault) => fault.check(),
            Self::ContentType(fault) => fault.check(),
            Self::Token(fault) => fault.check(),
            Self::GatewayPage
            | Self::Close
            | Self::Reset
            | Self::LostResponse
            | Self::Truncate(_)
            | Self::Malformed
            | Self::Answer(_)
            | Self::Redirect(_)
            | Self::Keys(_) => Ok(()),
        }
    }

    /// Checks the fault, and that it can happen at that endpoint.
    pub(crate) fn check_at(&self, endpoint: Endpoint) -> Result<(), Invalid> {
        self.check()?;
        let kind = self.kind();
        let endpoints = kind.endpoints();
        if endpoints.contains(&endpoint) {
            return Ok(());
        }
        let names: Vec<&str> = endpoints.iter().map(|possible| possible.as_str()).collect();
        Err(Invalid::member(
            "kind",
            format!(
                "a fault of kind `{kind}` cannot happen at `{endpoint}`, only at {}",
                names.join(", ")
            ),
        ))
    }
}

impl FaultKind {
    /// Returns true if a request can get a fault of this kind and one of that kind: they differ, and at least one of them
    /// changes only how the answer is delivered.
    #[must_use]
    pub fn combines_with(self, other: Self) -> bool {
        self != other && (self.is_modifier() || other.is_modifier())
    }

    /// Returns true if a fault of this kind leaves the meaning of the answer as it is.
    pub(crate) const fn is_modifier(self) -> bool {
        match self {
            Self::Delay | Self::Drip | Self::ContentType => true,
            Self::Error
            | Self::Status
            | Self::GatewayPage
            | Self::Close
            | Self::Reset
            | Self::LostResponse
            | Self::Truncate
            | Self::Malformed
            | Self::Answer
            | Self::Redirect
            | Self::Token
            | Self::Keys => false,
        }
    }

    /// Returns true if a fault of this kind changes how an answer is written, so that it does nothing where there is no answer.
    pub(crate) const fn needs_answer(self) -> bool {
        match self {
            Self::Drip | Self::ContentType | Self::Truncate | Self::Malformed | Self::Answer => {
                true
            }
            Self::Delay
            | Self::Error
            | Self::Status
            | Self::GatewayPage
            | Self::Close
            | Self::Reset
            | Self::LostResponse
            | Self::Redirect
            | Self::Token
            | Self::Keys => false,
        }
    }

    /// Returns true if a fault of this kind changes the body of an answer or how it comes, so that it does nothing where there
    /// is no body.
    pub(crate) const fn needs_body(self) -> bool {
        match self {
            Self::Drip | Self::Truncate | Self::Malformed => true,
            Self::ContentType
            | Self::Answer
            | Self::Delay
            | Self::Error
            | Self::Status
            | Self::GatewayPage
            | Self::Close
            | Self::Reset
            | Self::LostResponse
            | Self::Redirect
            | Self::Token
            | Self::Keys => false,
        }
    }

    /// Returns the endpoints at which a fault of this kind can happen.
    #[must_use]
    pub const fn endpoints(self) -> &'static [Endpoint] {
        match self {
            Self::Error
            | Self::Status
            | Self::GatewayPage
            | Self::Close
            | Self::Reset
            | Self::LostResponse
            | Self::Delay
            | Self::Drip
            | Self::ContentType
            | Self::Truncate
            | Self::Malformed => Endpoint::ALL,
            // The answers of the authorization endpoint are pages and redirects, which have no members.
            Self::Answer => &[
                Endpoint::Token,
                Endpoint::Userinfo,
                Endpoint::Introspection,
                Endpoint::Revocation,
                Endpoint::Jwks,
                Endpoint::Metadata,
                Endpoint::Unknown,
            ],
            Self::Redirect => &[Endpoint::Authorization],
            Self::Token => &[Endpoint::Token, Endpoint::Authorization],
            Self::Keys => &[Endpoint::Jwks],
        }
    }
}
