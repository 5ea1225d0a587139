//! The gate of a subject: small, without personal data, never erased with the subject.
//!
//! Whoever would create a row of the subject, or send to them, passes it first.

use std::{fmt, str::FromStr, time::Duration};

use serde::{Deserialize, Serialize};

use crate::{
    case::{Actor, Reason, named},
    fault::Fault,
    ids::{Address, CaseId, Eid, Epoch, Pid},
    outbound::Placement,
    table::{Attribute, Item, Key},
    time::Time,
};

/// How long after a person's message free text may be sent on WhatsApp: "the 24 hour customer service
/// window opens and resets with each user message" (WhatsApp Business policy).
pub const WINDOW: Duration = Duration::from_hours(24);

/// How much earlier than the platform's the window closes for us: clocks differ, and sending takes time.
pub const WINDOW_MARGIN: Duration = Duration::from_mins(5);

/// The silence after which the next automated message discloses at its top again. Meta demands it "after a
/// significant lapse of time" and names no figure; 24 hours is the window itself.
pub const DISCLOSURE_GAP: Duration = Duration::from_hours(24);

named! {
    /// Why nothing is sent.
    Silence "silence" {
        /// The person opted out.
        OptedOut = "opted_out",
        /// The person opted out before, and says so again.
        AlreadyOptedOut = "already_opted_out",
        /// The message is none that asks for an answer.
        NotAsked = "not_asked",
    }
}

/// A subject's gate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gate {
    /// The subject.
    pub pid: Pid,
    /// The account that the subject writes to.
    pub at: Address,
    /// The row's version; zero if there is no row yet.
    pub version: u64,
    /// The present generation.
    pub epoch: Epoch,
    /// Before which platform time everything is erased.
    pub erased_at: Option<Time>,
    /// Whether the person opted out.
    pub suppressed: Option<Suppressed>,
    /// Which person of the brand holds the conversation.
    pub held: Option<Held>,
    /// When the conversation was last handed back to the machine.
    pub handed_back_at: Option<Time>,
    /// Since when processing is restricted.
    pub restricted_at: Option<Time>,
    /// The platform time of the person's newest message.
    pub window_from: Option<Time>,
    /// The newest platform time seen.
    pub newest_at: Option<Time>,
    /// When the person last saw a disclosure at the top of a message.
    pub disclosed_at: Option<Time>,
    /// Whether other subjects were proven to be the same person.
    pub twins: bool,
}

/// An opt-out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Suppressed {
    /// Since when.
    pub at: Time,
    /// The message that said so; its confirmation may still go.
    pub by: Option<Eid>,
}

/// A conversation in a person's hands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Held {
    /// Under which case.
    pub case: CaseId,
    /// Whether the person has spoken; from then on the machine says nothing at all.
    pub spoke: bool,
}

impl Gate {
    /// The gate of a subject that nobody has met before.
    pub const fn first(pid: Pid, at: Address) -> Self {
        Self {
            pid,
            at,
            version: 0,
            epoch: Epoch::FIRST,
            erased_at: None,
            suppressed: None,
            held: None,
            handed_back_at: None,
            restricted_at: None,
            window_from: None,
            newest_at: None,
            disclosed_at: None,
            twins: false,
        }
    }

    /// Whether something of this platform time is erased already. Equal counts as older: platforms stamp
    /// in whole seconds.
    pub fn has_erased(&self, platform_at: Time) -> bool {
        self.erased_at.is_some_and(|erased_at| platform_at <= erased_at)
    }

    /// The gate after a message of the person.
    #[must_use]
    pub fn heard(mut self, platform_at: Time) -> Self {
        self.window_from = self.window_from.max(Some(platform_at));
        self.newest_at = self.newest_at.max(Some(platform_at));
        self
    }

    /// The gate after an erasure at `now`: the next epoch, and nothing of what was known but the opt-out
    /// and the restriction.
    #[must_use]
    pub fn erased(self, now: Time) -> Self {
        let erased_at = self.newest_at.map_or(now, |newest| newest.max(now));
        Self {
            epoch: self.epoch.next(),
            erased_at: self.erased_at.max(Some(erased_at)),
            held: None,
            handed_back_at: None,
            window_from: None,
            disclosed_at: None,
            twins: false,
            ..self
        }
    }

    /// Which disclosure an automated message carries at `now`.
    pub fn placement(&self, now: Time) -> Placement {
        match (self.disclosed_at, self.handed_back_at) {
            (None, _) => Placement::PrefixFirst,
            (Some(disclosed), Some(handed_back)) if handed_back >= disclosed => {
                Placement::PrefixOnHandback
            }
            (Some(disclosed), _) if now.since(disclosed) >= DISCLOSURE_GAP => {
                Placement::PrefixAfterGap
            }
            (Some(_), _) => Placement::SuffixEvery,
        }
    }

    /// Whether the platform's window for free text is open at `now`.
    pub fn window_is_open(&self, now: Time) -> bool {
        self.window_from.is_some_and(|from| now < from.plus(WINDOW.saturating_sub(WINDOW_MARGIN)))
    }

    /// Whether `actor` may send at `now`; `because` is the message that is answered, if it is a reply.
    ///
    /// The machine answers only while it holds the conversation, with two exceptions, each for the very
    /// message that brought the silence about: the one confirmation of an opt-out, and the one
    /// acknowledgement that a person was called, until that person speaks.
    pub fn admits(&self, actor: Actor, because: Option<Eid>, now: Time) -> Result<(), Refusal> {
        if !self.window_is_open(now) {
            return Err(Refusal::Escalate(Reason::WindowClosed));
        }
        match actor {
            // The machine's own, in the person's silence.
            Actor::Machine => self.admits_machine(because),
            // A person may answer who was written to after the opt-out: the customer asked.
            Actor::Agent => match self.suppressed {
                Some(suppressed) if self.window_from <= Some(suppressed.at) => {
                    Err(Refusal::Silent(Silence::OptedOut))
                }
                Some(_) | None => Ok(()),
            },
            // Notices about a person's own request.
            Actor::Privacy => match self.suppressed {
                Some(_) => Err(Refusal::Silent(Silence::OptedOut)),
                None => Ok(()),
            },
            Actor::Customer => Err(Refusal::Silent(Silence::NotAsked)),
        }
    }

    fn admits_machine(&self, because: Option<Eid>) -> Result<(), Refusal> {
        if self.restricted_at.is_some() {
            return Err(Refusal::Escalate(Reason::Restricted));
        }
        if let Some(suppressed) = self.suppressed
            && (because.is_none() || suppressed.by != because)
        {
            return Err(Refusal::Silent(Silence::OptedOut));
        }
        if let Some(held) = self.held {
            let announces = because.map(CaseId::opened_by) == Some(held.case) && !held.spoke;
            if !announces {
                return Err(Refusal::Escalate(Reason::HeldByPerson));
            }
        }
        Ok(())
    }

    /// The stricter of this gate and that of another subject who was proven to be the same person.
    #[must_use]
    pub fn stricter(mut self, other: &Self) -> Self {
        let theirs = other.suppressed.map(|suppressed| Suppressed { by: None, ..suppressed });
        self.suppressed = theirs.or(self.suppressed);
        self.held = other.held.or(self.held);
        self.restricted_at = self.restricted_at.or(other.restricted_at);
        self
    }

    /// The gate as a row, one version on.
    pub fn to_item(&self) -> Item {
        let mut item = Item::new(Key::gate(self.pid))
            .text(Attribute::Brand, &self.at.brand)
            .text(Attribute::Channel, self.at.channel)
            .text(Attribute::Account, &self.at.account)
            .number(Attribute::Epoch, i64::from(self.epoch.number()))
            .maybe_time(Attribute::ErasedAt, self.erased_at)
            .maybe_time(Attribute::SuppressedAt, self.suppressed.map(|suppressed| suppressed.at))
            .maybe_text(
                Attribute::SuppressedBy,
                self.suppressed.and_then(|suppressed| suppressed.by),
            )
            .maybe_text(Attribute::HeldBy, self.held.map(|held| held.case))
            .maybe_time(Attribute::HandedBackAt, self.handed_back_at)
            .maybe_time(Attribute::RestrictedAt, self.restricted_at)
            .maybe_time(Attribute::WindowFrom, self.window_from)
            .maybe_time(Attribute::NewestAt, self.newest_at)
            .maybe_time(Attribute::DisclosedAt, self.disclosed_at);
        if self.held.is_some_and(|held| held.spoke) {
            item = item.number(Attribute::Spoke, 1);
        }
        if self.twins {
            item = item.number(Attribute::Twins, 1);
        }
        item.version = self.version.saturating_add(1);
        item
    }

    /// The gate that a row holds.
    pub fn from_item(pid: Pid, item: &Item) -> Result<Self, Fault> {
        let epoch = item
            .get_number(Attribute::Epoch)
            .and_then(|number| u32::try_from(number).ok())
            .ok_or(Fault::Damaged { what: "epoch" })?;
        let suppressed_by = item.parse(Attribute::SuppressedBy)?;
        Ok(Self {
            pid,
            at: Address {
                brand: item.parse_required(Attribute::Brand)?,
                channel: item.parse_required(Attribute::Channel)?,
                account: item.parse_required(Attribute::Account)?,
            },
            version: item.version,
            epoch: Epoch::from_number(epoch),
            erased_at: item.get_time(Attribute::ErasedAt),
            suppressed: item
                .get_time(Attribute::SuppressedAt)
                .map(|at| Suppressed { at, by: suppressed_by }),
            held: item
                .parse(Attribute::HeldBy)?
                .map(|case| Held { case, spoke: item.get_number(Attribute::Spoke) == Some(1) }),
            handed_back_at: item.get_time(Attribute::HandedBackAt),
            restricted_at: item.get_time(Attribute::RestrictedAt),
            window_from: item.get_time(Attribute::WindowFrom),
            newest_at: item.get_time(Attribute::NewestAt),
            disclosed_at: item.get_time(Attribute::DisclosedAt),
            twins: item.get_number(Attribute::Twins) == Some(1),
        })
    }
}

/// Why a gate does not let a message through, and what becomes of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// Nobody answers.
    Silent(Silence),
    /// A person gets it.
    Escalate(Reason),
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Time = Time::from_seconds(1_000_000);

    fn gate() -> Gate {
        let at = Address {
            brand: "demo".parse().unwrap(),
            channel: crate::ids::Channel::WhatsApp,
            account: "106".parse().unwrap(),
        };
        Gate::first(Pid::from_bytes([1; 16]), at).heard(NOW)
    }

    fn eid(byte: u8) -> Eid {
        Eid::from_bytes([byte; 16])
    }

    #[test]
    fn a_gate_is_read_as_it_was_written() {
        let mut gate = gate();
        gate.erased_at = Some(NOW);
        gate.suppressed = Some(Suppressed { at: NOW, by: Some(eid(3)) });
        gate.held = Some(Held { case: CaseId::opened_by(eid(4)), spoke: true });
        gate.handed_back_at = Some(NOW);
        gate.restricted_at = Some(NOW);
        gate.disclosed_at = Some(NOW);
        gate.twins = true;
        let item = gate.to_item();
        assert_eq!(item.version, gate.version + 1);
        assert_eq!(Gate::from_item(gate.pid, &item).unwrap(), Gate { version: 1, ..gate });
    }

    #[test]
    fn the_machine_speaks_in_the_window_only() {
        let gate = gate();
        assert_eq!(gate.admits(Actor::Machine, None, NOW), Ok(()));
        let late = NOW.plus(WINDOW.checked_sub(WINDOW_MARGIN).unwrap());
        let closed = Err(Refusal::Escalate(Reason::WindowClosed));
        assert_eq!(gate.admits(Actor::Machine, None, late), closed);
        assert_eq!(gate.admits(Actor::Agent, None, late), closed);
        assert_eq!(gate.admits(Actor::Machine, None, late.minus(Duration::from_millis(1))), Ok(()));
    }

    #[test]
    fn after_an_opt_out_only_its_own_confirmation_goes() {
        let mut gate = gate();
        gate.suppressed = Some(Suppressed { at: NOW, by: Some(eid(1)) });
        let silent = Err(Refusal::Silent(Silence::OptedOut));
        assert_eq!(gate.admits(Actor::Machine, Some(eid(1)), NOW), Ok(()));
        assert_eq!(gate.admits(Actor::Machine, Some(eid(2)), NOW), silent);
        assert_eq!(gate.admits(Actor::Machine, None, NOW), silent);
        assert_eq!(gate.admits(Actor::Privacy, None, NOW), silent);
        assert_eq!(gate.admits(Actor::Agent, None, NOW), silent);
        let wrote_again = gate.heard(NOW.plus(Duration::from_secs(1)));
        assert_eq!(wrote_again.admits(Actor::Agent, None, NOW), Ok(()));
    }

    #[test]
    fn an_opt_out_without_its_message_lets_nothing_of_the_machine_through() {
        let mut gate = gate();
        gate.suppressed = Some(Suppressed { at: NOW, by: None });
        assert!(gate.admits(Actor::Machine, None, NOW).is_err());
        assert!(gate.admits(Actor::Machine, Some(eid(1)), NOW).is_err());
    }

    #[test]
    fn while_a_person_holds_it_only_the_announcement_goes_and_only_until_they_speak() {
        let mut gate = gate();
        gate.held = Some(Held { case: CaseId::opened_by(eid(1)), spoke: false });
        assert_eq!(gate.admits(Actor::Machine, Some(eid(1)), NOW), Ok(()));
        assert!(gate.admits(Actor::Machine, Some(eid(2)), NOW).is_err());
        gate.held = Some(Held { case: CaseId::opened_by(eid(1)), spoke: true });
        assert!(gate.admits(Actor::Machine, Some(eid(1)), NOW).is_err());
        assert_eq!(gate.admits(Actor::Agent, None, NOW), Ok(()));
    }

    #[test]
    fn disclosures_come_first_after_a_gap_and_after_a_hand_back() {
        let mut gate = gate();
        assert_eq!(gate.placement(NOW), Placement::PrefixFirst);
        gate.disclosed_at = Some(NOW);
        assert_eq!(gate.placement(NOW), Placement::SuffixEvery);
        assert_eq!(gate.placement(NOW.plus(DISCLOSURE_GAP)), Placement::PrefixAfterGap);
        gate.handed_back_at = Some(NOW.plus(Duration::from_secs(1)));
        assert_eq!(gate.placement(NOW), Placement::PrefixOnHandback);
    }

    #[test]
    fn an_erasure_keeps_the_opt_out_and_forgets_the_rest() {
        let mut before = gate();
        before.suppressed = Some(Suppressed { at: NOW, by: None });
        before.disclosed_at = Some(NOW);
        let ahead = NOW.plus(Duration::from_secs(9));
        let after = before.heard(ahead).erased(NOW);
        assert_eq!(after.epoch, Epoch::FIRST.next());
        assert!(after.suppressed.is_some() && after.disclosed_at.is_none());
        assert!(after.has_erased(ahead), "equal counts as older, though it is ahead of our clock");
        assert!(!after.has_erased(ahead.plus(Duration::from_millis(1))));
    }
}
