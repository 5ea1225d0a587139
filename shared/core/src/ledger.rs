//! What functions use.
