//! Stopping, in two steps: first finish what was asked, then at once. Signals are only one way to ask for it.

use std::io;

use tokio::{
    signal::unix::{SignalKind, signal},
    sync::watch,
    task::JoinHandle,
};

/// How far the service is on its way to an end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Phase {
    /// It serves.
    Running,
    /// It takes nothing new and finishes what it has.
    Draining,
    /// It stops at once.
    Stopped,
}

/// The side that asks for an end.
#[derive(Clone, Debug)]
pub struct Trigger(watch::Sender<Phase>);

/// The side that obeys. It is cheap to clone.
#[derive(Clone, Debug)]
pub struct Shutdown(watch::Receiver<Phase>);

/// Both sides.
#[must_use]
pub fn channel() -> (Trigger, Shutdown) {
    let (sender, receiver) = watch::channel(Phase::Running);
    (Trigger(sender), Shutdown(receiver))
}

impl Trigger {
    /// Asks once more: the first time to drain, then to stop at once.
    pub fn ask(&self) -> Phase {
        let next = match *self.0.borrow() {
            Phase::Running => Phase::Draining,
            Phase::Draining | Phase::Stopped => Phase::Stopped,
        };
        self.0.send_replace(next);
        next
    }
}

impl Shutdown {
    /// How far it is now; a readiness probe fails unless it is [`Phase::Running`].
    #[must_use]
    pub fn phase(&self) -> Phase {
        *self.0.borrow()
    }

    /// Returns once it has come this far. Never, if nobody is left who could ask for it.
    pub async fn reached(&self, phase: Phase) {
        let mut receiver = self.0.clone();
        if receiver.wait_for(|now| *now >= phase).await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}

/// Listens to the system: SIGTERM or SIGINT drains, a second one stops at once, SIGHUP calls `reload`.
///
/// # Errors
/// If the system does not let it listen.
pub fn on_signals(trigger: Trigger, reload: impl Fn() + Send + 'static) -> io::Result<JoinHandle<()>> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut hang_up = signal(SignalKind::hangup())?;
    Ok(tokio::spawn(async move {
        loop {
            tokio::select! {
                Some(()) = terminate.recv() => told(&trigger),
                Some(()) = interrupt.recv() => told(&trigger),
                Some(()) = hang_up.recv() => reload(),
                else => return,
            }
        }
    }))
}

fn told(trigger: &Trigger) {
    match trigger.ask() {
        Phase::Stopped => tracing::warn!("told to stop again: stopping at once"),
        _ => tracing::info!("told to stop: finishing what is in progress"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn asking_once_drains_and_asking_twice_stops() {
        let (trigger, shutdown) = channel();
        assert_eq!(shutdown.phase(), Phase::Running);
        assert_eq!(trigger.ask(), Phase::Draining);
        shutdown.reached(Phase::Draining).await;
        assert_eq!(trigger.ask(), Phase::Stopped);
        shutdown.reached(Phase::Draining).await;
        shutdown.reached(Phase::Stopped).await;
        assert_eq!(trigger.ask(), Phase::Stopped);
    }

    #[tokio::test]
    async fn signals_reload_then_drain_then_stop() {
        let send = |name: &str| {
            let own = std::process::id().to_string();
            assert!(std::process::Command::new("kill").args([name, &own]).status().unwrap().success());
        };
        let (trigger, shutdown) = channel();
        let (reloaded, mut reloads) = tokio::sync::mpsc::unbounded_channel();
        on_signals(trigger, move || reloaded.send(()).unwrap()).unwrap();
        send("-HUP");
        reloads.recv().await.unwrap();
        assert_eq!(shutdown.phase(), Phase::Running);
        send("-TERM");
        shutdown.reached(Phase::Draining).await;
        send("-INT");
        shutdown.reached(Phase::Stopped).await;
    }

    #[tokio::test]
    async fn losing_the_trigger_is_not_a_request_to_stop() {
        let (trigger, shutdown) = channel();
        drop(trigger);
        let waited =
            tokio::time::timeout(std::time::Duration::from_millis(20), shutdown.reached(Phase::Draining));
        assert!(waited.await.is_err());
    }
}
