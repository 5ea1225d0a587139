//! Whom the SDK believes to be AWS: whoever Amazon's own certificate authorities vouch for, and nobody else.
//!
//! AWS's endpoints have certificates of Amazon Trust Services only. That authority "doesn't recommend or support
//! pinning", and says that a trust store of one's own should hold all five of its roots
//! (<https://www.amazontrust.com/repository/>): these are they. Beside being stricter, five are read within a
//! millisecond, where a system's hundred and more take a good part of a cold start.

use std::fs;

use aws_smithy_http_client::{
    Builder,
    tls::{Provider, TlsContext, TrustStore, rustls_provider::CryptoMode},
};
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use forthright_core::{SettingsError, Source};

/// The setting that names a file of certificates to believe instead, in PEM: AWS's own name for it. For a network
/// whose proxy opens what goes through it, and for the day that Amazon has another root.
const CA_BUNDLE: &str = "AWS_CA_BUNDLE";

const AMAZON: [&str; 5] = [
    include_str!("https/amazon_root_ca_1.pem"),
    include_str!("https/amazon_root_ca_2.pem"),
    include_str!("https/amazon_root_ca_3.pem"),
    include_str!("https/amazon_root_ca_4.pem"),
    include_str!("https/starfield_services_root_g2.pem"),
];

/// The HTTP client for every service: one set of roots, and one pool of connections.
pub(crate) fn client(source: &Source) -> Result<SharedHttpClient, SettingsError> {
    let wrong = |why| SettingsError::Wrong { name: CA_BUNDLE.to_owned(), why };
    let roots = match source.optional(CA_BUNDLE) {
        None => AMAZON.into_iter().fold(TrustStore::empty(), TrustStore::with_pem_certificate),
        Some(path) => {
            let pem = fs::read_to_string(path);
            let pem = pem.map_err(|_cause| wrong("no text file can be read there"))?;
            if !pem.contains("-----BEGIN CERTIFICATE-----") {
                return Err(wrong("it holds no certificates in PEM"));
            }
            TrustStore::empty().with_pem_certificate(pem)
        }
    };
    let context = TlsContext::builder().with_trust_store(roots).build();
    let context = context.map_err(|_cause| wrong("its certificates cannot be used"))?;
    Ok(Builder::new()
        .tls_provider(Provider::Rustls(CryptoMode::AwsLc))
        .tls_context(context)
        .build_https())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use data_encoding::{BASE64, HEXLOWER};

    use super::*;

    /// The SHA-256 of each root's public key, as <https://www.amazontrust.com/repository/> has them.
    const PUBLISHED: [&str; 5] = [
        "fbe3018031f9586bcbf41727e417b7d1c45c2f47f93be372a17b96b50757d5a2",
        "7f4296fc5b6a4e3b35d3c369623e364ab1af381d8fa7121533c9d6c633ea2461",
        "36abc32656acfc645c61b71613c4bf21c787f5cabbee48348d58597803d7abc9",
        "f7ecded5c66047d28ed6466b543c40e0743abe81d109254dcf845d4c2c7853c5",
        "2b071c59a0a0ae76b0eadb2bad23bad4580b69c3601b630c2eaf0613afa83f92",
    ];

    /// The digests of every part of a certificate that is a sequence with a length of one or two bytes of its own
    /// (X.690, 8.1.3): its public key is one of them.
    fn digests(der: &[u8]) -> BTreeSet<String> {
        let part = |rest: &'_ [u8]| {
            let length = match *rest {
                [0x30, 0x82, high, low, ..] => 4 + usize::from(u16::from_be_bytes([high, low])),
                [0x30, 0x81, length, ..] => 3 + usize::from(length),
                [0x30, length @ ..=0x7f, ..] => 2 + usize::from(length),
                _ => return None,
            };
            let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, rest.get(..length)?);
            Some(HEXLOWER.encode(digest.as_ref()))
        };
        (0..der.len()).filter_map(|start| part(&der[start..])).collect()
    }

    #[test]
    fn the_roots_are_those_that_amazon_publishes() {
        for (pem, key) in AMAZON.iter().zip(PUBLISHED) {
            let base64: String = pem.lines().filter(|line| !line.starts_with('-')).collect();
            assert!(digests(&BASE64.decode(base64.as_bytes()).unwrap()).contains(key), "{key}");
        }
    }

    #[test]
    fn other_roots_are_taken_where_they_are_named_and_a_wrong_name_is_told() {
        let named = |path: &'static str| {
            Source::new(move |name| (name == CA_BUNDLE).then(|| path.to_owned()))
        };
        assert!(client(&Source::new(|_| None)).is_ok());
        assert!(
            client(&named(concat!(env!("CARGO_MANIFEST_DIR"), "/src/https/amazon_root_ca_1.pem")))
                .is_ok()
        );
        for wrong in ["/nowhere", concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml")] {
            let error = client(&named(wrong)).unwrap_err();
            assert!(error.to_string().contains(CA_BUNDLE), "{error}");
        }
    }
}
