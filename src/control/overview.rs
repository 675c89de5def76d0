//! The whole sandbox: what it is, whether it answers, and its reset.

use actix_web::HttpResponse;
use schemars::JsonSchema;
use serde::Serialize;

use crate::control::Call;
use crate::control::console::Root;
use crate::control::route::{Json, NoContent};
use crate::oauth::endpoint::Endpoint;
use crate::sandbox::Sandbox;

/// What the server is and where its endpoints are.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Overview {
    /// The program's version.
    version: &'static str,
    /// The profile's name.
    profile: String,
    /// The `iss` of its tokens (RFC 7519 §4.1.1).
    issuer: String,
    /// The URL under which clients reach it, without the profile's prefix.
    base_url: String,
    endpoints: Endpoints,
    /// The sandbox's id; absent for the default one.
    #[serde(skip_serializing_if = "Option::is_none")]
    sandbox: Option<String>,
    /// The id of this run of the server. It and the epoch tell a program that the numbers in the journal have begun anew.
    run: String,
    /// The number of the sandbox's resets.
    epoch: u64,
}

/// The URLs that a client is configured with.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Endpoints {
    /// The token endpoint (RFC 6749 §3.2).
    token: String,
    /// The authorization endpoint (RFC 6749 §3.1).
    authorization: String,
    /// The userinfo endpoint (OpenID Connect Core §5.3).
    userinfo: String,
    /// The introspection endpoint (RFC 7662 §2).
    introspection: String,
    /// The revocation endpoint (RFC 7009 §2).
    revocation: String,
    /// The end session endpoint (OpenID Connect RP-Initiated Logout §2).
    end_session: String,
    /// The published keys (RFC 7517 §5).
    jwks: String,
    /// The metadata (OpenID Connect Discovery §4).
    metadata: String,
    /// The control plane, which may have a port of its own.
    control: Option<String>,
}

impl Endpoints {
    pub(super) fn of(sandbox: &Sandbox) -> Self {
        let settings = &sandbox.settings;
        Self {
            token: settings.url(Endpoint::Token),
            authorization: settings.url(Endpoint::Authorization),
            userinfo: settings.url(Endpoint::Userinfo),
            introspection: settings.url(Endpoint::Introspection),
            revocation: settings.url(Endpoint::Revocation),
            end_session: settings.url(Endpoint::EndSession),
            jwks: settings.url(Endpoint::Jwks),
            metadata: settings.url(Endpoint::Metadata),
            control: settings.control_url.clone(),
        }
    }
}

pub(super) fn get(call: &Call) -> Root {
    Root::of(call, || overview(call))
}

fn overview(call: &Call) -> Json<Overview> {
    let settings = &call.sandbox.settings;
    Json(Overview {
        version: env!("CARGO_PKG_VERSION"),
        profile: settings.profile.name.clone(),
        issuer: settings.issuer.clone(),
        base_url: settings.base_url.clone(),
        endpoints: Endpoints::of(&call.sandbox),
        sandbox: call.sandbox.id.clone(),
        run: call.sandboxes.run.clone(),
        epoch: call.epoch.number,
    })
}

/// That the server answers. It shows no more than this, because every web page can ask for it.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Health {
    /// `ok`.
    status: &'static str,
    /// The program's version.
    version: &'static str,
}

const HEALTH: Health = Health {
    status: "ok",
    version: env!("CARGO_PKG_VERSION"),
};

pub(super) fn health(_: &Call) -> Json<Health> {
    Json(HEALTH)
}

/// The health check of a listener that has no control plane.
pub(crate) fn health_alone() -> HttpResponse {
    HttpResponse::Ok()
        .insert_header(("cache-control", "no-store"))
        .json(HEALTH)
}

pub(super) fn reset(call: &Call) -> NoContent {
    call.sandbox.reset();
    NoContent
}
