//! A client's connection, which a fault can end with a reset.

use std::cell::Cell;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use actix_web::rt::net::TcpStream;
use socket2::SockRef;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// A TCP connection. It ends in good order, or with a reset (TCP RST) if its [`Reset`] was asked for.
///
/// The stream itself knows how it is to end, because the handler of a request cannot reach it: a second hold on the socket
/// would cost each connection a second descriptor.
pub(crate) struct Connection {
    stream: TcpStream,
    reset: Reset,
    open: Open,
}

/// Counts the open connections of a server.
#[derive(Debug, Clone, Default)]
pub(crate) struct Open(Arc<AtomicUsize>);

impl Open {
    /// Returns true if no connection is open.
    #[cfg(feature = "cli")]
    pub(crate) fn none(&self) -> bool {
        self.0.load(Ordering::Acquire) == 0
    }
}

/// Asks for a connection to end with a reset. A connection and its handlers share one thread.
#[derive(Clone, Default)]
pub(crate) struct Reset(Rc<Cell<bool>>);

impl Reset {
    pub(crate) fn ask(&self) {
        self.0.set(true);
    }

    fn is_asked(&self) -> bool {
        self.0.get()
    }
}

impl Connection {
    pub(crate) fn new(stream: TcpStream, open: &Open) -> Self {
        open.0.fetch_add(1, Ordering::AcqRel);
        Self {
            stream,
            reset: Reset::default(),
            open: open.clone(),
        }
    }

    /// Returns the means to end this connection with a reset.
    pub(crate) fn reset(&self) -> Reset {
        self.reset.clone()
    }

    fn stream(self: Pin<&mut Self>) -> Pin<&mut TcpStream> {
        Pin::new(&mut self.get_mut().stream)
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        if self.reset.is_asked() {
            // Closing a socket that may not linger resets it. Where the system refuses the option, it closes as usual.
            let _ = SockRef::from(&self.stream).set_linger(Some(Duration::ZERO));
        }
        self.open.0.fetch_sub(1, Ordering::AcqRel);
    }
}

impl AsyncRead for Connection {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.stream().poll_read(context, buffer)
    }
}

impl AsyncWrite for Connection {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.stream().poll_write(context, bytes)
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.stream().poll_flush(context)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.reset.is_asked() {
            // An end in good order must not reach the client before the reset.
            return Poll::Ready(Ok(()));
        }
        self.stream().poll_shutdown(context)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.stream().poll_write_vectored(context, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}
