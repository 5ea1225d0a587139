//! The shortest trace: leaves out acts, and makes those that stay simpler, as long as the same promise breaks.

use super::{
    act::{Act, Said, Setting, Text},
    host::Content,
    plan::Plan,
    promise::Promise,
    world::{Mode, run},
};
use crate::Problem;

/// After so many calls in all its runs, what is found is short enough.
const CALLS_MAX: u64 = 4_000_000;

struct Search<'a> {
    content: &'a Content,
    mode: Mode,
    promise: Promise,
    calls: u64,
    best: Plan,
}

/// A plan as short as can be found that breaks the same promise as `plan`.
pub(super) fn shortest(
    content: &Content,
    plan: &Plan,
    promise: Promise,
    mode: Mode,
) -> Result<Plan, Problem> {
    let mode = Mode { trace: false, ..mode };
    let mut search = Search { content, mode, promise, calls: 0, best: plan.clone() };
    loop {
        let before = search.best.clone();
        search.leave_out()?;
        search.simplify()?;
        if search.best == before || search.calls >= CALLS_MAX {
            return Ok(search.best);
        }
    }
}

impl Search<'_> {
    /// Takes `plan` if it breaks the same promise.
    fn take(&mut self, mut plan: Plan) -> Result<bool, Problem> {
        if plan == self.best || self.calls >= CALLS_MAX {
            return Ok(false);
        }
        let outcome = run(self.content, &plan, self.mode)?;
        self.calls = self.calls.saturating_add(outcome.tally.calls);
        let broken = outcome.broken;
        let Some(found) = broken.iter().find(|broken| broken.promise == self.promise) else {
            return Ok(false);
        };
        plan.acts.truncate(found.act.saturating_add(1));
        self.best = plan;
        Ok(true)
    }

    /// Leaves out stretches of acts, long ones first.
    fn leave_out(&mut self) -> Result<(), Problem> {
        let mut length = self.best.acts.len().div_ceil(2);
        while length > 0 {
            let mut from = 0;
            while from < self.best.acts.len() {
                let mut plan = self.best.clone();
                let end = from.saturating_add(length).min(plan.acts.len());
                plan.acts.drain(from..end);
                if !self.take(plan)? {
                    from = from.saturating_add(length);
                }
            }
            length /= 2;
        }
        Ok(())
    }

    /// Makes the setting plain, and each act simpler.
    fn simplify(&mut self) -> Result<(), Problem> {
        let setting = self.best.setting;
        for plainer in [
            Setting::PLAIN,
            Setting { weather: 0, ..setting },
            Setting { torn_reads: false, ..setting },
            Setting { skew_seconds: 0, ..setting },
            Setting { hosts: 1, ..setting },
        ] {
            let plan = Plan { setting: plainer, ..self.best.clone() };
            self.take(plan)?;
        }
        for index in 0..self.best.acts.len() {
            let Some(act) = self.best.acts.get(index).cloned() else {
                break;
            };
            for simpler in simpler(&act) {
                let mut plan = self.best.clone();
                if let Some(place) = plan.acts.get_mut(index) {
                    *place = simpler;
                }
                self.take(plan)?;
            }
        }
        Ok(())
    }
}

/// What could stand in an act's place.
fn simpler(act: &Act) -> Vec<Act> {
    match act {
        Act::Say(said) => {
            let mut simpler: Vec<_> = said.iter().map(|one| Act::Say(vec![*one])).collect();
            let each = |change: &dyn Fn(Said) -> Said| {
                Act::Say(said.iter().copied().map(change).collect())
            };
            simpler.push(each(&|one| Said { age_seconds: 0, ..one }));
            simpler.push(each(&|one| Said { person: 0, ..one }));
            simpler.push(each(&|one| Said { text: Text::Order, ..one }));
            simpler
        }
        Act::Run { calls, order } => vec![
            Act::Run { calls: *calls, order: 0 },
            Act::Run { calls: calls / 2, order: *order },
            Act::Run { calls: calls.saturating_sub(1), order: *order },
        ],
        Act::Wait { seconds, order } => vec![
            Act::Wait { seconds: 0, order: *order },
            Act::Wait { seconds: *seconds, order: 0 },
            Act::Wait { seconds: seconds / 2, order: *order },
        ],
        Act::Crash { calls, moment } => vec![
            Act::Crash { calls: 0, moment: *moment },
            Act::Crash { calls: calls.saturating_sub(1), moment: *moment },
        ],
        Act::Stall { calls, seconds } => vec![
            Act::Stall { calls: calls.saturating_sub(1), seconds: *seconds },
            Act::Stall { calls: *calls, seconds: seconds / 2 },
        ],
        Act::Trouble { calls, trouble } => {
            vec![Act::Trouble { calls: calls.saturating_sub(1), trouble: *trouble }]
        }
        Act::Again(back) => vec![Act::Again(0), Act::Again(back.saturating_sub(1))],
        Act::Edit { back, text } => {
            vec![Act::Edit { back: 0, text: *text }, Act::Edit { back: *back, text: Text::Order }]
        }
        Act::TakeBack { .. } => vec![Act::TakeBack { back: 0 }],
        Act::Unsaid { .. } => vec![Act::Unsaid { person: 0 }],
        Act::Elsewhere { .. } => vec![Act::Elsewhere { person: 0 }],
        Act::Agent { deed, .. } => vec![Act::Agent { deed: *deed, case: 0 }],
        Act::Erase { .. } => vec![Act::Erase { person: 0 }],
        Act::Callback { .. } => vec![Act::Callback { person: 0 }],
        Act::Report { fate, .. } => vec![Act::Report { back: 0, fate: *fate }],
        Act::Restore { .. } => vec![Act::Restore { back: 0 }],
        Act::Moods(_)
        | Act::TokenExpires
        | Act::TokenRenewed
        | Act::Automation(_)
        | Act::Backup
        | Act::LoseHints => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simulate::{mutant::Mutant, people::everybody, plan::plan};

    #[test]
    fn what_is_left_is_short_and_breaks_the_same_promise() {
        let content = Content::read().unwrap();
        let mode = Mode { mutant: Some(Mutant::ClaimWithoutSettings), trace: false };
        let broken = |plan: &Plan| run(&content, plan, mode).unwrap().broken;
        let long = (0..20).map(|seed| plan(seed, 60, everybody().len()));
        let long = long.into_iter().find(|plan| !broken(plan).is_empty()).unwrap();
        let short = shortest(&content, &long, Promise::SaidWhileSilent, mode).unwrap();
        // Switched off, asked, and time for the answer.
        assert!(long.acts.len() > 50 && short.acts.len() <= 4, "{:?}", short.acts);
        assert_eq!(broken(&short).first().unwrap().promise, Promise::SaidWhileSilent);
    }
}
