//! The deployment: what `infra/` made of our own zips, driven from outside as platforms and people do.
//!
//! `cargo xtask deploy --emulated` brings it up and runs this, with `FORTHRIGHT_DEPLOYMENT` as the name of the
//! file that says where it is. The stories are those of the whole-bundle tests, word for word.

#[macro_use]
#[path = "../stories.rs"]
mod story;

mod deployment;
mod lanes;
mod policy;
mod restore;
mod rows;
mod runtime;
#[path = "../runtime_api.rs"]
mod runtime_api;
mod stories;
mod webhooks;
