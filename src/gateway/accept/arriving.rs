//! A request's body as it arrives, from the connection to a thread that may block: a few pieces wait between them, so
//! that a sender is never faster than the disk.

use std::time::Duration;

use bytes::Bytes;
use http_body_util::BodyExt;
use hyper::body::Incoming;
use tokio::{sync::mpsc, time::timeout};

/// Pieces that may wait.
const WAITING: usize = 4;

/// Why a body ended before its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Broken {
    /// The next piece took too long.
    Slow,
    /// The connection ended.
    Cut,
}

/// A body that is still arriving.
#[derive(Debug)]
pub struct Arriving(mpsc::Receiver<Result<Bytes, Broken>>);

impl Arriving {
    pub(super) fn channel() -> (mpsc::Sender<Result<Bytes, Broken>>, Self) {
        let (sender, receiver) = mpsc::channel(WAITING);
        (sender, Self(receiver))
    }

    /// Waits for the next piece; none after the last. A thread that runs the asynchronous runtime must not call it.
    ///
    /// # Errors
    /// If the body will not come to its end.
    pub fn piece(&mut self) -> Result<Option<Bytes>, Broken> {
        self.0.blocking_recv().transpose()
    }
}

/// Passes pieces on until the body ends, breaks, stops for longer than `idle`, or nobody wants more.
pub(super) async fn pump(body: &mut Incoming, sender: mpsc::Sender<Result<Bytes, Broken>>, idle: Duration) {
    loop {
        let piece = match timeout(idle, body.frame()).await {
            Ok(None) => return,
            Ok(Some(Ok(frame))) => match frame.into_data() {
                Ok(data) => Ok(data),
                Err(_) => continue,
            },
            Ok(Some(Err(_))) => Err(Broken::Cut),
            Err(_) => Err(Broken::Slow),
        };
        let ends = piece.is_err();
        if sender.send(piece).await.is_err() || ends {
            return;
        }
    }
}
