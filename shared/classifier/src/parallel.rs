//! Work on all processors.

use std::{
    sync::atomic::{AtomicUsize, Ordering},
    thread,
};

/// The outcomes of `work` on nought to `count`, in this order, made on all processors.
pub(crate) fn in_parallel<O: Send>(count: usize, work: impl Fn(usize) -> O + Sync) -> Vec<O> {
    let threads = thread::available_parallelism().map_or(1, usize::from).min(count.max(1));
    let next = AtomicUsize::new(0);
    let take_all = || {
        let mut outcomes = Vec::new();
        loop {
            let part = next.fetch_add(1, Ordering::Relaxed);
            if part >= count {
                return outcomes;
            }
            outcomes.push((part, work(part)));
        }
    };
    let mut outcomes: Vec<(usize, O)> = thread::scope(|scope| {
        let running: Vec<_> = (0..threads).map(|_| scope.spawn(take_all)).collect();
        let joined = running.into_iter().flat_map(|thread| match thread.join() {
            Ok(outcomes) => outcomes,
            Err(panic) => std::panic::resume_unwind(panic),
        });
        joined.collect()
    });
    outcomes.sort_by_key(|(part, _)| *part);
    outcomes.into_iter().map(|(_, outcome)| outcome).collect()
}
