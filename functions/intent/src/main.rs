//! The intent Lambda.
fn main() {}
