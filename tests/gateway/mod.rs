//! The gateway as apps meet it, without the network between (but for TLS).

mod at_once;
mod authorization;
mod confidential;
mod dates;
mod discovery;
mod errors;
mod explained;
mod fixture;
mod identity;
mod mapping;
mod oracle;
mod portal;
mod proxies;
mod reading;
mod registering;
mod remaking;
mod sandbox;
mod searching;
mod signing;
mod threats;
mod tls;
mod tokens;
mod twin_worlds;
mod two_feeds;
mod words;
