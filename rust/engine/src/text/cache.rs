//! Remembers what a word was turned into, so that a word of a thousand files is taken apart a few times, not a thousand.
//!
//! Direct-mapped: a word has one place, and the last to come keeps it. One place is one cache line with the word itself
//! in it, so a hit is exact and costs one memory access, and the memory is fixed whatever the repository.

use std::ops::Range;

use bytemuck::Zeroable;

use crate::syntax::facts::{FileFacts, Str};
use crate::text::dictionary::hash;

const KEY_BYTES: usize = 31;
const NUMBERS: usize = 7;

/// All zero when nothing is remembered.
#[derive(Clone, Copy, Zeroable)]
#[repr(C, align(64))]
struct Place {
    numbers: [u32; NUMBERS],
    key: [u8; KEY_BYTES],
    key_length: u8,
    count: u8,
}

pub struct WordCache {
    places: Vec<Place>,
}

impl WordCache {
    /// A cache of `2^bits` places of 64 bytes.
    pub fn new(bits: u32) -> Self {
        Self { places: bytemuck::zeroed_vec(1 << bits) } // memory that is never written costs nothing
    }

    /// The place of a word.
    fn place(&self, word: &[u8]) -> u32 {
        hash(word) & (self.places.len() - 1) as u32
    }

    /// Brings places near, all at once: one after the other, each would be waited for.
    fn touch(&self, places: impl Iterator<Item = u32>) {
        std::hint::black_box(places.map(|place| u32::from(self.places[place as usize].key_length)).sum::<u32>());
    }

    /// Appends to `out` the numbers of `word`: remembered ones, or those that `make` appends.
    fn numbers(&mut self, word: &[u8], place: u32, out: &mut Vec<u32>, make: impl FnOnce(&mut Vec<u32>)) {
        if word.is_empty() || word.len() > KEY_BYTES {
            return make(out);
        }
        let place = &mut self.places[place as usize];
        if &place.key[..place.key_length as usize] == word {
            out.extend_from_slice(&place.numbers[..place.count as usize]);
            return;
        }
        let start = out.len();
        make(out);
        let made = &out[start..];
        if made.len() <= NUMBERS {
            place.numbers[..made.len()].copy_from_slice(made);
            place.count = made.len() as u8;
            place.key[..word.len()].copy_from_slice(word);
            place.key_length = word.len() as u8;
        }
    }
}

/// Numbers of the words of one file after the other: a word is looked up once for each file that has it.
pub struct FileWords {
    cache: WordCache,
    numbers: Vec<u32>,
    /// Where in `numbers` each string of the file has its own. Until it is asked for, the end is [`NOT_YET`], and the
    /// start the string's place in the cache.
    ranges: Vec<Range<u32>>,
}

const NOT_YET: u32 = u32::MAX;

impl FileWords {
    /// With a cache of `2^bits` words.
    pub fn new(bits: u32) -> Self {
        Self { cache: WordCache::new(bits), numbers: Vec::new(), ranges: Vec::new() }
    }

    /// Forgets the file before.
    pub fn begin(&mut self, facts: &FileFacts) {
        self.numbers.clear();
        self.ranges.clear();
        let place = |text| self.cache.place(facts.text(Str(text)))..NOT_YET;
        self.ranges.extend((0..facts.strings.len() as u32).map(place));
        self.cache.touch(self.ranges.iter().map(|range| range.start));
    }

    /// The numbers of a string of the file begun last; `make` is asked when nobody remembers them.
    pub fn of(&mut self, facts: &FileFacts, text: Str, make: impl FnOnce(&str, &mut Vec<u32>)) -> &[u32] {
        let Some(range) = self.ranges.get_mut(text.0 as usize) else { return &[] };
        if range.end == NOT_YET {
            let word = facts.text(text);
            let start = self.numbers.len() as u32;
            self.cache.numbers(word, range.start, &mut self.numbers, |out| make(&String::from_utf8_lossy(word), out));
            *range = start..self.numbers.len() as u32;
        }
        &self.numbers[range.start as usize..range.end as usize]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_made_once_and_given_back_alike() {
        let mut cache = WordCache::new(4);
        let mut made = 0;
        for _ in 0..3 {
            let mut out = vec![9];
            cache.numbers(b"pool", cache.place(b"pool"), &mut out, |out| {
                made += 1;
                out.extend([1, 2]);
            });
            assert_eq!(out, [9, 1, 2]);
        }
        assert_eq!(made, 1);
    }

    #[test]
    fn words_that_share_a_place_do_not_share_numbers() {
        let mut cache = WordCache::new(1);
        for round in 0..2 {
            for word in 0..50u32 {
                let mut out = Vec::new();
                let text = format!("word{word}");
                cache.numbers(text.as_bytes(), cache.place(text.as_bytes()), &mut out, |out| out.push(word));
                assert_eq!(out, [word], "round {round}");
            }
        }
    }

    #[test]
    fn what_does_not_fit_a_place_is_made_every_time() {
        let mut cache = WordCache::new(4);
        let long = [b'a'; KEY_BYTES + 1];
        for (word, count) in [(&long[..], 1), (b"many".as_slice(), NUMBERS + 1), (b"".as_slice(), 1)] {
            for number in 0..2 {
                let mut out = Vec::new();
                cache.numbers(word, cache.place(word), &mut out, |out| out.resize(count, number));
                assert_eq!(out, vec![number; count]);
            }
        }
    }
}
