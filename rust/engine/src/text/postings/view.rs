//! The lists of an index in a snapshot, decoded while they are read.

use super::{Counts, MARKED, Mark};
use crate::snapshot::{Snapshot, SnapshotError};

/// The lists of an index in a snapshot.
#[derive(Clone, Copy)]
pub struct PostingsView<'a> {
    bytes: &'a [u8],
    ends: &'a [u64],
    marks: &'a [Mark],
    counts: &'a [u32],
}

impl<'a> PostingsView<'a> {
    /// # Errors
    /// [`SnapshotError::Unusable`] when a section is missing.
    pub fn open(snapshot: &'a Snapshot, prefix: &str) -> Result<Self, SnapshotError> {
        Ok(Self {
            bytes: snapshot.section(&format!("{prefix}.postings"))?,
            ends: snapshot.section(&format!("{prefix}.posting_ends"))?,
            marks: snapshot.section(&format!("{prefix}.marks"))?,
            counts: snapshot.section(&format!("{prefix}.counts"))?,
        })
    }

    /// What the codes of entries stand for.
    pub fn counts(&self) -> impl ExactSizeIterator<Item = Counts> {
        self.counts.iter().map(|&packed| Counts(packed))
    }

    /// The list of a term.
    pub fn list(&self, term: u32) -> Entries<'a> {
        let index = term as usize;
        let end = self.ends.get(index).copied().unwrap_or(0) as usize;
        let start = if index == 0 { 0 } else { self.ends.get(index - 1).copied().unwrap_or(0) as usize };
        let mut rest = self.bytes.get(start..end).unwrap_or_default();
        let len = take_varint(&mut rest).unwrap_or(0);
        let files = take_varint(&mut rest).unwrap_or(0);
        let mut marks: &[Mark] = &[];
        if len >= 2 * MARKED {
            let first = take_varint(&mut rest).unwrap_or(u32::MAX) as usize;
            marks = self.marks.get(first..first.saturating_add((len / MARKED) as usize)).unwrap_or_default();
        }
        Entries { all: rest, rest, node: 0, len, files, marks }
    }
}

/// The entries of one list as (node, code of its counts), nodes going up. Damaged bytes end it early.
#[derive(Clone)]
pub struct Entries<'a> {
    all: &'a [u8],
    rest: &'a [u8],
    node: u32,
    /// Entries of the whole list, and files they are in.
    pub len: u32,
    pub files: u32,
    /// Marks ahead.
    marks: &'a [Mark],
}

impl<'a> Entries<'a> {
    /// Entries without a header.
    pub(super) fn of_bytes(bytes: &'a [u8]) -> Self {
        Entries { all: bytes, rest: bytes, node: 0, len: 0, files: 0, marks: &[] }
    }

    /// A mark before the entry that comes next.
    pub(super) fn mark(&self) -> Mark {
        Mark { node: self.node, offset: (self.all.len() - self.rest.len()) as u32 }
    }

    /// Passes over entries of lower nodes, by marks where there are any: the next entry is that of `node`, or the first
    /// after it, or one of the few before it that have no mark.
    pub fn skip_towards(&mut self, node: u32) {
        let passed = self.marks.partition_point(|mark| mark.node < node);
        if passed == 0 {
            return;
        }
        let mark = self.marks[passed - 1];
        self.marks = &self.marks[passed..];
        let ahead = self.all.get(mark.offset as usize..).unwrap_or_default();
        if ahead.len() < self.rest.len() {
            (self.rest, self.node) = (ahead, mark.node);
        }
    }
}

impl Iterator for Entries<'_> {
    type Item = (u32, u32);

    #[inline]
    fn next(&mut self) -> Option<(u32, u32)> {
        let head = take_varint(&mut self.rest)?;
        self.node = self.node.wrapping_add(head >> 1);
        let code = if head & 1 == 0 { 0 } else { take_varint(&mut self.rest)? };
        Some((self.node, code))
    }
}

/// Reads a varint; None at the end of the bytes or in damaged ones.
#[inline]
fn take_varint(bytes: &mut &[u8]) -> Option<u32> {
    let (&first, rest) = bytes.split_first()?;
    *bytes = rest;
    if first < 0x80 {
        return Some(u32::from(first));
    }
    let mut value = u32::from(first & 0x7f);
    for shift in [7, 14, 21, 28] {
        let (&byte, rest) = bytes.split_first()?;
        *bytes = rest;
        value |= u32::from(byte & 0x7f) << shift;
        if byte < 0x80 {
            return Some(value);
        }
    }
    None
}
