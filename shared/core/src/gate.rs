//! The gate of a subject: small, without personal data, never erased with the subject.
//!
//! Whoever would create a row of the subject, or send to them, passes it first.

use std::{fmt, str::FromStr, time::Duration};

use serde::{Deserialize, Serialize};

use crate::{
    case::{Actor, Reason, named},
    challenge::Challenge,
    fault::Fault,
    ids::{Address, CaseId, Eid, Epoch, Pid},
    outbound::Placement,
    table::{Attribute, Item, Key},
    time::Time,
};

/// How long after a person's message free text may be sent on WhatsApp: "the 24 hour customer service
/// window opens and resets with each user message" (WhatsApp Business policy).
pub const WINDOW: Duration = Duration::from_hours(24);

/// How long after a person's message people of the brand, and nobody else, may answer on Messenger with the
/// `HUMAN_AGENT` tag: "within 7 days" (Messenger Platform policy). The account needs Meta's permission for it.
pub const HUMAN_AGENT_WINDOW: Duration = Duration::from_hours(7 * 24);

/// How much earlier than the platform's the window closes for us: clocks differ, and sending takes time.
pub const WINDOW_MARGIN: Duration = Duration::from_mins(6);

/// Messages that follow each other sooner than this are turns of one conversation.
pub const TURNS_PAUSE: Duration = Duration::from_mins(30);

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
        /// The person took the message back.
        TakenBack = "taken_back",
        /// The person rated what was done for them.
        Rated = "rated",
        /// The person confirmed with a code that everything is to be erased: the notice of it answers.
        Confirmed = "confirmed",
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
    /// That a person handed the conversation back, and nothing has disclosed at its top since.
    pub handed_back: Option<HandedBack>,
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
    /// The code that the person was asked for.
    pub challenge: Option<Challenge>,
    /// How often the person has written in a row, without much of a pause and without a person of the brand.
    pub turns: u32,
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

/// A conversation that is the machine's again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HandedBack {
    /// Since when.
    pub at: Time,
    /// The version of the gate that noted it: whoever claimed with this version or a later one knew of it. Times
    /// could not tell, since clocks differ.
    pub version: u64,
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
            handed_back: None,
            restricted_at: None,
            window_from: None,
            newest_at: None,
            disclosed_at: None,
            twins: false,
            challenge: None,
            turns: 0,
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
        let goes_on = self.held.is_none()
            && self.window_from.is_some_and(|before| platform_at.since(before) < TURNS_PAUSE);
        self.turns = if goes_on { self.turns.saturating_add(1) } else { 1 };
        self.window_from = self.window_from.max(Some(platform_at));
        self.noticed(platform_at)
    }

    /// The gate after something that the person did without writing: an erasure covers it, and no window opens.
    #[must_use]
    pub fn noticed(mut self, platform_at: Time) -> Self {
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
            handed_back: None,
            window_from: None,
            disclosed_at: None,
            twins: false,
            challenge: None,
            turns: 0,
            ..self
        }
    }

    /// Which disclosure an automated message carries at `now`.
    pub fn placement(&self, now: Time) -> Placement {
        match (self.disclosed_at, self.handed_back) {
            (_, Some(_)) => Placement::PrefixOnHandback,
            (None, None) => Placement::PrefixFirst,
            (Some(disclosed), None) if now.since(disclosed) >= DISCLOSURE_GAP => {
                Placement::PrefixAfterGap
            }
            (Some(_), None) => Placement::SuffixEvery,
        }
    }

    /// The gate after the platform took a text that disclosed at its top, and that was claimed at `time` with this
    /// `version` of the gate.
    #[must_use]
    pub fn disclosed(mut self, time: Time, version: u64) -> Self {
        self.disclosed_at = self.disclosed_at.max(Some(time));
        self.handed_back = self.handed_back.filter(|handed_back| version < handed_back.version);
        self
    }

    /// The gate after a person handed the conversation back at `now`.
    #[must_use]
    pub const fn handed_back(mut self, now: Time) -> Self {
        self.held = None;
        self.turns = 0;
        self.handed_back = Some(HandedBack { at: now, version: self.version.saturating_add(1) });
        self
    }

    /// The gate without disclosures that are not newer than `time`: the data was put back then, and what was
    /// known after the copy is lost.
    #[must_use]
    pub fn told_since(mut self, time: Option<Time>) -> Self {
        self.disclosed_at = self.disclosed_at.filter(|disclosed| Some(*disclosed) > time);
        self
    }

    /// Whether the platform's window for free text is open at `now`.
    pub fn window_is_open(&self, now: Time) -> bool {
        self.is_within(WINDOW, now)
    }

    fn is_within(&self, window: Duration, now: Time) -> bool {
        self.window_from.is_some_and(|from| now < from.plus(window.saturating_sub(WINDOW_MARGIN)))
    }

    /// Whether `actor` may send at `now`; `because` is the message that is answered, if it is a reply, and
    /// `people_window` how long the account's people may answer.
    ///
    /// The machine answers only while it holds the conversation, with two exceptions, each for the very
    /// message that brought the silence about: the one confirmation of an opt-out, and the one
    /// acknowledgement that a person was called, until that person speaks.
    pub fn admits(
        &self,
        actor: Actor,
        because: Option<Eid>,
        now: Time,
        people_window: Duration,
    ) -> Result<(), Refusal> {
        let window = if actor == Actor::Agent { people_window } else { WINDOW };
        if !self.is_within(window, now) {
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
        // Theirs may not be confirmed in this one's name; whoever opted out last did so last.
        if let Some(theirs) = other.suppressed {
            let at = self.suppressed.map_or(theirs.at, |own| own.at.max(theirs.at));
            self.suppressed = Some(Suppressed { at, by: None });
        }
        self.held = other.held.or(self.held);
        self.restricted_at = self.restricted_at.or(other.restricted_at);
        self.handed_back = self.handed_back.or(other.handed_back);
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
            .maybe_time(Attribute::HandedBackAt, self.handed_back.map(|handed_back| handed_back.at))
            .maybe_time(Attribute::RestrictedAt, self.restricted_at)
            .maybe_time(Attribute::WindowFrom, self.window_from)
            .maybe_time(Attribute::NewestAt, self.newest_at)
            .maybe_time(Attribute::DisclosedAt, self.disclosed_at);
        if self.held.is_some_and(|held| held.spoke) {
            item = item.number(Attribute::Spoke, 1);
        }
        if let Some(handed_back) = self.handed_back {
            let version = i64::try_from(handed_back.version).unwrap_or(i64::MAX);
            item = item.number(Attribute::HandedBackVersion, version);
        }
        if self.twins {
            item = item.number(Attribute::Twins, 1);
        }
        if self.turns > 0 {
            item = item.number(Attribute::Turns, i64::from(self.turns));
        }
        if let Some(challenge) = self.challenge {
            item = item
                .text(Attribute::ChallengeKind, challenge.kind)
                .text(Attribute::ChallengeBy, challenge.by)
                .time(Attribute::ChallengeAt, challenge.at)
                .maybe_text(Attribute::ChallengeLanguage, challenge.language)
                .number(Attribute::ChallengeTries, i64::from(challenge.tries));
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
            handed_back: item.get_time(Attribute::HandedBackAt).map(|at| HandedBack {
                at,
                // Without one, nobody can have known of it.
                version: item
                    .get_number(Attribute::HandedBackVersion)
                    .and_then(|version| u64::try_from(version).ok())
                    .unwrap_or(u64::MAX),
            }),
            restricted_at: item.get_time(Attribute::RestrictedAt),
            window_from: item.get_time(Attribute::WindowFrom),
            newest_at: item.get_time(Attribute::NewestAt),
            disclosed_at: item.get_time(Attribute::DisclosedAt),
            twins: item.get_number(Attribute::Twins) == Some(1),
            challenge: challenge(item)?,
            turns: count(item, Attribute::Turns),
        })
    }
}

fn challenge(item: &Item) -> Result<Option<Challenge>, Fault> {
    let (Some(kind), Some(by), Some(at)) = (
        item.parse(Attribute::ChallengeKind)?,
        item.parse(Attribute::ChallengeBy)?,
        item.get_time(Attribute::ChallengeAt),
    ) else {
        return Ok(None);
    };
    Ok(Some(Challenge {
        kind,
        by,
        at,
        language: item.parse(Attribute::ChallengeLanguage)?,
        tries: count(item, Attribute::ChallengeTries),
    }))
}

fn count(item: &Item, attribute: Attribute) -> u32 {
    item.get_number(attribute).and_then(|number| u32::try_from(number).ok()).unwrap_or_default()
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
mod tests;
