//! The revocation endpoint (RFC 7009 §2).

use crate::http::endpoints::Task;
use crate::http::reply::{Decision, Reply};

pub(super) async fn answer(task: &Task<'_>) -> Decision {
    let mut tolerance = task.asked.tolerance.clone();
    let authority = &task.epoch.authority;
    let reply = match task.asked.client_request(task.now) {
        Ok(request) => match authority.revoke(&request, &mut tolerance).await {
            Ok(_) => Reply::Done,
            Err(refusal) => Reply::Refused(refusal),
        },
        Err(refusal) => Reply::Refused(refusal),
    };
    Decision {
        tolerated: tolerance.tolerated().to_vec(),
        ..reply.into()
    }
}
