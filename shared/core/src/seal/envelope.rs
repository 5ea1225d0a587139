//! One sealed value: AES-256-GCM under a subject's key, bound to its place.

use std::fmt;

use aws_lc_rs::{
    aead::{AES_256_GCM, Aad, LessSafeKey, MAX_TAG_LEN, NONCE_LEN, Nonce, UnboundKey},
    hkdf,
};

use crate::{
    fault::Fault,
    ids::Epoch,
    port::Entropy,
    table::{Attribute, Key},
};

/// The layout of an envelope: version, key id, nonce, ciphertext and tag.
const VERSION: u8 = 1;
const KEY_ID_BYTES: usize = 8;
const HEADER_BYTES: usize = 1 + KEY_ID_BYTES + NONCE_LEN;
/// Plaintexts are padded to a multiple of this, so that the length of a short text does not show.
const BUCKET_BYTES: usize = 64;
const LENGTH_BYTES: usize = 4;
/// More than the name of a place has as a rule, in bytes.
const AAD_BYTES: usize = 192;

/// The place that a sealed value belongs to. Moved anywhere else it cannot be opened.
#[derive(Debug, Clone, Copy)]
pub struct Binding<'a> {
    /// The row.
    pub key: &'a Key,
    /// The attribute of the row.
    pub attribute: Attribute,
    /// The subject's epoch.
    pub epoch: Epoch,
}

impl Binding<'_> {
    /// `version|logical table|pk|sk|attribute|epoch|key id`. The logical table, not the physical one: a copy
    /// of a table under another name can still be opened.
    fn aad(&self, key_id: [u8; KEY_ID_BYTES]) -> Vec<u8> {
        let mut aad = Vec::with_capacity(AAD_BYTES);
        for part in [
            &VERSION.to_string(),
            self.key.table.name(),
            &self.key.partition,
            &self.key.sort,
            self.attribute.name(),
            &self.epoch.to_string(),
        ] {
            aad.extend_from_slice(part.as_bytes());
            aad.push(b'|');
        }
        aad.extend_from_slice(&key_id);
        aad
    }
}

/// A key that seals values, with the short name that its envelopes carry.
///
/// The name is derived from the key (HKDF), and checked before opening: AES-GCM alone does not commit to
/// its key.
pub struct SubjectKey {
    key: LessSafeKey,
    id: [u8; KEY_ID_BYTES],
}

impl fmt::Debug for SubjectKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SubjectKey([redacted])")
    }
}

struct Length(usize);

impl hkdf::KeyType for Length {
    fn len(&self) -> usize {
        self.0
    }
}

impl SubjectKey {
    /// The key made of these bytes.
    pub fn new(bytes: &[u8; 32]) -> Result<Self, Fault> {
        let unusable = |source| Fault::unavailable("AES-256-GCM", source);
        let key = UnboundKey::new(&AES_256_GCM, bytes).map_err(unusable)?;
        let mut id = [0; KEY_ID_BYTES];
        hkdf::Salt::new(hkdf::HKDF_SHA256, b"forthright key id 1")
            .extract(bytes)
            .expand(&[b"id"], Length(KEY_ID_BYTES))
            .and_then(|okm| okm.fill(&mut id))
            .map_err(unusable)?;
        Ok(Self { key: LessSafeKey::new(key), id })
    }

    /// The key's short name.
    pub const fn id(&self) -> &[u8; 8] {
        &self.id
    }

    /// Seals `plain` for its place.
    pub fn seal(
        &self,
        entropy: &Entropy,
        binding: Binding<'_>,
        plain: &[u8],
    ) -> Result<Vec<u8>, Fault> {
        let length =
            u32::try_from(plain.len()).map_err(|_cause| Fault::rejected("too long to seal"))?;
        let padded = plain.len().saturating_add(LENGTH_BYTES).next_multiple_of(BUCKET_BYTES);
        let nonce: [u8; NONCE_LEN] = entropy.bytes();

        let mut body = Vec::with_capacity(padded.saturating_add(MAX_TAG_LEN));
        body.extend_from_slice(&length.to_le_bytes());
        body.extend_from_slice(plain);
        body.resize(padded, 0);
        self.key
            .seal_in_place_append_tag(
                Nonce::assume_unique_for_key(nonce),
                Aad::from(binding.aad(self.id)),
                &mut body,
            )
            .map_err(|source| Fault::unavailable("AES-256-GCM", source))?;

        let mut envelope = Vec::with_capacity(HEADER_BYTES.saturating_add(body.len()));
        envelope.push(VERSION);
        envelope.extend_from_slice(&self.id);
        envelope.extend_from_slice(&nonce);
        envelope.append(&mut body);
        Ok(envelope)
    }

    /// Opens an envelope in its place. Anything that is not exactly what was sealed there is damage.
    pub fn open(&self, binding: Binding<'_>, envelope: &[u8]) -> Result<Vec<u8>, Fault> {
        self.open_exactly(binding, envelope)
            .ok_or(Fault::Damaged { what: binding.attribute.name() })
    }

    fn open_exactly(&self, binding: Binding<'_>, envelope: &[u8]) -> Option<Vec<u8>> {
        let (header, body) = envelope.split_at_checked(HEADER_BYTES)?;
        let (version, rest) = header.split_first()?;
        let (id, nonce) = rest.split_at_checked(KEY_ID_BYTES)?;
        if *version != VERSION || id != self.id {
            return None;
        }
        let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
        let mut body = body.to_vec();
        let plain =
            self.key.open_in_place(nonce, Aad::from(binding.aad(self.id)), &mut body).ok()?;
        let (length, padded) = plain.split_at_checked(LENGTH_BYTES)?;
        let length = usize::try_from(u32::from_le_bytes(length.try_into().ok()?)).ok()?;
        padded.get(..length).map(<[u8]>::to_vec)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entropy() -> Entropy {
        Entropy::new(|bytes| bytes.fill(7))
    }

    fn key(byte: u8) -> SubjectKey {
        SubjectKey::new(&[byte; 32]).unwrap()
    }

    #[test]
    fn a_value_opens_in_its_place_only_under_its_key_only_and_unchanged_only() {
        let row = Key::data("S#1#1".into(), "MSG#1");
        let binding = Binding { key: &row, attribute: Attribute::Sealed, epoch: Epoch::FIRST };
        let sealed = key(1).seal(&entropy(), binding, b"hello").unwrap();
        assert_eq!(key(1).open(binding, &sealed).unwrap(), b"hello");
        assert!(key(2).open(binding, &sealed).is_err());

        let other_row = Key::data("S#2#1".into(), "MSG#1");
        let other_sort = Key::data("S#1#1".into(), "MSG#2");
        for wrong in [
            Binding { key: &other_row, ..binding },
            Binding { key: &other_sort, ..binding },
            Binding { attribute: Attribute::SealedReply, ..binding },
            Binding { epoch: Epoch::FIRST.next(), ..binding },
        ] {
            assert!(key(1).open(wrong, &sealed).is_err(), "{wrong:?}");
        }
        for position in 0..sealed.len() {
            let mut flipped = sealed.clone();
            flipped[position] ^= 1;
            assert!(key(1).open(binding, &flipped).is_err(), "byte {position}");
            assert!(key(1).open(binding, &sealed[..position]).is_err(), "cut at {position}");
        }
    }

    #[test]
    fn short_texts_of_different_lengths_look_alike() {
        let row = Key::data("S#1#1".into(), "MSG#1");
        let binding = Binding { key: &row, attribute: Attribute::Sealed, epoch: Epoch::FIRST };
        let length = |text: &[u8]| key(1).seal(&entropy(), binding, text).unwrap().len();
        assert_eq!(length(b""), length(&[b'a'; 60]));
        assert_eq!(length(&[b'a'; 61]), length(b"") + BUCKET_BYTES);
    }
}
