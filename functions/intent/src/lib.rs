//! Decides what a person wants, and who answers.
