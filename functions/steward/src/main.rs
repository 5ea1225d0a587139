//! The steward Lambda.
fn main() {}
