//! Waiting for a future on a thread that runs nothing else.

use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};
use std::time::Duration;

use crate::clock::Stopwatch;

/// Wakes a thread that is parked.
struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

/// Runs a future to its end on this thread, for `patience` of real time at most. It needs no runtime, and works inside of one.
pub(crate) fn block_on<T>(future: impl Future<Output = T>, patience: Duration) -> Option<T> {
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    let mut context = Context::from_waker(&waker);
    let mut future = pin!(future);
    let watch = Stopwatch::start();
    loop {
        if let Poll::Ready(value) = future.as_mut().poll(&mut context) {
            return Some(value);
        }
        let left = patience.checked_sub(watch.elapsed())?;
        thread::park_timeout(left);
    }
}
