//! What a power cut can leave: of what was written since a file's last sync, anything.

use std::{collections::BTreeMap, fs, path::Path};

use forthright_core::Entropy;
use forthright_testkit::seeded_entropy;

use super::{
    super::super::journal::BLOCK,
    shim::{Op, Record},
};

/// How the disk ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cut {
    /// Nothing that was not synced is there.
    Lost,
    /// Everything is.
    Kept,
    /// Of each write, and of each of its blocks, chance decides.
    Torn(u64),
    /// Some writes are there whole and some are not, in no order.
    Reordered(u64),
    /// Of each file everything or nothing.
    Mixed(u64),
}

#[derive(Debug, Default, Clone)]
struct File {
    /// What is on the disk for sure, if its name is.
    synced: Vec<u8>,
    has_name: bool,
    is_there: bool,
    /// What was done since, by its place in the record.
    since: Vec<usize>,
}

/// The disk as it is after so many operations.
#[derive(Debug)]
pub(super) struct Disk<'a> {
    record: &'a Record,
    files: Vec<File>,
    /// How many operations are done.
    pub(super) done: usize,
}

/// The files of a folder, by name.
pub(super) type Image = BTreeMap<String, Vec<u8>>;

impl<'a> Disk<'a> {
    pub(super) fn new(record: &'a Record) -> Self {
        Self { record, files: vec![File::default(); record.names.len()], done: 0 }
    }

    /// Does the next operation.
    pub(super) fn step(&mut self) {
        match &self.record.ops[self.done] {
            Op::Made(file) => {
                self.files[*file] = File { is_there: true, ..File::default() };
            }
            Op::Written { file, .. } | Op::Cut { file, .. } => {
                self.files[*file].since.push(self.done);
            }
            Op::Synced(file) => {
                let all = apply(&self.files[*file], &self.record.ops, |_| Part::Whole);
                self.files[*file].synced = all;
                self.files[*file].since.clear();
            }
            Op::Removed(file) => self.files[*file].is_there = false,
            Op::FolderSynced => {
                for file in &mut self.files {
                    file.has_name = file.is_there;
                }
            }
            Op::SyncFailed | Op::SyncSkipped => {}
        }
        self.done += 1;
    }

    /// What is left if the power is cut now.
    pub(super) fn image(&self, cut: Cut) -> Image {
        let seed = match cut {
            Cut::Lost | Cut::Kept => 0,
            Cut::Torn(seed) | Cut::Reordered(seed) | Cut::Mixed(seed) => seed,
        };
        let chance = seeded_entropy(seed);
        let coin = |chance: &Entropy| chance.bytes::<8>()[0].is_multiple_of(2);
        let mut image = Image::new();
        for (name, file) in self.record.names.iter().zip(&self.files) {
            let file_is_kept = coin(&chance);
            let has_name = match cut {
                Cut::Lost => file.has_name,
                Cut::Kept => file.is_there,
                Cut::Torn(_) | Cut::Reordered(_) | Cut::Mixed(_) => {
                    if file_is_kept {
                        file.is_there
                    } else {
                        file.has_name
                    }
                }
            };
            if !has_name || name == "acks" {
                continue;
            }
            let bytes = apply(file, &self.record.ops, |_| match cut {
                Cut::Lost => Part::None,
                Cut::Kept => Part::Whole,
                Cut::Mixed(_) => {
                    if file_is_kept {
                        Part::Whole
                    } else {
                        Part::None
                    }
                }
                Cut::Reordered(_) => {
                    if coin(&chance) {
                        Part::Whole
                    } else {
                        Part::None
                    }
                }
                Cut::Torn(_) => Part::Blocks(u64::from_le_bytes(chance.bytes())),
            });
            image.insert(name.clone(), bytes);
        }
        image
    }
}

/// How much of an operation came to the disk.
#[derive(Debug, Clone, Copy)]
enum Part {
    None,
    Whole,
    /// The blocks whose bits are set; the bits come again and again.
    Blocks(u64),
}

fn apply(file: &File, ops: &[Op], part: impl Fn(usize) -> Part) -> Vec<u8> {
    let mut bytes = file.synced.clone();
    for index in &file.since {
        let part = part(*index);
        match &ops[*index] {
            Op::Cut { length, .. } => match part {
                Part::None => {}
                Part::Blocks(bits) if bits % 2 == 0 => {}
                Part::Whole | Part::Blocks(_) => bytes.resize(*length, 0),
            },
            Op::Written { at, bytes: written, .. } => match part {
                Part::None => {}
                Part::Whole => put(&mut bytes, *at, written),
                Part::Blocks(bits) => {
                    let mut from = 0;
                    while from < written.len() {
                        // Blocks of the disk, not of the write.
                        let block = (at + from) / BLOCK;
                        let to = ((block + 1) * BLOCK - at).min(written.len());
                        if bits >> (block % 64) & 1 == 1 {
                            put(&mut bytes, at + from, &written[from..to]);
                        }
                        from = to;
                    }
                }
            },
            _ => panic!("only these wait for a sync"),
        }
    }
    bytes
}

fn put(bytes: &mut Vec<u8>, at: usize, written: &[u8]) {
    let end = at + written.len();
    if bytes.len() < end {
        bytes.resize(end, 0);
    }
    bytes[at..end].copy_from_slice(written);
}

/// Makes the files of an image in a folder.
pub(super) fn write(image: &Image, folder: &Path) {
    for (name, bytes) in image {
        fs::write(folder.join(name), bytes).unwrap();
    }
}
