//! The people of a world: some show a phone number, some hide it, and some are known by both only later.

use forthright_core::PlatformId;
use forthright_testkit::standin::Customer;

/// A person as the platform shows them in some messages.
#[derive(Debug, Clone)]
pub(super) struct Person {
    pub(super) customer: Customer,
    /// Which human being this is.
    pub(super) human: usize,
}

impl Person {
    /// The ids that their messages bear.
    pub(super) fn ids(&self) -> Vec<PlatformId> {
        self.customer.ids()
    }

    /// The id that they name in a request.
    pub(super) fn id(&self) -> &str {
        let Customer { wa_id, user_id, .. } = &self.customer;
        wa_id.as_ref().or(user_id.as_ref()).map_or("", |id| id.reveal())
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
    faces
        .into_iter()
        .chain(others)
        .map(|(human, phone, user)| Person {
            customer: Customer {
                wa_id: phone.then(|| format!("4915550{human:06}").as_str().into()),
                user_id: user.then(|| format!("US.CANARY{human}").as_str().into()),
                name: format!("CANARY {human}").as_str().into(),
            },
            human,
        })
        .collect()
}
