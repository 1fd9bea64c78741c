//! The lists of all terms while they grow, and how they are written.

use super::{Counts, Entries, MARKED, Mark, PACKED, Place};
use crate::snapshot::{SnapshotError, SnapshotWriter};

const FIRST_SLICE: usize = 8;
const LARGEST_SLICE: usize = 4096;
const LINK: usize = 4;
/// Bytes of the n-th slice of a list, counted from 1, its link included.
fn slice_size(number: u8) -> usize {
    (FIRST_SLICE << (number - 1).min(16)).min(LARGEST_SLICE)
}

/// One list while it grows. The entry of `node` is written when the next node comes.
#[derive(Clone, Copy, Default)]
struct List {
    node: u32,
    counts: Counts,
    /// Node of the entry written last.
    written: u32,
    entries: u32,
    /// Files with an entry.
    files: u32,
    /// First byte of the first slice.
    head: u32,
    /// Where the next byte goes; the link, when there is no room.
    tail: u32,
    /// Bytes left in the last slice.
    room: u16,
    /// Slices so far; more than 255 are all of the largest size, so that counting stops there.
    slices: u8,
}

/// All lists of an index, by term number.
pub struct Postings {
    pool: Vec<u8>,
    lists: Vec<List>,
    /// Names of [`Counts`] by their packed value, 0 for none yet; the commonest is called 0 and listed first.
    codes: Vec<u32>,
    counts: Vec<u32>,
    /// First node of the file at hand.
    file: u32,
}

impl Default for Postings {
    fn default() -> Self {
        let counts = vec![Counts::ONCE_IN_BODY.0];
        Self { pool: Vec::new(), lists: Vec::new(), codes: vec![0; PACKED], counts, file: 0 }
    }
}

impl Postings {
    /// What is added from here on belongs to the file of this first node.
    pub fn begin_file(&mut self, first_node: u32) {
        self.file = first_node;
    }

    /// Counts a term `count` times in a field of `node`. Nodes never go down.
    pub fn add(&mut self, term: u32, node: u32, place: Place, count: u32) {
        let index = term as usize;
        if index >= self.lists.len() {
            self.lists.resize(index + 1, List::default());
        }
        let list = self.lists[index];
        let empty = list.counts == Counts::default();
        if empty || list.node != node {
            if !empty {
                self.flush(index);
            }
            let list = &mut self.lists[index];
            list.files += u32::from(empty || list.node < self.file);
            list.node = node;
            list.counts = Counts::default();
        }
        let list = &mut self.lists[index];
        list.counts = list.counts.with(place, count.max(1));
    }

    /// Writes the sections `<prefix>.postings`, `.posting_ends`, `.marks` and `.counts`.
    pub fn write(&mut self, writer: &mut SnapshotWriter, prefix: &str) -> Result<(), SnapshotError> {
        let mut ends = Vec::with_capacity(self.lists.len());
        let mut end = 0u64;
        let (mut header, mut entries, mut marks) = (Vec::new(), Vec::new(), Vec::new());
        writer.begin(&format!("{prefix}.postings"))?;
        for index in 0..self.lists.len() {
            if self.lists[index].counts != Counts::default() {
                self.flush(index);
                self.lists[index].counts = Counts::default();
            }
            let list = self.lists[index];
            entries.clear();
            self.gather(list, &mut entries);
            header.clear();
            put_varint(list.entries, |byte| header.push(byte));
            put_varint(list.files, |byte| header.push(byte));
            if list.entries >= 2 * MARKED {
                put_varint(marks.len() as u32, |byte| header.push(byte));
                mark(&entries, &mut marks);
            }
            writer.append(&header)?;
            writer.append(&entries)?;
            end += (header.len() + entries.len()) as u64;
            ends.push(end);
        }
        writer.section(&format!("{prefix}.posting_ends"), &ends)?;
        writer.section(&format!("{prefix}.marks"), &marks)?;
        writer.section(&format!("{prefix}.counts"), &self.counts)
    }

    /// Bytes that the lists take in memory.
    pub fn memory(&self) -> usize {
        self.pool.capacity() + self.lists.capacity() * size_of::<List>() + self.codes.len() * 4
    }

    fn flush(&mut self, index: usize) {
        let List { node, counts, written, .. } = self.lists[index];
        let code = self.code(counts);
        let step = (node - written) << 1;
        put_varint(step | u32::from(code != 0), |byte| self.push(index, byte));
        if code != 0 {
            put_varint(code, |byte| self.push(index, byte));
        }
        self.lists[index].written = node;
        self.lists[index].entries += 1;
    }

    fn code(&mut self, counts: Counts) -> u32 {
        if counts == Counts::ONCE_IN_BODY {
            return 0;
        }
        let code = &mut self.codes[counts.0 as usize];
        if *code == 0 {
            *code = self.counts.len() as u32;
            self.counts.push(counts.0);
        }
        *code
    }

    fn push(&mut self, index: usize, byte: u8) {
        let list = &mut self.lists[index];
        if list.room == 0 {
            let start = self.pool.len();
            let place = u32::try_from(start).expect("under 4 GB of postings");
            let first = list.slices == 0;
            list.slices = list.slices.saturating_add(1);
            let size = slice_size(list.slices);
            self.pool.resize(start + size, 0);
            if first {
                list.head = place;
            } else {
                let link = list.tail as usize;
                self.pool[link..link + LINK].copy_from_slice(&place.to_le_bytes());
            }
            list.tail = place;
            list.room = (size - LINK) as u16;
        }
        self.pool[list.tail as usize] = byte;
        list.tail += 1;
        list.room -= 1;
    }

    /// Appends the bytes of a list, slice after slice.
    fn gather(&self, list: List, out: &mut Vec<u8>) {
        if list.slices == 0 {
            return;
        }
        let (mut start, mut number) = (list.head as usize, 1u8);
        loop {
            let full = start + slice_size(number) - LINK;
            if (start..=full).contains(&(list.tail as usize)) {
                return out.extend_from_slice(&self.pool[start..list.tail as usize]);
            }
            out.extend_from_slice(&self.pool[start..full]);
            let link = [0, 1, 2, 3].map(|byte| self.pool[full + byte]);
            start = u32::from_le_bytes(link) as usize;
            number = number.saturating_add(1);
        }
    }
}

#[inline]
fn put_varint(mut value: u32, mut put: impl FnMut(u8)) {
    while value >= 0x80 {
        put(value as u8 | 0x80);
        value >>= 7;
    }
    put(value as u8);
}

/// Appends the marks of a list.
fn mark(entries: &[u8], marks: &mut Vec<Mark>) {
    let mut rest = Entries::of_bytes(entries);
    let mut number = 0u32;
    while rest.next().is_some() {
        number += 1;
        if number.is_multiple_of(MARKED) {
            marks.push(rest.mark());
        }
    }
}
