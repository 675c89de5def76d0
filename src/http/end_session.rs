//! The end session endpoint (OpenID Connect RP-Initiated Logout 1.0 §2).

use actix_web::http::StatusCode;

use crate::authority::LogoutAnswer;
use crate::http::authorization::{self, interaction, language};
use crate::http::backchannel;
use crate::http::browser::{FrontReply, Sent};
use crate::http::endpoints::Task;
use crate::http::reply::{Decision, Reply};
use crate::pages::{self, Notice};

pub(super) async fn answer(task: &Task<'_>) -> Decision {
    let asked = task.asked;
    let interaction = interaction(&asked.params);
    let visitor = authorization::visitor(asked, interaction.as_ref());
    let mut tolerance = asked.tolerance.clone();
    let authority = &task.epoch.authority;
    let result = authority
        .logout(&asked.params, &visitor, task.now, &mut tolerance)
        .await;
    let language = language(asked);
    let reply = match result {
        Ok(LogoutAnswer::Ask { sub, csrf }) => {
            let repeated = authorization::repeated(asked);
            let html = pages::logout(language, &asked.path, &repeated, &csrf, &sub);
            let mut reply = FrontReply::page(html);
            reply.csrf = Some(csrf);
            reply
        }
        Ok(LogoutAnswer::Done { location, notices }) => {
            backchannel::send(task.epoch, notices.tokens, task.now);
            let mut reply = match notices.frames.as_slice() {
                [] => after(location, || pages::message(language, &Notice::LoggedOut)),
                frames => {
                    FrontReply::page(pages::logged_out(language, frames, location.as_deref()))
                }
            };
            reply.forgets_session = true;
            reply
        }
        Ok(LogoutAnswer::Nobody { location }) => {
            after(location, || pages::message(language, &Notice::NoSession))
        }
        Ok(LogoutAnswer::Stays) => {
            FrontReply::page(pages::message(language, &Notice::StillLoggedIn))
        }
        Err(refusal) => authorization::refused_page(refusal, task),
    };
    Decision {
        reply: Reply::Front(reply),
        presented: None,
        about: None,
        tolerated: tolerance.tolerated().to_vec(),
    }
}

/// Sends the browser back to the client, or shows a page.
fn after(location: Option<String>, page: impl FnOnce() -> pages::Html) -> FrontReply {
    match location {
        Some(location) => {
            let mut reply = FrontReply::new(Sent::To(location));
            reply.status = StatusCode::FOUND.as_u16();
            reply
        }
        None => FrontReply::page(page()),
    }
}
