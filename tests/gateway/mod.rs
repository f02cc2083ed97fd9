//! The gateway as apps meet it, without the network between (but for TLS).

mod authorization;
mod dates;
mod discovery;
mod errors;
mod fixture;
mod mapping;
mod oracle;
mod portal;
mod reading;
mod sandbox;
mod searching;
mod threats;
mod tls;
mod tokens;
mod twin_worlds;
mod words;
