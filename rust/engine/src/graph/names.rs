//! Every name of the project once, as a number.
//!
//! Resolving compares names millions of times; as numbers they compare in one instruction and pack into 4 bytes. The
//! table is an arena and an open-addressing index of (hash, number) pairs: a look-up that misses touches one cache
//! line, one that hits touches the bytes to be sure. Numbers are given in order of arrival, so equal input gives equal
//! numbers.

use std::hash::Hasher;

use bytemuck::{Pod, Zeroable};
use rustc_hash::FxHasher;

/// A name of the project: an index into [`Names`], or [`Name::NONE`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Pod, Zeroable)]
#[repr(transparent)]
pub struct Name(pub u32);

impl Name {
    pub const NONE: Name = Name(u32::MAX);

    pub fn is_none(self) -> bool {
        self == Self::NONE
    }
}

/// The hash and the number of one name; a number of `u32::MAX` is an empty place.
type Slot = (u32, u32);
const EMPTY: Slot = (0, u32::MAX);

#[derive(Clone, Debug)]
pub struct Names {
    bytes: Vec<u8>,
    /// End of name `i`; it starts where `i - 1` ends.
    ends: Vec<u32>,
    slots: Vec<Slot>,
}

impl Default for Names {
    fn default() -> Self {
        Self { bytes: Vec::new(), ends: Vec::new(), slots: vec![EMPTY; 1024] }
    }
}

impl Names {
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// Bytes of a name; empty for [`Name::NONE`].
    pub fn get(&self, name: Name) -> &[u8] {
        let index = name.0 as usize;
        let Some(&end) = self.ends.get(index) else { return b"" };
        let start = if index == 0 { 0 } else { self.ends[index - 1] };
        &self.bytes[start as usize..end as usize]
    }

    /// The number of a name that was seen before.
    pub fn find(&self, text: &[u8]) -> Option<Name> {
        let hash = hash_of(text);
        match self.slots[self.place(hash, text)] {
            EMPTY => None,
            (_, number) => Some(Name(number)),
        }
    }

    /// The number of a name, given now if it is new.
    pub fn intern(&mut self, text: &[u8]) -> Name {
        let hash = hash_of(text);
        let place = self.place(hash, text);
        if self.slots[place] != EMPTY {
            return Name(self.slots[place].1);
        }
        let number = self.ends.len() as u32;
        self.bytes.extend_from_slice(text);
        self.ends.push(self.bytes.len() as u32);
        self.slots[place] = (hash, number);
        if self.ends.len() * 8 > self.slots.len() * 5 {
            self.grow();
        }
        Name(number)
    }

    /// All bytes back to back, and where each name ends: the form in which a snapshot keeps them.
    pub fn columns(&self) -> (&[u8], &[u32]) {
        (&self.bytes, &self.ends)
    }

    /// Where `text` stands, or the empty place where it would.
    fn place(&self, hash: u32, text: &[u8]) -> usize {
        let mask = self.slots.len() - 1;
        let mut place = hash as usize & mask;
        loop {
            let slot = self.slots[place];
            if slot == EMPTY || slot.0 == hash && self.get(Name(slot.1)) == text {
                return place;
            }
            place = (place + 1) & mask;
        }
    }

    fn grow(&mut self) {
        let old = std::mem::take(&mut self.slots);
        let mask = old.len() * 2 - 1;
        self.slots = vec![EMPTY; old.len() * 2];
        for slot in old.into_iter().filter(|slot| *slot != EMPTY) {
            let mut place = slot.0 as usize & mask;
            while self.slots[place] != EMPTY {
                place = (place + 1) & mask;
            }
            self.slots[place] = slot;
        }
    }
}

fn hash_of(text: &[u8]) -> u32 {
    let mut hasher = FxHasher::default();
    hasher.write(text);
    let hash = hasher.finish();
    (hash ^ (hash >> 32)) as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_keeps_its_number_while_the_table_grows() {
        let mut names = Names::default();
        let numbers: Vec<Name> = (0..5000).map(|i| names.intern(format!("name_{i}").as_bytes())).collect();
        assert_eq!(names.len(), 5000);
        for (i, &number) in numbers.iter().enumerate() {
            let text = format!("name_{i}");
            assert_eq!(names.intern(text.as_bytes()), number);
            assert_eq!(names.find(text.as_bytes()), Some(number));
            assert_eq!(names.get(number), text.as_bytes());
        }
        assert_eq!(names.find(b"name_5000"), None);
    }

    #[test]
    fn the_empty_name_is_a_name_and_none_is_not() {
        let mut names = Names::default();
        let empty = names.intern(b"");
        assert_ne!(empty, Name::NONE);
        assert_eq!(names.get(empty), b"");
        assert_eq!(names.get(Name::NONE), b"");
    }
}
