//! The authorization endpoint (RFC 6749 §3.1): a browser gets a page, or is sent back to the client.

use std::time::Duration;

use actix_web::http::Method;
use actix_web::{HttpResponse, rt};

use crate::authority::{
    Action, Back, FrontAnswer, FrontCause, FrontFaults, FrontKind, FrontStop, Interaction, Page,
    PageKind, Settings, Visitor,
};
use crate::fault::{ErrorFault, FaultKind, WrongRedirect};
use crate::http::asked::Asked;
use crate::http::browser::{FrontReply, send};
use crate::http::endpoints::Task;
use crate::http::reply::{Decision, Reply};
use crate::oauth::endpoint::Endpoint;
use crate::oauth::params::Params;
use crate::oauth::refusal::Refusal;
use crate::oauth::response::About;
use crate::oauth::user::User;
use crate::pages::{self, ConsentView, Language, LoginView, Notice, UserView, field};
use crate::sandbox::Epoch;

pub(super) async fn answer(task: &Task<'_>) -> Decision {
    let asked = task.asked;
    let interaction = interaction(&asked.params);
    let visitor = visitor(asked, interaction.as_ref());
    let mut tolerance = asked.tolerance.clone();
    let authority = &task.epoch.authority;
    let result = authority
        .authorize(
            &asked.params,
            &visitor,
            faults(task),
            task.now,
            &mut tolerance,
        )
        .await;
    let delay = match &result {
        Ok(answer) => answer.delay,
        Err(stop) => stop.delay,
    };
    if delay > 0 {
        rt::time::sleep(Duration::from_secs(delay.into())).await;
    }
    let granted = result
        .as_ref()
        .ok()
        .and_then(|answer| answer.grant.as_ref());
    let about = granted.map(About::from);
    let reply = match result {
        Ok(answer) => write(answer, task),
        Err(stop) => refuse(stop, task),
    };
    Decision {
        reply: Reply::Front(reply),
        presented: None,
        about,
        tolerated: tolerance.tolerated().to_vec(),
    }
}

fn faults<'t>(task: &'t Task<'_>) -> FrontFaults<'t> {
    FrontFaults {
        redirect: task.effects.redirect.map(|fault| fault.redirect),
        token: task.effects.token,
    }
}

/// Returns the browser that sends a request.
pub(super) fn visitor<'a>(asked: &'a Asked, interaction: Option<&'a Interaction>) -> Visitor<'a> {
    Visitor {
        session: asked.cookies.session.as_deref(),
        csrf: asked.cookies.csrf.as_deref(),
        interaction,
        only_looks: asked.method == Method::HEAD,
    }
}

/// Reads the form of a page; other requests have none.
pub(super) fn interaction(params: &Params) -> Option<Interaction> {
    let text = |name| params.raw(name).unwrap_or_default().to_owned();
    let action = match params.get(field::ACTION)? {
        "choose" => Action::Choose {
            sub: text(field::USER),
        },
        "password" => Action::Password {
            username: text(field::USERNAME),
            password: text(field::PASSWORD),
        },
        "new" => Action::New {
            sub: text(field::NEW_SUB),
            claims: text(field::NEW_CLAIMS),
        },
        "consent" => Action::Consent {
            sid: text(field::SID),
            scope: params.all(field::SCOPE).map(str::to_owned).collect(),
        },
        "logout" => Action::LogOut,
        _ => Action::Deny,
    };
    Some(Interaction {
        csrf: text(field::CSRF),
        action,
    })
}

fn write(answer: FrontAnswer, task: &Task<'_>) -> FrontReply {
    let asked = task.asked;
    let language = language(asked);
    let mut reply = match answer.kind {
        FrontKind::Page(page) => write_page(&page, asked, language),
        FrontKind::Response { back, members } => {
            let mut reply = FrontReply::issued(send(language, &back, &members));
            reply.carried = carried(task, &back, &members);
            reply
        }
    };
    reply.session = reply.session.or(answer.cookie);
    reply
}

/// Returns the faults that changed an authorization response.
fn carried(task: &Task<'_>, back: &Back, members: &[(String, String)]) -> Vec<FaultKind> {
    let has = |name: &str| members.iter().any(|(held, _)| held == name);
    let faults = faults(task);
    let is_wrong = faults
        .redirect
        .is_some_and(|wrong| wrong.can_happen(has("code"), back.state.is_some()));
    let is_altered = faults.token.is_some_and(|fault| has(fault.token.as_str()));
    [
        (is_wrong, FaultKind::Redirect),
        (is_altered, FaultKind::Token),
    ]
    .into_iter()
    .filter_map(|(carried, kind)| carried.then_some(kind))
    .collect()
}

/// Returns the parameters that a page's form repeats: those of the protocol.
pub(super) fn repeated(asked: &Asked) -> Vec<(&str, &str)> {
    let of_protocol = |(name, _): &(&str, &str)| !name.starts_with(field::PREFIX);
    asked.params.iter().filter(of_protocol).collect()
}

fn write_page(page: &Page, asked: &Asked, language: Language) -> FrontReply {
    let repeated = repeated(asked);
    let html = match &page.kind {
        PageKind::Login { users, hint } => pages::login(&LoginView {
            language,
            action: &asked.path,
            repeated: &repeated,
            csrf: &page.csrf,
            client_id: &page.client_id,
            scope: page.scope.iter().collect(),
            users: users.iter().map(|user| view(user)).collect(),
            hint: hint.as_deref(),
            problem: page.problem.as_ref().map(|why| problem(why, language)),
        }),
        PageKind::Consent { sub, sid, .. } => pages::consent(&ConsentView {
            language,
            action: &asked.path,
            repeated: &repeated,
            csrf: &page.csrf,
            client_id: &page.client_id,
            scope: page.scope.iter().collect(),
            sub,
            sid,
        }),
    };
    let mut reply = FrontReply::page(html);
    if let PageKind::Consent { cookie, .. } = &page.kind {
        reply.session.clone_from(cookie);
    }
    reply.csrf = Some(page.csrf.clone());
    reply.refusal.clone_from(&page.problem);
    reply
}

fn problem(refusal: &Refusal, language: Language) -> String {
    match refusal {
        Refusal::LoginFailed {} => pages::login_failed(language).to_owned(),
        other => other.to_string(),
    }
}

fn view(user: &User) -> UserView<'_> {
    let name = user.claims.get("name").and_then(crate::json::Value::as_str);
    UserView {
        sub: &user.sub,
        name: name.unwrap_or(user.login_name()),
        has_password: user.password.is_some(),
    }
}

/// Sends a refusal to the client, or shows it where there is no redirect URI to trust (RFC 6749 §4.1.2.1).
fn refuse(stop: FrontStop, task: &Task<'_>) -> FrontReply {
    let settings = &task.epoch.authority.settings;
    let language = language(task.asked);
    let (error, description, status, refusal) = match stop.cause {
        FrontCause::Scripted { error } => {
            let description = "a scripted login answers with this error".to_owned();
            (error, description, 400, None)
        }
        FrontCause::Refusal(refusal) => {
            let code = settings.errors.code(&refusal, &task.asked.path, task.now);
            (code.error, code.description, code.status, Some(refusal))
        }
    };
    let mut reply = if let Some(back) = &stop.back {
        let wrong = faults(task).redirect;
        let members = error_members(back, &error, &description, settings, wrong);
        let mut reply = FrontReply::issued(send(language, back, &members));
        reply.carried = carried(task, back, &members);
        reply
    } else {
        error_page(language, &error, &description, status, refusal.as_ref())
    };
    reply.error = Some(error);
    reply.refusal = refusal;
    reply
}

/// Writes the error of a fault: as an authorization response, or on a page where there is no redirect URI to trust.
pub(super) fn injected(fault: &ErrorFault, asked: &Asked, epoch: &Epoch) -> HttpResponse {
    let settings = &epoch.authority.settings;
    let language = language(asked);
    let (error, description) = (fault.error.as_str(), fault.described());
    let reply = match back(asked, epoch) {
        Some(back) => {
            let members = error_members(&back, error, description, settings, None);
            FrontReply::issued(send(language, &back, &members))
        }
        None => error_page(language, error, description, fault.status_code(), None),
    };
    reply.write(settings)
}

/// Returns where the answer to an authorization request goes.
fn back(asked: &Asked, epoch: &Epoch) -> Option<Back> {
    let mut tolerance = asked.tolerance.clone();
    let is_read = asked.endpoint == Endpoint::Authorization && asked.refusal.is_none();
    let found = is_read.then(|| {
        epoch
            .authority
            .destination(&asked.params, &mut tolerance)
            .ok()
    });
    found.flatten().map(|(_, back)| back)
}

/// Shows a refusal on a page.
pub(super) fn refused_page(refusal: Refusal, task: &Task<'_>) -> FrontReply {
    let stop = FrontStop::from(refusal);
    refuse(stop, task)
}

fn error_page(
    language: Language,
    error: &str,
    description: &str,
    status: u16,
    refusal: Option<&Refusal>,
) -> FrontReply {
    let (name, remedy) = refusal.map_or(("", ""), |refusal| {
        (refusal.name().as_str(), refusal.name().remedy())
    });
    let notice = Notice::Refused {
        error,
        reason: description,
        name,
        remedy,
    };
    FrontReply {
        status,
        ..FrontReply::page(pages::message(language, &notice))
    }
}

/// Returns the parameters of an error response (RFC 6749 §4.1.2.1, RFC 9207 §2).
fn error_members(
    back: &Back,
    error: &str,
    description: &str,
    settings: &Settings,
    wrong: Option<WrongRedirect>,
) -> Vec<(String, String)> {
    let mut members = vec![
        ("error".to_owned(), error.to_owned()),
        ("error_description".to_owned(), description.to_owned()),
    ];
    let closing = back.closing(&settings.issuer, wrong).into_iter();
    members.extend(closing.map(|(name, value)| (name.to_owned(), value)));
    members
}

pub(super) fn language(asked: &Asked) -> Language {
    Language::of(asked.params.get("ui_locales"))
}
