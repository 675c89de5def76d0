//! The journal in a test: what arrived, waits for it, and expectations.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::oneshot;

use crate::journal::{Exchange, Expectation, Filter, block_on};
use crate::sandbox::Sandbox;
use crate::server::mimic::Mimic;

impl Mimic {
    /// Returns all exchanges in the order of arrival. Those that are not answered yet have the outcome `pending`.
    ///
    /// ```
    /// let server = oauth_mimic::TokenServer::start();
    /// ureq::get(server.jwks_url()).call()?;
    /// assert_eq!(server.requests()[0].status, 200);
    /// # Ok::<(), ureq::Error>(())
    /// ```
    #[must_use]
    pub fn requests(&self) -> Vec<Exchange> {
        self.inner.epoch().journal.matching(&Filter::any())
    }

    /// Blocks this thread until `count` exchanges match, and returns those that do.
    ///
    /// Use it in a `#[test]` whose client runs on another thread. Where the client runs on the thread of the test, as in
    /// `#[tokio::test]`, use [`Mimic::wait_for_async`]: a blocked thread cannot run the client. A request matches as soon as it
    /// has arrived, with the outcome `pending`; add an outcome to the filter to wait for answers.
    ///
    /// ```
    /// use std::time::Duration;
    /// use oauth_mimic::{Endpoint, Filter, TokenServer};
    /// let server = TokenServer::start();
    /// let url = server.jwks_url();
    /// let client = std::thread::spawn(move || ureq::get(url).call().is_ok());
    /// server.wait_for(&Filter::endpoint(Endpoint::Jwks), 1, Duration::from_secs(5));
    /// # client.join().unwrap();
    /// ```
    ///
    /// # Panics
    /// They do not arrive within `patience` of real time; the message shows what did arrive.
    #[track_caller]
    pub fn wait_for(&self, filter: &Filter, count: usize, patience: Duration) -> Vec<Exchange> {
        match block_on(self.inner.arrived(filter, count), patience) {
            Some(Some(exchanges)) => exchanges,
            Some(None) => panic!("the sandbox was removed"),
            None => panic!("{}", in_vain(&self.inner, filter, count, patience)),
        }
    }

    /// Waits until `count` exchanges match, without blocking the thread, and returns those that do.
    ///
    /// It works on every runtime, also where the time of the runtime is paused: another thread measures `patience`. See
    /// [`Mimic::wait_for`] for what matches.
    ///
    /// ```
    /// use std::time::Duration;
    /// use oauth_mimic::{Endpoint, Filter, TokenServer};
    /// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
    /// let server = TokenServer::start();
    /// let url = server.jwks_url();
    /// std::thread::spawn(move || ureq::get(url).call().is_ok());
    /// server.wait_for_async(&Filter::endpoint(Endpoint::Jwks), 1, Duration::from_secs(5)).await;
    /// # });
    /// ```
    ///
    /// # Panics
    /// They do not arrive within `patience` of real time; the message shows what did arrive.
    pub fn wait_for_async(
        &self,
        filter: &Filter,
        count: usize,
        patience: Duration,
    ) -> impl Future<Output = Vec<Exchange>> + Send + use<> {
        let (sandbox, filter) = (Arc::clone(&self.inner), filter.clone());
        let (send, receive) = oneshot::channel();
        let wait = {
            let (sandbox, filter) = (Arc::clone(&sandbox), filter.clone());
            move || send.send(block_on(sandbox.arrived(&filter, count), patience))
        };
        std::thread::spawn(wait);
        async move {
            match receive.await {
                Ok(Some(Some(exchanges))) => exchanges,
                Ok(Some(None)) => panic!("the sandbox was removed"),
                Ok(None) | Err(_) => panic!("{}", in_vain(&sandbox, &filter, count, patience)),
            }
        }
    }

    /// Compares the journal with an expectation.
    ///
    /// ```
    /// use oauth_mimic::{Endpoint, Expectation, Filter, TokenServer};
    /// let server = TokenServer::start();
    /// ureq::get(server.jwks_url()).call()?;
    /// server.verify(&Expectation::exactly(Filter::endpoint(Endpoint::Jwks), 1));
    /// # Ok::<(), ureq::Error>(())
    /// ```
    ///
    /// # Panics
    /// The journal does not meet the expectation; the message lists the exchanges, those that match best first.
    #[track_caller]
    pub fn verify(&self, expectation: &Expectation) {
        if let Err(report) = self.inner.epoch().journal.verify(expectation) {
            panic!("{report}");
        }
    }
}

/// Reports what arrived when a wait ended in vain.
fn in_vain(sandbox: &Sandbox, filter: &Filter, count: usize, patience: Duration) -> String {
    let expectation = Expectation::at_least(filter.clone(), count);
    let report = sandbox.epoch().journal.verify(&expectation).err();
    format!("after {patience:?}: {}", report.unwrap_or_default())
}
