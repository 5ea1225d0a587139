//! Whole-bundle tests: the six functions wired as every host wires them, over a table that refuses what was
//! not declared, with a stand-in in the platform's place.

mod desk;
#[macro_use]
#[path = "../stories.rs"]
mod story;

mod callback;
mod case_moves;
mod cases;
mod changes;
mod corpus;
mod damage;
mod disclosure;
mod engine;
mod erasure;
mod export;
mod hostile;
mod identity;
mod in_chat;
mod infra;
mod messenger;
mod opt_out;
mod outcome;
mod price;
mod queue;
mod reply;
mod secrecy;
mod sending;
mod settings;
mod simulate;
mod stories;
mod tidy;
mod webhook;
