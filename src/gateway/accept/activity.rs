//! What one connection is busy with, so that one that asks nothing is closed and one that never takes its answer is cut.

use std::{
    collections::BTreeMap,
    io,
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll},
};

use bytes::Bytes;
use hyper::body::{Body, Frame, SizeHint};
use tokio::time::Instant;

use crate::{Rest, config::Limits};

/// The requests in progress on one connection.
pub(super) struct Activity(Mutex<State>);

struct State {
    /// When each began, in that order.
    busy: BTreeMap<u64, Instant>,
    next: u64,
    idle_since: Instant,
    /// Since when the connection has been asked to end.
    closing_since: Option<Instant>,
}

/// What is to be done about a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Nothing.
    Fine,
    /// It has asked nothing for too long.
    Idle,
    /// A request has taken too long as a whole, or the connection does not end though it has nothing to do.
    Overdue,
}

impl Activity {
    pub(super) fn new() -> Self {
        let idle_since = Instant::now();
        Self(Mutex::new(State { busy: BTreeMap::new(), next: 0, idle_since, closing_since: None }))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A request has begun; it is over when the result is dropped.
    pub(super) fn begin(self: &Arc<Self>) -> Busy {
        let mut state = self.state();
        let number = state.next;
        state.next += 1;
        state.busy.insert(number, Instant::now());
        Busy { activity: Arc::clone(self), number }
    }

    /// The connection has been asked to end.
    pub(super) fn closing(&self) {
        self.state().closing_since = Some(Instant::now());
    }

    pub(super) fn verdict(&self, limits: &Limits) -> Verdict {
        let state = self.state();
        match (state.busy.values().next(), state.closing_since) {
            (Some(began), _) if began.elapsed() > limits.request => Verdict::Overdue,
            (Some(_), _) => Verdict::Fine,
            (None, Some(since)) if since.max(state.idle_since).elapsed() > limits.header => Verdict::Overdue,
            (None, None) if state.idle_since.elapsed() > limits.idle => Verdict::Idle,
            (None, _) => Verdict::Fine,
        }
    }
}

/// A request in progress.
pub(super) struct Busy {
    activity: Arc<Activity>,
    number: u64,
}

impl Drop for Busy {
    fn drop(&mut self) {
        let mut state = self.activity.state();
        state.busy.remove(&self.number);
        state.idle_since = Instant::now();
    }
}

/// How much is handed over at a time: HTTP/2 asks for more only when the client has room for it.
const PORTION: usize = 64 * 1024;

/// A response's body. The request is in progress until all of it has been handed over.
pub(super) struct Sent {
    data: Option<Bytes>,
    rest: Option<Rest>,
    _busy: Busy,
}

impl Sent {
    pub(super) fn new(data: Bytes, rest: Option<Rest>, busy: Busy) -> Self {
        Self { data: Some(data).filter(|data| !data.is_empty()), rest, _busy: busy }
    }
}

impl Body for Sent {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        if self.data.is_none()
            && let Some(rest) = &self.rest
        {
            match rest.next() {
                Ok(Some(piece)) => self.data = Some(piece),
                Ok(None) => self.rest = None,
                Err(error) => {
                    self.rest = None;
                    return Poll::Ready(Some(Err(error)));
                }
            }
        }
        let Some(mut data) = self.data.take() else { return Poll::Ready(None) };
        let portion = data.split_to(data.len().min(PORTION));
        self.data = Some(data).filter(|rest| !rest.is_empty());
        Poll::Ready(Some(Ok(Frame::data(portion))))
    }

    fn is_end_stream(&self) -> bool {
        self.data.is_none() && self.rest.is_none()
    }

    fn size_hint(&self) -> SizeHint {
        let length = self.data.as_ref().map_or(0, |data| data.len() as u64);
        match &self.rest {
            Some(_) => SizeHint::default(),
            None => SizeHint::with_exact(length),
        }
    }
}
