//! Scripted logins, and the sessions of browsers.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::authority::{Login, MOST_LOGINS, SessionView};
use crate::control::page::Page;
use crate::control::route::{Body, Created, Json, NoContent, Path, Query};
use crate::control::{Call, Problem, ProblemCode};
use crate::http::backchannel;

/// The scripted logins that wait, in the order in which they are used.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct LoginList {
    logins: Vec<Login>,
}

pub(super) fn list(call: &Call) -> Json<LoginList> {
    let logins = call.epoch.authority.logins.list();
    Json(LoginList { logins })
}

pub(super) fn add(call: &Call, Body(login): Body<Login>) -> Result<Created<Login>, Problem> {
    login.check()?;
    if !call.epoch.authority.logins.add(login.clone()) {
        let detail = format!("{MOST_LOGINS} logins wait already; remove them first");
        return Err(Problem::new(ProblemCode::TooManyLogins, detail));
    }
    Ok(Created::at(["logins"], login))
}

pub(super) fn clear(call: &Call) -> NoContent {
    call.epoch.authority.logins.clear();
    NoContent
}

/// A session: a user who is logged in with a browser.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Session {
    /// The public id of the session, the claim `sid` of its ID tokens.
    sid: String,
    /// The `sub` of the user.
    sub: String,
    /// The time of the login, in seconds since 1970.
    auth_time: i64,
    /// The clients that got a code in this session, each once.
    clients: Vec<String>,
}

/// The sessions, oldest first.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Sessions {
    sessions: Vec<Session>,
    /// The value of `after` for the next part; absent on the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

impl From<SessionView> for Session {
    fn from(view: SessionView) -> Self {
        Self {
            sid: view.sid,
            sub: view.sub,
            auth_time: view.auth_time.as_unix(),
            clients: view.clients,
        }
    }
}

/// Which sessions to end.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Whose {
    /// Only those of the user with this `sub`. Default: all.
    #[serde(default)]
    sub: Option<String>,
}

pub(super) async fn sessions(
    call: Call,
    Query(page): Query<Page>,
) -> Result<Json<Sessions>, Problem> {
    let now = call.sandbox.clock.now();
    let all = call.epoch.authority.sessions(now).await;
    let part = page.of(all, |session| session.sid.clone())?;
    Ok(Json(Sessions {
        sessions: part.items.into_iter().map(Into::into).collect(),
        next: part.next,
    }))
}

pub(super) async fn end_sessions(call: Call, Query(whose): Query<Whose>) -> NoContent {
    let now = call.sandbox.clock.now();
    let selected = |session: &SessionView| whose.sub.as_ref().is_none_or(|sub| *sub == session.sub);
    let (_, notices) = call.epoch.authority.end_sessions(selected, now).await;
    backchannel::send(&call.epoch, notices.tokens, now);
    NoContent
}

pub(super) async fn end_session(call: Call, Path([sid]): Path<1>) -> Result<NoContent, Problem> {
    let now = call.sandbox.clock.now();
    let selected = |session: &SessionView| session.sid == sid;
    let (ended, notices) = call.epoch.authority.end_sessions(selected, now).await;
    backchannel::send(&call.epoch, notices.tokens, now);
    match ended {
        0 => Err(Problem::new(
            ProblemCode::NotFound,
            "there is no session with this sid",
        )),
        _ => Ok(NoContent),
    }
}
