//! The gateway as apps meet it, without the network between.

mod reading;
