//! A request, read once into a plain value.

use actix_web::http::{Method, header};
use actix_web::{HttpMessage as _, HttpRequest, web};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::authority::ClientRequest;
use crate::clock::Timestamp;
use crate::dialect::{self, RawRequest};
use crate::fault::plan::Traits;
use crate::http::browser::Cookies;
use crate::http::{body, limits};
use crate::journal::{AdvisedRequest, Contents};
use crate::oauth::client::AuthMethod;
use crate::oauth::credentials::Credentials;
use crate::oauth::endpoint::Endpoint;
use crate::oauth::leniency::Tolerance;
use crate::oauth::params::Params;
use crate::oauth::refusal::{Refusal, RefusalName};
use crate::pages::field;
use crate::sandbox::Epoch;

/// A request as it was read. What could not be read is refused later, after the faults had their turn.
#[derive(Debug)]
pub(super) struct Asked {
    pub(super) endpoint: Endpoint,
    pub(super) method: Method,
    /// The path of the request, with the sandbox's.
    pub(super) path: String,
    pub(super) cookies: Cookies,
    /// The parameters that the endpoint works with.
    pub(super) params: Params,
    /// The credentials of a token, introspection or revocation request that was read without error.
    pub(super) credentials: Option<Credentials>,
    /// The access token of a userinfo request.
    pub(super) bearer: Option<String>,
    /// What was tolerated when it was read.
    pub(super) tolerance: Tolerance,
    /// Why the request cannot be read.
    pub(super) refusal: Option<Refusal>,
    query: Params,
    /// The parameters of the body, where they are not those of `params`.
    form: Option<Params>,
    /// Basic credentials, decoded from base64 only.
    basic: Option<Vec<u8>>,
}

impl Asked {
    /// Reads a request. `recorded` says whether anybody will look at what it is not answered by.
    pub(super) async fn read(
        request: &HttpRequest,
        payload: web::Payload,
        endpoint: Endpoint,
        epoch: &Epoch,
        recorded: bool,
    ) -> Self {
        let mut asked = Self {
            endpoint,
            method: request.method().clone(),
            path: request.path().to_owned(),
            cookies: Cookies::default(),
            params: Params::default(),
            credentials: None,
            bearer: None,
            tolerance: Tolerance::new(epoch.authority.settings.leniency),
            refusal: limits::check(request),
            query: Params::default(),
            form: None,
            basic: None,
        };
        if asked.refusal.is_some() || asked.method == Method::OPTIONS {
            return asked;
        }
        asked.refusal = match endpoint {
            Endpoint::Token | Endpoint::Introspection | Endpoint::Revocation => {
                asked
                    .read_client_request(request, payload, epoch, recorded)
                    .await
            }
            Endpoint::Userinfo => asked.read_bearer_request(request, payload, epoch).await,
            Endpoint::Authorization | Endpoint::EndSession => {
                asked.read_front_request(request, payload).await
            }
            Endpoint::BackchannelLogout
            | Endpoint::Jwks
            | Endpoint::Metadata
            | Endpoint::Unknown => Ok(()),
        }
        .err();
        asked
    }

    /// A form that a client sends with its credentials.
    async fn read_client_request(
        &mut self,
        request: &HttpRequest,
        payload: web::Payload,
        epoch: &Epoch,
        recorded: bool,
    ) -> Result<(), Refusal> {
        let body = body::read(request, payload).await?;
        let read = understand(request, &body, epoch, &mut self.tolerance);
        if recorded {
            self.query = query(request);
            self.basic = basic(request);
            if read.is_err() || !request.query_string().is_empty() {
                self.form = Some(form(request, &body));
            }
        }
        let (credentials, params) = read?;
        self.credentials = Some(credentials);
        self.params = params;
        Ok(())
    }

    /// RFC 6750 §2: an access token in the header, or in a form.
    async fn read_bearer_request(
        &mut self,
        request: &HttpRequest,
        payload: web::Payload,
        epoch: &Epoch,
    ) -> Result<(), Refusal> {
        let body = if self.method == Method::POST {
            body::read(request, payload).await?
        } else {
            Vec::new()
        };
        self.query = query(request);
        self.form = Some(form(request, &body));
        if request.headers().get_all(header::AUTHORIZATION).count() > 1 {
            return Err(Refusal::BearerMalformed {
                why: "the header Authorization is repeated".to_owned(),
            });
        }
        let raw = raw(request, &body)?;
        let reading = epoch.authority.settings.reading;
        self.bearer = reading.read_bearer(&raw, &mut self.tolerance)?;
        Ok(())
    }

    /// OpenID Connect Core §3.1.2.1: GET with a query, or POST with a form.
    async fn read_front_request(
        &mut self,
        request: &HttpRequest,
        payload: web::Payload,
    ) -> Result<(), Refusal> {
        self.cookies = Cookies::read(request.headers());
        let tolerance = &mut self.tolerance;
        self.params = dialect::decode(request.query_string().as_bytes(), "query", tolerance)?;
        if self.method == Method::POST {
            let body = body::read(request, payload).await?;
            let form = dialect::decode(form_part(request, &body), "form", tolerance)?;
            self.params = std::mem::take(&mut self.params).followed_by(form);
        }
        Ok(())
    }

    /// What fault rules are compared with.
    pub(super) fn traits(&self) -> Traits<'_> {
        Traits {
            endpoint: self.endpoint,
            client_id: self.client_id(),
            grant_type: self.grant_type(),
            scope: self.params.get("scope"),
            refresh_token: self.params.get("refresh_token"),
            prompt: self.params.get("prompt"),
        }
    }

    /// What the journal records.
    pub(super) fn contents(&self) -> Contents<'_, impl Iterator<Item = (&str, &str)>> {
        Contents {
            client_id: self.client_id(),
            auth_method: self.auth_method(),
            grant_type: self.grant_type(),
            scope: self.params.get("scope"),
            parameters: self.query.iter().chain(self.form().iter()),
        }
    }

    /// What advice depends on, of a request that a client sends with credentials or a token.
    pub(super) fn for_advice<'a>(
        &'a self,
        refusal: Option<&'a Refusal>,
        tolerated: &'a [RefusalName],
        returned_again: bool,
        now: Timestamp,
    ) -> Option<AdvisedRequest<'a>> {
        let basic = self.basic.as_deref().and_then(|userinfo| {
            let colon = userinfo.iter().position(|byte| *byte == b':')?;
            Some((&userinfo[..colon], &userinfo[colon + 1..]))
        });
        let is_advised = match self.endpoint {
            Endpoint::Token
            | Endpoint::Introspection
            | Endpoint::Revocation
            | Endpoint::Userinfo
            | Endpoint::Authorization
            | Endpoint::EndSession => self.method != Method::OPTIONS,
            Endpoint::BackchannelLogout
            | Endpoint::Jwks
            | Endpoint::Metadata
            | Endpoint::Unknown => false,
        };
        is_advised.then_some(AdvisedRequest {
            endpoint: self.endpoint,
            method: self.method.as_str(),
            query: &self.query,
            form: self.form(),
            basic,
            is_from_page: self.params.raw(field::ACTION).is_some(),
            returned_again,
            refusal,
            tolerated,
            now,
        })
    }

    /// Returns the request to the introspection or revocation endpoint.
    pub(super) fn client_request(&self, now: Timestamp) -> Result<ClientRequest<'_>, Refusal> {
        // A request that was read has credentials, and one that was not is refused before.
        let credentials = self.credentials.as_ref();
        Ok(ClientRequest {
            credentials: credentials.ok_or(Refusal::AuthenticationMissing {})?,
            params: &self.params,
            now,
        })
    }

    pub(super) fn client_id(&self) -> Option<&str> {
        match &self.credentials {
            Some(credentials) => credentials.client_id(),
            None => self.params.get("client_id"),
        }
    }

    pub(super) fn grant_type(&self) -> Option<&str> {
        self.params.get("grant_type")
    }

    fn auth_method(&self) -> Option<AuthMethod> {
        let claim = self.credentials.as_ref()?.claims.last()?;
        Some(claim.method())
    }

    fn form(&self) -> &Params {
        self.form.as_ref().unwrap_or(&self.params)
    }
}

fn understand(
    request: &HttpRequest,
    body: &[u8],
    epoch: &Epoch,
    tolerance: &mut Tolerance,
) -> Result<(Credentials, Params), Refusal> {
    let raw = raw(request, body)?;
    epoch.authority.settings.reading.read(&raw, tolerance)
}

fn raw<'r>(request: &'r HttpRequest, body: &'r [u8]) -> Result<RawRequest<'r>, Refusal> {
    Ok(RawRequest {
        method: request.method().as_str(),
        query: request.query_string().as_bytes(),
        authorization: only(request, &header::AUTHORIZATION)?,
        content_type: only(request, &header::CONTENT_TYPE)?,
        content_encoding: only(request, &header::CONTENT_ENCODING)?,
        body,
    })
}

/// Returns the value of a header that may occur once.
fn only<'r>(
    request: &'r HttpRequest,
    name: &header::HeaderName,
) -> Result<Option<&'r [u8]>, Refusal> {
    let mut values = request.headers().get_all(name);
    let first = values.next().map(header::HeaderValue::as_bytes);
    match values.next() {
        None => Ok(first),
        Some(_) if *name == header::AUTHORIZATION => Err(Refusal::SeveralAuthenticationMethods {}),
        Some(_) => Err(Refusal::Unreadable {
            part: "head",
            why: format!("the header {name} is repeated"),
        }),
    }
}

fn query(request: &HttpRequest) -> Params {
    Params::decode(request.query_string().as_bytes()).unwrap_or_default()
}

/// Returns the parameters of a body that is a form.
fn form(request: &HttpRequest, body: &[u8]) -> Params {
    Params::decode(form_part(request, body)).unwrap_or_default()
}

/// Returns a body that is a form. Any other body has no parameters: its secrets would be taken for names.
fn form_part<'b>(request: &HttpRequest, body: &'b [u8]) -> &'b [u8] {
    let is_form = request
        .content_type()
        .eq_ignore_ascii_case("application/x-www-form-urlencoded");
    if is_form { body } else { &[] }
}

fn basic(request: &HttpRequest) -> Option<Vec<u8>> {
    let value = request.headers().get(header::AUTHORIZATION)?.as_bytes();
    let (scheme, encoded) = value.split_at_checked(6)?;
    scheme
        .eq_ignore_ascii_case(b"basic ")
        .then(|| STANDARD.decode(encoded.trim_ascii()).ok())?
}
