//! The reply Lambda.
fn main() {}
