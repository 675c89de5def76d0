//! Carrying out faults on this connection.
//!
//! Delays are in real time on purpose: a client's time-out is in real time. Nothing here holds a lock.

use std::io;
use std::time::Duration;

use actix_web::body::{BodySize, BodyStream, BoxBody, MessageBody as _, SizedStream, to_bytes};
use actix_web::http::{Method, StatusCode, header};
use actix_web::web::Bytes;
use actix_web::{HttpRequest, HttpResponse, rt};
use futures_util::{Stream, stream};
use serde_json::{Map, Value};
use socket2::Socket;

use crate::fault::{AnswerFault, ErrorFault, Fault};
use crate::oauth::refusal::ErrorDialect;
use crate::sandbox::Epoch;

/// A second hold on the connection's socket, so that it can be reset.
pub(crate) struct Wire(Socket);

impl Wire {
    /// Takes hold of a connection; without one a reset becomes a close.
    pub(crate) fn of(stream: &rt::net::TcpStream) -> Option<Self> {
        socket2::SockRef::from(stream).try_clone().ok().map(Self)
    }
}

/// The answer that a fault gives in the place of the right one; none where that is to be given first.
pub(super) async fn instead(
    fault: &Fault,
    request: &HttpRequest,
    epoch: &Epoch,
) -> Option<HttpResponse> {
    match fault {
        Fault::Error(fault) => Some(error(fault, epoch.authority.settings.error_dialect)),
        Fault::Status(fault) => {
            let mut response = HttpResponse::build(status(fault.status));
            for (name, value) in &fault.headers {
                response.insert_header((name.as_str(), value.as_str()));
            }
            Some(response.body(fault.body.clone()))
        }
        Fault::GatewayPage => Some(
            HttpResponse::BadGateway().content_type("text/html; charset=utf-8").body(
                "<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>\r\n<center><h1>502 Bad Gateway</h1></center>\r\n</body>\r\n</html>\r\n",
            ),
        ),
        Fault::Close => Some(cut_off()),
        Fault::Reset => {
            reset(request);
            Some(cut_off())
        }
        Fault::Delay(delay) => {
            let jitter = if delay.jitter > 0.0 { delay.jitter * epoch.authority.random.unit() } else { 0.0 };
            rt::time::sleep(Duration::from_secs_f64(delay.seconds + jitter)).await;
            None
        }
        _ => None,
    }
}

/// What a fault makes of the right answer.
pub(super) async fn onto(
    fault: &Fault,
    request: &HttpRequest,
    response: HttpResponse,
) -> HttpResponse {
    match fault {
        Fault::LostResponse => {
            reset(request);
            cut_off()
        }
        // There is no body to come late or in part.
        Fault::Drip { .. } | Fault::Truncate { .. } if request.method() == Method::HEAD => response,
        Fault::Drip { bytes_per_second } => {
            let rate = *bytes_per_second;
            rebodied(response, |body| {
                Body::Sized(body.len(), Box::new(dripping(body, rate)))
            })
            .await
        }
        Fault::Truncate { bytes } => {
            let kept = *bytes;
            rebodied(response, |body| {
                Body::Sized(
                    body.len(),
                    Box::new(truncated(body.slice(..kept.min(body.len())))),
                )
            })
            .await
        }
        Fault::Malformed => {
            rebodied(response, |body| Body::Whole(body.slice(..body.len() / 2))).await
        }
        Fault::ContentType(content_type) => {
            let mut response = response;
            if let Ok(value) = header::HeaderValue::from_str(content_type) {
                response.headers_mut().insert(header::CONTENT_TYPE, value);
            }
            response
        }
        Fault::Answer(change) => {
            rebodied(response, |body| Body::Whole(changed(&body, change))).await
        }
        _ => response,
    }
}

fn error(fault: &ErrorFault, dialect: ErrorDialect) -> HttpResponse {
    let default = match fault.code.as_str() {
        "invalid_client" => 401,
        "server_error" => 500,
        "temporarily_unavailable" => 503,
        _ => 400,
    };
    let status = status(fault.status.unwrap_or(default));
    let description = fault
        .description
        .as_deref()
        .unwrap_or("a fault that was asked for");
    let (headers, body) = dialect.tell_error(status.as_u16(), &fault.code, description);
    let mut response = HttpResponse::build(status);
    for header in headers {
        response.insert_header(header);
    }
    response.body(body)
}

fn status(status: u16) -> StatusCode {
    StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}

/// An answer that never begins: the framework asks for the body before it writes the head, and is told it cannot be had.
fn cut_off() -> HttpResponse {
    let gone =
        stream::once(async { Err::<Bytes, io::Error>(io::ErrorKind::ConnectionAborted.into()) });
    let mut response = HttpResponse::Ok().body(BoxBody::new(BodyStream::new(Box::pin(gone))));
    response.extensions_mut().insert(NoAnswer);
    response
}

/// Marks an answer that is none.
struct NoAnswer;

/// The status that a client sees; 0 for none.
pub(super) fn seen_status(response: &HttpResponse) -> u16 {
    match response.extensions().get::<NoAnswer>() {
        Some(NoAnswer) => 0,
        None => response.status().as_u16(),
    }
}

/// Makes the close of this connection a reset (TCP RST).
fn reset(request: &HttpRequest) {
    if let Some(Wire(socket)) = request.conn_data::<Wire>() {
        // Where the system will not, the connection is closed all the same.
        let _ = socket.set_linger(Some(Duration::ZERO));
    }
}

enum Body {
    Whole(Bytes),
    Sized(usize, Box<dyn Stream<Item = io::Result<Bytes>> + Unpin>),
}

async fn rebodied(response: HttpResponse, change: impl FnOnce(Bytes) -> Body) -> HttpResponse {
    if matches!(response.body().size(), BodySize::None) {
        return response;
    }
    let (mut head, body) = response.into_parts();
    let changed = change(to_bytes(body).await.unwrap_or_default());
    if matches!(changed, Body::Whole(_)) {
        // It is another document now.
        head.headers_mut().remove(header::ETAG);
    }
    head.set_body(match changed {
        Body::Whole(bytes) => BoxBody::new(bytes),
        Body::Sized(length, stream) => BoxBody::new(SizedStream::new(length as u64, stream)),
    })
}

/// So many bytes at once that a pause is not too short for a timer: a hundred drops a second at most.
fn dripping(body: Bytes, bytes_per_second: u32) -> impl Stream<Item = io::Result<Bytes>> + Unpin {
    let drop = bytes_per_second.div_ceil(100);
    let pause = Duration::from_secs(1) * drop / bytes_per_second;
    Box::pin(stream::unfold(body, move |mut rest| async move {
        if rest.is_empty() {
            return None;
        }
        rt::time::sleep(pause).await;
        let drop = rest.split_to(rest.len().min(drop as usize));
        Some((Ok(drop), rest))
    }))
}

/// The first bytes, a moment for them to leave, and then the end: bytes and the end at once would be the end alone.
fn truncated(kept: Bytes) -> impl Stream<Item = io::Result<Bytes>> + Unpin {
    Box::pin(stream::unfold(Some(kept), |rest| async move {
        match rest {
            Some(kept) if !kept.is_empty() => Some((Ok(kept), Some(Bytes::new()))),
            Some(_) => {
                rt::time::sleep(Duration::from_millis(20)).await;
                Some((Err(io::ErrorKind::ConnectionAborted.into()), None))
            }
            None => None,
        }
    }))
}

fn changed(body: &Bytes, change: &AnswerFault) -> Bytes {
    let mut members: Map<String, Value> = serde_json::from_slice(body).unwrap_or_default();
    for name in &change.remove {
        members.shift_remove(name);
    }
    for (name, value) in &change.set {
        members.insert(name.clone(), value.clone());
    }
    Bytes::from(Value::Object(members).to_string())
}
