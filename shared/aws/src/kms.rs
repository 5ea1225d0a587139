//! The master key in KMS: it wraps brands' roots, and never leaves KMS.

use std::collections::HashMap;

use aws_sdk_kms::{Client, error::ProvideErrorMetadata, primitives::Blob, types::DataKeySpec};
use forthright_core::{
    BrandId, Fault,
    seal::{MasterKey, NewRoot},
    table::Key,
};
use zeroize::Zeroizing;

use crate::call::{CallFault, boxed};

const SERVICE: &str = "KMS";

/// A customer-managed key of KMS.
///
/// A root is bound to its purpose, its deployment, its brand and its row by the encryption context; the key's
/// policy allows no other purpose. KMS is asked when an environment is new, and then once in five minutes.
#[derive(Debug, Clone)]
pub struct Kms {
    client: Client,
    key: String,
    environment: String,
}

impl Kms {
    /// The key of this name (an ARN), for the deployment `environment`.
    pub const fn new(client: Client, key: String, environment: String) -> Self {
        Self { client, key, environment }
    }

    fn context(&self, brand: &BrandId, row: &Key) -> HashMap<String, String> {
        [
            ("purpose", "brand-key"),
            ("environment", &self.environment),
            ("brand", brand.as_str()),
            ("row", &row.partition),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .into()
    }
}

impl MasterKey for Kms {
    async fn make(&self, brand: &BrandId, row: &Key) -> Result<NewRoot, Fault> {
        let call = self
            .client
            // The root is read back and unwrapped like any other: it need not be in this answer.
            .generate_data_key_without_plaintext()
            .key_id(&self.key)
            .key_spec(DataKeySpec::Aes256)
            .set_encryption_context(Some(self.context(brand, row)));
        let made = boxed(call.send()).await.map_err(|error| {
            Fault::unavailable("key management", CallFault::of(SERVICE, &error))
        })?;
        let wrapped = made.ciphertext_blob.ok_or(Fault::Damaged { what: "answer of KMS" })?;
        let key_id = made.key_id.unwrap_or_else(|| self.key.clone()).into_bytes();
        Ok(NewRoot { wrapped: wrapped.into_inner(), key_id })
    }

    async fn unwrap(
        &self,
        brand: &BrandId,
        row: &Key,
        wrapped: &[u8],
    ) -> Result<Zeroizing<[u8; 32]>, Fault> {
        let call = self
            .client
            .decrypt()
            .key_id(&self.key)
            .ciphertext_blob(Blob::new(wrapped))
            .set_encryption_context(Some(self.context(brand, row)));
        let opened = boxed(call.send()).await.map_err(|error| {
            let code = error.as_service_error().and_then(ProvideErrorMetadata::code);
            if code == Some("InvalidCiphertextException") {
                return Fault::Damaged { what: "brand key" };
            }
            Fault::unavailable("key management", CallFault::of(SERVICE, &error))
        })?;
        let damaged = Fault::Damaged { what: "answer of KMS" };
        let Some(root) = opened.plaintext else {
            return Err(damaged);
        };
        let root = Zeroizing::new(root.into_inner());
        Ok(Zeroizing::new(root.as_slice().try_into().map_err(|_other_length| damaged)?))
    }
}
