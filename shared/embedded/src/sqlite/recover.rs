//! Reading a journal back: what a process left that could not close it.

use std::{io, path::Path};

use forthright_core::table::TableName;

use super::{
    OpenError,
    journal::{Head, Journal, groups},
    recent::Generation,
    row::read_record,
    sorted::JournalState,
};

/// The rows of the two generations that may be in the journal, as they became last.
pub(super) fn read_back(
    path: &Path,
    table: TableName,
    journal: &Journal,
    state: JournalState,
) -> Result<Generation, OpenError> {
    let unreachable = |source: io::Error| OpenError::Io { path: path.to_owned(), source };
    let damaged = |what| OpenError::Journal { path: path.to_owned(), what };
    let mut rows = Generation::new(state.generation + 2, state.last);
    let mut last = state.last;
    let mut synced = state.last;
    for generation in [state.generation + 1, state.generation + 2] {
        let segment = journal.segment(generation);
        let usage = match segment.head().map_err(unreachable)? {
            // It was moved, and its segment not free yet.
            Head::Used(usage)
                if usage.store == state.store && usage.generation <= state.generation =>
            {
                continue;
            }
            Head::Used(usage) if usage.store == state.store && usage.generation == generation => {
                usage
            }
            Head::Used(_) => {
                return Err(damaged("its journal is of another store, or of another time"));
            }
            Head::Blank => return Err(damaged("its journal is missing")),
            Head::Damaged => {
                return Err(damaged("the head of its journal is not what was written"));
            }
        };
        let bytes = segment.read().map_err(unreachable)?;
        let (whole, synced_beyond) = groups(&bytes, usage.salt);
        synced = synced.max(synced_beyond);
        for group in whole {
            synced = synced.max(group.synced);
            if group.first != last + 1 {
                // Something before it was torn off, and with it whatever came later.
                break;
            }
            let mut rest = group.records;
            for _ in 0..group.count {
                let (outcomes, others) =
                    read_record(table, rest).ok_or(damaged("its journal cannot be read"))?;
                last += 1;
                for (key, row) in outcomes {
                    rows.set(&key, row, (last, last));
                }
                rest = others;
            }
        }
    }
    // What was acknowledged was on the disk, and a group that came later says so.
    if synced > last {
        return Err(damaged("a part of its journal that was acknowledged is not what was written"));
    }
    Ok(rows)
}
