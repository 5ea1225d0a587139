//! The program as its users run it: a process with arguments, files, signals and a network.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::disallowed_methods,
    reason = "tests"
)]

mod check;
mod copies;
mod erasure_on_disk;
mod first_run;
mod hostile;
mod kill;
mod learn;
mod place;
mod platform;
mod preview;
mod restore;
mod server;
mod shutdown;
mod tools;
mod traffic;
mod wire;
