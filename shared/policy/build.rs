//! Builds this crate again when a content file comes, goes or changes: the binary carries a copy of all.

fn main() {
    println!("cargo::rerun-if-changed=../../content");
}
