//! Brands, templates, disclosures, and the decision who answers a message. Pure: no I/O, no clock.
//!
//! [`Book`] is everything that people edit, checked when it is loaded; [`decide()`] says who answers.
//! Whatever is missing, unfit or out of date is an [`Unfit`]: the machine stays silent, a person gets it.

#![warn(clippy::arithmetic_side_effects, clippy::as_conversions)]
#![deny(clippy::wildcard_enum_match_arm)]

pub mod book;
pub mod brand;
pub mod decide;
mod digest;
pub mod disclosure;
pub mod engine;
pub mod fault;
mod language;
pub mod lint;
pub mod offered;
pub mod preview;
pub mod served;
pub mod template;
mod wording;

pub use forthright_core::Language;

pub use book::{Book, RenderedReply, Wanted};
pub use brand::Brand;
pub use decide::{ERASURE_NOTICE, Facts, decide, is_sure, machine_may_answer};
pub use disclosure::Disclosures;
pub use engine::Engine;
pub use fault::{ContentError, Unfit};
pub use lint::Lint;
pub use preview::{Moment, Preview};
pub use served::{Served, ServedError};
pub use template::Template;
