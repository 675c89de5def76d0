//! The published keys (RFC 7517 §5).

use crate::http::endpoints::Task;
use crate::http::reply::Reply;

pub(super) fn answer(task: &Task<'_>) -> Reply {
    let wrong = task.effects.keys.map(|fault| fault.keys);
    Reply::Document(task.epoch.authority.jwks(wrong, task.now))
}
