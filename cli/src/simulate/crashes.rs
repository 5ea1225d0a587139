//! A crash before and after every call of a port: every single position of some scenarios, and all pairs of one.

use super::{
    act::{Act, Moment, Setting, Trouble},
    host::Content,
    plan::Plan,
    promise::Broken,
    tally::Tally,
    trace,
    world::{Mode, run},
};
use crate::Problem;

/// A short story, told in the order of coming.
#[derive(Debug, Clone)]
pub(super) struct Story {
    pub(super) name: &'static str,
    plan: Plan,
}

/// The story all of whose pairs of crashes are run.
pub(super) const CORE: &str = "ask-erase-ask-again";

macro_rules! stories {
    ($($name:literal,)*) => {
        /// The stories by their files' names, with their texts.
        const STORIES: &[(&str, &str)] =
            &[$(($name, include_str!(concat!("stories/", $name, ".jsonl"))),)*];
    };
}

stories! {
    "ask-erase-ask-again",
    "a-person-takes-over-and-hands-back",
    "opt-out",
    "two-ids-are-one-person",
    "the-platform-limits-fails-and-stays-silent",
    "the-token-expires",
    "the-machine-is-switched-off-and-on",
    "a-batch",
    "meta-asks-for-deletion-and-a-copy-is-put-back",
    "words-are-changed-and-taken-back",
    "a-page-answers-and-its-people-answer-elsewhere",
}

/// Every story.
pub(super) fn stories() -> Result<Vec<Story>, Problem> {
    let story = |(name, text): &(&'static str, &str)| Ok(Story { name, plan: trace::read(text)? });
    STORIES.iter().map(story).collect()
}

/// What breaks in a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Break {
    /// A task dies at this call, counted from one.
    Crash(u64, Moment),
    /// This call of the table goes wrong.
    Table(u64, Trouble),
}

/// What came of running scenarios with breaks in them.
#[derive(Debug, Default)]
pub(super) struct Swept {
    pub(super) runs: u64,
    pub(super) tally: Tally,
    /// The first run that broke a promise.
    pub(super) broken: Option<(Plan, Vec<Broken>)>,
}

impl Story {
    /// The world of this story on such hosts, with these breaks.
    pub(super) fn plan(&self, hosts: u8, breaks: &[Break]) -> Plan {
        let number = |call: u64| u32::try_from(call.saturating_sub(1)).unwrap_or(u32::MAX);
        let breaks = breaks.iter().map(|one| match *one {
            Break::Crash(call, moment) => Act::Crash { calls: number(call), moment },
            Break::Table(call, trouble) => Act::Trouble { calls: number(call), trouble },
        });
        let setting = Setting { hosts, ..self.plan.setting };
        Plan { setting, acts: breaks.chain(self.plan.acts.iter().cloned()).collect() }
    }

    /// How many calls of ports the story makes when nothing breaks, until its end.
    pub(super) fn calls(&self, content: &Content, hosts: u8, mode: Mode) -> Result<u64, Problem> {
        Ok(run(content, &self.plan(hosts, &[]), mode)?.tally.calls)
    }
}

impl Swept {
    /// Runs one world, unless one was broken before.
    pub(super) fn run(
        &mut self,
        content: &Content,
        plan: Plan,
        mode: Mode,
    ) -> Result<u64, Problem> {
        if self.broken.is_some() {
            return Ok(0);
        }
        let outcome = run(content, &plan, mode)?;
        self.runs += 1;
        self.tally += &outcome.tally;
        if !outcome.broken.is_empty() {
            self.broken = Some((plan, outcome.broken));
        }
        Ok(outcome.tally.calls)
    }
}

const MOMENTS: [Moment; 2] = [Moment::Before, Moment::After];

/// What can break at a call, besides a crash.
const TROUBLES: [Trouble; 4] =
    [Trouble::Fails, Trouble::UnknownUndone, Trouble::UnknownDone, Trouble::UnknownLater];

/// One break, at every call of a story.
pub(super) fn singles(calls: u64) -> Vec<Break> {
    let mut breaks = Vec::new();
    for call in 1..=calls {
        breaks.extend(MOMENTS.map(|moment| Break::Crash(call, moment)));
        breaks.extend(TROUBLES.map(|trouble| Break::Table(call, trouble)));
    }
    breaks
}

/// Runs a story with a first crash and, after it, a second one at every later call.
pub(super) fn pairs_after(
    content: &Content,
    story: &Story,
    hosts: u8,
    first: (u64, Moment),
    mode: Mode,
) -> Result<Swept, Problem> {
    let mut swept = Swept::default();
    let (call, moment) = first;
    let alone = story.plan(hosts, &[Break::Crash(call, moment)]);
    let calls = swept.run(content, alone, mode)?;
    for second in call + 1..=calls {
        for later in MOMENTS {
            let breaks = [Break::Crash(call, moment), Break::Crash(second, later)];
            swept.run(content, story.plan(hosts, &breaks), mode)?;
        }
    }
    Ok(swept)
}
