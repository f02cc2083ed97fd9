//! Suppliers push exports here: announce a batch, send its files, commit it, read what became of each row. Its listener
//! asks for client certificates; a certificate is one supplier's, and a supplier sees its own batches and sends for its
//! own practices, as if there were no others.
//!
//! A batch that was committed is on disk, files and state, and is loaded even if the process dies at any moment.

mod announced;
mod answers;
mod cleaning;
mod desk;
mod loads;
mod ndjson;
mod room;
mod routes;
mod spool;
mod tries;
mod upload;
mod waits;
mod worker;

use std::{
    collections::BTreeSet,
    net::SocketAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use aws_lc_rs::rand;
use http::{Extensions, HeaderMap, HeaderValue, Method, header};
use jiff::{SignedDuration, Timestamp};
use project::IdKey;
use store::{Delivery, DeliveryState, KeepRows, Store, StoreError};

use self::{
    announced::Announced,
    loads::Loads,
    room::{Room, no_room},
    routes::{BASE, Route},
    spool::{Received, Spool},
    waits::Waits,
};
use crate::{
    Arriving, ClientCertificates, Handle, Request, Response,
    clock::Clock,
    config::{self, Supplier},
    operator::Operator,
    outcome::{Outcome, found, made, no_content},
    telemetry::{self, RouteLabel},
    tls::{Clients, Identity},
};

pub use desk::Desk;
pub use ndjson::lines;
pub use waits::Wait;

/// The OpenAPI 3.1 description of all this.
pub const OPENAPI: &str = include_str!("openapi.json");

/// Digits of an id that was made here, and of a hash as the log has it.
const OUR_ID: usize = 32;
const LOGGED_HASH: usize = 16;
const JSON: &str = "application/json";
/// A batch that this supplier does not have, whether or not another one has it.
const NO_BATCH: Outcome =
    Outcome::Unknown("There is no such batch. GET /intake/v1/batches lists those that there are.");

/// The answers to suppliers.
pub struct Intake {
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    ids: IdKey,
    settings: config::Intake,
    keep_rows: KeepRows,
    clients: Arc<Clients>,
    operator: Arc<Operator>,
    spool: Spool,
    /// Held while a delivery changes its state.
    changing: Mutex<()>,
    /// Files that are arriving: supplier, batch, name.
    arriving: Mutex<BTreeSet<(String, String, String)>>,
    loads: Loads,
    waits: Waits,
    room: Room,
    document: Vec<u8>,
}

impl Intake {
    /// Over a store and the configured spool. What a crash left in the spool and no batch owns is deleted.
    ///
    /// # Errors
    /// If the spool cannot be used or the store cannot be read.
    pub fn open(
        store: Arc<dyn Store>,
        clock: Arc<dyn Clock>,
        ids: IdKey,
        settings: config::Intake,
        keep_rows: KeepRows,
        clients: Arc<Clients>,
        operator: Arc<Operator>,
    ) -> Result<Arc<Self>, StoreError> {
        let document = document(&settings);
        let spool = Spool::open(&settings.spool)?;
        spool.sweep(&store.open_deliveries()?)?;
        let waits = Waits::begin(&settings.spool);
        Ok(Arc::new(Self {
            store,
            clock,
            ids,
            settings,
            keep_rows,
            clients,
            operator,
            spool,
            changing: Mutex::default(),
            arriving: Mutex::default(),
            waits,
            loads: Loads::default(),
            room: Room::default(),
            document,
        }))
    }

    /// Whose certificate came with a request. It is looked at again, since it may have ended or been revoked while
    /// the connection lived. No header can name anybody.
    fn supplier(&self, extensions: &Extensions) -> Result<&Supplier, Outcome> {
        let forbidden = Outcome::Forbidden(
            "The client certificate is not good (any more). Open a new connection with one that is in time, not \
             revoked, and registered here.",
        );
        let Some(ClientCertificates(chain)) = extensions.get() else { return Err(forbidden) };
        if !self.clients.still_good(chain, self.clock.now()) {
            return Err(forbidden);
        }
        let who = chain.first().and_then(|own| Identity::of(own));
        who.and_then(|who| self.settings.supplier(&who)).ok_or(forbidden)
    }

    fn route(&self, request: &Request, route: &Route) -> Result<Response, Outcome> {
        let supplier = self.supplier(request.extensions())?;
        let _in = telemetry::of_supplier(&supplier.name).entered();
        if *request.method() == Method::OPTIONS {
            return Ok(allowing(no_content(), route));
        }
        if !route.allows(request.method()) {
            return Err(Outcome::Method(route.allow()));
        }
        let accepted = answers::accepted(request.headers(), route);
        if !accepted {
            let words = "Offered is application/json, and application/x-ndjson for reports row by row.";
            return Err(Outcome::NotOffered(words));
        }
        match route {
            Route::OpenApi => Ok(found(self.document.clone(), JSON)),
            Route::Batches if *request.method() == Method::POST => self.announce(request, supplier),
            Route::Batches => self.list(request, supplier),
            Route::Batch(id) if *request.method() == Method::DELETE => self.delete(supplier, id),
            Route::Batch(id) => self.status(request, &self.delivery(supplier, id)?),
            Route::File(id, name) => self.file(supplier, id, name),
            Route::Commit(id) => self.commit(request, supplier, id),
            Route::Report(id) => self.report(&self.delivery(supplier, id)?),
            Route::Summary(id) => self.summary(&self.delivery(supplier, id)?),
            // Its body is taken as it arrives.
            Route::Gp2gp => Err(Outcome::Internal),
        }
    }

    fn delivery(&self, supplier: &Supplier, id: &str) -> Result<Delivery, Outcome> {
        let found = self.stored(self.store.delivery(&supplier.name, id))?.ok_or(NO_BATCH)?;
        telemetry::of_batch(&found.practice, log_name(&found));
        Ok(found)
    }

    /// What the client is told when the store failed; the log is told what failed.
    #[expect(clippy::unused_self, reason = "reads as what the intake does")]
    fn stored<T>(&self, result: Result<T, StoreError>) -> Result<T, Outcome> {
        result.map_err(|error| {
            tracing::error!(%error, "the store failed");
            match error {
                StoreError::Full | StoreError::NoSpace { .. } => no_room(),
                _ => Outcome::Internal,
            }
        })
    }

    fn changing(&self) -> MutexGuard<'_, ()> {
        self.changing.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn announce(&self, request: &Request, supplier: &Supplier) -> Result<Response, Outcome> {
        if !has_type(request.headers(), &[JSON]) {
            return Err(Outcome::MediaType("An announcement is application/json."));
        }
        let announced = Announced::read(request.body(), &self.settings)?;
        self.permitted(supplier, &announced.practice, announced.format)?;
        announced.fits(&self.settings)?;
        let _changing = self.changing();
        let content = announced.content();
        if let Some(id) = &announced.id
            && let Some(known) = self.stored(self.store.delivery(&supplier.name, id))?
        {
            return if known.content == content {
                self.status(request, &known)
            } else {
                let words = "There is a batch with this id and other content. Take another id, or none.";
                Err(Outcome::Conflict(words.to_owned()))
            };
        }
        if let Some(known) = self.stored(self.store.delivery_of(&supplier.name, &content))? {
            return self.status(request, &known);
        }
        let size = announced.files.iter().fold(0_u64, |sum, file| sum.saturating_add(file.size));
        self.has_room(supplier, size)?;
        let now = self.clock.now();
        let id = announced.id.clone().unwrap_or_else(|| new_id(now));
        let delivery = announced.delivery(&supplier.name, id, now, now + signed(self.settings.unfinished));
        telemetry::of_batch(&delivery.practice, log_name(&delivery));
        self.stored(self.store.put_delivery(&delivery))?;
        telemetry::delivery("announced");
        tracing::debug!("a batch was announced");
        let mut response = made(self.shown(&delivery).to_string().into_bytes(), JSON);
        located(request, &mut response, header::LOCATION, &address(&delivery));
        Ok(response)
    }

    /// The same words for a practice that nobody sends for and for one that another supplier sends for.
    fn permitted(
        &self,
        supplier: &Supplier,
        practice: &record::OdsCode,
        format: ingest::Format,
    ) -> Result<(), Outcome> {
        if supplier.may_send(practice, format.name()) {
            return Ok(());
        }
        telemetry::of_batch(practice, "");
        let code = "forbidden";
        tracing::warn!(code, format = format.name(), "refused: a practice or format that it may not send");
        Err(Outcome::Forbidden(
            "You may not send this format for this practice. Check the code, or ask the operator to register it.",
        ))
    }

    fn commit(&self, request: &Request, supplier: &Supplier, id: &str) -> Result<Response, Outcome> {
        let _changing = self.changing();
        let delivery = self.delivery(supplier, id)?;
        if delivery.state != DeliveryState::Receiving {
            return self.status(request, &delivery);
        }
        let whole = |name: &str| self.spool.received(&delivery, name) == Received::Whole;
        let missing = delivery.files.iter().filter(|file| !whole(&file.name)).count();
        if missing > 0 {
            let words = format!(
                "{missing} of {} files have not come as a whole. GET the batch says which; PUT them first.",
                delivery.files.len()
            );
            return Err(Outcome::Conflict(words));
        }
        self.permitted_still(supplier, &delivery)?;
        let committed = self.committed(&delivery)?;
        self.status(request, &committed)
    }

    /// The permission may have been taken away since the announcement.
    fn permitted_still(&self, supplier: &Supplier, delivery: &Delivery) -> Result<(), Outcome> {
        let format = delivery.format.parse().map_err(|_| Outcome::Internal)?;
        self.permitted(supplier, &delivery.practice, format)
    }

    /// Acknowledges a delivery whose files are on disk: from here on it is loaded, whatever happens.
    fn committed(&self, delivery: &Delivery) -> Result<Delivery, Outcome> {
        let committed = self.stored(self.store.commit_delivery(delivery, self.clock.now()))?;
        telemetry::of_batch(&delivery.practice, log_name(delivery));
        tracing::info!("a batch was committed");
        telemetry::delivery("committed");
        self.loads.wake();
        Ok(committed)
    }

    fn delete(&self, supplier: &Supplier, id: &str) -> Result<Response, Outcome> {
        let _changing = self.changing();
        let delivery = self.delivery(supplier, id)?;
        if !room::can_be_deleted(&delivery) {
            let words = "The batch has been committed. What it brought can be changed by another batch only.";
            return Err(Outcome::Conflict(words.to_owned()));
        }
        if self.is_arriving(&delivery) {
            let words = "A file of the batch is arriving. Stop sending it, and try again.";
            return Err(Outcome::Conflict(words.to_owned()));
        }
        self.forget(&delivery)?;
        telemetry::delivery("deleted");
        tracing::info!("a batch was deleted by its supplier");
        Ok(no_content())
    }

    fn is_arriving(&self, delivery: &Delivery) -> bool {
        let arriving = self.arriving.lock().unwrap_or_else(PoisonError::into_inner);
        arriving.iter().any(|(supplier, id, _)| (supplier, id) == (&delivery.supplier, &delivery.id))
    }

    /// State first: files without a batch are swept, a batch without files would not be.
    fn forget(&self, delivery: &Delivery) -> Result<(), Outcome> {
        self.stored(self.store.forget_delivery(delivery))?;
        self.spool.remove(delivery).map_err(|error| self.on_disk(&error))
    }
}

impl Handle for Intake {
    fn whom(&self) -> &'static str {
        "suppliers"
    }

    fn handle(&self, request: &Request, _: SocketAddr) -> Response {
        let path = request.uri().path();
        let Some(route) = Route::of(path) else {
            return labelled("other", self.elsewhere(request));
        };
        let response = self.route(request, &route).unwrap_or_else(|outcome| outcome.response());
        labelled(route.template(), response)
    }

    fn streams(&self, head: &http::request::Parts) -> bool {
        match Route::of(head.uri.path()) {
            Some(Route::File(..)) => head.method == Method::PUT,
            Some(Route::Gp2gp) => head.method == Method::POST,
            Some(_) | None => false,
        }
    }

    fn receive(&self, request: &http::Request<()>, body: &mut Arriving, _: SocketAddr) -> Response {
        let route = Route::of(request.uri().path());
        let answer = self.supplier(request.extensions()).and_then(|supplier| {
            let _in = telemetry::of_supplier(&supplier.name).entered();
            match &route {
                Some(Route::File(id, name)) => self.put_file(request, supplier, id, name, body),
                Some(Route::Gp2gp) => self.take_message(request, supplier, body),
                Some(_) | None => Err(Outcome::NotFound),
            }
        });
        let label = route.as_ref().map_or("other", Route::template);
        labelled(label, answer.unwrap_or_else(|outcome| outcome.response()))
    }
}

impl Intake {
    fn elsewhere(&self, request: &Request) -> Response {
        let unknown =
            Outcome::Unknown("There is no such address. /intake/v1/openapi.json lists those that there are.");
        self.supplier(request.extensions()).map_or_else(|outcome| outcome, |_| unknown).response()
    }
}

fn labelled(label: &'static str, mut response: Response) -> Response {
    response.extensions_mut().insert(RouteLabel(label));
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

fn allowing(mut response: Response, route: &Route) -> Response {
    response.headers_mut().insert(header::ALLOW, HeaderValue::from_static(route.allow()));
    response
}

/// The description with the limits that are configured.
fn document(settings: &config::Intake) -> Vec<u8> {
    let Ok(mut document) = serde_json::from_str::<serde_json::Value>(OPENAPI) else {
        return OPENAPI.as_bytes().to_vec();
    };
    let schemas = &mut document["components"]["schemas"];
    schemas["Announcement"]["properties"]["files"]["maxItems"] = settings.files_per_batch.into();
    schemas["AnnouncedFile"]["properties"]["size"]["maximum"] = announced::largest(settings).into();
    schemas["Format"]["enum"] = ingest::Format::ALL.iter().map(|format| format.name()).collect();
    document.to_string().into_bytes()
}

/// What the log calls a batch: its id if that was made here; one that its supplier chose may be anything, so that the
/// beginning of the hash of its content stands for it. `recordgate admin batches list` shows both.
#[must_use]
pub fn log_name(delivery: &Delivery) -> &str {
    let ours = delivery.id.len() == OUR_ID && delivery.id.bytes().all(|byte| byte.is_ascii_hexdigit());
    if ours || delivery.content.is_empty() {
        return if ours { &delivery.id } else { "" };
    }
    delivery.content.get(..LOGGED_HASH).unwrap_or_default()
}

/// The path of a delivery.
fn address(delivery: &Delivery) -> String {
    format!("{BASE}/batches/{}", delivery.id)
}

/// Adds an absolute URL, on the host that the client asked (which is the one of the TLS session).
fn located<B>(request: &http::Request<B>, response: &mut Response, name: header::HeaderName, path: &str) {
    let written = request.headers().get(header::HOST).and_then(|host| host.to_str().ok());
    let host = request.uri().authority().map(http::uri::Authority::as_str).or(written).unwrap_or_default();
    if let Ok(value) = HeaderValue::try_from(format!("https://{host}{path}")) {
        response.headers_mut().insert(name, value);
    }
}

fn has_type(headers: &HeaderMap, types: &[&str]) -> bool {
    let value = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let essence = value.and_then(|value| value.split(';').next()).map(str::trim).unwrap_or_default();
    types.iter().any(|known| known.eq_ignore_ascii_case(essence))
}

/// Sorted by time, and not to be guessed.
fn new_id(now: Timestamp) -> String {
    let mut bytes = [0; 10];
    // Without random bytes an id could only be guessed; whose it is decides who may see it.
    let _ = rand::fill(&mut bytes);
    let random: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("{:012x}{random}", now.as_millisecond().max(0))
}

fn signed(duration: Duration) -> SignedDuration {
    SignedDuration::try_from(duration).unwrap_or(SignedDuration::MAX)
}
