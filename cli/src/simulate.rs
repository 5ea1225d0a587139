//! `forthright simulate`: the real functions and ledgers under every fault that can be thought of, in virtual
//! time, from a seed.
//!
//! A world is a list of [acts](act::Act): people write, the platform repeats and misbehaves, tasks die between two
//! calls, people of the brand answer, data is erased and put back. The [watch](watch::Watch) sees each transaction and
//! each text that leaves; at the end the [verdict](world) says whether a promise was broken.

mod act;
mod crashes;
mod host;
mod kernel;
mod mutant;
mod people;
mod plan;
mod platform;
mod ports;
mod promise;
mod report;
mod shrink;
mod tally;
mod trace;
mod watch;
mod work;
mod world;

pub use mutant::Mutant;
pub use promise::Promise;
pub use report::{Report, Sweep};
pub use tally::Tally;
pub use trace::{Replayed, replay};
pub use work::{Options, simulate};
