//! What the readers make of the bodies that platforms document.

#[cfg(test)]
mod fixtures;
