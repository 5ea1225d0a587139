//! Signs as the platform does, so that inputs can reach what lies behind a right signature.

use aws_lc_rs::hmac;
use forthright_core::Secret;

/// The HMAC-SHA256 of `bytes`.
pub(crate) fn mac(secret: &[u8], bytes: &[u8]) -> Vec<u8> {
    hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, secret), bytes).as_ref().to_vec()
}

/// The first line of an input: secrets, divided by spaces. With what follows it.
pub(crate) fn secrets(input: &[u8]) -> (Vec<Secret>, &[u8]) {
    let end = input.iter().position(|byte| *byte == b'\n').unwrap_or(input.len());
    let (line, rest) = input.split_at(end);
    let words =
        if line.is_empty() { Vec::new() } else { line.split(|byte| *byte == b' ').collect() };
    let secrets = words.into_iter().map(|word: &[u8]| Secret::new(word.to_vec())).collect();
    (secrets, rest.get(1..).unwrap_or_default())
}
