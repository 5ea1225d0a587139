//! In which order the messages of one batch are taken in.

use std::collections::HashMap;

use forthright_core::{PlatformId, event::Inbound};

/// The messages, one group a person, each group in the order of the batch.
///
/// Messages belong together if they share an id: one may bear both a phone number and a business-scoped id,
/// the next only one of them.
pub(crate) fn by_person(messages: Vec<Inbound>) -> Vec<Vec<Inbound>> {
    let mut groups: Vec<Vec<Inbound>> = Vec::new();
    let mut known: HashMap<PlatformId, usize> = HashMap::new();
    for message in messages {
        let group =
            message.ids.iter().find_map(|id| known.get(id).copied()).unwrap_or(groups.len());
        for id in &message.ids {
            known.insert(id.clone(), group);
        }
        match groups.get_mut(group) {
            Some(group) => group.push(message),
            None => groups.push(vec![message]),
        }
    }
    groups
}

#[cfg(test)]
mod tests {
    use forthright_core::{Address, Channel, Time, event::Content, ids::IdKind};

    use super::*;

    fn message(number: i64, ids: &[(IdKind, &str)]) -> Inbound {
        Inbound {
            at: Address {
                brand: "demo".parse().unwrap(),
                channel: Channel::WhatsApp,
                account: "106".parse().unwrap(),
            },
            ids: ids.iter().map(|(kind, id)| PlatformId::parse(*kind, id).unwrap()).collect(),
            name: None,
            platform_message_id: "CANARY".into(),
            platform_at: Time::from_seconds(number),
            content: Content::Other { kind: "image".into() },
        }
    }

    #[test]
    fn messages_that_share_an_id_stay_in_order() {
        let phone = (IdKind::WaId, "49155500001");
        let scoped = (IdKind::UserId, "US.CANARY");
        let other = (IdKind::WaId, "49155500002");
        let groups = by_person(vec![
            message(1, &[phone]),
            message(2, &[other]),
            message(3, &[scoped, phone]),
            message(4, &[scoped]),
        ]);
        let times: Vec<Vec<_>> = groups
            .iter()
            .map(|group| group.iter().map(|one| one.platform_at.millis() / 1_000).collect())
            .collect();
        assert_eq!(times, [vec![1, 3, 4], vec![2]]);
    }
}
