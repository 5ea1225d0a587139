//! What can be pressed under a reply: whatever the request that sends it would say.

use std::num::NonZeroU32;

use forthright_channels::{self as channels, Sending};
use forthright_core::{Account, Address, Channel, PlatformId, Secret, gate::WINDOW, ids::IdKind};
use forthright_policy::{Brand, preview::Preview};

use crate::Problem;

/// The titles that the channel shows, in their order. A long text goes without anything to press on `WhatsApp`, so the
/// very request is made, to nobody, and looked at.
pub(super) fn titles(brand: &Brand, preview: &Preview) -> Result<Vec<String>, Problem> {
    let Some(said) = &preview.said else {
        return Ok(Vec::new());
    };
    let Some(offers) = said.outbound.offers() else {
        return Ok(Vec::new());
    };
    let at = brand.addresses().into_iter().next().ok_or("the brand has no account")?;
    let account = nobody(Address { channel: preview.channel, ..at });
    let kind = match preview.channel {
        Channel::WhatsApp => IdKind::WaId,
        Channel::Messenger => IdKind::Psid,
    };
    let to = [PlatformId::parse(kind, "1")?];
    let sending =
        Sending { to: &to, text: &said.outbound, opaque: "preview", is_after_window: false };
    let request = channels::compose(&account, &sending)?;
    let body = String::from_utf8_lossy(request.body());
    let shown = offers.all.iter().filter(|offer| body.contains(&format!("\"{}\"", offer.choice)));
    Ok(shown.map(|offer| offer.title.clone()).collect())
}

/// An account that nothing can be sent from.
fn nobody(at: Address) -> Account {
    Account {
        at,
        api_base: "https://localhost".to_owned(),
        api_version: "v0.0".to_owned(),
        app_secrets: Vec::new(),
        verify_token: Secret::from("-"),
        access_token: Secret::from("-"),
        messages_per_second: NonZeroU32::MIN,
        people_window: WINDOW,
    }
}
