//! The metadata of the server (RFC 8414 §3, OpenID Connect Discovery §4).

use crate::http::endpoints::Task;
use crate::http::reply::Reply;

pub(super) fn answer(task: &Task<'_>) -> Reply {
    Reply::Document(task.epoch.authority.metadata())
}
