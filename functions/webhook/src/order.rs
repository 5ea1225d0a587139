//! In which order the messages of one batch are taken in.

use std::collections::{HashMap, HashSet};

use forthright_core::{PlatformId, event::Inbound};

/// The messages, one group a person, each group in the order of the batch. Of the same message twice only the first: it
/// would be found to be stored.
///
/// Messages belong together if they share an id: one may bear both a phone number and a business-scoped id,
/// the next only one of them.
pub(crate) fn by_person(messages: Vec<Inbound>) -> Vec<Vec<Inbound>> {
    let mut persons = Persons::default();
    let of: Vec<usize> = messages.iter().map(|message| persons.who(&message.ids)).collect();
    let mut groups: Vec<Vec<Inbound>> = Vec::new();
    let mut group_of: HashMap<usize, usize> = HashMap::new();
    let mut seen = HashSet::new();
    for (message, person) in messages.into_iter().zip(of) {
        let person = persons.same_as(person);
        if !seen.insert((person, message.platform_message_id.clone())) {
            continue;
        }
        let group = *group_of.entry(person).or_insert(groups.len());
        match groups.get_mut(group) {
            Some(group) => group.push(message),
            None => groups.push(vec![message]),
        }
    }
    groups
}

/// Who is who: persons by number, and which of them a later message proves to be the same.
#[derive(Default)]
struct Persons {
    /// For each person one that is the same and has a smaller number, or itself.
    same: Vec<usize>,
    known: HashMap<PlatformId, usize>,
}

impl Persons {
    /// The person with these ids, of whom all that are known by one of them turn out to be the same.
    fn who(&mut self, ids: &[PlatformId]) -> usize {
        let found: Vec<_> = ids.iter().filter_map(|id| self.known.get(id).copied()).collect();
        let roots: Vec<_> = found.into_iter().map(|person| self.same_as(person)).collect();
        let person = roots.iter().min().copied().unwrap_or(self.same.len());
        if roots.is_empty() {
            self.same.push(person);
        }
        for root in roots {
            if let Some(same) = self.same.get_mut(root) {
                *same = person;
            }
        }
        for id in ids {
            self.known.insert(id.clone(), person);
        }
        person
    }

    /// The first of those who are the same as `person`; looked up in short steps the next time.
    fn same_as(&mut self, mut person: usize) -> usize {
        while let Some(next) = self.same.get(person).copied().filter(|next| *next != person) {
            let after = self.same.get(next).copied().unwrap_or(next);
            if let Some(same) = self.same.get_mut(person) {
                *same = after;
            }
            person = next;
        }
        person
    }
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
            platform_message_id: format!("CANARY{number}").as_str().into(),
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

    #[test]
    fn the_same_message_twice_is_one_and_of_two_persons_two() {
        let [a, b] = ["49155500001", "49155500002"].map(|id| (IdKind::WaId, id));
        let groups =
            by_person(vec![message(1, &[a]), message(1, &[a]), message(1, &[b]), message(2, &[a])]);
        assert_eq!(groups.iter().map(Vec::len).collect::<Vec<_>>(), [2, 1]);
    }

    #[test]
    fn whoever_turns_out_to_be_one_person_late_is_one_from_the_start() {
        let ids = ["49155500001", "49155500002", "49155500003", "49155500004"];
        let [a, b, c, d] = ids.map(|id| (IdKind::WaId, id));
        let groups = by_person(vec![
            message(1, &[a]),
            message(2, &[b]),
            message(3, &[c]),
            message(4, &[d]),
            message(5, &[c, b]),
            message(6, &[c]),
            message(7, &[b, a]),
            message(8, &[c]),
        ]);
        let times: Vec<Vec<_>> = groups
            .iter()
            .map(|group| group.iter().map(|one| one.platform_at.millis() / 1_000).collect())
            .collect();
        assert_eq!(times, [vec![1, 2, 3, 5, 6, 7, 8], vec![4]]);
    }
}
