//! The delivery of a body that takes time.

use std::pin::Pin;
use std::task::{Context, Poll};

use actix_web::HttpResponse;
use actix_web::body::{BodySize, BoxBody, MessageBody};
use actix_web::web::Bytes;

/// How the delivery of a body ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Delivery {
    /// All that was to be sent was handed to the operating system.
    Complete,
    /// The connection ended before.
    BrokenOff,
}

/// Calls `end` when the body of a response has been delivered, right before its last bytes are, or when the connection has ended.
pub(super) fn watched(
    response: HttpResponse,
    end: impl FnOnce(Delivery) + 'static,
) -> HttpResponse {
    response.map_body(|_, body| {
        let left = match body.size() {
            BodySize::Sized(length) => Some(length),
            BodySize::None | BodySize::Stream => None,
        };
        BoxBody::new(Watched {
            body,
            left,
            end: Some(Box::new(end)),
        })
    })
}

struct Watched {
    body: BoxBody,
    /// The bytes that are not sent yet, where the body says how many it has.
    left: Option<u64>,
    end: Option<Box<dyn FnOnce(Delivery)>>,
}

impl Watched {
    fn end(&mut self, delivery: Delivery) {
        if let Some(end) = self.end.take() {
            end(delivery);
        }
    }
}

impl MessageBody for Watched {
    type Error = <BoxBody as MessageBody>::Error;

    fn size(&self) -> BodySize {
        self.body.size()
    }

    fn poll_next(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, Self::Error>>> {
        let this = self.get_mut();
        let polled = this.body.as_pin_mut().poll_next(context);
        match &polled {
            Poll::Ready(Some(Ok(bytes))) => {
                this.left = this
                    .left
                    .map(|left| left.saturating_sub(bytes.len() as u64));
                if this.left == Some(0) {
                    this.end(Delivery::Complete);
                }
            }
            // A body that was to break off has come to that point.
            Poll::Ready(Some(Err(_)) | None) => this.end(Delivery::Complete),
            Poll::Pending => {}
        }
        polled
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        self.end(Delivery::BrokenOff);
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::future::poll_fn;
    use std::rc::Rc;

    use actix_web::body::SizedStream;
    use futures_util::stream;

    use super::*;

    /// A client that has the last byte must find the record completed, before the framework asks for another piece.
    #[actix_web::test]
    async fn a_body_is_complete_right_before_its_last_piece_is_sent() {
        let pieces = ["ab", "c"].map(|piece| Ok::<_, actix_web::Error>(Bytes::from(piece)));
        let body = SizedStream::new(3, stream::iter(pieces));
        let seen = Rc::new(Cell::new(None));
        let end = Rc::clone(&seen);
        let response = watched(HttpResponse::Ok().body(body), move |delivery| {
            end.set(Some(delivery));
        });
        let mut body = response.into_body();
        for (piece, expected) in [("ab", None), ("c", Some(Delivery::Complete))] {
            let polled = poll_fn(|context| Pin::new(&mut body).poll_next(context)).await;
            assert_eq!(polled.expect("a piece").expect("a piece"), piece);
            assert_eq!(seen.get(), expected, "{piece}");
        }
    }

    #[test]
    fn a_body_that_is_dropped_before_its_end_is_broken_off() {
        let seen = Rc::new(Cell::new(None));
        let end = Rc::clone(&seen);
        let response = watched(HttpResponse::Ok().body("abc"), move |delivery| {
            end.set(Some(delivery));
        });
        drop(response);
        assert_eq!(seen.get(), Some(Delivery::BrokenOff));
    }
}
