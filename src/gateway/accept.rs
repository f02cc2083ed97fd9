//! Takes connections for apps: TLS handshake, HTTP/1.1 or HTTP/2 as agreed by ALPN, limits on everything, and an end
//! without broken answers. What a request means is none of its business: that is [`crate::Handle`]'s.

mod activity;
mod answer;
mod arriving;
mod refusal;
#[cfg(test)]
mod tests;

use std::{
    collections::HashMap,
    io,
    net::{IpAddr, SocketAddr},
    pin::pin,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use hyper::{
    Response,
    body::Incoming,
    server::conn::{http1, http2},
    service::HttpService,
};
use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::graceful::GracefulConnection,
};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::Semaphore,
    task::JoinSet,
    time::{MissedTickBehavior, interval, sleep, timeout},
};
use tokio_rustls::{TlsAcceptor, server::TlsStream};

use crate::{
    ClientCertificates, Handle,
    config::Limits,
    shutdown::{Phase, Shutdown},
    telemetry, tls,
};
use activity::{Activity, Sent, Verdict};
use answer::Client;
pub use arriving::{Arriving, Broken};

/// How long to wait after the system refused a connection, mostly for want of file descriptors.
const AFTER_REFUSAL: Duration = Duration::from_millis(50);

/// Serves until told to stop: then it closes the listener, finishes what was asked within the drain limit, and cuts
/// what is left. GET and HEAD are answered on the thread that read them, everything else on one that may block; those
/// threads cannot be cut, so end the runtime with a time limit.
///
/// # Errors
/// If the listener itself cannot be used.
pub async fn serve(
    listener: TcpListener,
    tls: Arc<rustls::ServerConfig>,
    limits: Limits,
    handler: Arc<dyn Handle>,
    shutdown: Shutdown,
) -> io::Result<()> {
    let address = listener.local_addr()?;
    tracing::info!(%address, whom = handler.whom(), "listening");
    let places = Arc::new(Semaphore::new(limits.connections));
    let drain = limits.drain;
    let server = Arc::new(Server {
        acceptor: tls.into(),
        limits,
        handler,
        shutdown: shutdown.clone(),
        taken: Mutex::default(),
    });
    let mut connections = JoinSet::new();
    loop {
        // A place first: what finds none waits in the system's queue and costs us nothing.
        let accepted = tokio::select! {
            biased;
            () = shutdown.reached(Phase::Draining) => break,
            accepted = async {
                let place = Arc::clone(&places).acquire_owned().await;
                (place, listener.accept().await)
            } => accepted,
        };
        while connections.try_join_next().is_some() {}
        match accepted {
            (Ok(place), Ok((stream, peer))) => {
                let server = Arc::clone(&server);
                connections.spawn(async move {
                    server.connection(stream, peer).await;
                    drop(place);
                });
            }
            (_, Err(error)) if error.kind() == io::ErrorKind::InvalidInput => return Err(error),
            (_, Err(error)) => {
                tracing::warn!(kind = ?error.kind(), code = error.raw_os_error(), "no connection could be taken");
                sleep(AFTER_REFUSAL).await;
            }
            (Err(_), Ok(_)) => break,
        }
    }
    drop(listener);
    finish(connections, drain, &shutdown).await;
    Ok(())
}

async fn finish(mut connections: JoinSet<()>, limit: Duration, shutdown: &Shutdown) {
    let all = async { while connections.join_next().await.is_some() {} };
    tokio::select! {
        () = all => tracing::info!("every connection is closed"),
        () = sleep(limit) => tracing::warn!("the drain limit is over: cutting the connections that are left"),
        () = shutdown.reached(Phase::Stopped) => {}
    }
    connections.shutdown().await;
}

struct Server {
    acceptor: TlsAcceptor,
    limits: Limits,
    handler: Arc<dyn Handle>,
    shutdown: Shutdown,
    /// How many connections an address has (an IPv6 subscriber: they have a whole /64).
    taken: Mutex<HashMap<IpAddr, usize>>,
}

/// One connection's share of its address's allowance.
struct Share<'a> {
    server: &'a Server,
    address: IpAddr,
}

impl Drop for Share<'_> {
    fn drop(&mut self) {
        let mut taken = self.server.taken.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = taken.get_mut(&self.address) {
            *count -= 1;
            if *count == 0 {
                taken.remove(&self.address);
            }
        }
    }
}

impl Server {
    fn share(&self, address: IpAddr) -> Option<Share<'_>> {
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        let count = taken.entry(address).or_default();
        if *count >= self.limits.connections_per_address {
            return None;
        }
        *count += 1;
        Some(Share { server: self, address })
    }

    async fn connection(self: &Arc<Self>, stream: TcpStream, peer: SocketAddr) {
        let Some(_share) = self.share(subscriber(peer.ip())) else { return telemetry::connection_refused() };
        let _connected = telemetry::connected();
        let _ = stream.set_nodelay(true);
        let secured = match timeout(self.limits.handshake, self.acceptor.accept(stream)).await {
            Ok(Ok(secured)) => secured,
            Ok(Err(error)) => return telemetry::handshake_failed(reason(&error)),
            Err(_) => return telemetry::handshake_failed("timeout"),
        };
        self.http(secured, peer).await;
    }

    /// ALPN has settled the protocol, so there is nothing to guess from the first bytes.
    async fn http(self: &Arc<Self>, secured: TlsStream<TcpStream>, peer: SocketAddr) {
        let session = secured.get_ref().1;
        let is_http2 = session.alpn_protocol() == Some(tls::ALPN[0]);
        let named = session.server_name().map(str::to_owned);
        let certificates = session.peer_certificates().map(|chain| {
            ClientCertificates(Arc::new(chain.iter().map(|one| one.clone().into_owned()).collect()))
        });
        let activity = Arc::new(Activity::new());
        let client = Arc::new(Client {
            server: Arc::clone(self),
            peer,
            named,
            certificates,
            activity: Arc::clone(&activity),
        });
        let service = hyper::service::service_fn(move |request: http::Request<Incoming>| {
            let client = Arc::clone(&client);
            async move { Ok::<Response<Sent>, std::convert::Infallible>(client.answer(request).await) }
        });
        let io = TokioIo::new(secured);
        if is_http2 {
            self.drive(self.http2(io, service), &activity).await;
        } else {
            self.drive(self.http1(io, service), &activity).await;
        }
    }

    fn http1<S>(
        &self,
        io: TokioIo<TlsStream<TcpStream>>,
        service: S,
    ) -> http1::Connection<TokioIo<TlsStream<TcpStream>>, S>
    where
        S: HttpService<Incoming, ResBody = Sent>,
        S::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        let header_bytes = usize::try_from(self.limits.request_header_bytes).unwrap_or(usize::MAX);
        http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(self.limits.header)
            .max_headers(self.limits.request_headers)
            .max_header_size(header_bytes)
            .max_buf_size(header_bytes.max(64 * 1024))
            .serve_connection(io, service)
    }

    fn http2<S>(
        &self,
        io: TokioIo<TlsStream<TcpStream>>,
        service: S,
    ) -> http2::Connection<TokioIo<TlsStream<TcpStream>>, S, TokioExecutor>
    where
        S: HttpService<Incoming, ResBody = Sent>,
        S::Future: Send + 'static,
        S::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        http2::Builder::new(TokioExecutor::new())
            .timer(TokioTimer::new())
            .max_concurrent_streams(self.limits.streams_per_connection)
            // Rapid reset (CVE-2023-44487) and its cousin by malformed frames: more than this, and the connection ends.
            .max_pending_accept_reset_streams(20)
            .max_local_error_reset_streams(64)
            .max_header_list_size(self.limits.request_header_bytes)
            .initial_stream_window_size(64 * 1024)
            .initial_connection_window_size(1024 * 1024)
            .max_send_buf_size(256 * 1024)
            .keep_alive_interval(self.limits.idle / 4)
            .keep_alive_timeout(self.limits.header)
            .serve_connection(io, service)
    }

    /// Runs a connection to its end, or to one of its limits.
    async fn drive<C: GracefulConnection>(&self, connection: C, activity: &Activity) {
        let limits = &self.limits;
        let shortest = limits.request.min(limits.idle).min(limits.header);
        let mut clock = interval((shortest / 4).clamp(Duration::from_millis(5), Duration::from_secs(5)));
        clock.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut connection = pin!(connection);
        let mut closing = false;
        loop {
            tokio::select! {
                result = connection.as_mut() => {
                    if result.is_err() {
                        tracing::debug!("connection ended early");
                    }
                    return;
                }
                () = self.shutdown.reached(Phase::Draining), if !closing => {
                    connection.as_mut().graceful_shutdown();
                    closing = true;
                    activity.closing();
                }
                _ = clock.tick() => match activity.verdict(limits) {
                    Verdict::Fine => {}
                    Verdict::Idle if closing => {}
                    Verdict::Idle => {
                        connection.as_mut().graceful_shutdown();
                        closing = true;
                        activity.closing();
                    }
                    Verdict::Overdue => return tracing::debug!("connection cut: a client took too long"),
                },
            }
        }
    }
}

pub(crate) fn subscriber(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => IpAddr::V6((address.to_bits() >> 64 << 64).into()),
        v4 => v4,
    }
}

/// A closed list of why a handshake failed; rustls's own words may quote the client.
fn reason(error: &io::Error) -> &'static str {
    match error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>()) {
        Some(rustls::Error::InvalidMessage(_)) => "not_tls",
        Some(rustls::Error::PeerIncompatible(_)) => "incompatible",
        Some(rustls::Error::AlertReceived(_)) => "refused_by_client",
        Some(rustls::Error::NoApplicationProtocol) => "no_protocol",
        Some(rustls::Error::NoCertificatesPresented) => telemetry::NO_CERTIFICATE,
        Some(rustls::Error::InvalidCertificate(_)) => "client_certificate",
        Some(_) => "protocol",
        None => "closed",
    }
}
