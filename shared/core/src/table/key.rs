//! The name of a row: design of the key space, in one place.

use data_encoding::HEXLOWER;

use self::Piece::{Id, Number, Text};
use crate::ids::{Address, BrandId, CaseId, Eid, Epoch, NoteId, OutId, Pid, RequestId, TaskId};

/// One of the two tables. Keys have their own, with a shorter recovery window, so that a restored backup
/// of the data stays unreadable after an erasure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum TableName {
    /// Everything but keys.
    Data,
    /// Wrapped subject keys and their tombstones.
    Keys,
}

impl TableName {
    /// The name as it is bound into sealed values.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Data => "data",
            Self::Keys => "keys",
        }
    }
}

/// The sort key of a partition that has one row only.
const ONLY: &str = "-";

/// As many bytes as the longest part of a key that every message needs.
const PART_BYTES: usize = 48;

/// What the name of a row is made of.
enum Piece<'a> {
    Text(&'a str),
    /// The 128 bits of an id, as ids are written.
    Id(&'a [u8; 16]),
    Number(u32),
}

/// Pieces one after the other. Names of rows are made at each step of a message's way, so without what formatting costs.
fn joined<const N: usize>(pieces: [Piece<'_>; N]) -> String {
    let mut text = String::with_capacity(PART_BYTES);
    for piece in pieces {
        match piece {
            Text(piece) => text.push_str(piece),
            Id(bytes) => HEXLOWER.encode_append(bytes, &mut text),
            Number(number) => text.push_str(&number.to_string()),
        }
    }
    text
}

/// The key of one row.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Key {
    /// In which table.
    pub table: TableName,
    /// The partition key.
    pub partition: String,
    /// The sort key.
    pub sort: String,
}

impl Key {
    /// How the partition keys of subjects' data begin.
    pub const SUBJECT: &str = "S#";
    /// How the sort keys of inbound messages begin.
    pub const MESSAGE: &str = "MSG#";
    /// How the sort keys of our own messages begin.
    pub const OUT: &str = "OUT#";
    /// How the sort keys of what people of the brand noted begin.
    pub const NOTE: &str = "NOTE#";
    /// How the sort keys of case pointers begin.
    pub const CASE: &str = "CASE#";
    /// How the sort keys of links to the same person's other subjects begin.
    pub const TWIN: &str = "LINK#";

    /// A row of the `data` table.
    pub fn data(partition: String, sort: impl Into<String>) -> Self {
        Self { table: TableName::Data, partition, sort: sort.into() }
    }

    /// A subject's gate: small, without personal data, never erased with the subject.
    pub fn gate(pid: Pid) -> Self {
        Self::data(joined([Text("G#"), Id(pid.bytes())]), ONLY)
    }

    /// The partition of everything about a subject in one epoch.
    pub fn subject_partition(pid: Pid, epoch: Epoch) -> String {
        joined([Text(Self::SUBJECT), Id(pid.bytes()), Text("#"), Number(epoch.number())])
    }

    /// A row of a subject's partition.
    fn subject(pid: Pid, epoch: Epoch, sort: String) -> Self {
        Self::data(Self::subject_partition(pid, epoch), sort)
    }

    /// A message or an outgoing one.
    pub fn task(pid: Pid, epoch: Epoch, task: TaskId) -> Self {
        match task {
            TaskId::Message(eid) => Self::message(pid, epoch, eid),
            TaskId::Out(out) => Self::out(pid, epoch, out),
        }
    }

    /// An inbound message, its decision and its reply.
    pub fn message(pid: Pid, epoch: Epoch, eid: Eid) -> Self {
        Self::subject(pid, epoch, joined([Text(Self::MESSAGE), Id(eid.bytes())]))
    }

    /// A message of an agent or of the privacy function.
    pub fn out(pid: Pid, epoch: Epoch, out: OutId) -> Self {
        Self::subject(pid, epoch, joined([Text(Self::OUT), Id(out.bytes())]))
    }

    /// What a person of the brand noted about the subject.
    pub fn note(pid: Pid, epoch: Epoch, note: NoteId) -> Self {
        Self::subject(pid, epoch, joined([Text(Self::NOTE), Id(note.bytes())]))
    }

    /// The subject's side of a case.
    pub fn case_pointer(pid: Pid, epoch: Epoch, case: CaseId) -> Self {
        Self::subject(pid, epoch, joined([Text(Self::CASE), Id(case.bytes())]))
    }

    /// The name of another subject that was proven to be the same person.
    pub fn twin(pid: Pid, epoch: Epoch, other: Pid) -> Self {
        Self::subject(pid, epoch, joined([Text(Self::TWIN), Id(other.bytes())]))
    }

    /// A link from a keyed hash of a platform id to a subject.
    pub fn link(pepper: u32, hash: &str) -> Self {
        Self::data(joined([Text("L#"), Number(pepper), Text("#"), Text(hash)]), ONLY)
    }

    /// A case as queues show it: enums and times.
    pub fn case(case: CaseId) -> Self {
        Self::data(joined([Text("C#"), Id(case.bytes())]), ONLY)
    }

    /// A data subject's request.
    pub fn request(request: RequestId) -> Self {
        Self::data(joined([Text("R#"), Id(request.bytes())]), ONLY)
    }

    /// A brand's settings.
    pub fn settings(brand: &BrandId) -> Self {
        Self::data(joined([Text("B#"), Text(brand.as_str())]), ONLY)
    }

    /// What is known of a signed body that could not be read: nothing of its content.
    pub fn unreadable(at: &Address, hash: &str) -> Self {
        Self::data(format!("U#{}#{}#{}", at.brand, at.channel, at.account), hash)
    }

    /// A subject's wrapped key, or its tombstone.
    pub fn subject_key(pid: Pid, epoch: Epoch) -> Self {
        Self {
            table: TableName::Keys,
            partition: joined([Text("K#"), Id(pid.bytes())]),
            sort: epoch.to_string(),
        }
    }

    /// The partition of a brand's erasure ledger. It lies beside the keys, since a restore never puts those back.
    pub fn erasures(brand: &BrandId) -> String {
        joined([Text("E#"), Text(brand.as_str())])
    }

    /// An erasure's entry in the ledger.
    pub fn erasure(brand: &BrandId, request: RequestId) -> Self {
        Self { table: TableName::Keys, partition: Self::erasures(brand), sort: request.to_string() }
    }

    /// A brand's wrapped key.
    pub fn brand_key(brand: &BrandId) -> Self {
        Self {
            table: TableName::Keys,
            partition: joined([Text("B#"), Text(brand.as_str())]),
            sort: ONLY.to_owned(),
        }
    }

    /// Whether the row belongs to a subject's partition.
    pub fn is_subjects(&self) -> bool {
        self.table == TableName::Data && self.partition.starts_with(Self::SUBJECT)
    }

    /// The subject, the epoch and the task that a task row's key names.
    pub fn as_task(&self) -> Option<(Pid, Epoch, TaskId)> {
        let (pid, epoch) = self.partition.strip_prefix(Self::SUBJECT)?.split_once('#')?;
        let task = if let Some(eid) = self.sort.strip_prefix(Self::MESSAGE) {
            TaskId::Message(eid.parse().ok()?)
        } else {
            TaskId::Out(self.sort.strip_prefix(Self::OUT)?.parse().ok()?)
        };
        Some((pid.parse().ok()?, Epoch::from_number(epoch.parse().ok()?), task))
    }

    /// The request that a request row's key names.
    pub fn as_request(&self) -> Option<RequestId> {
        self.partition.strip_prefix("R#")?.parse().ok()
    }

    /// The case that a case row's key, or a case pointer's, names.
    pub fn as_case(&self) -> Option<CaseId> {
        let id = self.partition.strip_prefix("C#").or_else(|| self.sort.strip_prefix(Self::CASE));
        id?.parse().ok()
    }
}
