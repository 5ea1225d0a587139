//! Whole-bundle tests: the six functions wired as every host wires them, over a table that refuses what was
//! not declared, with a stand-in in the platform's place.

mod desk;

mod callback;
mod cases;
mod corpus;
mod damage;
mod disclosure;
mod erasure;
mod export;
mod hostile;
mod identity;
mod opt_out;
mod outcome;
mod queue;
mod reply;
mod secrecy;
mod settings;
mod simulate;
mod tidy;
mod webhook;
