//! The escalation Lambda.
fn main() {}
