//! Runs a server on the caller's thread, or on a thread of its own that stops when the handle is dropped.

use std::future::ready;
#[cfg(feature = "cli")]
use std::future::{Future as _, poll_fn};
use std::io;
use std::net::{SocketAddr, TcpListener};
#[cfg(feature = "cli")]
use std::pin::pin;
use std::sync::{Arc, mpsc};
#[cfg(feature = "cli")]
use std::task::Poll;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use actix_http::{HttpService, Protocol, Request};
use actix_server::{Server, ServerBuilder, ServerHandle};
use actix_service::{IntoServiceFactory as _, ServiceFactoryExt as _, fn_service, map_config};
use actix_web::dev::AppConfig;
use actix_web::rt::net::TcpStream;
use actix_web::rt::{self, System};
#[cfg(feature = "cli")]
use futures_util::future::{Either, FutureExt as _, select};

use crate::http;
use crate::http::connection::{Connection, Open};
use crate::server::front::{self, Control, Front};

/// The time after which an idle connection is closed.
const KEEP_ALIVE: Duration = Duration::from_secs(60);
/// The time that running requests have to finish when the server is asked to end.
const FAREWELL_SECONDS: u64 = 2;
/// The time between two looks whether a connection is open, when the server is asked to end.
#[cfg(feature = "cli")]
const GLANCE: Duration = Duration::from_millis(2);

/// Builds the server, without `HttpServer`, which does not let us decide on `Expect: 100-continue`. The framework pauses after
/// a signal, so signals are not left to it.
fn build(listeners: Listeners, workers: usize, open: &Open) -> io::Result<Server> {
    let builder = Server::build()
        .workers(workers)
        .shutdown_timeout(FAREWELL_SECONDS)
        .disable_signals();
    // It ends with the system that runs the server.
    rt::spawn(Arc::clone(&listeners.front.sandboxes).free_expired());
    let server = listen(builder, listeners.main, listeners.front, open.clone())?;
    let server = match listeners.control {
        Some((listener, front)) => listen(server, listener, front, open.clone())?,
        None => server,
    };
    Ok(server.run())
}

fn listen(
    builder: ServerBuilder,
    listener: TcpListener,
    front: Front,
    open: Open,
) -> io::Result<ServerBuilder> {
    let farewell = builder.graceful_shutdown_signal();
    builder.listen("oauth-mimic", listener, move || {
        let farewell = farewell.clone();
        let protocol = !matches!(front.control, Control::Alone(_));
        let sandboxes = Arc::clone(&front.sandboxes);
        let app = front::app(front.clone())
            .into_factory()
            .map_err(|why: actix_web::Error| why.error_response());
        let service = HttpService::build()
            .client_request_timeout(front.patience.0)
            .client_disconnect_timeout(Duration::from_secs(1))
            .keep_alive(KEEP_ALIVE)
            .on_connect_ext(|connection: &Connection, extensions| {
                extensions.insert(connection.reset());
            })
            .graceful_shutdown_signal(move || {
                let farewell = farewell.clone();
                async move { farewell.notified().await }
            })
            .expect(fn_service(move |request: Request| {
                ready(if protocol {
                    http::expect(request, &sandboxes)
                } else {
                    Ok(request)
                })
            }))
            .finish(map_config(app, |()| AppConfig::default()));
        let open = open.clone();
        fn_service(move |stream: TcpStream| {
            let peer = stream.peer_addr().ok();
            ready(Ok((Connection::new(stream, &open), Protocol::Http1, peer)))
        })
        .and_then(service)
    })
}

/// The listeners of a server, with what each serves.
#[derive(Debug)]
pub(crate) struct Listeners {
    pub(crate) main: TcpListener,
    pub(crate) front: Front,
    /// The listener of the control plane, if it has a port of its own.
    pub(crate) control: Option<(TcpListener, Front)>,
}

/// Serves until SIGINT or SIGTERM, or until standard input ends if that is asked for.
#[cfg(feature = "cli")]
pub(crate) fn block(
    listeners: Listeners,
    workers: usize,
    until_stdin_closes: bool,
    ready: impl FnOnce(),
) -> io::Result<()> {
    System::new().block_on(async move {
        // They are made before the ready message, so that a signal sent after it ends the server.
        let signal = ending::signal()?;
        let input = until_stdin_closes.then(ending::input).transpose()?;
        let open = Open::default();
        let server = build(listeners, workers, &open)?;
        let handle = server.handle();
        let ended = async move {
            match input {
                Some(input) => select(pin!(signal), pin!(input)).map(|_| ()).await,
                None => signal.await,
            }
            // The stop has been asked for; the server itself is what waits for it.
            drop(handle.stop(true));
            // The framework looks once a second whether the last connection is closed.
            while !open.none() {
                rt::time::sleep(GLANCE).await;
            }
        };
        let mut server = pin!(server);
        // The first poll starts the workers.
        let started = poll_fn(|context| Poll::Ready(server.as_mut().poll(context))).await;
        if let Poll::Ready(ended) = started {
            return ended;
        }
        ready();
        match select(server, pin!(ended)).await {
            Either::Left((ended, _)) => ended,
            Either::Right(((), _)) => Ok(()),
        }
    })
}

/// What ends a server of the command line.
#[cfg(feature = "cli")]
mod ending {
    use std::future::Future;
    use std::io::{self, Read as _};
    use std::thread;

    use tokio::sync::oneshot;

    /// Waits for SIGINT or SIGTERM.
    #[cfg(unix)]
    pub(super) fn signal() -> io::Result<impl Future<Output = ()> + 'static> {
        use actix_web::rt::signal::unix::{SignalKind, signal};
        use std::pin::pin;

        use futures_util::future::{FutureExt as _, select};
        let mut interrupt = signal(SignalKind::interrupt())?;
        let mut terminate = signal(SignalKind::terminate())?;
        Ok(async move {
            let (interrupt, terminate) = (interrupt.recv(), terminate.recv());
            let (interrupt, terminate) = (pin!(interrupt), pin!(terminate));
            select(interrupt, terminate).map(|_| ()).await;
        })
    }

    /// Waits for Ctrl-C.
    #[cfg(not(unix))]
    pub(super) fn signal() -> io::Result<impl Future<Output = ()> + 'static> {
        Ok(async {
            if actix_web::rt::signal::ctrl_c().await.is_err() {
                std::future::pending::<()>().await;
            }
        })
    }

    /// Waits for the end of standard input, whatever comes before it.
    pub(super) fn input() -> io::Result<impl Future<Output = ()> + 'static> {
        let (announce, announced) = oneshot::channel();
        // A read cannot be interrupted, so the thread is never joined.
        thread::Builder::new()
            .name("standard input".to_owned())
            .spawn(move || {
                let mut input = io::stdin().lock();
                let mut skipped = [0; 1024];
                loop {
                    match input.read(&mut skipped) {
                        Ok(read) if read > 0 => {}
                        Err(why) if why.kind() == io::ErrorKind::Interrupted => {}
                        // An input that cannot be read has ended, too.
                        Ok(_) | Err(_) => break,
                    }
                }
                // If nobody waits, the server has ended.
                let _ = announce.send(());
            })?;
        Ok(async move { announced.await.unwrap_or_default() })
    }
}

/// The handle of a server that runs on a thread of its own.
#[derive(Debug)]
pub(super) struct Running {
    pub(super) address: SocketAddr,
    handle: ServerHandle,
    thread: Option<JoinHandle<io::Result<()>>>,
}

/// Serves on a thread of its own. The listener is bound, so a client may connect as soon as this returns.
pub(super) fn spawn(listeners: Listeners, workers: usize) -> io::Result<Running> {
    let address = listeners.main.local_addr()?;
    let (announce, announced) = mpsc::channel();
    let thread = thread::Builder::new()
        .name(format!("oauth-mimic {}", address.port()))
        .spawn(move || {
            System::new().block_on(async move {
                let server = build(listeners, workers, &Open::default())?;
                // The receiver waits below. If it is gone, nobody holds a handle that could stop this server.
                let _ = announce.send(server.handle());
                server.await
            })
        })?;
    match announced.recv() {
        Ok(handle) => Ok(Running {
            address,
            handle,
            thread: Some(thread),
        }),
        // The thread ended before the server ran, and its result is the cause.
        Err(_) => Err(thread
            .join()
            .ok()
            .and_then(Result::err)
            .unwrap_or_else(|| io::Error::other("the server's thread died"))),
    }
}

impl Drop for Running {
    /// Stops the server and joins its thread. Running requests are cut off, and the port is free afterwards.
    fn drop(&mut self) {
        // The call sends the command. The returned future waits for the end of the server, for which the join waits anyway.
        drop(self.handle.stop(false));
        if let Some(thread) = self.thread.take() {
            // The panic hook has already printed a panic of the server's thread.
            let _ = thread.join();
        }
    }
}
