//! Whether every text fits on every channel with whatever disclosure is due.

use std::collections::BTreeSet;

use forthright_core::{
    Channel,
    outbound::{self, Placement, TextLimit},
};

use super::{Found, Rule, shelves::Shelves};

/// Notes each reply that has no form that fits.
pub(super) fn look(shelves: &Shelves<'_>, limit: fn(Channel) -> TextLimit, found: &mut Found) {
    for branded in &shelves.brands {
        let addresses = branded.brand.addresses();
        let channels: BTreeSet<_> = addresses.iter().map(|at| at.channel).collect();
        for reply in &shelves.replies {
            let disclosures = branded.disclosures.get(&reply.template.language());
            let rendered = reply.rendered(branded.brand.context());
            let (Some(disclosures), Some(rendered)) = (disclosures, rendered) else {
                continue;
            };
            for &channel in &channels {
                let limit = limit(channel);
                let without_room: Vec<_> = Placement::ALL
                    .into_iter()
                    .filter(|&placement| {
                        let statement = disclosures.statement(placement);
                        outbound::disclose(&rendered, statement, placement, limit).is_err()
                    })
                    .map(|placement| format!("`{}`", placement.name()))
                    .collect();
                if without_room.is_empty() {
                    continue;
                }
                let advice = if rendered.short.is_some() { "shorten" } else { "write" };
                let what = format_args!(
                    "for brand `{}` no form of it fits into the {} {} of {channel} with {}; {advice} its `short`",
                    branded.brand.id(),
                    limit.max,
                    limit.unit.name(),
                    without_room.join(", "),
                );
                let line = reply.source.line_of("short");
                found.add(reply.source.path, line, Rule::TooLong, what);
            }
        }
    }
}
