//! The userinfo endpoint (OpenID Connect Core §5.3).

use crate::authority::Userinfo;
use crate::http::endpoints::Task;
use crate::http::reply::{Decision, Reply};

pub(super) async fn answer(task: &Task<'_>) -> Decision {
    let mut tolerance = task.asked.tolerance.clone();
    let authority = &task.epoch.authority;
    let token = task.asked.bearer.as_deref();
    let result = authority.userinfo(token, task.now, &mut tolerance).await;
    Decision::of_token(result, &tolerance, |userinfo| match userinfo {
        Userinfo::Plain(body) => Reply::Json(body),
        Userinfo::Signed(body) => Reply::Jwt(body),
    })
}
