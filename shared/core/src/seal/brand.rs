//! A brand's keys, all derived from one random root.

use std::fmt;

use aws_lc_rs::{hkdf, hmac};
use data_encoding::BASE64URL_NOPAD;

use super::envelope::SubjectKey;
use crate::{
    case::Move,
    challenge::RequestKind,
    fault::Fault,
    ids::{Address, BrandId, CallId, CaseId, Eid, Epoch, Pid, PlatformId, RequestId, TaskId},
    personal::Personal,
};

/// The pepper in use. Raising it re-keys links as their subjects write again: the one before is still tried.
pub(super) const PEPPER: u32 = 1;

/// A brand's keys. Dropping them overwrites them.
pub struct BrandKeys {
    wrapping: SubjectKey,
    peppers: Vec<(u32, hmac::Key)>,
    dedupe: hmac::Key,
    attempt: hmac::Key,
    evidence: hmac::Key,
}

impl fmt::Debug for BrandKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("BrandKeys([redacted])")
    }
}

impl BrandKeys {
    /// The keys that follow from a brand's root (HKDF-SHA256, RFC 5869, one label a purpose).
    pub fn derive(brand: &BrandId, root: &[u8; 32]) -> Result<Self, Fault> {
        Self::derive_with_pepper(brand, root, PEPPER)
    }

    /// The keys with another pepper in use than [`PEPPER`]: for its rotation.
    pub fn derive_with_pepper(
        brand: &BrandId,
        root: &[u8; 32],
        pepper: u32,
    ) -> Result<Self, Fault> {
        let derive = |purpose: &str| derive(root, brand, purpose);
        let mac =
            |purpose: &str| derive(purpose).map(|key| hmac::Key::new(hmac::HMAC_SHA256, &key));
        let mut peppers = vec![(pepper, mac(&format!("pepper {pepper}"))?)];
        if let Some(before) = pepper.checked_sub(1).filter(|before| *before > 0) {
            peppers.push((before, mac(&format!("pepper {before}"))?));
        }
        Ok(Self {
            wrapping: SubjectKey::new(&derive("wrapping")?)?,
            peppers,
            dedupe: mac("dedupe")?,
            attempt: mac("attempt")?,
            evidence: mac("evidence")?,
        })
    }

    /// The key that wraps subject keys.
    pub(super) const fn wrapping(&self) -> &SubjectKey {
        &self.wrapping
    }

    /// The keyed hashes under which a platform id may be linked: the present pepper's first.
    pub fn link_hashes(&self, at: &Address, id: &PlatformId) -> Vec<(u32, String)> {
        let input = id.link_input(at);
        self.peppers
            .iter()
            .map(|(version, key)| {
                (*version, BASE64URL_NOPAD.encode(hmac::sign(key, &input).as_ref()))
            })
            .collect()
    }

    /// A message's own key: the same for every redelivery of the same platform event.
    pub fn eid(&self, at: &Address, platform_message_id: &Personal<String>) -> Eid {
        let context = format!("message|{}|{}|", at.channel, at.account);
        Eid::from_bytes(short(
            &self.dedupe,
            &[context.as_bytes(), platform_message_id.reveal().as_bytes()],
        ))
    }

    /// A request's id that is the same each time a platform repeats the same callback, and tells nothing.
    pub fn callback_request(&self, payload: &[u8]) -> RequestId {
        RequestId::from_bytes(short(&self.dedupe, &[b"callback|", payload]))
    }

    /// A request's id that is the same each time its call is repeated.
    pub fn repeated_request(&self, repeated: &[u8]) -> RequestId {
        RequestId::from_bytes(short(&self.dedupe, &[b"request|", repeated]))
    }

    /// The id of an agent's call that is the same each time it is repeated.
    pub fn call_id(&self, made: Move, case: CaseId, repeated: &[u8]) -> CallId {
        let parts = [made.name().as_bytes(), b"|", case.bytes(), repeated];
        CallId::from_bytes(short(&self.dedupe, &parts))
    }

    /// The code that confirms what a message demands: as many digits as [`CODE_DIGITS`](crate::challenge::CODE_DIGITS).
    pub fn code(&self, kind: RequestKind, pid: Pid, by: Eid) -> String {
        let place: [&[u8]; 4] = [b"code|", kind.name().as_bytes(), pid.bytes(), by.bytes()];
        let bytes: [u8; 16] = short(&self.evidence, &place);
        format!("{:08}", u128::from_be_bytes(bytes) % 100_000_000)
    }

    /// The case of a signed body that could not be read.
    pub fn body_case(&self, body: &[u8]) -> CaseId {
        CaseId::from_bytes(short(&self.dedupe, &[b"body|", body]))
    }

    /// A keyed hash that shows later that something was the same, and nothing else.
    pub fn evidence(&self, bytes: &[u8]) -> String {
        BASE64URL_NOPAD.encode(hmac::sign(&self.evidence, bytes).as_ref())
    }

    /// The opaque field that a platform carries for us: where the task is, and a MAC over it that only we
    /// can make.
    pub fn attempt_token(&self, pid: Pid, epoch: Epoch, task: TaskId, attempt: u32) -> String {
        let (kind, id) = match task {
            TaskId::Message(eid) => ('m', eid.to_string()),
            TaskId::Out(out) => ('o', out.to_string()),
        };
        let place = format!("1.{pid}.{epoch}.{kind}{id}.{attempt}");
        let mac = BASE64URL_NOPAD.encode(hmac::sign(&self.attempt, place.as_bytes()).as_ref());
        format!("{place}.{mac}")
    }

    /// The task that an opaque field of ours names; none if it is not ours.
    pub fn read_attempt_token(&self, token: &str) -> Option<(Pid, Epoch, TaskId)> {
        let (place, mac) = token.rsplit_once('.')?;
        let mac = BASE64URL_NOPAD.decode(mac.as_bytes()).ok()?;
        hmac::verify(&self.attempt, place.as_bytes(), &mac).ok()?;
        let mut parts = place.split('.');
        let (Some("1"), Some(pid), Some(epoch), Some(task)) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return None;
        };
        let task = match task.split_at_checked(1)? {
            ("m", eid) => TaskId::Message(eid.parse().ok()?),
            ("o", out) => TaskId::Out(out.parse().ok()?),
            (_, _) => return None,
        };
        Some((pid.parse().ok()?, Epoch::from_number(epoch.parse().ok()?), task))
    }
}

fn short(key: &hmac::Key, parts: &[&[u8]]) -> [u8; 16] {
    let mut context = hmac::Context::with_key(key);
    for part in parts {
        context.update(part);
    }
    let tag = context.sign();
    let mut bytes = [0; 16];
    for (byte, from) in bytes.iter_mut().zip(tag.as_ref()) {
        *byte = *from;
    }
    bytes
}

fn derive(root: &[u8; 32], brand: &BrandId, purpose: &str) -> Result<[u8; 32], Fault> {
    let mut key = [0; 32];
    let salt = hkdf::Salt::new(hkdf::HKDF_SHA256, b"forthright brand keys 1");
    let info = [brand.as_str().as_bytes(), b"|", purpose.as_bytes()];
    salt.extract(root)
        .expand(&info, hkdf::HKDF_SHA256)
        .and_then(|okm| okm.fill(&mut key))
        .map_err(|source| Fault::unavailable("key derivation", source))?;
    Ok(key)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::{Channel, IdKind, OutId};

    fn keys(root: u8) -> BrandKeys {
        BrandKeys::derive(&"demo".parse().unwrap(), &[root; 32]).unwrap()
    }

    fn at() -> Address {
        Address {
            brand: "demo".parse().unwrap(),
            channel: Channel::WhatsApp,
            account: "106".parse().unwrap(),
        }
    }

    #[test]
    fn a_token_leads_back_to_its_task_and_cannot_be_made_by_others() {
        let (pid, epoch) = (Pid::from_bytes([7; 16]), Epoch::FIRST);
        for task in
            [TaskId::Message(Eid::from_bytes([8; 16])), TaskId::Out(OutId::from_bytes([9; 16]))]
        {
            let token = keys(1).attempt_token(pid, epoch, task, 2);
            assert!(token.len() <= 512, "WhatsApp carries up to 512 characters");
            assert_eq!(keys(1).read_attempt_token(&token), Some((pid, epoch, task)));
            assert_eq!(keys(2).read_attempt_token(&token), None);
            assert_eq!(keys(1).read_attempt_token(&token.replacen(".1.", ".2.", 1)), None);
        }
        for strange in ["", ".", "1.2.3", "hello", "1.....", &"é".repeat(9)] {
            assert_eq!(keys(1).read_attempt_token(strange), None);
        }
    }

    #[test]
    fn the_pepper_before_is_still_tried() {
        let brand: BrandId = "demo".parse().unwrap();
        let id = PlatformId::parse(IdKind::WaId, "4915550000").unwrap();
        let old = BrandKeys::derive_with_pepper(&brand, &[1; 32], 1).unwrap();
        let new = BrandKeys::derive_with_pepper(&brand, &[1; 32], 2).unwrap();
        let (old, new) = (old.link_hashes(&at(), &id), new.link_hashes(&at(), &id));
        assert_eq!(old.len(), 1);
        assert_eq!(new.len(), 2);
        assert_eq!(new[1], old[0]);
        assert_ne!(new[0].1, old[0].1);
    }

    #[test]
    fn the_same_message_has_one_key_per_account() {
        let id = Personal::new("wamid.X".to_owned());
        let other = Address { account: "107".parse().unwrap(), ..at() };
        assert_eq!(keys(1).eid(&at(), &id), keys(1).eid(&at(), &id));
        assert_ne!(keys(1).eid(&at(), &id), keys(1).eid(&other, &id));
        assert_ne!(keys(1).eid(&at(), &id), keys(2).eid(&at(), &id));
    }
}
