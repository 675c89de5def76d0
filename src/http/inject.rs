//! Carrying out faults on this connection.
//!
//! Delays are in real time, because a client's time-out is. Nothing here holds a lock.

use std::io;
use std::time::Duration;

use actix_web::body::{BodySize, BodyStream, BoxBody, MessageBody as _, SizedStream, to_bytes};
use actix_web::http::{Method, StatusCode, header};
use actix_web::web::Bytes;
use actix_web::{HttpRequest, HttpResponse, rt};
use futures_util::{Stream, stream};

use crate::authority::Settings;
use crate::fault::{AnswerFault, Changed, DelayFault, Effects, ErrorFault, Instead};
use crate::http::asked::Asked;
use crate::http::authorization;
use crate::http::connection::Reset;
use crate::json::Object;
use crate::oauth::endpoint::Endpoint;
use crate::sandbox::Epoch;

/// Lets time pass, and returns the answer that the client gets in the place of the usual one, if a fault asks for that.
pub(super) async fn before(
    effects: &Effects<'_>,
    request: &HttpRequest,
    asked: &Asked,
    epoch: &Epoch,
) -> Option<HttpResponse> {
    if let Some(delay) = effects.delay {
        rt::time::sleep(duration(delay, || epoch.authority.chance.unit())).await;
    }
    effects
        .instead
        .map(|instead| in_place(instead, request, asked, epoch))
}

fn duration(delay: &DelayFault, draw: impl FnOnce() -> f64) -> Duration {
    // Without jitter nothing is drawn, so that a delay does not change the ids of a seeded server.
    let jitter = if delay.jitter > 0.0 {
        delay.jitter * draw()
    } else {
        0.0
    };
    Duration::from_secs_f64(delay.seconds + jitter)
}

fn in_place(
    instead: Instead<'_>,
    request: &HttpRequest,
    asked: &Asked,
    epoch: &Epoch,
) -> HttpResponse {
    match instead {
        Instead::Error(fault) if is_for_browsers(asked.endpoint) => {
            authorization::injected(fault, asked, epoch)
        }
        Instead::Error(fault) => error(fault, request.path(), &epoch.authority.settings),
        Instead::Status(fault) => {
            let mut response = HttpResponse::build(status(fault.status));
            for (name, value) in &fault.headers {
                response.insert_header((name.as_str(), value.as_str()));
            }
            response.body(fault.body.clone())
        }
        Instead::GatewayPage => HttpResponse::BadGateway()
            .content_type("text/html; charset=utf-8")
            .body(GATEWAY_PAGE),
        Instead::Close => cut_off(),
        Instead::Reset => {
            reset(request);
            cut_off()
        }
    }
}

/// Returns true if a browser shows the answers of an endpoint, or follows them.
const fn is_for_browsers(endpoint: Endpoint) -> bool {
    match endpoint {
        Endpoint::Authorization | Endpoint::EndSession => true,
        Endpoint::Token
        | Endpoint::Userinfo
        | Endpoint::Introspection
        | Endpoint::Revocation
        | Endpoint::BackchannelLogout
        | Endpoint::Jwks
        | Endpoint::Metadata
        | Endpoint::Unknown => false,
    }
}

const GATEWAY_PAGE: &str = "\
<html>\r
<head><title>502 Bad Gateway</title></head>\r
<body>\r
<center><h1>502 Bad Gateway</h1></center>\r
</body>\r
</html>\r
";

/// Changes the answer as the faults say.
pub(super) async fn after(
    effects: &Effects<'_>,
    request: &HttpRequest,
    mut response: HttpResponse,
) -> HttpResponse {
    if is_no_answer(&response) {
        return response;
    }
    let mut kept = usize::MAX;
    let mut rate = None;
    for changed in &effects.changed {
        match changed {
            Changed::Lost => {
                reset(request);
                return cut_off();
            }
            Changed::ContentType(fault) => {
                if let Ok(value) = header::HeaderValue::from_str(&fault.content_type) {
                    response.headers_mut().insert(header::CONTENT_TYPE, value);
                }
            }
            Changed::Answer(fault) => {
                response = rewritten(response, |body| with_members(&body, fault)).await;
            }
            Changed::Malformed => {
                response = rewritten(response, |body| body.slice(..body.len() / 2)).await;
            }
            Changed::Truncate(fault) => kept = fault.bytes,
            Changed::Drip(fault) => rate = Some(fault.bytes_per_second),
        }
    }
    // The answer to a HEAD has no body that could come late or in part.
    if request.method() == Method::HEAD || (kept == usize::MAX && rate.is_none()) {
        return response;
    }
    delivered(response, kept, rate).await
}

fn error(fault: &ErrorFault, path: &str, settings: &Settings) -> HttpResponse {
    let status = status(fault.status_code());
    let answer =
        settings
            .errors
            .render_error(status.as_u16(), &fault.error, fault.described(), path);
    let mut response = HttpResponse::build(status);
    for (name, value) in answer.headers {
        response.insert_header((name, value));
    }
    response.body(answer.body)
}

fn status(status: u16) -> StatusCode {
    StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}

/// An answer that never begins: the framework asks for the body before it writes the head, and gets an error.
fn cut_off() -> HttpResponse {
    let gone =
        stream::once(async { Err::<Bytes, io::Error>(io::ErrorKind::ConnectionAborted.into()) });
    let mut response = HttpResponse::Ok().body(BoxBody::new(BodyStream::new(Box::pin(gone))));
    response.extensions_mut().insert(NoAnswer);
    response
}

/// Marks a response of which the client sees nothing.
struct NoAnswer;

fn is_no_answer(response: &HttpResponse) -> bool {
    response.extensions().contains::<NoAnswer>()
}

/// The status that a client sees; 0 for none.
pub(super) fn seen_status(response: &HttpResponse) -> u16 {
    if is_no_answer(response) {
        0
    } else {
        response.status().as_u16()
    }
}

/// Marks a response whose body comes slowly.
struct Slow;

/// Returns true if the body of a response takes time to deliver.
pub(super) fn takes_time(response: &HttpResponse) -> bool {
    response.extensions().contains::<Slow>()
}

/// Returns true if a response has a body that can be changed or slow.
pub(super) fn has_body(response: &HttpResponse) -> bool {
    !matches!(response.body().size(), BodySize::None | BodySize::Sized(0))
}

/// Makes the end of this connection a reset (TCP RST).
fn reset(request: &HttpRequest) {
    if let Some(reset) = request.conn_data::<Reset>() {
        reset.ask();
    }
}

/// The answer with another body, which is another document: it has no tag yet.
async fn rewritten(response: HttpResponse, change: impl FnOnce(Bytes) -> Bytes) -> HttpResponse {
    if matches!(response.body().size(), BodySize::None) {
        return response;
    }
    let (mut head, body) = response.into_parts();
    head.headers_mut().remove(header::ETAG);
    head.set_body(BoxBody::new(change(
        to_bytes(body).await.unwrap_or_default(),
    )))
}

/// The answer with a head that promises all of its body, and the first `kept` bytes of it at that rate.
async fn delivered(response: HttpResponse, kept: usize, rate: Option<u32>) -> HttpResponse {
    if !has_body(&response) {
        return response;
    }
    let (mut head, body) = response.into_parts();
    let body = to_bytes(body).await.unwrap_or_default();
    let length = body.len() as u64;
    if rate.is_some() {
        head.extensions_mut().insert(Slow);
    }
    let pieces = pieces(body.slice(..kept.min(body.len())), kept != usize::MAX, rate);
    head.set_body(BoxBody::new(SizedStream::new(length, pieces)))
}

/// Bytes piece by piece, and the end of the connection after them if the body is cut off.
fn pieces(
    bytes: Bytes,
    cut: bool,
    rate: Option<u32>,
) -> impl Stream<Item = io::Result<Bytes>> + Unpin {
    // At most a hundred pieces a second: a shorter pause is too short for a timer.
    let piece = rate.map_or(usize::MAX, |rate| rate.div_ceil(100) as usize);
    let pause = rate.map(|rate| Duration::from_secs(1) * rate.div_ceil(100) / rate);
    Box::pin(stream::unfold(
        (bytes, cut),
        move |(mut rest, cut)| async move {
            if !rest.is_empty() {
                if let Some(pause) = pause {
                    rt::time::sleep(pause).await;
                }
                let next = rest.split_to(rest.len().min(piece));
                return Some((Ok(next), (rest, cut)));
            }
            if cut {
                // The bytes need a moment to leave: if the end came at once, the client would see it alone.
                rt::time::sleep(Duration::from_millis(20)).await;
                return Some((Err(io::ErrorKind::ConnectionAborted.into()), (rest, false)));
            }
            None
        },
    ))
}

fn with_members(body: &Bytes, change: &AnswerFault) -> Bytes {
    let mut members: Object = serde_json::from_slice(body).unwrap_or_default();
    for name in &change.remove {
        members.remove(name);
    }
    for (name, value) in &change.set {
        members.insert(name.clone(), value.clone());
    }
    Bytes::from(members.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fault::Fault;
    use crate::random::Random;

    #[test]
    fn jitter_is_drawn_from_the_seed_and_is_all_that_is_drawn() {
        let delay = Fault::delay(Duration::from_secs(1)).jitter(Duration::from_secs(2));
        let drawn = |seed| {
            let random = Random::seeded(seed);
            [(); 3].map(|()| duration(&delay, || random.unit()))
        };
        assert_eq!(drawn(7), drawn(7));
        assert_ne!(drawn(7), drawn(8));
        let range = Duration::from_secs(1)..=Duration::from_secs(3);
        assert!(drawn(7).iter().all(|delay| range.contains(delay)));
        let steady = Fault::delay(Duration::from_secs(1));
        assert_eq!(duration(&steady, || unreachable!()), Duration::from_secs(1));
    }
}
