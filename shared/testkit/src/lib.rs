//! Conformance suites, fault wrapper, builders, movable clock, platform stand-ins.

pub mod account;
pub mod comprehend;
pub mod standin;

pub mod canary;
pub mod clock;
pub mod conformance;
pub mod faulty;
pub mod memory;
pub mod metered;
pub mod restricted;
pub mod vault;

pub use account::account;
pub use clock::{MovableClock, SplitMix, seeded_entropy};
pub use faulty::{FaultKind, Faulty, Plan};
pub use memory::{Memory, Snapshot};
pub use metered::{Metered, Units, size_of};
pub use restricted::{Refusal, Restricted};
pub use vault::FixedVault;
