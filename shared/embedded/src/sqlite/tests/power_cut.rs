//! Power cuts: a child works on a real store, everything that it does to the files is written down, and then the
//! power is cut at every sync, and between. What must hold each time is in `verdict`.

mod failing;
mod image;
mod shim;
mod verdict;
mod work;

use forthright_testkit::seeded_entropy;

use self::{
    image::{Cut, Disk as CutDisk},
    shim::{Child, Disk, Op, Record},
    verdict::Judge,
    work::CHILD,
};

/// How many transactions the child does.
const TRANSACTIONS: usize = 1_000;
/// How many images are looked at, unless `FORTHRIGHT_POWER_CUTS` is `all`.
const IMAGES: usize = 240;

/// Whether this is the long run.
fn all_are_asked_for() -> bool {
    environment("FORTHRIGHT_POWER_CUTS").is_some_and(|it| it == "all")
}

#[expect(clippy::disallowed_methods, reason = "a test is told how long it may be")]
fn environment(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

fn run(disk: &Disk, seed: u64, count: usize) -> Child {
    let child = Child::new();
    let status = child.run(
        CHILD,
        disk,
        &[("POWER_CUT_SEED", seed.to_string()), ("POWER_CUT_COUNT", count.to_string())],
    );
    assert!(status.success(), "the child failed");
    child
}

/// Where the power is cut: before every sync, when most is at stake, after it, and at some places between.
fn cuts(record: &Record) -> Vec<(usize, Cut)> {
    let mut cuts = Vec::new();
    for (index, op) in record.ops.iter().enumerate() {
        let seed = u64::try_from(index).unwrap();
        let is_sync = matches!(op, Op::Synced(_) | Op::FolderSynced);
        if is_sync {
            cuts.extend([Cut::Lost, Cut::Torn(seed), Cut::Reordered(seed)].map(|cut| (index, cut)));
            cuts.push((index + 1, Cut::Mixed(seed)));
        } else if index % 5 == 0 {
            cuts.push((index, [Cut::Torn(seed), Cut::Mixed(seed), Cut::Kept][index / 5 % 3]));
        }
    }
    cuts
}

/// The first violation of each kind, and how many there are.
async fn violations(record: &Record, judge: &Judge, chosen: &[(usize, Cut)]) -> Vec<String> {
    let mut found = Vec::new();
    let mut disk = CutDisk::new(record);
    for (at, cut) in chosen {
        while disk.done < *at {
            disk.step();
        }
        if let Err(wrong) = judge.judge(&disk.image(*cut), *at).await {
            found.push(format!("{cut:?} after {at} operations: {wrong}"));
        }
    }
    found
}

#[tokio::test]
async fn no_power_cut_undoes_what_was_acknowledged() {
    let seed = 1;
    let child = run(&Disk::default(), seed, TRANSACTIONS);
    let record = child.record();
    let judge = Judge::of(&record, seed);
    assert_eq!(judge.said, ["all", "closed"]);
    assert_eq!(judge.transactions(), TRANSACTIONS);
    let all = cuts(&record);
    let chosen: Vec<_> = if all_are_asked_for() {
        all.clone()
    } else {
        // Another choice for each, but the same each time.
        let chance = seeded_entropy(seed);
        let keep = || u32::from_le_bytes(chance.bytes()) as usize % all.len() < IMAGES;
        all.iter().copied().filter(|_| keep()).collect()
    };
    let syncs = record.ops.iter().filter(|op| matches!(op, Op::Synced(_))).count();
    let found = violations(&record, &judge, &chosen).await;
    println!(
        "{TRANSACTIONS} transactions, {} operations, {syncs} syncs; {} of {} power cuts: {} violations",
        record.ops.len(),
        chosen.len(),
        all.len(),
        found.len()
    );
    assert!(found.is_empty(), "{}: {}", found.len(), found[0]);
}

#[tokio::test]
async fn a_disk_that_lies_about_its_syncs_is_caught() {
    // The control: if nothing were found here, the test above would find nothing anywhere.
    let seed = 2;
    let child = run(&Disk { skips_syncs: true, ..Disk::default() }, seed, 60);
    let record = child.record();
    let judge = Judge::of(&record, seed);
    let cuts: Vec<_> = (0..record.ops.len())
        .filter(|index| matches!(record.ops[*index], Op::SyncSkipped))
        .flat_map(|index| [(index, Cut::Lost), (index, Cut::Torn(index as u64))])
        .step_by(9)
        .collect();
    let found = violations(&record, &judge, &cuts).await;
    assert!(found.len() > cuts.len() / 2, "{} of {} cuts were noticed", found.len(), cuts.len());
}
