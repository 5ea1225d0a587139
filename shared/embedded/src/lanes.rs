//! The local queue: one bounded channel a lane.

use std::sync::atomic::{AtomicU64, Ordering};

use forthright_core::{Fault, Hint, Queue, QueueMessage};
use tokio::sync::mpsc;

/// The sending ends.
///
/// A hint that finds its lane full or closed is dropped and counted: the table is the truth, and the
/// steward finds there what is due.
#[derive(Debug)]
pub struct Lanes {
    inbound: mpsc::Sender<Hint>,
    outbound: mpsc::Sender<Hint>,
    human: mpsc::Sender<Hint>,
    privacy: mpsc::Sender<Hint>,
    dropped: AtomicU64,
}

/// The receiving ends.
#[derive(Debug)]
pub struct Receivers {
    /// Messages that were taken in, for `intent`.
    pub inbound: mpsc::Receiver<Hint>,
    /// Messages to be sent, for `reply`.
    pub outbound: mpsc::Receiver<Hint>,
    /// Cases, for `escalation`.
    pub human: mpsc::Receiver<Hint>,
    /// Requests, for `privacy`.
    pub privacy: mpsc::Receiver<Hint>,
}

impl Lanes {
    /// Lanes that hold at most `capacity` hints each, at least one.
    pub fn new(capacity: usize) -> (Self, Receivers) {
        let lane = || mpsc::channel(capacity.max(1));
        let (inbound, inbound_end) = lane();
        let (outbound, outbound_end) = lane();
        let (human, human_end) = lane();
        let (privacy, privacy_end) = lane();
        let lanes = Self { inbound, outbound, human, privacy, dropped: AtomicU64::new(0) };
        let receivers = Receivers {
            inbound: inbound_end,
            outbound: outbound_end,
            human: human_end,
            privacy: privacy_end,
        };
        (lanes, receivers)
    }

    /// How many hints were dropped so far.
    pub fn dropped(&self) -> u64 {
        self.dropped.load(Ordering::Relaxed)
    }
}

impl Queue for Lanes {
    async fn send(&self, hint: Hint) -> Result<(), Fault> {
        let lane = match hint {
            Hint::Inbound(_) => &self.inbound,
            Hint::Outbound(_) => &self.outbound,
            Hint::Human(_) => &self.human,
            Hint::Privacy(_) => &self.privacy,
        };
        // Nothing is written and read for it here: where the product is tested, whether it could be is looked at.
        debug_assert!(is_carried(&hint), "a real queue could not carry this hint");
        if lane.try_send(hint).is_err() {
            self.dropped.fetch_add(1, Ordering::Relaxed);
        }
        Ok(())
    }
}

/// Whether a queue between machines would bring the hint as it was sent.
fn is_carried(hint: &Hint) -> bool {
    let bytes = serde_json::to_vec(&QueueMessage::V1(hint.clone())).unwrap_or_default();
    serde_json::from_slice(&bytes).is_ok_and(|QueueMessage::V1(carried)| carried == *hint)
}

#[cfg(test)]
mod tests {
    use forthright_core::{CaseId, CaseRef, Eid, Epoch, MessageRef, Pid, RequestId, RequestRef};

    use super::*;

    fn hints() -> [Hint; 4] {
        let brand = || "demo".parse().unwrap();
        let (pid, eid) = (Pid::from_bytes([1; 16]), Eid::from_bytes([2; 16]));
        let message = MessageRef::new(brand(), pid, Epoch::FIRST, eid);
        [
            Hint::Inbound(message.clone()),
            Hint::Outbound(message.task()),
            Hint::Human(CaseRef { brand: brand(), case: CaseId::from_bytes([3; 16]) }),
            Hint::Privacy(RequestRef { brand: brand(), request: RequestId::from_bytes([4; 16]) }),
        ]
    }

    #[tokio::test]
    async fn each_hint_arrives_in_its_lane_as_it_was_sent() {
        let (lanes, mut ends) = Lanes::new(2);
        for hint in hints() {
            lanes.send(hint).await.unwrap();
        }
        let [inbound, outbound, human, privacy] = hints();
        for (end, expected) in [
            (&mut ends.inbound, inbound),
            (&mut ends.outbound, outbound),
            (&mut ends.human, human),
            (&mut ends.privacy, privacy),
        ] {
            assert!(is_carried(&expected));
            assert_eq!(end.try_recv().unwrap(), expected);
            assert!(end.try_recv().is_err(), "nothing else in the lane");
        }
        assert_eq!(lanes.dropped(), 0);
    }

    #[tokio::test]
    async fn a_hint_that_finds_no_room_is_dropped_and_counted_and_stops_nobody() {
        let (lanes, mut ends) = Lanes::new(1);
        for _ in 0..3 {
            lanes.send(hints()[0].clone()).await.unwrap();
        }
        assert_eq!(lanes.dropped(), 2);
        assert!(ends.inbound.try_recv().is_ok());
        drop(ends);
        lanes.send(hints()[1].clone()).await.unwrap();
        assert_eq!(lanes.dropped(), 3);
    }
}
