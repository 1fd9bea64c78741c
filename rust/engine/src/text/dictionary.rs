//! Numbers for terms: an open-addressing hash table that is built, written and read in the same form.
//!
//! Terms lie back to back in the order they were first seen. A slot of the table holds a term's tag and its number
//! plus one (0 is empty); the tag is a 32-bit hash whose low bits are the slot where the search begins,
//! so the table grows without looking at a single term. Hits are verified by their bytes.

use crate::snapshot::{Snapshot, SnapshotError, SnapshotWriter};

/// A hash of our own, because it is written to disk: words of 8 bytes, each mixed in by a multiplication.
pub fn hash(bytes: &[u8]) -> u32 {
    const FACTOR: u64 = 0x9e37_79b9_7f4a_7c15;
    let mut state = bytes.len() as u64;
    for chunk in bytes.chunks(8) {
        let mut word = [0u8; 8];
        word[..chunk.len()].copy_from_slice(chunk);
        state = (state.rotate_left(23) ^ u64::from_le_bytes(word)).wrapping_mul(FACTOR);
    }
    ((state ^ state >> 29).wrapping_mul(FACTOR) >> 32) as u32
}

/// A dictionary that grows.
pub struct Dictionary {
    slots: Vec<u64>,
    bytes: Vec<u8>,
    ends: Vec<u32>,
}

impl Default for Dictionary {
    fn default() -> Self {
        Self { slots: vec![0; 1024], bytes: Vec::new(), ends: Vec::new() }
    }
}

impl Dictionary {
    /// The number of a term; the next free one if it is new.
    pub fn number(&mut self, term: &[u8]) -> u32 {
        let tag = hash(term);
        let at = match self.view().search(term, tag) {
            Ok(number) => return number,
            Err(at) => at,
        };
        let number = self.ends.len() as u32;
        self.slots[at] = u64::from(tag) << 32 | u64::from(number + 1);
        self.bytes.extend_from_slice(term);
        self.ends.push(u32::try_from(self.bytes.len()).expect("under 4 GB of distinct terms"));
        if self.ends.len() * 3 > self.slots.len() * 2 {
            self.grow();
        }
        number
    }

    pub fn len(&self) -> usize {
        self.ends.len()
    }

    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// Bytes held.
    pub fn memory(&self) -> usize {
        self.slots.len() * 8 + self.bytes.capacity() + self.ends.capacity() * 4
    }

    /// Writes three sections whose names begin with `prefix`.
    pub fn write(&self, writer: &mut SnapshotWriter, prefix: &str) -> Result<(), SnapshotError> {
        writer.section(&format!("{prefix}.slots"), &self.slots)?;
        writer.section(&format!("{prefix}.terms"), &self.bytes)?;
        writer.section(&format!("{prefix}.term_ends"), &self.ends)
    }

    fn view(&self) -> DictionaryView<'_> {
        DictionaryView { slots: &self.slots, bytes: &self.bytes, ends: &self.ends }
    }

    fn grow(&mut self) {
        let mask = self.slots.len() * 2 - 1;
        let mut slots = vec![0u64; mask + 1];
        for &slot in self.slots.iter().filter(|&&slot| slot != 0) {
            let mut at = (slot >> 32) as usize & mask;
            while slots[at] != 0 {
                at = (at + 1) & mask;
            }
            slots[at] = slot;
        }
        self.slots = slots;
    }
}

/// A dictionary in a snapshot, used where it lies.
#[derive(Clone, Copy)]
pub struct DictionaryView<'a> {
    slots: &'a [u64],
    bytes: &'a [u8],
    ends: &'a [u32],
}

impl<'a> DictionaryView<'a> {
    /// # Errors
    /// [`SnapshotError::Unusable`] when the sections are missing or do not fit together.
    pub fn open(snapshot: &'a Snapshot, prefix: &str) -> Result<Self, SnapshotError> {
        let slots: &[u64] = snapshot.section(&format!("{prefix}.slots"))?;
        let ends: &[u32] = snapshot.section(&format!("{prefix}.term_ends"))?;
        if !slots.len().is_power_of_two() || ends.len() >= slots.len() {
            return Err(snapshot.unusable(format!("damaged in the section {prefix}.slots")));
        }
        Ok(Self { slots, bytes: snapshot.section(&format!("{prefix}.terms"))?, ends })
    }

    pub fn find(&self, term: &str) -> Option<u32> {
        self.search(term.as_bytes(), hash(term.as_bytes())).ok()
    }

    pub fn len(&self) -> usize {
        self.ends.len()
    }

    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// The number of the term, or the free slot where it would stand. At least a third of the slots is free; a damaged
    /// table without one ends the search after a full round.
    fn search(&self, term: &[u8], tag: u32) -> Result<u32, usize> {
        let mask = self.slots.len() - 1;
        let mut at = tag as usize & mask;
        for _ in 0..=mask {
            let slot = self.slots[at];
            if slot == 0 {
                break;
            }
            let number = (slot as u32).wrapping_sub(1);
            if (slot >> 32) as u32 == tag && self.get(number) == Some(term) {
                return Ok(number);
            }
            at = (at + 1) & mask;
        }
        Err(at)
    }

    fn get(&self, number: u32) -> Option<&'a [u8]> {
        let index = number as usize;
        let end = *self.ends.get(index)? as usize;
        let start = if index == 0 { 0 } else { self.ends[index - 1] as usize };
        self.bytes.get(start..end)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_dense_and_stay() {
        let mut dictionary = Dictionary::default();
        let words: Vec<String> = (0..5000).map(|number| format!("word{number}")).collect();
        for round in 0..2 {
            for (number, word) in words.iter().enumerate() {
                assert_eq!(dictionary.number(word.as_bytes()), number as u32, "round {round}");
            }
        }
        assert_eq!(dictionary.len(), 5000);
    }

    #[test]
    fn a_written_dictionary_finds_the_same_numbers() {
        let folder = tempfile::tempdir().expect("folder");
        let path = folder.path().join("snapshot");
        let mut dictionary = Dictionary::default();
        for word in ["pool", "", "größe", "connection"] {
            dictionary.number(word.as_bytes());
        }
        let mut writer = SnapshotWriter::create(&path, 1).expect("create");
        dictionary.write(&mut writer, "d").expect("write");
        writer.publish().expect("publish");

        let snapshot = Snapshot::open(&path).expect("open");
        let view = DictionaryView::open(&snapshot, "d").expect("view");
        assert_eq!(["pool", "", "größe", "connection"].map(|word| view.find(word)), [0, 1, 2, 3].map(Some));
        assert_eq!(view.find("poo"), None);
        assert!(DictionaryView::open(&snapshot, "e").is_err());
    }

    #[test]
    fn short_words_do_not_crowd_the_table() {
        let tags: std::collections::HashSet<u32> =
            (0..20_000u32).map(|number| hash(number.to_string().as_bytes()) & 0xffff).collect();
        // 20,000 random draws of 65,536 hit about 17,200 different ones.
        assert!(tags.len() > 16_500, "{} different of 20,000", tags.len());
    }
}
