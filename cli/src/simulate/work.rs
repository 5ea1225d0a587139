//! All of a simulation's worlds, on as many threads as there are processors.

use std::{
    collections::BTreeMap,
    path::PathBuf,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
};

use forthright_testkit::SplitMix;

use super::{
    crashes::{self, CORE, Swept},
    host::Content,
    mutant::Mutant,
    people::everybody,
    plan::{Plan, plan},
    promise::{Broken, Promise},
    report::{Report, Sweep},
    shrink, trace,
    world::{Mode, Outcome, run},
};
use crate::Problem;

/// How many messages a world has: enough for its people to meet, few enough to be looked through.
const WORLD_MESSAGES: usize = 100;

/// What a simulation is asked for.
#[derive(Debug, Clone)]
pub struct Options {
    /// The seed: the same one gives the same worlds.
    pub seed: u64,
    /// How many messages people write in the random worlds.
    pub messages: usize,
    /// A mistake that is made on purpose.
    pub mutant: Option<Mutant>,
    /// Whether also to run a break at every call of some stories.
    pub sweeps: bool,
    /// Whether to look for the shortest trace that breaks a promise, and to tell its story.
    pub explain: bool,
    /// Where that trace is kept.
    pub keep: Option<PathBuf>,
}

/// What breaks a promise, and where.
type Finding = (Plan, Vec<Broken>);

/// Runs a simulation. `progress` hears what goes on, and how much of how much of it is done.
pub fn simulate(
    options: &Options,
    progress: &(impl Fn(&str, usize, usize) + Sync),
) -> Result<Report, Problem> {
    let content = Content::read()?;
    let mode = Mode { mutant: options.mutant, trace: false };
    let mut report = Report {
        seed: options.seed,
        mutant: options.mutant.map(|mutant| mutant.to_string()),
        worlds: super::Tally::default(),
        sweeps: Vec::new(),
        broken: BTreeMap::new(),
        trace: None,
        story: Vec::new(),
    };
    let mut finding = random_worlds(&content, options, mode, &mut report, progress)?;
    if options.sweeps && finding.is_none() {
        finding = sweeps(&content, mode, &mut report, progress)?;
    }
    if let Some((plan, broken)) = finding.filter(|_| options.explain) {
        explain(&content, options, mode, (&plan, &broken), &mut report)?;
    }
    Ok(report)
}

/// Runs `work` for every number below `count`, on all processors, in order of number on each.
fn on_all<R: Send>(
    what: &str,
    count: usize,
    progress: &(impl Fn(&str, usize, usize) + Sync),
    work: impl Fn(usize) -> Result<R, Problem> + Sync,
) -> Result<Vec<R>, Problem> {
    let next = AtomicUsize::new(0);
    let results = Mutex::new(Vec::new());
    let threads = thread::available_parallelism().map_or(1, usize::from).min(count.max(1));
    thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                loop {
                    let number = next.fetch_add(1, Ordering::SeqCst);
                    if number >= count {
                        return;
                    }
                    let result = work(number);
                    let mut results = results.lock().unwrap_or_else(PoisonError::into_inner);
                    results.push((number, result));
                    progress(what, results.len(), count);
                }
            });
        }
    });
    let mut results = results.into_inner().unwrap_or_else(PoisonError::into_inner);
    results.sort_by_key(|(number, _)| *number);
    results.into_iter().map(|(_, result)| result).collect()
}

fn random_worlds(
    content: &Content,
    options: &Options,
    mode: Mode,
    report: &mut Report,
    progress: &(impl Fn(&str, usize, usize) + Sync),
) -> Result<Option<Finding>, Problem> {
    let worlds = options.messages.div_ceil(WORLD_MESSAGES);
    let people = everybody().len();
    let world = |number: usize| {
        let messages = WORLD_MESSAGES.min(options.messages - number * WORLD_MESSAGES);
        let number = u64::try_from(number).unwrap_or(u64::MAX);
        let seed = SplitMix::new(options.seed.wrapping_mul(0x1_0000).wrapping_add(number)).next();
        plan(seed, messages, people)
    };
    let outcomes =
        on_all("random worlds", worlds, progress, |number| run(content, &world(number), mode))?;
    let mut finding = None;
    for (number, Outcome { broken, tally, .. }) in outcomes.into_iter().enumerate() {
        report.worlds += &tally;
        count(report, &broken);
        if finding.is_none() && !broken.is_empty() {
            finding = Some((world(number), broken));
        }
    }
    Ok(finding)
}

fn count(report: &mut Report, broken: &[Broken]) {
    for one in broken {
        *report.broken.entry(one.promise).or_default() += 1;
    }
}

/// Breaks at every call of every story, and all pairs of crashes of one.
fn sweeps(
    content: &Content,
    mode: Mode,
    report: &mut Report,
    progress: &(impl Fn(&str, usize, usize) + Sync),
) -> Result<Option<Finding>, Problem> {
    for story in crashes::stories()? {
        for hosts in [1, 3] {
            let calls = story.calls(content, hosts, mode)?;
            let breaks = crashes::singles(calls);
            let swept = on_all(story.name, breaks.len(), progress, |number| {
                let mut swept = Swept::default();
                if let Some(one) = breaks.get(number) {
                    swept.run(content, story.plan(hosts, &[*one]), mode)?;
                }
                Ok(swept)
            })?;
            let sweep = Sweep { story: story.name, hosts, calls, runs: 0, pairs: false };
            if let Some(found) = add(report, sweep, swept) {
                return Ok(Some(found));
            }
            if story.name != CORE || hosts != 1 {
                continue;
            }
            let firsts: Vec<_> = (1..=calls)
                .flat_map(|call| {
                    [(call, super::act::Moment::Before), (call, super::act::Moment::After)]
                })
                .collect();
            let swept = on_all("pairs of crashes", firsts.len(), progress, |number| match firsts
                .get(number)
            {
                Some(first) => crashes::pairs_after(content, &story, hosts, *first, mode),
                None => Ok(Swept::default()),
            })?;
            let sweep = Sweep { story: story.name, hosts, calls, runs: 0, pairs: true };
            if let Some(found) = add(report, sweep, swept) {
                return Ok(Some(found));
            }
        }
    }
    Ok(None)
}

fn add(report: &mut Report, mut sweep: Sweep, swept: Vec<Swept>) -> Option<Finding> {
    let mut finding = None;
    for one in swept {
        sweep.runs += one.runs;
        if let Some((plan, broken)) = one.broken {
            count(report, &broken);
            finding.get_or_insert((plan, broken));
        }
    }
    report.sweeps.push(sweep);
    finding
}

/// Finds the shortest trace that breaks the same promise, tells its story, and keeps it.
fn explain(
    content: &Content,
    options: &Options,
    mode: Mode,
    (plan, broken): (&Plan, &[Broken]),
    report: &mut Report,
) -> Result<(), Problem> {
    let Some(first) = broken.first() else {
        return Ok(());
    };
    let mut plan = plan.clone();
    plan.acts.truncate(first.act.saturating_add(1));
    let plan = shrink::shortest(content, &plan, first.promise, mode)?;
    let outcome = run(content, &plan, Mode { trace: true, ..mode })?;
    let remarks: Vec<_> = outcome.broken.iter().map(ToString::to_string).collect();
    let text = trace::write(&plan, &remarks)?;
    report.story = outcome.trace;
    report.story.extend(remarks);
    if let Some(folder) = &options.keep {
        let promise: String = Promise::name(first.promise)
            .chars()
            .map(|one| if one.is_ascii_alphanumeric() { one } else { '-' })
            .collect();
        let path = trace::keep(folder, &format!("seed-{}-{promise}", options.seed), &text)?;
        report.story.push(format!("kept in {}", path.display()));
    }
    report.trace = Some(text);
    Ok(())
}
