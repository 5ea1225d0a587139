//! Project Wycheproof's vectors, through the primitives that sealing and signatures stand on, and through
//! [`SubjectKey`] as far as its own nonces and places let them in.

use std::sync::Arc;

use aws_lc_rs::{
    aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey},
    hmac,
};
use forthright_core::{
    Entropy,
    ids::Epoch,
    seal::{Binding, SubjectKey},
    table::{Attribute, Key},
};
use wycheproof::{TestResult, aead, mac};

/// The bytes of an envelope before its ciphertext: version, key id, nonce.
const HEADER_BYTES: usize = 1 + 8 + NONCE_LEN;

#[test]
fn hmac_sha256_takes_what_is_valid_and_nothing_else() {
    let set = mac::TestSet::load(mac::TestName::HmacSha256).unwrap();
    let (mut valid, mut invalid) = (0, 0);
    for group in set.test_groups {
        // Nothing here verifies a shortened tag.
        let whole = group.tag_size == 256;
        for test in group.tests {
            let key = hmac::Key::new(hmac::HMAC_SHA256, &test.key);
            let taken = hmac::verify(&key, &test.msg, &test.tag).is_ok();
            match test.result {
                TestResult::Valid if whole => {
                    assert!(taken, "vector {}", test.tc_id);
                    valid += 1;
                }
                TestResult::Valid => {
                    let tag = hmac::sign(&key, &test.msg);
                    assert_eq!(
                        tag.as_ref()[..test.tag.len()],
                        test.tag[..],
                        "vector {}",
                        test.tc_id
                    );
                    assert!(!taken, "vector {}: a shortened tag", test.tc_id);
                    valid += 1;
                }
                TestResult::Invalid | TestResult::Acceptable => {
                    assert!(!taken, "vector {}", test.tc_id);
                    invalid += 1;
                }
            }
        }
    }
    assert!(valid > 50 && invalid > 50 && valid + invalid > 100, "{valid} valid, {invalid} not");
}

#[test]
fn aes_256_gcm_opens_what_is_valid_and_nothing_else() {
    let set = aead::TestSet::load(aead::TestName::AesGcm).unwrap();
    let (mut valid, mut invalid, mut other) = (0, 0, 0);
    for group in set.test_groups {
        if group.key_size != 256 {
            assert!(UnboundKey::new(&AES_256_GCM, &group.tests[0].key).is_err());
            continue;
        }
        for test in group.tests {
            let key = LessSafeKey::new(UnboundKey::new(&AES_256_GCM, &test.key).unwrap());
            let Ok(nonce) = Nonce::try_assume_unique_for_key(&test.nonce) else {
                assert_ne!(group.nonce_size, 96);
                other += 1;
                continue;
            };
            let mut body = [&test.ct[..], &test.tag].concat();
            let opened = key.open_in_place(nonce, Aad::from(&test.aad[..]), &mut body);
            if test.result == TestResult::Valid {
                assert_eq!(opened.unwrap(), &test.pt[..], "vector {}", test.tc_id);
                valid += 1;
            } else {
                assert!(opened.is_err(), "vector {}", test.tc_id);
                invalid += 1;
            }
        }
    }
    // 66 vectors have our nonce size, all others of this key size must not even get in.
    assert_eq!((valid, invalid), (39, 27));
    assert!(valid + invalid + other > 100, "{other} of another nonce size");
}

/// A subject key seals with its own place and padding, so a vector's ciphertext cannot come out. What must
/// come out is what the primitive makes of the vector's key, nonce and text in that place.
#[test]
fn a_subject_key_seals_as_the_primitive_does_and_opens_nothing_that_was_changed() {
    let row = Key::data("S#1#1".to_owned(), "MSG#1");
    let binding = Binding { key: &row, attribute: Attribute::Sealed, epoch: Epoch::FIRST };
    let set = aead::TestSet::load(aead::TestName::AesGcm).unwrap();
    let mut sealed = 0;
    for group in set.test_groups.into_iter().filter(|group| group.key_size == 256) {
        for test in group.tests.into_iter().filter(|test| test.nonce.len() == NONCE_LEN) {
            let key = SubjectKey::new(test.key[..].try_into().unwrap()).unwrap();
            let nonce = Arc::new(test.nonce.to_vec());
            let entropy = Entropy::new(move |bytes| bytes.copy_from_slice(&nonce));
            let envelope = key.seal(&entropy, binding, &test.pt).unwrap();
            assert_eq!(key.open(binding, &envelope).unwrap(), test.pt[..], "vector {}", test.tc_id);

            let mut plain = u32::try_from(test.pt.len()).unwrap().to_le_bytes().to_vec();
            plain.extend_from_slice(&test.pt);
            plain.resize(plain.len().next_multiple_of(64), 0);
            let aad = [&b"1|data|S#1#1|MSG#1|sealed|1|"[..], key.id()].concat();
            LessSafeKey::new(UnboundKey::new(&AES_256_GCM, &test.key).unwrap())
                .seal_in_place_append_tag(
                    Nonce::try_assume_unique_for_key(&test.nonce).unwrap(),
                    Aad::from(aad),
                    &mut plain,
                )
                .unwrap();
            assert_eq!(envelope[HEADER_BYTES..], plain, "vector {}", test.tc_id);

            let mut vector = envelope[..HEADER_BYTES].to_vec();
            vector.extend_from_slice(&test.ct);
            vector.extend_from_slice(&test.tag);
            assert!(key.open(binding, &vector).is_err(), "vector {}: of no place", test.tc_id);
            let mut changed = envelope.clone();
            *changed.last_mut().unwrap() ^= 1;
            assert!(key.open(binding, &changed).is_err(), "vector {}: changed", test.tc_id);
            sealed += 1;
        }
    }
    assert!(sealed > 60, "{sealed} sealed");
}
