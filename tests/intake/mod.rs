//! The intake as suppliers meet it: `recordgate serve` in a process of its own, real TLS, raw HTTP/1.1. The threats are
//! those of the threat model, by number.

mod batches;
mod certificates;
mod crash;
mod failing;
mod hostile;
mod push;
mod site;
mod uploads;
mod wire;
