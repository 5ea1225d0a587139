//! The local queue: one bounded channel a lane, carrying what a real queue would carry.

use std::sync::atomic::{AtomicU64, Ordering};

use forthright_core::{Fault, Hint, Queue, QueueMessage};
use tokio::sync::mpsc;

/// The sending ends.
///
/// A hint that finds its lane full or closed is dropped and counted: the table is the truth, and the
/// steward finds there what is due.
#[derive(Debug)]
pub struct Lanes {
    inbound: mpsc::Sender<Vec<u8>>,
    outbound: mpsc::Sender<Vec<u8>>,
    human: mpsc::Sender<Vec<u8>>,
    privacy: mpsc::Sender<Vec<u8>>,
    dropped: AtomicU64,
}

/// The receiving ends. Each yields serialised [`QueueMessage`]s; [`read`] reads them.
#[derive(Debug)]
pub struct Receivers {
    /// Messages that were taken in, for `intent`.
    pub inbound: mpsc::Receiver<Vec<u8>>,
    /// Messages to be sent, for `reply`.
    pub outbound: mpsc::Receiver<Vec<u8>>,
    /// Cases, for `escalation`.
    pub human: mpsc::Receiver<Vec<u8>>,
    /// Requests, for `privacy`.
    pub privacy: mpsc::Receiver<Vec<u8>>,
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
        // Serialised although it stays in the process: a form that only a real queue could not carry
        // would show here.
        let bytes = serde_json::to_vec(&QueueMessage::V1(hint))
            .map_err(|source| Fault::unavailable("the local queue", source))?;
        if lane.try_send(bytes).is_err() {
            self.dropped.fetch_add(1, Ordering::Relaxed);
        }
        Ok(())
    }
}

/// The hint that a lane carried. Bytes of an unknown form are rejected: they will never be readable.
pub fn read(bytes: &[u8]) -> Result<Hint, Fault> {
    match serde_json::from_slice(bytes) {
        Ok(QueueMessage::V1(hint)) => Ok(hint),
        // serde's message quotes its input, so it is not kept.
        Err(_) => Err(Fault::rejected("not a queue message")),
    }
}

#[cfg(test)]
mod tests {
    use forthright_core::{CaseId, CaseRef, Eid, Epoch, MessageRef, Pid, RequestId, RequestRef};

    use super::*;

    fn hints() -> [Hint; 4] {
        let brand = || "demo".parse().unwrap();
        let message = MessageRef {
            brand: brand(),
            pid: Pid::from_bytes([1; 16]),
            epoch: Epoch::FIRST,
            eid: Eid::from_bytes([2; 16]),
        };
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
            assert_eq!(read(&end.try_recv().unwrap()).unwrap(), expected);
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

    #[test]
    fn bytes_of_another_form_are_rejected() {
        for wrong in [&b""[..], b"{}", br#"{"version":"v2"}"#, br#"{"version":"v1","lane":"x"}"#] {
            assert!(matches!(read(wrong), Err(Fault::Rejected { .. })));
        }
    }
}
