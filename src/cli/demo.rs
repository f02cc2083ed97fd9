//! The demo app (`deploy/demo-app`), as the sandbox serves it: its files, which are in the binary, and what it is told
//! about this sandbox. It proves that the API suffices for an app: it knows nothing that another app could not know.

use std::{net::TcpListener, path::Path};

use gateway::demo::{File, Site, url};
use serde_json::json;
use store::{App, Store};

use crate::{Failure, users::User};

const HTML: &str = "text/html; charset=utf-8";
const CSS: &str = "text/css; charset=utf-8";
const PICTURE: &str = "image/svg+xml";
const SCRIPT: &str = "text/javascript; charset=utf-8";

/// A file of the app: where it is found, what it is, what is in it.
macro_rules! files {
    ($($path:literal $kind:ident),* $(,)?) => {
        [$((concat!("/", $path), $kind, include_str!(concat!("../../deploy/demo-app/", $path)))),*]
    };
}

const FILES: [(&str, &str, &str); 15] = files![
    "index.html" HTML,
    "icon.svg" PICTURE,
    "style.css" CSS,
    "app.js" SCRIPT,
    "chart.js" SCRIPT,
    "element.js" SCRIPT,
    "fhir.js" SCRIPT,
    "problem.js" SCRIPT,
    "requests.js" SCRIPT,
    "results.js" SCRIPT,
    "sign_in.js" SCRIPT,
    "smart.js" SCRIPT,
    "timeline.js" SCRIPT,
    "vaccinations.js" SCRIPT,
    "words.js" SCRIPT,
];

/// Where the demo app is, and where people come back to it after they have signed in.
pub(crate) struct Demo {
    pub(crate) listener: TcpListener,
    /// Its address, without a slash at its end.
    pub(crate) url: String,
}

impl Demo {
    pub(crate) fn new(listener: TcpListener) -> Result<Self, Failure> {
        let url = url(listener.local_addr()?);
        Ok(Self { listener, url })
    }

    pub(crate) fn redirect_uri(&self) -> String {
        format!("{}/callback", self.url)
    }

    /// The site: the files, and `config.json`, from which the app knows its server.
    pub(crate) fn site(
        &self,
        base: &str,
        client_id: &str,
        ca: &Path,
        users: &[User],
    ) -> Result<Site, Failure> {
        let told = json!({
            "fhirBase": format!("{base}/fhir/R4"),
            "clientId": client_id,
            "redirectUri": self.redirect_uri(),
            "scope": "launch/patient patient/Patient.rs patient/Observation.rs patient/Immunization.rs offline_access",
            "caFile": ca,
            "users": users
                .iter()
                .map(|user| json!({"user": user.user, "level": user.level, "about": user.about}))
                .collect::<Vec<_>>(),
        });
        let mut files: Vec<File> = FILES.into_iter().map(embedded).collect();
        let body = told.to_string().into();
        files.push(File { paths: vec!["/config.json"], media_type: "application/json", body });
        Site::new(files, base).ok_or_else(|| Failure(format!("the demo app cannot be pointed at {base}")))
    }
}

fn embedded((path, media_type, text): (&'static str, &'static str, &'static str)) -> File {
    let paths = if path == "/index.html" { vec!["/", "/callback"] } else { vec![path] };
    File { paths, media_type, body: text.into() }
}

/// Registers where people may be sent back to, and nowhere else: ports change from one start to the next.
pub(crate) fn register(
    store: &dyn Store,
    client_id: &str,
    redirect_uris: Vec<String>,
) -> Result<(), Failure> {
    match store.app(client_id)? {
        Some(app) if app.redirect_uris != redirect_uris => Ok(store.set_app(&App { redirect_uris, ..app })?),
        Some(_) | None => Ok(()),
    }
}

/// A redirect URI as it is given on the command line.
pub(crate) fn redirect_uri(text: &str) -> Result<String, String> {
    if auth::app::is_redirect_uri(text) {
        return Ok(text.to_owned());
    }
    Err("people are sent back to https://…, to http://localhost:PORT/… or to a scheme that names a domain, and never to \
         a fragment (#…)"
        .to_owned())
}

#[cfg(test)]
mod tests {
    use std::{collections::BTreeSet, fs};

    use super::*;

    #[test]
    fn every_file_of_the_app_is_in_the_binary() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy/demo-app");
        let there: BTreeSet<String> = fs::read_dir(folder)
            .unwrap()
            .map(|file| format!("/{}", file.unwrap().file_name().to_string_lossy()))
            .collect();
        assert_eq!(there, FILES.iter().map(|(path, ..)| (*path).to_owned()).collect());
        for (path, kind, text) in FILES {
            let imported =
                text.lines().filter_map(|line| line.split_once("from \"./")?.1.strip_suffix("\";"));
            for file in imported.filter(|_| kind == SCRIPT) {
                assert!(there.contains(&format!("/{file}")), "{path} imports {file}");
            }
        }
    }

    #[test]
    fn nothing_is_fetched_from_elsewhere_and_no_text_becomes_markup() {
        for (path, _, text) in FILES {
            for never in
                ["innerHTML", "outerHTML", "insertAdjacent", "document.write", "eval(", "localStorage."]
            {
                assert!(!text.contains(never), "{path}: {never}");
            }
            for inline in ["<style", " style=", "<script>", " onclick=\"", "javascript:", "@import", " url("]
            {
                assert!(!text.contains(inline), "{path}: {inline}");
            }
            for attribute in ["src=\"http", "href=\"http", "from \"http", "import(\"http"] {
                assert!(!text.contains(attribute), "{path}: {attribute}");
            }
        }
    }

    #[test]
    fn people_are_sent_back_only_to_addresses_that_an_app_may_have() {
        assert!(redirect_uri("http://localhost:3000/").is_ok());
        for wrong in ["http://app.example/", "http://localhost:3000/#x", "localhost:3000"] {
            assert!(redirect_uri(wrong).is_err(), "{wrong}");
        }
    }
}
