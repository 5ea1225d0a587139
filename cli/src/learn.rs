//! The language engine at the keyboard: training, evaluation, and what it reads in lines of text.

mod compare;
pub(crate) mod detect;
pub(crate) mod eval;
pub(crate) mod fairness;
mod labelled;
mod plots;
mod report;
pub(crate) mod train;
