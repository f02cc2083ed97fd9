//! The sandbox's pretend NHS login: its listener, and its people, who are the sandbox's own patients.

use std::{
    net::{Ipv4Addr, TcpListener},
    sync::Arc,
};

use gateway::{
    clock::SystemClock,
    config::Config,
    oauth::stand_in::{Registered, Somebody, StandIn},
};
use store::Store;

use crate::{Failure, certificates, users::User};

/// What it is called in addresses, and what the sandbox is called there.
pub(crate) const ID: &str = "pretend-nhs-login";
const CLIENT: &str = "recordgate-sandbox";

/// Takes the port after the suppliers' if it is free, so that people keep their accounts, or any other one.
pub(crate) fn bind(port: u16) -> Result<TcpListener, Failure> {
    let usual = if port == 0 { 0 } else { port.checked_add(2).unwrap_or(0) };
    let at = |port| TcpListener::bind((Ipv4Addr::LOCALHOST, port));
    at(usual)
        .or_else(|_| at(0))
        .map_err(|error| Failure(format!("no port for the pretend NHS login: {error}")))
}

/// What the sandbox's configuration says of it.
pub(crate) fn configuration(issuer: &str) -> String {
    let key = certificates::LOGIN;
    format!(
        "[[sign_in]]\nid = \"{ID}\"\nname = \"pretend NHS login\"\nissuer = \"{issuer}\"\nclient_id = \"{CLIENT}\"\n\
         key = \"{key}\"\nauthorities = \"ca.pem\"\n"
    )
}

/// The provider, for the sandbox that is configured like this.
pub(crate) fn stand_in(
    config: &Config,
    store: &dyn Store,
    issuer: &str,
    users: &[User],
) -> Result<StandIn, Failure> {
    let configured = config.sign_in.iter().find(|one| one.id == ID);
    let configured = configured.ok_or_else(|| Failure("the sandbox has no pretend NHS login".to_owned()))?;
    let client = Registered {
        client_id: CLIENT.to_owned(),
        redirect_uri: format!("{}/oauth/callback/{ID}", config.service.base_url),
        jwks: configured.client_key()?.jwks(),
    };
    let keys = [certificates::passing_key()?, certificates::passing_key()?];
    Ok(StandIn::new(issuer.to_owned(), keys, client, people(store, users)?, Arc::new(SystemClock)))
}

/// Patients who have a number and a date of birth. Who acts for somebody else has neither here.
fn people(store: &dyn Store, users: &[User]) -> Result<Vec<Somebody>, Failure> {
    let mut people = Vec::new();
    for user in users {
        let Some(own) = store.account(&user.user)?.and_then(|account| account.own) else { continue };
        let snapshot = store.read(&own)?;
        let born = snapshot.and_then(|snapshot| snapshot.released().standing.birth_date);
        if let (Some(number), Some(born)) = (&user.nhs_number, born) {
            people.push(Somebody {
                label: format!("{}: {}, level {}", user.user, user.about, user.level),
                nhs_number: number.clone(),
                birthdate: born.to_string(),
            });
        }
    }
    Ok(people)
}
