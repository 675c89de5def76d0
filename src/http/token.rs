//! The token endpoint (RFC 6749 §3.2).

use crate::authority::{Cause, Stop, TokenRequest};
use crate::http::endpoints::Task;
use crate::http::reply::{Decision, Reply};
use crate::oauth::refusal::Refusal;

pub(super) async fn answer(task: &Task<'_>) -> Decision {
    let Some(credentials) = &task.asked.credentials else {
        // A request that was read has credentials, and one that was not is refused before.
        return Reply::Refused(Refusal::AuthenticationMissing {}).into();
    };
    let request = TokenRequest {
        credentials,
        params: &task.asked.params,
        defect: task.effects.token,
        ignores_named_fault: task.ignores_named_fault,
        now: task.now,
    };
    let mut tolerance = task.asked.tolerance.clone();
    let result = task.epoch.authority.token(&request, &mut tolerance).await;
    let tolerated = tolerance.tolerated().to_vec();
    let (reply, presented, about) = match result {
        Ok(tokens) => {
            let presented = tokens.lineage.presented.clone();
            (Reply::Tokens(tokens), presented, None)
        }
        Err(Stop {
            presented,
            about,
            cause,
        }) => match cause {
            Cause::Refusal(refusal) => (Reply::Refused(refusal), presented, about),
            Cause::Fault(fault) => (Reply::NamedFault(fault), presented, about),
        },
    };
    Decision {
        reply,
        presented,
        about,
        tolerated,
    }
}
