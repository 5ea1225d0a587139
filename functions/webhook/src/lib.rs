//! Verifies platform webhooks and takes in what they carry.
