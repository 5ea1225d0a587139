//! Access, erasure and the platforms' data-deletion callbacks.
