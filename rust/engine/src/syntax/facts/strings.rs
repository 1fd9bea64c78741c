//! The text of a file's records: each different string once, known by its number.

use bytemuck::{Pod, Zeroable};

use super::FactsError;

/// A string of this file: an index into its [`StringTable`], or [`Str::NONE`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Pod, Zeroable)]
#[repr(transparent)]
pub struct Str(pub u32);

impl Str {
    pub const NONE: Str = Str(u32::MAX);

    pub fn is_none(self) -> bool {
        self == Self::NONE
    }
}

/// The distinct strings of a file, back to back.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StringTable {
    bytes: Vec<u8>,
    /// End of string `i`; it starts where `i - 1` ends.
    ends: Vec<u32>,
}

impl StringTable {
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// Bytes of a string; empty for [`Str::NONE`].
    pub fn get(&self, text: Str) -> &[u8] {
        let index = text.0 as usize;
        let Some(&end) = self.ends.get(index) else { return b"" };
        let start = if index == 0 { 0 } else { self.ends[index - 1] };
        &self.bytes[start as usize..end as usize]
    }

    pub fn iter(&self) -> impl Iterator<Item = &[u8]> {
        (0..self.ends.len()).map(|index| self.get(Str(index as u32)))
    }

    pub(super) fn lengths(&self) -> Vec<u32> {
        (0..self.len()).map(|index| self.get(Str(index as u32)).len() as u32).collect()
    }

    pub(super) fn from_lengths(bytes: Vec<u8>, lengths: &[u32]) -> Result<Self, FactsError> {
        let mut end = 0u32;
        let add = |&length: &u32| {
            end = end.checked_add(length)?;
            Some(end)
        };
        let ends: Option<Vec<u32>> = lengths.iter().map(add).collect();
        match ends {
            Some(ends) if end as usize == bytes.len() => Ok(Self { bytes, ends }),
            _ => Err(FactsError::Damaged("strings")),
        }
    }

    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Forgets all strings, and keeps their memory.
    pub(super) fn clear(&mut self) {
        self.bytes.clear();
        self.ends.clear();
    }

    fn push(&mut self, text: &[u8]) -> Str {
        self.bytes.extend_from_slice(text);
        self.ends.push(self.bytes.len() as u32);
        Str(self.ends.len() as u32 - 1)
    }
}

/// Gives each distinct string of a file its number. The table holds numbers only; bytes are compared in place.
#[derive(Default)]
pub struct Interner {
    pub table: StringTable,
    numbers: hashbrown::HashTable<u32>,
}

/// Bytes of source for each different string in it: a guess on the high side, so that few tables must grow.
const BYTES_PER_STRING: usize = 48;

impl Interner {
    /// With room for what a source of this many bytes usually has, in the memory of an empty table.
    pub fn for_source(bytes: usize, table: StringTable) -> Self {
        let numbers = hashbrown::HashTable::with_capacity(bytes / BYTES_PER_STRING);
        Self { table, numbers }
    }

    pub fn intern(&mut self, text: &[u8]) -> Str {
        let hash = hash_of(text);
        let Self { table, numbers } = self;
        let found = numbers.find(hash, |&number| table.get(Str(number)) == text);
        if let Some(&number) = found {
            return Str(number);
        }
        let text = table.push(text);
        numbers.insert_unique(hash, text.0, |&number| hash_of(table.get(Str(number))));
        text
    }
}

fn hash_of(text: &[u8]) -> u64 {
    use std::hash::Hasher;
    let mut hasher = rustc_hash::FxHasher::default();
    hasher.write(text);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_strings_share_a_number() {
        let mut interner = Interner::default();
        let first = interner.intern(b"alpha");
        assert_eq!(interner.intern(b"beta"), Str(1));
        assert_eq!(interner.intern(b"alpha"), first);
        assert_eq!(interner.table.len(), 2);
        assert_eq!(interner.table.get(Str::NONE), b"");
    }
}
