//! Reading an authorization request: first where the answer goes, then everything else.

use std::sync::Arc;

use crate::authority::authenticate::assumed;
use crate::authority::authorize::Back;
use crate::authority::{Authority, Settings, scope};
use crate::clock::Timestamp;
use crate::json::Value;
use crate::keys::Alg;
use crate::keys::jws::Jws;
use crate::oauth::authorization::{
    Challenge, ChallengeMethod, Prompt, ResponseMode, ResponseType, check_redirect_uri,
    is_proof_key,
};
use crate::oauth::claims::{ClaimsRequest, Request as ClaimRequest};
use crate::oauth::client::Client;
use crate::oauth::leniency::Tolerance;
use crate::oauth::params::Params;
use crate::oauth::refusal::{Refusal, excerpt};
use crate::oauth::scope::Scope;
use crate::oauth::token_kind::TokenKind;
use crate::shape::{Expected, IdTokenHint};

/// An authorization request that nothing is wrong with.
#[derive(Debug)]
pub(super) struct AuthorizationRequest {
    pub(super) client: Arc<Client>,
    pub(super) response_type: ResponseType,
    /// How the response is sent, once the response type is known.
    pub(super) response_mode: ResponseMode,
    pub(super) redirect_uri_was_sent: bool,
    pub(super) scope: Scope,
    pub(super) challenge: Option<Challenge>,
    pub(super) nonce: Option<String>,
    pub(super) prompt: Prompt,
    /// The most seconds since the login.
    pub(super) max_age: Option<i64>,
    pub(super) login_hint: Option<String>,
    /// The subject of the ID token hint.
    pub(super) hinted_sub: Option<String>,
    /// The authentication context class that is requested first, by the claim `acr` or by `acr_values`.
    pub(super) acr: Option<String>,
    /// The parameter `claims`, as JSON, and what it requests.
    pub(super) claims: Option<(String, ClaimsRequest)>,
}

impl AuthorizationRequest {
    /// Returns true if that user may log in: the one of the ID token hint, and of the claim `sub` where that is requested with
    /// a value (OpenID Connect Core §3.1.2.2, §5.5.1).
    pub(super) fn accepts(&self, sub: &str) -> bool {
        let is_hinted = self.hinted_sub.as_deref().is_none_or(|hint| hint == sub);
        is_hinted
            && self
                .requested("sub")
                .is_none_or(|request| request.accepts(&Value::from(sub)))
    }

    /// Returns the user whom the request names: by the ID token hint, by the claim `sub`, or by the login hint.
    pub(super) fn named_user(&self) -> Option<&str> {
        let hinted = self.hinted_sub.as_deref();
        let claimed = || self.requested("sub").and_then(ClaimRequest::first_text);
        hinted.or_else(claimed).or(self.login_hint.as_deref())
    }

    /// Returns the request for a claim of the ID token.
    fn requested(&self, claim: &str) -> Option<&ClaimRequest> {
        let (_, request) = self.claims.as_ref()?;
        request.id_token.get(claim)
    }
}

/// Returns the authentication context class that is requested first (OpenID Connect Core §5.5.1.1).
fn acr(params: &Params, claims: Option<&ClaimsRequest>) -> Option<String> {
    let by_claim = claims.and_then(|claims| claims.id_token.get("acr")?.first_text());
    let by_parameter = || {
        let values = params.get("acr_values")?;
        values.split_ascii_whitespace().next()
    };
    by_claim.or_else(by_parameter).map(str::to_owned)
}

impl Authority {
    /// Finds the client and the redirect URI. What is wrong with them is never sent to the redirect URI (RFC 6749 §4.1.2.1).
    pub(crate) fn destination(
        &self,
        params: &Params,
        tolerance: &mut Tolerance,
    ) -> Result<(Arc<Client>, Back), Refusal> {
        if let Some(name @ ("client_id" | "redirect_uri")) = params.repeated_in_authorization() {
            tolerance.refuse(Refusal::ParameterRepeated { name })?;
        }
        let client = self.requesting_client(params, tolerance)?;
        let redirect_uri = redirect_uri(&self.settings, params, &client, tolerance)?;
        let response_type = params.get("response_type").and_then(ResponseType::parse);
        let usual = ResponseMode::usual(response_type.unwrap_or_default());
        let mode = params.get("response_mode").and_then(ResponseMode::parse);
        // Tokens in a query would end up in logs, and so would an error in place of them.
        let fits = mode.filter(|mode| *mode != ResponseMode::Query || usual == ResponseMode::Query);
        let back = Back {
            redirect_uri,
            mode: fits.unwrap_or(usual),
            state: params.raw("state").map(str::to_owned),
        };
        Ok((client, back))
    }

    fn requesting_client(
        &self,
        params: &Params,
        tolerance: &mut Tolerance,
    ) -> Result<Arc<Client>, Refusal> {
        let Some(client_id) = params.get("client_id") else {
            tolerance.refuse(Refusal::ClientIdMissing {})?;
            let first = self.registry.pick::<Client>(None);
            return Ok(first.unwrap_or_else(|_| Arc::new(assumed("client"))));
        };
        let Some(client) = self.registry.get::<Client>(client_id) else {
            tolerance.refuse(Refusal::AuthorizationClientUnknown {
                client_id: excerpt(client_id),
            })?;
            let uri = params.get("redirect_uri").unwrap_or_default();
            return Ok(Arc::new(assumed(client_id).redirect_uri(uri)));
        };
        tolerance.widen(client.leniency);
        Ok(client)
    }

    /// Checks everything else, in the order of the parameters' importance. These refusals go to the redirect URI.
    pub(super) fn authorization_request(
        &self,
        params: &Params,
        client: Arc<Client>,
        back: &Back,
        now: Timestamp,
        tolerance: &mut Tolerance,
    ) -> Result<AuthorizationRequest, Refusal> {
        if let Some(name) = params.repeated_in_authorization() {
            tolerance.refuse(Refusal::ParameterRepeated { name })?;
        }
        unsupported(params, tolerance)?;
        let response_type = self.response_type(params, &client, tolerance)?;
        let response_mode = response_mode(params, response_type, back, tolerance)?;
        let methods = &self.settings.profile.code_challenge_methods;
        let challenge = challenge(params, &client, methods, tolerance)?;
        let scope = scope::limit(params.get("scope"), &client, None, tolerance)?;
        let nonce = params.get("nonce").map(str::to_owned);
        let claims = claims(params, tolerance)?;
        check_id_token(response_type, &scope, nonce.as_deref(), tolerance)?;
        Ok(AuthorizationRequest {
            response_type,
            response_mode,
            redirect_uri_was_sent: params.get("redirect_uri").is_some(),
            scope,
            challenge,
            nonce,
            prompt: prompt(params, tolerance)?,
            max_age: max_age(params, tolerance)?,
            login_hint: params.get("login_hint").map(str::to_owned),
            hinted_sub: self.hinted_sub(params, &client, now, tolerance)?,
            acr: acr(params, claims.as_ref().map(|(_, request)| request)),
            claims,
            client,
        })
    }

    fn response_type(
        &self,
        params: &Params,
        client: &Client,
        tolerance: &mut Tolerance,
    ) -> Result<ResponseType, Refusal> {
        let Some(text) = params.get("response_type") else {
            tolerance.refuse(Refusal::ResponseTypeMissing {})?;
            return Ok(ResponseType::CODE);
        };
        let known = &self.settings.profile.response_types;
        let supported = ResponseType::parse(text).filter(|read| known.contains(read));
        let Some(response_type) = supported else {
            tolerance.refuse(Refusal::ResponseTypeUnsupported {
                response_type: excerpt(text),
                supported: listed(known),
            })?;
            return Ok(ResponseType::CODE);
        };
        let may_exchange = !response_type.code || client.may_use("authorization_code");
        if !client.may_request(response_type) || !may_exchange {
            tolerance.refuse(Refusal::ResponseTypeNotAllowed {
                client_id: client.client_id.clone(),
                response_type: response_type.to_string(),
            })?;
        }
        Ok(response_type)
    }

    /// Returns the subject of the ID token hint, which may have expired (OpenID Connect Core §3.1.2.1).
    fn hinted_sub(
        &self,
        params: &Params,
        client: &Client,
        now: Timestamp,
        tolerance: &mut Tolerance,
    ) -> Result<Option<String>, Refusal> {
        let Some(hint) = params.get("id_token_hint") else {
            return Ok(None);
        };
        match self.read_hint(hint, Some(client), now) {
            Ok(hint) => Ok(Some(hint.sub)),
            Err(why) => {
                tolerance.refuse(Refusal::IdTokenHintInvalid { why })?;
                Ok(None)
            }
        }
    }

    /// Reads an ID token that this server issued, to that client if one is named; it may have expired.
    pub(super) fn read_hint(
        &self,
        hint: &str,
        client: Option<&Client>,
        now: Timestamp,
    ) -> Result<IdTokenHint, String> {
        let jws = Jws::parse(hint).map_err(|why| why.to_string())?;
        let keys = self.keys();
        jws.verify(keys.published(now), Alg::ALL)
            .map_err(|why| why.to_string())?;
        match self.settings.profile.kind_of(&jws.claims) {
            Some(TokenKind::IdToken) => {}
            Some(kind) => return Err(format!("it is {}", kind.described())),
            None => return Err("it is a token of another shape".to_owned()),
        }
        let text = |name| jws.claims.get(name).and_then(Value::as_str);
        let issuer = self.settings.issuer.as_str();
        // Servers and sandboxes may have the same keys.
        if text("iss") != Some(issuer) {
            return Err("another issuer issued it".to_owned());
        }
        let expected = Expected {
            issuer,
            client,
            now,
        };
        let kind = Some(TokenKind::IdToken);
        if let Some(why) = self.settings.profile.invalid(kind, &jws, &expected).first() {
            return Err(why.to_string());
        }
        let read = self.settings.profile.read_id_token(&jws.claims);
        read.ok_or_else(|| "it names no user".to_owned())
    }
}

/// Reads the proof key (RFC 7636 §4.3).
fn challenge(
    params: &Params,
    client: &Client,
    supported: &[ChallengeMethod],
    tolerance: &mut Tolerance,
) -> Result<Option<Challenge>, Refusal> {
    let method = params.get("code_challenge_method");
    let Some(challenge) = params.get("code_challenge") else {
        if method.is_some() {
            tolerance.refuse(Refusal::PkceMalformed {
                why: "there is a code_challenge_method and no code_challenge",
            })?;
        } else if client.needs_pkce() {
            tolerance.refuse(Refusal::PkceMissing {
                client_id: client.client_id.clone(),
            })?;
        }
        return Ok(None);
    };
    if !is_proof_key(challenge) {
        tolerance.refuse(Refusal::PkceMalformed {
            why: "code_challenge must be 43 to 128 unreserved characters",
        })?;
        return Ok(None);
    }
    // Without a method, the challenge is the verifier itself (RFC 7636 §4.3).
    let method = method.unwrap_or(ChallengeMethod::Plain.as_str());
    let mut names = supported.iter().map(|method| method.as_str());
    if !names.any(|name| name == method) {
        let supported: Vec<&str> = supported.iter().map(|method| method.as_str()).collect();
        tolerance.refuse(Refusal::PkceMethodUnsupported {
            method: excerpt(method),
            supported: supported.join(", "),
        })?;
    }
    let method = match method {
        "plain" => ChallengeMethod::Plain,
        _ => ChallengeMethod::S256,
    };
    Ok(Some(Challenge {
        method,
        challenge: challenge.to_owned(),
    }))
}

/// Returns the redirect URI: a registered one, or the only one where the request has none (RFC 6749 §3.1.2.3).
fn redirect_uri(
    settings: &Settings,
    params: &Params,
    client: &Client,
    tolerance: &mut Tolerance,
) -> Result<String, Refusal> {
    let registered = &client.redirect_uris;
    let Some(uri) = params.get("redirect_uri") else {
        if let [only] = registered.as_slice() {
            return Ok(only.clone());
        }
        return Err(Refusal::RedirectUriMissing {
            client_id: client.client_id.clone(),
            registered: registered.len(),
        });
    };
    if let Err(why) = check_redirect_uri(uri) {
        return Err(Refusal::RedirectUriMalformed {
            uri: excerpt(uri),
            why,
        });
    }
    let is_registered = registered
        .iter()
        .any(|known| settings.reading.is_redirect_uri(known, uri));
    // The built-in client acts in the name of each client, and only the control plane receives at its URI.
    if !is_registered && settings.try_callback().as_deref() != Some(uri) {
        let known = match registered.as_slice() {
            [] => "none".to_owned(),
            some => excerpt(&some.join(", ")),
        };
        tolerance.refuse(Refusal::RedirectUriUnregistered {
            uri: excerpt(uri),
            client_id: client.client_id.clone(),
            registered: known,
        })?;
    }
    Ok(uri.to_owned())
}

fn unsupported(params: &Params, tolerance: &mut Tolerance) -> Result<(), Refusal> {
    if params.get("request").is_some() {
        tolerance.refuse(Refusal::RequestNotSupported {})?;
    }
    if params.get("request_uri").is_some() {
        tolerance.refuse(Refusal::RequestUriNotSupported {})?;
    }
    if params.get("registration").is_some() {
        tolerance.refuse(Refusal::RegistrationNotSupported {})?;
    }
    Ok(())
}

/// Returns how the response is sent. It is not always the way of an error: a tolerated response type is replaced by `code`, which
/// may be in the query.
fn response_mode(
    params: &Params,
    response_type: ResponseType,
    back: &Back,
    tolerance: &mut Tolerance,
) -> Result<ResponseMode, Refusal> {
    let Some(name) = params.get("response_mode") else {
        return Ok(back.mode);
    };
    let why = match ResponseMode::parse(name) {
        None => "is not supported; there are query, fragment and form_post",
        Some(ResponseMode::Query) if response_type.has_token() => {
            "cannot carry tokens (OAuth 2.0 Multiple Response Types section 5)"
        }
        Some(mode) => return Ok(mode),
    };
    tolerance.refuse(Refusal::ResponseModeUnsupported {
        response_mode: excerpt(name),
        why,
    })?;
    Ok(back.mode)
}

/// An ID token from the authorization endpoint needs `openid` and a nonce (OpenID Connect Core §3.2.2.1, §3.3.2.1).
fn check_id_token(
    response_type: ResponseType,
    scope: &Scope,
    nonce: Option<&str>,
    tolerance: &mut Tolerance,
) -> Result<(), Refusal> {
    if !response_type.id_token {
        return Ok(());
    }
    let response_type = response_type.to_string();
    if !scope.contains("openid") {
        tolerance.refuse(Refusal::OpenidMissing {
            response_type: response_type.clone(),
        })?;
    }
    if nonce.is_none() {
        tolerance.refuse(Refusal::NonceMissing { response_type })?;
    }
    Ok(())
}

fn listed(response_types: &[ResponseType]) -> String {
    let names = response_types.iter().map(ToString::to_string);
    names.collect::<Vec<_>>().join(", ")
}

fn claims(
    params: &Params,
    tolerance: &mut Tolerance,
) -> Result<Option<(String, ClaimsRequest)>, Refusal> {
    let Some(text) = params.get("claims") else {
        return Ok(None);
    };
    match ClaimsRequest::parse(text) {
        Ok(request) => Ok(Some((text.to_owned(), request))),
        Err(why) => {
            tolerance.refuse(Refusal::ParameterMalformed {
                name: "claims",
                why,
            })?;
            Ok(None)
        }
    }
}

fn prompt(params: &Params, tolerance: &mut Tolerance) -> Result<Prompt, Refusal> {
    Prompt::parse(params.get("prompt").unwrap_or_default()).or_else(|why| {
        let why = why.to_owned();
        tolerance.refuse(Refusal::ParameterMalformed {
            name: "prompt",
            why,
        })?;
        Ok(Prompt::default())
    })
}

fn max_age(params: &Params, tolerance: &mut Tolerance) -> Result<Option<i64>, Refusal> {
    let Some(text) = params.get("max_age") else {
        return Ok(None);
    };
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    match text.parse::<i64>() {
        Ok(seconds) if digits => Ok(Some(seconds)),
        _ => {
            tolerance.refuse(Refusal::ParameterMalformed {
                name: "max_age",
                why: "it must be a number of seconds".to_owned(),
            })?;
            Ok(None)
        }
    }
}
