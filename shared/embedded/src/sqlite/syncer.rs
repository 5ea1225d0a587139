//! The thread that writes a file's journal: what waits goes at once, with one sync for all who wait for it.

use std::{io, sync::MutexGuard, thread, time::Duration};

use super::{
    journal::{BLOCK, Journal},
    queue::Batch,
    state::{Life, Rest, State},
    wait::Shared,
};

/// What nobody waits for is written within about this time, and without a sync.
const SOON: Duration = Duration::from_millis(1);

/// So often it looks for more, before it sleeps until it is woken: a wake is dear.
const LOOKS: u32 = 50;

/// When a batch had so many transactions, others come: so long it lets them gather. A sync and the wakes after it cost
/// as much for one transaction as for twenty; and those who are woken together do the same work one after the other,
/// for which the processor has all at hand. So under load it waits for more: a message takes about a quarter less of the
/// processor's time.
const CROWDS: [(u32, Duration); 2] =
    [(24, Duration::from_millis(4)), (4, Duration::from_micros(700))];

/// How long it waits for room on the disk before it tries again.
const ROOM_WAIT: Duration = Duration::from_millis(100);

/// Runs until the file is closed, or the disk fails.
pub(super) fn run(shared: &Shared, journal: &Journal) {
    let (mut generation, mut at) = (0, BLOCK);
    while let Some((mut batch, synced)) = next(shared) {
        let gap = gap_after(batch.count);
        if batch.generation != generation {
            (generation, at) = (batch.generation, BLOCK);
        }
        if !batch.is_empty() {
            journal.seal(&mut batch, synced);
            if !write(shared, journal, &batch, at) {
                return;
            }
        }
        if batch.sync
            && let Err(error) = journal.sync(generation)
        {
            shared.fail(&format!("the journal could not be synced: {error}"));
            return;
        }
        let written = if batch.is_empty() { 0 } else { batch.bytes.len() };
        at += written;
        let flusher_waits = shared.settle(|state| {
            state.queue.took(batch, written);
            state.flusher_awaits.is_some_and(|number| state.queue.synced() >= number)
        });
        if flusher_waits {
            shared.flusher.notify_one();
        }
        if let Some(gap) = gap {
            thread::park_timeout(gap);
        }
    }
}

/// How long others may gather after a batch of so many transactions.
fn gap_after(transactions: u32) -> Option<Duration> {
    CROWDS.into_iter().find(|(crowd, _)| transactions >= *crowd).map(|(_, gap)| gap)
}

/// Waits for the next batch; with it comes up to which transaction everything is on the disk.
fn next(shared: &Shared) -> Option<(Batch, u64)> {
    let mut state = shared.lock();
    let mut looks = 0;
    let mut is_late = false;
    loop {
        if state.hindrance.failed.is_some() {
            return None;
        }
        match state.queue.is_waited_for() {
            Some(is_waited_for) if is_waited_for || is_late => {
                let synced = state.queue.synced();
                return Some((state.queue.take(), synced));
            }
            Some(_) => {
                let woken;
                (state, woken) = sleep(shared, state, Some(SOON));
                is_late = !woken;
            }
            None if state.life == Life::Closed => return None,
            None => {
                looks += 1;
                let time = (looks < LOOKS).then_some(SOON);
                (state, _) = sleep(shared, state, time);
            }
        }
    }
}

fn sleep<'a>(
    shared: &Shared,
    mut state: MutexGuard<'a, State>,
    time: Option<Duration>,
) -> (MutexGuard<'a, State>, bool) {
    state.syncer = if time.is_some() { Rest::Dozes } else { Rest::Sleeps };
    let (mut state, woken) = Shared::sleep(state, &shared.syncer, time);
    state.syncer = Rest::Awake;
    (state, woken)
}

/// Writes a batch, again and again while the disk has no room. False if it never will be written.
fn write(shared: &Shared, journal: &Journal, batch: &Batch, at: usize) -> bool {
    let mut is_full = false;
    loop {
        match journal.write(batch, at) {
            Ok(()) => break,
            Err(error) if is_out_of_room(&error) => {
                if !is_full {
                    is_full = true;
                    tracing::error!(alarm = "disk", "the disk has no room for the journal");
                    let reason = "the disk has no room for the journal";
                    shared.settle(|state| state.hindrance.journal = Some(reason.into()));
                }
                if shared.lock().life != Life::Open {
                    shared.fail("it was closed while it had no room");
                    return false;
                }
                thread::park_timeout(ROOM_WAIT);
            }
            Err(error) => {
                shared.fail(&format!("the journal could not be written: {error}"));
                return false;
            }
        }
    }
    if is_full {
        tracing::info!("the disk has room for the journal again");
        shared.settle(|state| state.hindrance.journal = None);
    }
    true
}

/// Whether the disk is full, or our share of it.
pub(super) fn is_out_of_room(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_alone_waits_for_nobody_and_a_crowd_for_its_like() {
        let gaps = [1, 3, 4, 23, 24, 10_000].map(gap_after);
        assert!(gaps.is_sorted(), "{gaps:?}");
        assert_eq!((gaps[0], gaps[1], gaps[2] < gaps[4]), (None, None, true));
    }
}
