//! One file a platform: verify, parse, compose, classify errors.
