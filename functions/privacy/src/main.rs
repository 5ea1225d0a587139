//! The privacy Lambda.
fn main() {}
