//! Sends logout tokens to clients (OpenID Connect Back-Channel Logout 1.0 §2.5), each with an entry in the journal.

use std::sync::Arc;
use std::time::Duration;

use actix_web::{rt, web};
use futures_util::StreamExt as _;
use futures_util::stream;

use crate::authority::LogoutToken;
use crate::clock::Timestamp;
use crate::http::agent::agent;
use crate::http::record::Record;
use crate::http::reply::Account;
use crate::journal::Outcome;
use crate::oauth::endpoint::Endpoint;
use crate::sandbox::Epoch;

/// How long a client may take to answer, in real time.
const PATIENCE: Duration = Duration::from_secs(5);
/// The pauses before the second and the third attempt, in real time.
const PAUSES: [Duration; 2] = [Duration::from_millis(200), Duration::from_secs(1)];
/// How many tokens are under way at once.
const AT_ONCE: usize = 8;

/// Sends the tokens in the background.
pub(crate) fn send(epoch: &Arc<Epoch>, tokens: Vec<LogoutToken>, now: Timestamp) {
    if tokens.is_empty() {
        return;
    }
    let epoch = Arc::clone(epoch);
    rt::spawn(async move {
        stream::iter(tokens)
            .for_each_concurrent(AT_ONCE, |token| deliver(&epoch, token, now))
            .await;
    });
}

/// Sends a token until the client takes it, at most three times.
async fn deliver(epoch: &Epoch, token: LogoutToken, now: Timestamp) {
    let head = ("POST", token.uri.as_str());
    let record = Record::begin(epoch, Endpoint::BackchannelLogout, head, now);
    record.sent(&token.client_id);
    let mut status = attempt(&token).await;
    for pause in PAUSES {
        // The client refuses the token itself with 400 (§2.8); sending it again cannot help.
        if matches!(status, Some(200..=299 | 400)) {
            break;
        }
        rt::time::sleep(pause).await;
        status = attempt(&token).await;
    }
    let outcome = match status {
        Some(200..=299) => Outcome::Answered,
        Some(_) => Outcome::Refused,
        None => Outcome::Abandoned,
    };
    record.end(status.unwrap_or_default(), None, &[], Account::new(outcome));
}

/// Posts a token once and returns the status; `None` if the client cannot be reached.
async fn attempt(token: &LogoutToken) -> Option<u16> {
    let (uri, text) = (token.uri.clone(), token.token.clone());
    web::block(move || post(&uri, &text)).await.ok()?
}

fn post(uri: &str, token: &str) -> Option<u16> {
    let agent = agent(Some(PATIENCE));
    let answer = agent.post(uri).send_form([("logout_token", token)]).ok()?;
    Some(answer.status().as_u16())
}
