//! What the digest of the content is taken over. The build script takes that of the content that is built in.

use std::collections::BTreeMap;

/// Hands `hash` every path and every text of `files`, each behind its length: no two contents give it the same.
pub(crate) fn feed(files: &BTreeMap<String, String>, mut hash: impl FnMut(&[u8])) {
    for part in files.iter().flat_map(|(path, text)| [path, text]) {
        hash(&u64::try_from(part.len()).unwrap_or(u64::MAX).to_le_bytes());
        hash(part.as_bytes());
    }
}
