//! Strictly as RFC 6749 §3.2: one method, one media type, each parameter once, in the body.

use crate::dialect::{FORM, RawRequest, decode, form_of, media_type};
use crate::oauth::bearer;
use crate::oauth::credentials::Credentials;
use crate::oauth::leniency::Tolerance;
use crate::oauth::params::Params;
use crate::oauth::refusal::{Refusal, excerpt};

pub(super) fn read(
    request: &RawRequest<'_>,
    tolerance: &mut Tolerance,
) -> Result<(Credentials, Params), Refusal> {
    if request.method != "POST" {
        tolerance.refuse(Refusal::MethodNotAllowed {
            method: excerpt(request.method),
            allow: "POST, OPTIONS".to_owned(),
        })?;
    }
    let body = read_body(request, tolerance)?;
    let query = decode(request.query, "query", tolerance)?;
    let params = match query.first_known() {
        None => body,
        Some(name) => {
            tolerance.refuse(Refusal::ParameterInUri { name })?;
            body.followed_by(query)
        }
    };
    if let Some(name) = params.repeated() {
        tolerance.refuse(Refusal::ParameterRepeated { name })?;
    }
    let credentials = Credentials::read(request.authorization, &params, tolerance)?;
    Ok((credentials, params))
}

/// Reads the access token as RFC 6750 §2.1 and §2.2 have it: in the header, or in a form that was sent by POST.
pub(super) fn read_bearer(
    request: &RawRequest<'_>,
    tolerance: &mut Tolerance,
) -> Result<Option<String>, Refusal> {
    let form = form_of(request, tolerance)?;
    let query = decode(request.query, "query", tolerance)?;
    let values = |params: &Params| -> Vec<String> {
        let sent = params.iter().filter(|(name, _)| *name == bearer::PARAMETER);
        sent.map(|(_, value)| value.to_owned()).collect()
    };
    let (in_form, in_query) = (values(&form), values(&query));
    if !in_query.is_empty() {
        tolerance.refuse(Refusal::BearerInQuery {})?;
    }
    let in_header = request.authorization.and_then(bearer::after_scheme);
    let in_header = in_header.map(|text| String::from_utf8_lossy(text).into_owned());
    let mut sent = in_header.into_iter().chain(in_form).chain(in_query);
    let Some(token) = sent.next() else {
        tolerance.refuse(Refusal::BearerMissing {})?;
        return Ok(None);
    };
    if sent.next().is_some() {
        let why = "it is sent more than once".to_owned();
        tolerance.refuse(Refusal::BearerMalformed { why })?;
    }
    if let Err(why) = bearer::check(&token) {
        let why = why.to_owned();
        tolerance.refuse(Refusal::BearerMalformed { why })?;
        tolerance.refuse(Refusal::BearerMissing {})?;
        return Ok(None);
    }
    Ok(Some(token))
}

fn read_body(request: &RawRequest<'_>, tolerance: &mut Tolerance) -> Result<Params, Refusal> {
    let quoted = |bytes: &[u8]| excerpt(&String::from_utf8_lossy(bytes));
    let encoding = request.content_encoding;
    if let Some(encoding) = encoding.filter(|name| !name.eq_ignore_ascii_case(b"identity")) {
        tolerance.refuse(Refusal::ContentEncoding {
            encoding: quoted(encoding),
        })?;
    }
    let (essence, charset) = request.content_type.map(media_type).unwrap_or_default();
    if essence != FORM {
        let found = request
            .content_type
            .map_or("a body without a Content-Type".to_owned(), quoted);
        tolerance.refuse(Refusal::ContentType { found })?;
        if let Some(params) = Params::from_json(request.body) {
            return Ok(params);
        }
    }
    if let Some(charset) = charset.filter(|charset| charset != "utf-8") {
        let charset = excerpt(&charset);
        tolerance.refuse(Refusal::Charset { charset })?;
    }
    decode(request.body, "form", tolerance)
}
