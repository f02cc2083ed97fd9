//! Asks others: fetches the keys that an app publishes, and asks an identity provider. One request over TLS to a host
//! whose certificate comes from a configured authority, followed nowhere, small, and given up after some seconds.

use std::{path::Path, sync::Arc, time::Duration};

use http::{Method, header};
use http_body_util::{BodyExt, Limited};
use tokio::time::timeout;

use crate::{
    client::{Client, ClientError, Content, authorities},
    oauth::{Answered, AskProvider, FetchKeys, Fetched, How},
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

    async fn send(&self, url: &str, how: &How<'_>) -> Result<Answered, String> {
        let uri: http::Uri = url.parse().map_err(|_| "it is no URL".to_owned())?;
        let client = Client::anonymous(&uri, Arc::clone(&self.roots)).map_err(|error| error.to_string())?;
        let path = uri.path_and_query().map_or("/", http::uri::PathAndQuery::as_str);
        let request = http::Request::builder().uri(path).header(header::ACCEPT, "application/json");
        let (request, body) = match how {
            How::Get => (request, String::new()),
            How::Bearer(token) => {
                (request.header(header::AUTHORIZATION, format!("Bearer {token}")), String::new())
            }
            How::Form(form) => {
                let form_type = "application/x-www-form-urlencoded";
                (request.method(Method::POST).header(header::CONTENT_TYPE, form_type), form.clone())
            }
        };
        let request = request.body(Content::Bytes(body.into())).map_err(|error| error.to_string())?;
        let (head, body) = client.send(request).await.map_err(|error| error.to_string())?.into_parts();
        let body =
            Limited::new(body, auth::jwk::LONGEST).collect().await.map_err(|error| error.to_string())?;
        let cache_control = head.headers.get(header::CACHE_CONTROL);
        Ok(Answered {
            status: head.status.as_u16(),
            body: body.to_bytes().into(),
            // One that is no text may have forbidden it.
            cache_control: cache_control.map(|value| value.to_str().unwrap_or("no-store").to_owned()),
        })
    }
}

impl AskProvider for Fetcher {
    fn ask(&self, url: &str, how: &How<'_>) -> Result<Answered, String> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(|error| error.to_string())?;
        let answered = runtime.block_on(async { timeout(PATIENCE, self.send(url, how)).await });
        // A name that is still being looked up is not waited for.
        runtime.shutdown_background();
        answered.unwrap_or_else(|_| Err("no answer within five seconds".to_owned()))
    }
}

impl FetchKeys for Fetcher {
    fn fetch(&self, url: &str) -> Result<Fetched, String> {
        let Answered { status, body, cache_control } = self.ask(url, &How::Get)?;
        if (200..300).contains(&status) {
            Ok(Fetched { body, cache_control })
        } else {
            Err(format!("its server answered {status}"))
        }
    }
}
