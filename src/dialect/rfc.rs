//! Strictly as RFC 6749 §3.2: one method, one media type, each parameter once, in the body.

use crate::dialect::{FORM, RawTokenRequest, decode, media_type};
use crate::oauth::credentials::Credentials;
use crate::oauth::leniency::Tolerance;
use crate::oauth::params::Params;
use crate::oauth::refusal::{Refusal, excerpt};

pub(super) fn read(
    request: &RawTokenRequest<'_>,
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

fn read_body(request: &RawTokenRequest<'_>, tolerance: &mut Tolerance) -> Result<Params, Refusal> {
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
