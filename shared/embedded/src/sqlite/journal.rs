//! The journal: what was written and is not in SQLite yet, in the order of its writing.
//!
//! It is two segments that take turns: files of a fixed length, made of zeros and overwritten in place, so
//! that a sync has nothing but their bytes to bring to the disk. A segment belongs to one generation of rows
//! at a time. Its head says which, with a salt that is new each time; then come groups, each written at once:
//!
//! ```text
//! salt 8 | checksum 4 | length 4 | first 8 | synced 8 | count 4 | zero 4 | records | zeros to the next block
//! ```
//!
//! A group that is not whole was torn off by the end of the process or of the power, and nobody was told of
//! it — unless a later group says that everything up to it was `synced`. Then the disk lost what was
//! acknowledged, and that must not pass in silence.

use std::{
    fs::{File, OpenOptions},
    hash::{BuildHasher, RandomState},
    io,
    os::unix::fs::{FileExt, OpenOptionsExt},
    path::{Path, PathBuf},
    sync::atomic::{AtomicU64, Ordering},
};

use super::queue::Batch;

/// What a disk writes as a whole or not at all. Groups begin at a multiple of it, so that none is written
/// over a block that holds an earlier one.
pub(super) const BLOCK: usize = 512;

/// Before the records of a group.
pub(super) const GROUP_HEAD: usize = 40;

/// How much longer than its records a group is at most.
pub(super) const GROUP_MORE: usize = GROUP_HEAD + BLOCK;

/// Every segment begins with this: the form of what follows.
const MAGIC: &[u8; 8] = b"FRTHRT\x00\x02";

/// One use of a segment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Use {
    /// The store that it belongs to.
    pub(super) store: u64,
    /// The generation of rows that it holds.
    pub(super) generation: u64,
    /// Random, so that nothing of an earlier use is taken for a group of this one.
    pub(super) salt: u64,
}

/// What the head of a segment says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Head {
    Used(Use),
    /// It was never used.
    Blank,
    Damaged,
}

/// The two segments of a file.
#[derive(Debug)]
pub(super) struct Journal {
    store: u64,
    segments: [Segment; 2],
    /// The salts of their present uses.
    salts: [AtomicU64; 2],
}

impl Journal {
    /// Opens or makes the segments beside `file`, without looking into them.
    pub(super) fn open(file: &Path, store: u64, bytes: usize) -> io::Result<Self> {
        let [one, other] = Self::paths(file);
        let segments = [Segment::open(&one, bytes)?, Segment::open(&other, bytes)?];
        Ok(Self { store, segments, salts: [AtomicU64::new(0), AtomicU64::new(0)] })
    }

    /// Where the segments of `file` lie.
    pub(super) fn paths(file: &Path) -> [PathBuf; 2] {
        ["journal-0", "journal-1"].map(|extension| file.with_extension(extension))
    }

    /// The segment that a generation has when it is its turn.
    pub(super) const fn segment(&self, generation: u64) -> &Segment {
        let [one, other] = &self.segments;
        if generation.is_multiple_of(2) { one } else { other }
    }

    const fn salt(&self, generation: u64) -> &AtomicU64 {
        let [one, other] = &self.salts;
        if generation.is_multiple_of(2) { one } else { other }
    }

    fn next_use(&self, generation: u64) -> Use {
        // A hasher's keys are random.
        let salt = RandomState::new().hash_one(generation);
        self.salt(generation).store(salt, Ordering::Release);
        Use { store: self.store, generation, salt }
    }

    /// Makes both segments of their full length, of zeros, and ready for the next generations. It takes a
    /// moment.
    pub(super) fn prepare(&self, generations: [u64; 2]) -> io::Result<()> {
        generations.into_iter().try_for_each(|next| self.segment(next).prepare(self.next_use(next)))
    }

    /// Lets a generation have its segment: what the one before wrote there up to `until` is overwritten.
    pub(super) fn begin(&self, generation: u64, until: usize) -> io::Result<()> {
        self.segment(generation).begin(self.next_use(generation), until)
    }

    /// Makes a group of a batch, that says that everything up to `synced` is on the disk.
    pub(super) fn seal(&self, batch: &mut Batch, synced: u64) {
        let salt = self.salt(batch.generation).load(Ordering::Acquire);
        seal_group(&mut batch.bytes, salt, (batch.first, synced, batch.count));
    }

    /// Writes a sealed batch at this place of its segment.
    pub(super) fn write(&self, batch: &Batch, at: usize) -> io::Result<()> {
        self.segment(batch.generation).file.write_all_at(&batch.bytes, at as u64)
    }

    /// Puts everything that was written in a generation on the disk.
    pub(super) fn sync(&self, generation: u64) -> io::Result<()> {
        self.segment(generation).file.sync_data()
    }
}

/// One of the two files.
#[derive(Debug)]
pub(super) struct Segment {
    file: File,
    bytes: usize,
}

impl Segment {
    /// Opens or makes the file, without looking into it.
    pub(super) fn open(path: &Path, bytes: usize) -> io::Result<Self> {
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false).mode(0o600);
        Ok(Self { file: options.open(path)?, bytes })
    }

    /// What its head says, as it was found.
    pub(super) fn head(&self) -> io::Result<Head> {
        let mut head = [0; HEAD];
        match self.file.read_exact_at(&mut head, 0) {
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(Head::Blank),
            other => other?,
        }
        if head == [0; HEAD] {
            return Ok(Head::Blank);
        }
        Ok(Use::read(&head).map_or(Head::Damaged, Head::Used))
    }

    /// Everything in it, also if another version of the program made it longer.
    pub(super) fn read(&self) -> io::Result<Vec<u8>> {
        let length = usize::try_from(self.file.metadata()?.len()).map_err(io::Error::other)?;
        let mut bytes = vec![0; length.max(self.bytes)];
        self.file.read_exact_at(&mut bytes, 0)?;
        Ok(bytes)
    }

    /// Begins a use: overwrites what an earlier one left up to `until`, and syncs: often, so that the other
    /// segment's syncs wait for little.
    fn begin(&self, usage: Use, until: usize) -> io::Result<()> {
        let mut at = BLOCK;
        let mut unsynced = 0;
        while at < until.min(self.bytes) {
            let length = until.min(self.bytes).saturating_sub(at).min(ZEROS.len());
            let zeros = ZEROS.get(..length).unwrap_or(&ZEROS);
            self.file.write_all_at(zeros, at as u64)?;
            at = at.saturating_add(length);
            unsynced += length;
            if unsynced >= SYNC_BYTES {
                self.file.sync_data()?;
                unsynced = 0;
            }
        }
        self.file.write_all_at(&usage.written(), 0)?;
        self.file.sync_data()
    }

    /// Makes the file of its full length, of zeros, and begins its use.
    fn prepare(&self, usage: Use) -> io::Result<()> {
        let until = if self.is_blank()? { BLOCK } else { self.bytes };
        self.file.set_len(self.bytes as u64)?;
        self.begin(usage, until)?;
        // The length too, and that the blocks are the file's: later syncs are of the bytes only.
        self.file.sync_all()
    }

    /// Whether it has its full length, and nothing but zeros after its head, as an orderly end leaves it.
    fn is_blank(&self) -> io::Result<bool> {
        if self.file.metadata()?.len() != self.bytes as u64 {
            return Ok(false);
        }
        let mut bytes = vec![0; ZEROS.len()];
        let mut at = BLOCK as u64;
        loop {
            match self.file.read_at(&mut bytes, at)? {
                0 => return Ok(true),
                read if bytes.get(..read) == ZEROS.get(..read) => at += read as u64,
                _ => return Ok(false),
            }
        }
    }
}

static ZEROS: [u8; 65_536] = [0; 65_536];

/// How much is overwritten between two syncs.
const SYNC_BYTES: usize = 262_144;

/// The length of what is written of a head; the rest of its block is zeros.
const HEAD: usize = 36;

impl Use {
    fn written(&self) -> [u8; BLOCK] {
        let mut block = [0; BLOCK];
        let mut parts = MAGIC.to_vec();
        for number in [self.store, self.generation, self.salt] {
            parts.extend(number.to_le_bytes());
        }
        parts.extend(crc32fast::hash(&parts).to_le_bytes());
        for (byte, part) in block.iter_mut().zip(parts) {
            *byte = part;
        }
        block
    }

    fn read(head: &[u8; HEAD]) -> Option<Self> {
        let (parts, sum) = head.split_last_chunk::<4>()?;
        let (magic, rest) = parts.split_first_chunk::<8>()?;
        let (store, rest) = number(rest)?;
        let (generation, rest) = number(rest)?;
        let (salt, _) = number(rest)?;
        let whole = magic == MAGIC && *sum == crc32fast::hash(parts).to_le_bytes();
        whole.then_some(Self { store, generation, salt })
    }
}

fn number(bytes: &[u8]) -> Option<(u64, &[u8])> {
    let (number, rest) = bytes.split_first_chunk()?;
    Some((u64::from_le_bytes(*number), rest))
}

fn short(bytes: &[u8]) -> Option<(u32, &[u8])> {
    let (number, rest) = bytes.split_first_chunk()?;
    Some((u32::from_le_bytes(*number), rest))
}

/// Puts the head before the records of a group, for which `group` begins with room, and fills up its last
/// block.
pub(super) fn seal_group(group: &mut Vec<u8>, salt: u64, (first, synced, count): (u64, u64, u32)) {
    let length = u32::try_from(group.len().saturating_sub(GROUP_HEAD)).unwrap_or(u32::MAX);
    let mut head = Vec::with_capacity(GROUP_HEAD);
    head.extend(salt.to_le_bytes());
    head.extend([0; 4]);
    head.extend(length.to_le_bytes());
    head.extend(first.to_le_bytes());
    head.extend(synced.to_le_bytes());
    head.extend(count.to_le_bytes());
    head.extend([0; 4]);
    for (byte, part) in group.iter_mut().zip(&head) {
        *byte = *part;
    }
    let sum = sum_of(salt, group.get(SUMMED..).unwrap_or_default()).to_le_bytes();
    for (byte, part) in group.iter_mut().skip(8).zip(sum) {
        *byte = part;
    }
    group.resize(group.len().next_multiple_of(BLOCK), 0);
}

/// What the checksum of a group is over begins here: after the salt and the checksum itself.
const SUMMED: usize = 12;

fn sum_of(salt: u64, summed: &[u8]) -> u32 {
    let mut sum = crc32fast::Hasher::new();
    sum.update(&salt.to_le_bytes());
    sum.update(summed);
    sum.finalize()
}

/// A whole group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Group<'a> {
    /// The number of its first transaction.
    pub(super) first: u64,
    /// Up to which transaction everything was on the disk when it was written.
    pub(super) synced: u64,
    pub(super) count: u32,
    pub(super) records: &'a [u8],
}

/// The group that begins at `at`, and where the next one does.
pub(super) fn group(bytes: &[u8], at: usize, salt: u64) -> Option<(Group<'_>, usize)> {
    let whole = bytes.get(at..)?;
    let (found, rest) = number(whole)?;
    if found != salt {
        return None;
    }
    let (sum, rest) = short(rest)?;
    let (length, rest) = short(rest)?;
    let (first, rest) = number(rest)?;
    let (synced, rest) = number(rest)?;
    let (count, _) = short(rest)?;
    let end = GROUP_HEAD.checked_add(usize::try_from(length).ok()?)?;
    let summed = whole.get(SUMMED..end)?;
    if sum_of(salt, summed) != sum {
        return None;
    }
    let records = whole.get(GROUP_HEAD..end)?;
    Some((Group { first, synced, count, records }, at.checked_add(end.next_multiple_of(BLOCK))?))
}

/// The groups of one use, up to the first that is not whole, and up to which transaction a group after that
/// one says that everything was on the disk.
pub(super) fn groups(bytes: &[u8], salt: u64) -> (Vec<Group<'_>>, u64) {
    let mut whole = Vec::new();
    let mut at = BLOCK;
    while let Some((found, next)) = group(bytes, at, salt) {
        whole.push(found);
        at = next;
    }
    let mut synced = 0;
    while at < bytes.len() {
        at = match group(bytes, at, salt) {
            Some((found, next)) => {
                synced = synced.max(found.synced);
                next
            }
            None => at.saturating_add(BLOCK),
        };
    }
    (whole, synced)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SALT: u64 = 0x1234_5678_9abc_def0;

    fn sealed(records: &[u8], numbers: (u64, u64, u32)) -> Vec<u8> {
        let mut group = vec![0; GROUP_HEAD];
        group.extend(records);
        seal_group(&mut group, SALT, numbers);
        group
    }

    fn segment(groups: &[Vec<u8>]) -> Vec<u8> {
        let mut bytes = vec![0; BLOCK];
        bytes.extend(groups.concat());
        bytes.resize(16_384, 0);
        bytes
    }

    #[test]
    fn groups_are_read_as_they_were_written() {
        let (first, second) = (sealed(&[7; 600], (1, 0, 2)), sealed(b"x", (3, 2, 1)));
        assert_eq!((first.len(), second.len()), (2 * BLOCK, BLOCK));
        let bytes = segment(&[first, second]);
        let (found, beyond) = groups(&bytes, SALT);
        let numbers: Vec<_> = found.iter().map(|it| (it.first, it.synced, it.count)).collect();
        assert_eq!(numbers, [(1, 0, 2), (3, 2, 1)]);
        assert_eq!((found[0].records, found[1].records), (&[7; 600][..], &b"x"[..]));
        assert_eq!(beyond, 0);
        assert_eq!(groups(&bytes, SALT + 1), (Vec::new(), 0), "another use of the segment");
    }

    #[test]
    fn any_bit_of_a_group_counts_and_a_later_one_tells_of_the_loss() {
        let groups_of = |bytes: &[u8]| {
            let (whole, beyond) = groups(bytes, SALT);
            (whole.len(), beyond)
        };
        let bytes = segment(&[
            sealed(b"one", (1, 0, 1)),
            sealed(b"two", (2, 1, 1)),
            sealed(b"3", (3, 2, 1)),
        ]);
        assert_eq!(groups_of(&bytes), (3, 0));
        for bit in 0..(GROUP_HEAD + 3) * 8 {
            let mut rotten = bytes.clone();
            rotten[2 * BLOCK + bit / 8] ^= 1 << (bit % 8);
            assert_eq!(groups_of(&rotten), (1, 2), "bit {bit}: two was acknowledged");
            let mut torn = bytes.clone();
            torn[3 * BLOCK + bit.min(8 * GROUP_HEAD) / 8] ^= 1 << (bit % 8);
            assert_eq!(groups_of(&torn), (2, 0), "bit {bit}: three may be torn");
        }
    }

    #[test]
    fn a_head_is_read_as_it_was_written_blank_or_damaged() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("segment");
        let segment = Segment::open(&path, 8_192).unwrap();
        assert_eq!(segment.head().unwrap(), Head::Blank);
        let usage = Use { store: 1, generation: 2, salt: SALT };
        segment.prepare(usage).unwrap();
        assert_eq!(segment.head().unwrap(), Head::Used(usage));
        segment.file.write_all_at(&[9; 1_000], BLOCK as u64).unwrap();
        let next = Use { generation: 4, ..usage };
        segment.begin(next, 1_512).unwrap();
        assert_eq!(segment.head().unwrap(), Head::Used(next));
        assert!(segment.read().unwrap()[BLOCK..].iter().all(|byte| *byte == 0));
        for bit in 0..HEAD * 8 {
            let mut bytes = segment.read().unwrap();
            bytes[bit / 8] ^= 1 << (bit % 8);
            std::fs::write(&path, bytes).unwrap();
            assert_eq!(Segment::open(&path, 8_192).unwrap().head().unwrap(), Head::Damaged);
            segment.begin(next, BLOCK).unwrap();
        }
    }
}
