//! Fetches the keys that an app publishes: one GET over TLS to a host whose certificate comes from a configured
//! authority, followed nowhere, small, and given up after some seconds.

use std::{path::Path, sync::Arc, time::Duration};

use http_body_util::{BodyExt, Limited};
use tokio::time::timeout;

use crate::{
    client::{Client, ClientError, Content, authorities},
    oauth::{FetchKeys, Fetched},
};

/// For everything from the name to the last byte.
const PATIENCE: Duration = Duration::from_secs(5);

/// Fetches keys.
pub struct Fetcher {
    roots: Arc<rustls::RootCertStore>,
}

impl std::fmt::Debug for Fetcher {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Fetcher(..)")
    }
}

impl Fetcher {
    /// Trusts the authorities of a PEM file.
    ///
    /// # Errors
    /// If the file cannot be used.
    pub fn new(file: &Path) -> Result<Self, ClientError> {
        Ok(Self { roots: Arc::new(authorities(file)?) })
    }

    async fn get(&self, url: &str) -> Result<Fetched, String> {
        let uri: http::Uri = url.parse().map_err(|_| "it is no URL".to_owned())?;
        let client = Client::anonymous(&uri, Arc::clone(&self.roots)).map_err(|error| error.to_string())?;
        let path = uri.path_and_query().map_or("/", http::uri::PathAndQuery::as_str);
        let request = http::Request::get(path).header(http::header::ACCEPT, "application/json");
        let request = request.body(Content::Bytes(bytes::Bytes::new())).map_err(|error| error.to_string())?;
        let (head, body) = client.send(request).await.map_err(|error| error.to_string())?.into_parts();
        if !head.status.is_success() {
            return Err(format!("its server answered {}", head.status.as_u16()));
        }
        let body =
            Limited::new(body, auth::jwk::LONGEST).collect().await.map_err(|error| error.to_string())?;
        let cache_control = head.headers.get(http::header::CACHE_CONTROL);
        Ok(Fetched {
            body: body.to_bytes().into(),
            // One that is no text may have forbidden it.
            cache_control: cache_control.map(|value| value.to_str().unwrap_or("no-store").to_owned()),
        })
    }
}

impl FetchKeys for Fetcher {
    fn fetch(&self, url: &str) -> Result<Fetched, String> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(|error| error.to_string())?;
        let fetched = runtime.block_on(async { timeout(PATIENCE, self.get(url)).await });
        // A name that is still being looked up is not waited for.
        runtime.shutdown_background();
        fetched.unwrap_or_else(|_| Err("no answer within five seconds".to_owned()))
    }
}
