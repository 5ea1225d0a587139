//! What the journal still has to take: transactions in their order, until the syncer comes for them.

use std::mem;

use forthright_core::table::Key;

use super::{
    journal::{BLOCK, GROUP_HEAD, GROUP_MORE},
    row::{Row, write_record},
};

/// What is written to the journal at once.
#[derive(Debug)]
pub(super) struct Batch {
    /// Whose segment takes it.
    pub(super) generation: u64,
    /// The number of its first transaction.
    pub(super) first: u64,
    pub(super) count: u32,
    /// The records, after room for the head of the group.
    pub(super) bytes: Vec<u8>,
    /// Whether somebody waits for it, or for what came before it, to be on the disk.
    pub(super) sync: bool,
    /// How much of the segment was set aside for it.
    reserved: usize,
}

impl Batch {
    fn new(generation: u64, first: u64, mut bytes: Vec<u8>) -> Self {
        bytes.clear();
        bytes.resize(GROUP_HEAD, 0);
        Self { generation, first, count: 0, bytes, sync: false, reserved: 0 }
    }

    /// The number of its last transaction, or of the one before it if it has none.
    pub(super) fn last(&self) -> u64 {
        (self.first + u64::from(self.count)).saturating_sub(1)
    }

    /// Whether there is nothing to write.
    pub(super) const fn is_empty(&self) -> bool {
        self.count == 0
    }
}

/// Everything that is not written yet.
#[derive(Debug)]
pub(super) struct Queue {
    /// How long a segment is.
    segment: usize,
    /// How much of the active one is written or set aside.
    used: usize,
    /// The number of the newest transaction.
    newest: u64,
    /// The number of the newest transaction that somebody waits for.
    kept: u64,
    /// Up to this transaction everything is on the disk.
    synced: u64,
    pending: Batch,
    /// The last of the frozen generation.
    sealed: Option<Batch>,
    /// An emptied buffer.
    spare: Vec<u8>,
}

impl Queue {
    /// A spare buffer that grew larger than this is let go.
    const SPARE_BYTES: usize = 1_024 * 1_024;

    /// An empty queue for this generation.
    pub(super) fn new(segment: usize, generation: u64) -> Self {
        Self {
            segment,
            used: BLOCK,
            newest: 0,
            kept: 0,
            synced: 0,
            pending: Batch::new(generation, 1, Vec::new()),
            sealed: None,
            spare: Vec::new(),
        }
    }

    pub(super) const fn newest(&self) -> u64 {
        self.newest
    }

    pub(super) const fn kept(&self) -> u64 {
        self.kept
    }

    pub(super) const fn synced(&self) -> u64 {
        self.synced
    }

    /// How much of the active segment is written or set aside.
    pub(super) const fn used(&self) -> usize {
        self.used
    }

    /// Whether it is time to move rows: the more there are, the fewer pages of the file each of them changes.
    pub(super) const fn is_nearly_full(&self) -> bool {
        self.used >= self.segment / 8 * 7
    }

    /// Whether the active segment takes a record of so many bytes.
    pub(super) const fn has_room(&self, bytes: usize) -> bool {
        self.used + bytes + GROUP_MORE <= self.segment
    }

    /// Gives a transaction its number, and its record to the journal.
    pub(super) fn append<'a>(
        &mut self,
        outcomes: impl ExactSizeIterator<Item = (&'a Key, Option<&'a Row>)>,
        bytes: usize,
        sync: bool,
    ) -> u64 {
        self.newest += 1;
        write_record(&mut self.pending.bytes, outcomes);
        self.pending.count += 1;
        self.pending.reserved += bytes + GROUP_MORE;
        self.used += bytes + GROUP_MORE;
        if sync {
            self.sync();
        }
        self.newest
    }

    /// Has everything synced that came so far.
    pub(super) const fn sync(&mut self) {
        self.kept = self.newest;
        self.pending.sync = true;
    }

    /// From here on everything goes to `generation`.
    pub(super) fn seal(&mut self, generation: u64) {
        let next = Batch::new(generation, self.newest + 1, mem::take(&mut self.spare));
        let mut last = mem::replace(&mut self.pending, next);
        // What was written soon is on the disk before it is moved: no part of it may be there alone.
        last.sync = true;
        self.sealed = Some(last).filter(|_| self.synced < self.newest);
        self.used = BLOCK;
    }

    /// Whether the last batch of a frozen generation still waits.
    pub(super) const fn has_sealed(&self) -> bool {
        self.sealed.is_some()
    }

    /// Whether somebody waits for what comes next; none if nothing does.
    pub(super) fn is_waited_for(&self) -> Option<bool> {
        let pending = Some(&self.pending).filter(|batch| !batch.is_empty() || batch.sync);
        self.sealed.as_ref().or(pending).map(|batch| batch.sync)
    }

    /// What comes next.
    pub(super) fn take(&mut self) -> Batch {
        self.sealed.take().unwrap_or_else(|| {
            let spare = mem::take(&mut self.spare);
            let next = Batch::new(self.pending.generation, self.newest + 1, spare);
            mem::replace(&mut self.pending, next)
        })
    }

    /// The journal took a batch in `written` bytes.
    pub(super) fn took(&mut self, batch: Batch, written: usize) {
        if batch.sync {
            self.synced = batch.last();
        }
        if batch.generation == self.pending.generation {
            self.used = (self.used + written).saturating_sub(batch.reserved);
        }
        if batch.bytes.capacity() <= Self::SPARE_BYTES {
            self.spare = batch.bytes;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn append(queue: &mut Queue, bytes: usize, sync: bool) -> u64 {
        queue.append(std::iter::empty(), bytes, sync)
    }

    #[test]
    fn what_was_set_aside_and_not_needed_is_room_again() {
        let mut queue = Queue::new(8_192, 1);
        for _ in 0..4 {
            append(&mut queue, 500, true);
        }
        let full = BLOCK + 4 * (500 + GROUP_MORE);
        assert_eq!(queue.used(), full);
        assert!(!queue.is_nearly_full() && !queue.has_room(8_192 - full));
        let batch = queue.take();
        assert_eq!((batch.first, batch.count, batch.last()), (1, 4, 4));
        queue.took(batch, 2_560);
        assert_eq!((queue.used(), queue.synced()), (BLOCK + 2_560, 4));
    }

    #[test]
    fn a_frozen_generations_last_batch_comes_first_and_is_synced() {
        let mut queue = Queue::new(8_192, 1);
        append(&mut queue, 10, false);
        assert_eq!(queue.is_waited_for(), Some(false));
        queue.seal(2);
        append(&mut queue, 10, true);
        let batch = queue.take();
        assert_eq!((batch.generation, batch.sync, batch.last()), (1, true, 1));
        queue.took(batch, 512);
        assert_eq!(queue.used(), BLOCK + 10 + GROUP_MORE, "it was of the other segment");
        let batch = queue.take();
        assert_eq!((batch.generation, batch.first, batch.last()), (2, 2, 2));
        queue.took(batch, 512);
        assert_eq!(queue.is_waited_for(), None);
        queue.seal(3);
        assert!(!queue.has_sealed(), "everything is on the disk");
        append(&mut queue, 10, false);
        let batch = queue.take();
        queue.took(batch, 512);
        queue.seal(4);
        assert!(queue.has_sealed() && queue.synced() < queue.newest(), "written, not synced");
        assert!(queue.take().is_empty());
    }
}
