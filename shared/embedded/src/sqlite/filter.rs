//! Which keys a file surely does not have. Most keys that somebody asks for are new, and SQLite need not be asked
//! for those.
//!
//! A Bloom filter: some bits for each key that the file has. A key of which a bit is missing is not there. It only
//! grows; what was deleted stays in it until the next start, and costs a needless question at most.

use std::hash::BuildHasher;

use foldhash::quality::FixedState;
use forthright_core::table::Key;

/// Bits for each key: with seven of them set, one absent key in a hundred or so is asked for in vain.
const BITS: usize = 10;
const SET: u64 = 7;

/// How many keys the first layer has room for; each further one has room for twice as many.
const FIRST: usize = 1 << 16;

/// See the [module](self).
#[derive(Debug)]
pub(super) struct Filter {
    layers: Vec<Layer>,
    /// Whether every key of the file is in it.
    is_complete: bool,
}

/// A key as the filter takes it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Print(u64);

#[derive(Debug)]
struct Layer {
    words: Vec<u64>,
    room: usize,
}

impl Print {
    pub(super) fn of(key: &Key) -> Self {
        Self(FixedState::with_seed(0).hash_one((&key.partition, &key.sort)))
    }

    /// The bits that a key has in a layer of so many.
    fn bits(self, count: u64) -> impl Iterator<Item = u64> {
        let (first, step) = (self.0, self.0.rotate_left(32) | 1);
        let places = (0..SET).map(move |number| first.wrapping_add(step.wrapping_mul(number)));
        places.map(move |place| place.checked_rem(count).unwrap_or_default())
    }
}

impl Layer {
    fn new(room: usize) -> Self {
        Self { words: vec![0; room.saturating_mul(BITS).div_ceil(64)], room }
    }

    fn count(&self) -> u64 {
        self.words.len() as u64 * 64
    }

    fn set(&mut self, print: Print) {
        for bit in print.bits(self.count()) {
            if let Some(word) = self.words.get_mut((bit / 64) as usize) {
                *word |= 1 << (bit % 64);
            }
        }
        self.room = self.room.saturating_sub(1);
    }

    fn has(&self, print: Print) -> bool {
        print.bits(self.count()).all(|bit| {
            self.words.get((bit / 64) as usize).is_some_and(|word| word >> (bit % 64) & 1 == 1)
        })
    }
}

impl Filter {
    /// One that says nothing until it is [complete](Self::complete).
    pub(super) fn new() -> Self {
        Self { layers: vec![Layer::new(FIRST)], is_complete: false }
    }

    /// Takes a key in.
    pub(super) fn add(&mut self, print: Print) {
        if self.layers.iter().any(|layer| layer.has(print)) {
            return;
        }
        if self.layers.last().is_none_or(|layer| layer.room == 0) {
            self.layers.push(Layer::new(FIRST << self.layers.len()));
        }
        if let Some(layer) = self.layers.last_mut() {
            layer.set(print);
        }
    }

    /// From now on every key of the file is in it.
    pub(super) const fn complete(&mut self) {
        self.is_complete = true;
    }

    /// Whether the file surely does not have this key.
    pub(super) fn excludes(&self, key: &Key) -> bool {
        self.is_complete && {
            let print = Print::of(key);
            !self.layers.iter().any(|layer| layer.has(print))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(number: usize) -> Key {
        Key::data(format!("T#{}", number % 7), format!("{number:07}"))
    }

    #[test]
    fn what_was_added_is_never_excluded_and_most_of_the_rest_is() {
        let mut filter = Filter::new();
        let count = FIRST * 4;
        for number in 0..count {
            filter.add(Print::of(&key(number)));
        }
        assert!(!filter.excludes(&key(count)), "it is not complete yet");
        filter.complete();
        assert!((0..count).all(|number| !filter.excludes(&key(number))));
        let in_vain = (count..2 * count).filter(|number| !filter.excludes(&key(*number))).count();
        assert!(in_vain < count / 30, "{in_vain} of {count}");
        assert_eq!(filter.layers.len(), 3);
    }
}
