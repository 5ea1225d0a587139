//! Whole-bundle tests.
