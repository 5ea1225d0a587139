//! Disks that fail, and disks that are full: nothing is acknowledged that is not kept, and nothing is lost.

use super::{
    image::{Cut, Disk as CutDisk},
    shim::{Child, Disk, Op, Record},
    verdict::Judge,
    work::CHILD,
};

/// How many transactions the child does.
const TRANSACTIONS: usize = 160;
/// How many children there are of each kind, unless `FORTHRIGHT_POWER_CUTS` is `all`.
const CHILDREN: usize = 16;

fn run(disk: &Disk, seed: u64, goes_on: bool) -> (Child, Record) {
    let child = Child::new();
    let mut environment =
        vec![("POWER_CUT_SEED", seed.to_string()), ("POWER_CUT_COUNT", TRANSACTIONS.to_string())];
    if goes_on {
        environment.push(("POWER_CUT_GOES_ON", String::new()));
    }
    let status = child.run(CHILD, disk, &environment);
    assert!(status.success(), "the child failed on {disk:?}");
    let record = child.record();
    (child, record)
}

/// Those of `all` that are looked at.
fn chosen(all: impl Iterator<Item = usize>) -> Vec<usize> {
    let all: Vec<_> = all.collect();
    let step = if super::all_are_asked_for() { 1 } else { all.len().div_ceil(CHILDREN) };
    all.into_iter().step_by(step).collect()
}

/// Whatever the disk kept of what it did not say that it kept: everything acknowledged is there, and so it is
/// in the files as they are.
async fn judge(child: &Child, record: &Record, judge: &Judge, seed: u64) -> Result<(), String> {
    let mut disk = CutDisk::new(record);
    while disk.done < record.ops.len() {
        disk.step();
    }
    for cut in [Cut::Lost, Cut::Torn(seed), Cut::Reordered(seed), Cut::Kept] {
        let image = disk.image(cut);
        judge.judge(&image, disk.done).await.map_err(|wrong| format!("{cut:?}: {wrong}"))?;
    }
    judge.judge_store(&child.store(), record.ops.len()).await
}

#[tokio::test]
async fn a_sync_that_fails_is_the_end_and_nothing_acknowledged_is_lost() {
    let (_, record) = run(&Disk::default(), 0, false);
    let is_sync = |op: &&Op| matches!(op, Op::Synced(_) | Op::FolderSynced);
    let syncs = record.ops.iter().filter(is_sync).count();
    assert!(syncs > 100, "{syncs}");
    let (mut failed, mut refused) = (0, 0);
    let numbers = chosen(1..=syncs);
    for number in &numbers {
        let seed = *number as u64;
        let disk = Disk { failing_sync: Some(*number), ..Disk::default() };
        let (child, record) = run(&disk, seed, false);
        let verdict = Judge::of(&record, seed);
        refused += usize::from(verdict.said.contains(&"refused".to_owned()));
        failed += usize::from(!verdict.said.contains(&"all".to_owned()));
        if let Err(wrong) = judge(&child, &record, &verdict, seed).await {
            panic!("sync {number} failed: {wrong}");
        }
    }
    println!("{} syncs failed: {refused} at the start, {failed} before the end", numbers.len());
    assert!(refused < failed, "no sync failed while the store was at work");
}

#[tokio::test]
async fn a_full_disk_refuses_loses_nothing_and_goes_on_when_there_is_room() {
    let (mut full, mut refused) = (0, 0);
    let mut rooms = 0;
    for (any_write, most) in [(false, 900_000), (true, 1_500_000)] {
        for room in chosen((0..most).step_by(20_011)) {
            rooms += 1;
            let seed = room as u64;
            let disk = Disk { room: Some(room), any_write, ..Disk::default() };
            let (child, record) = run(&disk, seed, true);
            let verdict = Judge::of(&record, seed);
            let said = |what: &str| verdict.said.iter().any(|it| it == what);
            full += usize::from(said("full"));
            refused += usize::from(said("refused"));
            assert!(
                said("refused") || (said("all") && said("closed")),
                "{disk:?}: {:?}",
                verdict.said
            );
            if let Err(wrong) = judge(&child, &record, &verdict, seed).await {
                panic!("{disk:?}: {wrong}");
            }
        }
    }
    println!("{rooms} disks were full: {refused} at the start, {full} while it was at work");
    assert!(full > 0, "no disk was full while the store was at work");
}
