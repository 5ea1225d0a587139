//! Decides who may hold a connection: there are so many places, and when all are taken whoever has kept us waiting
//! longest makes room.
//!
//! A client that we wait for (for a head, for a body, for taking an answer) can be ended without a loss: nothing was
//! begun for it, or it is done and the platform asks again. One that is being served is left alone.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use tokio::{
    sync::{AcquireError, Notify, OwnedSemaphorePermit, Semaphore},
    time,
};

/// How long a newcomer waits for the one that was ended; then another is.
const LOOK_AGAIN: Duration = Duration::from_millis(100);

/// The places.
#[derive(Debug)]
pub(super) struct Places {
    free: Arc<Semaphore>,
    waiting: Mutex<Waiting>,
}

/// The places whose clients we wait for, those that we wait for longest first.
#[derive(Debug, Default)]
struct Waiting {
    turns: BTreeMap<u64, Arc<Notify>>,
    last_turn: u64,
}

/// One place; it is free again when this is dropped.
#[derive(Debug)]
pub(super) struct Place {
    places: Arc<Places>,
    /// Since when we wait for the client, as a number that grows; zero while it is served.
    turn: AtomicU64,
    end: Arc<Notify>,
    _permit: OwnedSemaphorePermit,
}

impl Places {
    /// So many places.
    pub(super) fn new(count: usize) -> Arc<Self> {
        Arc::new(Self { free: Arc::new(Semaphore::new(count)), waiting: Mutex::default() })
    }

    /// A place, as soon as somebody can make room.
    pub(super) async fn take(self: &Arc<Self>) -> Result<Place, AcquireError> {
        let permit = loop {
            if self.free.available_permits() == 0 {
                self.end_longest();
            }
            // Whoever is served now may be one that we wait for a moment later.
            let free = Arc::clone(&self.free).acquire_owned();
            if let Ok(permit) = time::timeout(LOOK_AGAIN, free).await {
                break permit?;
            }
        };
        let place = Place {
            places: Arc::clone(self),
            turn: AtomicU64::new(0),
            end: Arc::default(),
            _permit: permit,
        };
        place.wait();
        Ok(place)
    }

    fn end_longest(&self) {
        if let Some((_, end)) = self.waiting().turns.pop_first() {
            end.notify_one();
        }
    }

    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Place {
    /// From now on we wait for the client, or do so anew.
    pub(super) fn wait(&self) {
        let mut waiting = self.places.waiting();
        waiting.last_turn = waiting.last_turn.saturating_add(1);
        let turn = waiting.last_turn;
        let before = self.turn.swap(turn, Ordering::Relaxed);
        waiting.turns.remove(&before);
        waiting.turns.insert(turn, Arc::clone(&self.end));
    }

    /// From now on the client is served; false if it had to make room, so that nothing may be begun for it.
    pub(super) fn serve(&self) -> bool {
        let turn = self.turn.swap(0, Ordering::Relaxed);
        self.places.waiting().turns.remove(&turn).is_some()
    }

    /// Since when we wait for the client, as a number that never comes again; none while it is served.
    pub(super) fn turn(&self) -> Option<u64> {
        Some(self.turn.load(Ordering::Relaxed)).filter(|turn| *turn > 0)
    }

    /// Ends when the client must make room.
    pub(super) async fn ended(&self) {
        self.end.notified().await;
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let turn = self.turn.load(Ordering::Relaxed);
        self.places.waiting().turns.remove(&turn);
    }
}

#[cfg(test)]
mod tests {
    use futures::FutureExt;

    use super::*;

    fn take(places: &Arc<Places>) -> Option<Place> {
        places.take().now_or_never()?.ok()
    }

    #[tokio::test]
    async fn whoever_kept_us_waiting_longest_makes_room() {
        let places = Places::new(3);
        let [first, second, third] = [(); 3].map(|()| take(&places).unwrap());
        assert!(first.serve() && first.turn().is_none());
        assert!(take(&places).is_none(), "there is room for nobody yet");
        let is_ended = |place: &Place| place.ended().now_or_never().is_some();
        assert!(!is_ended(&first) && is_ended(&second) && !is_ended(&third));
        assert!(!second.serve(), "nothing is begun for one who must go");
        drop(second);
        let fourth = take(&places).unwrap();

        // Served or heard of, and waited for again: they have come to the end of the line.
        first.wait();
        third.wait();
        assert!(take(&places).is_none());
        assert!(is_ended(&fourth) && !is_ended(&first) && !is_ended(&third));
    }

    #[tokio::test]
    async fn nobody_who_is_served_makes_room() {
        let places = Places::new(1);
        let only = take(&places).unwrap();
        assert!(only.serve());
        assert!(take(&places).is_none());
        assert!(only.ended().now_or_never().is_none());
        drop(only);
        assert!(take(&places).is_some());
    }
}
