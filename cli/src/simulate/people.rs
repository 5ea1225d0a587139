//! The people of a world: on WhatsApp some show a phone number, some hide it, and some are known by both only later; on
//! Messenger everybody has one id.

use forthright_core::{Channel, PlatformId};
use forthright_testkit::standin::Customer;

/// A person as the platform shows them in some messages.
#[derive(Debug, Clone)]
pub(super) struct Person {
    pub(super) customer: Customer,
    /// Which human being this is.
    pub(super) human: usize,
}

impl Person {
    /// Where they write.
    pub(super) const fn channel(&self) -> Channel {
        match self.customer.psid {
            Some(_) => Channel::Messenger,
            None => Channel::WhatsApp,
        }
    }

    /// The ids that their messages bear.
    pub(super) fn ids(&self) -> Vec<PlatformId> {
        self.customer.ids()
    }

    /// The id that they name in a request.
    pub(super) fn id(&self) -> &str {
        let Customer { wa_id, user_id, psid, .. } = &self.customer;
        wa_id.as_ref().or(user_id.as_ref()).or(psid.as_ref()).map_or("", |id| id.reveal())
    }
}

/// Everybody. Some are the same human being: by phone, by user id, by both.
pub(super) fn everybody() -> Vec<Person> {
    let faces = [
        (0, true, false),
        (1, false, true),
        (2, true, false),
        (2, false, true),
        (2, true, true),
        (3, true, false),
        (3, true, true),
        (4, false, true),
        (4, true, true),
    ];
    let others = (5..16).map(|human| (human, human % 3 != 0, human % 3 != 1));
    let on_messenger = (16..22).map(|human| Person {
        customer: Customer::on_messenger(&format!("CANARY{human}"), &format!("CANARY {human}")),
        human,
    });
    faces
        .into_iter()
        .chain(others)
        .map(|(human, phone, user)| Person {
            customer: Customer::on_whatsapp(
                phone.then(|| format!("4915550{human:06}")).as_deref(),
                user.then(|| format!("US.CANARY{human}")).as_deref(),
                &format!("CANARY {human}"),
            ),
            human,
        })
        .chain(on_messenger)
        .collect()
}
