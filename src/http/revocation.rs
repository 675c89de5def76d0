//! The revocation endpoint (RFC 7009 §2).

use crate::http::endpoints::Task;
use crate::http::reply::{Decision, Reply};

pub(super) async fn answer(task: &Task<'_>) -> Decision {
    let mut tolerance = task.asked.tolerance.clone();
    let authority = &task.epoch.authority;
    let result = match task.asked.client_request(task.now) {
        Ok(request) => authority.revoke(&request, &mut tolerance).await,
        Err(refusal) => Err(refusal),
    };
    Decision::of_token(result, &tolerance, |()| Reply::Done)
}
