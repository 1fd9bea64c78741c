//! Where terms stand: per term a list of (node, counts by field) that grows while files stream through.
//!
//! In memory all lists share one pool of bytes. A list is a chain of slices, each twice as long as the one before, the
//! last four bytes of a full slice being the place of the next: five million lists, most of them with one entry, cost
//! neither an allocation nor a header each. An entry is a varint of the step to its node, doubled, plus one if the
//! counts are not the commonest (once in the body); then, for those, a varint naming the counts. On disk the slices of
//! a list lie together behind the number of its entries.

use crate::snapshot::{Snapshot, SnapshotError, SnapshotWriter};

/// Fields of the index: the four of the facts behind a symbol's name and the names around it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    Name = 0,
    /// Names of enclosing symbols; folders of a file.
    Container = 1,
    Signature = 2,
    Doc = 3,
    Body = 4,
    Text = 5,
}

/// First bit and number of bits of each field's count in [`Counts`].
const LAYOUT: [(u32, u32); 6] = [(0, 2), (2, 2), (4, 3), (7, 3), (10, 4), (14, 3)];
const PACKED: usize = 1 << 17;

/// How often a term stands in each field of a symbol; a count that does not fit its bits is the largest that does, which
/// is beyond what the ranking tells apart.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts(pub u32);

impl Counts {
    const ONCE_IN_BODY: Counts = Counts(1 << LAYOUT[Place::Body as usize].0);

    pub fn get(self, place: Place) -> u32 {
        let (first, bits) = LAYOUT[place as usize];
        self.0 >> first & ((1 << bits) - 1)
    }

    pub fn with(self, place: Place, count: u32) -> Counts {
        let (first, bits) = LAYOUT[place as usize];
        let most = (1 << bits) - 1;
        let sum = self.get(place).saturating_add(count).min(most);
        Counts(self.0 & !(most << first) | sum << first)
    }
}

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
}

impl Default for Postings {
    fn default() -> Self {
        let counts = vec![Counts::ONCE_IN_BODY.0];
        Self { pool: Vec::new(), lists: Vec::new(), codes: vec![0; PACKED], counts }
    }
}

impl Postings {
    /// Counts a term `count` times in a field of `node`. Nodes never go down.
    pub fn add(&mut self, term: u32, node: u32, place: Place, count: u32) {
        let index = term as usize;
        if index >= self.lists.len() {
            self.lists.resize(index + 1, List::default());
        }
        let list = &mut self.lists[index];
        if list.node != node || list.counts == Counts::default() {
            if list.counts != Counts::default() {
                self.flush(index);
            }
            self.lists[index].node = node;
            self.lists[index].counts = Counts::default();
        }
        let list = &mut self.lists[index];
        list.counts = list.counts.with(place, count.max(1));
    }

    /// Writes the sections `<prefix>.postings`, `.posting_ends` and `.counts`.
    pub fn write(&mut self, writer: &mut SnapshotWriter, prefix: &str) -> Result<(), SnapshotError> {
        let mut ends = Vec::with_capacity(self.lists.len());
        let mut end = 0u64;
        let mut bytes = Vec::new();
        writer.begin(&format!("{prefix}.postings"))?;
        for index in 0..self.lists.len() {
            if self.lists[index].counts != Counts::default() {
                self.flush(index);
                self.lists[index].counts = Counts::default();
            }
            bytes.clear();
            put_varint(self.lists[index].entries, |byte| bytes.push(byte));
            self.gather(self.lists[index], &mut bytes);
            writer.append(&bytes)?;
            end += bytes.len() as u64;
            ends.push(end);
        }
        writer.section(&format!("{prefix}.posting_ends"), &ends)?;
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

/// The lists of an index in a snapshot.
#[derive(Clone, Copy)]
pub struct PostingsView<'a> {
    bytes: &'a [u8],
    ends: &'a [u64],
    counts: &'a [u32],
}

impl<'a> PostingsView<'a> {
    /// # Errors
    /// [`SnapshotError::Unusable`] when a section is missing.
    pub fn open(snapshot: &'a Snapshot, prefix: &str) -> Result<Self, SnapshotError> {
        Ok(Self {
            bytes: snapshot.section(&format!("{prefix}.postings"))?,
            ends: snapshot.section(&format!("{prefix}.posting_ends"))?,
            counts: snapshot.section(&format!("{prefix}.counts"))?,
        })
    }

    /// What the codes of entries stand for.
    pub fn counts(&self) -> impl ExactSizeIterator<Item = Counts> {
        self.counts.iter().map(|&packed| Counts(packed))
    }

    /// The list of a term: how many entries it has, and the entries.
    pub fn list(&self, term: u32) -> Entries<'a> {
        let index = term as usize;
        let end = self.ends.get(index).copied().unwrap_or(0) as usize;
        let start = if index == 0 { 0 } else { self.ends.get(index - 1).copied().unwrap_or(0) as usize };
        let mut rest = self.bytes.get(start..end).unwrap_or_default();
        let len = take_varint(&mut rest).unwrap_or(0);
        Entries { rest, node: 0, len }
    }
}

/// The entries of one list as (node, code of its counts), nodes going up. Damaged bytes end it early.
#[derive(Clone)]
pub struct Entries<'a> {
    rest: &'a [u8],
    node: u32,
    pub len: u32,
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

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    /// Writes and opens postings, and hands each term's list as (node, counts).
    fn round_trip(mut postings: Postings, terms: u32) -> Vec<Vec<(u32, Counts)>> {
        let folder = tempfile::tempdir().expect("folder");
        let path = folder.path().join("snapshot");
        let mut writer = SnapshotWriter::create(&path, 1).expect("create");
        postings.write(&mut writer, "p").expect("write");
        writer.publish().expect("publish");
        let snapshot = Snapshot::open(&path).expect("open");
        let view = PostingsView::open(&snapshot, "p").expect("view");
        let counts: Vec<Counts> = view.counts().collect();
        let read = |term| {
            let list = view.list(term);
            let len = list.len;
            let entries: Vec<(u32, Counts)> = list.map(|(node, code)| (node, counts[code as usize])).collect();
            assert_eq!(len as usize, entries.len());
            entries
        };
        (0..terms).map(read).collect()
    }

    #[test]
    fn counts_of_one_node_meet_in_one_entry() {
        let mut postings = Postings::default();
        postings.add(0, 0, Place::Name, 1);
        postings.add(1, 0, Place::Body, 1);
        postings.add(0, 0, Place::Body, 4);
        postings.add(0, 0, Place::Body, 4);
        postings.add(0, 700_000, Place::Doc, 1);
        let both = Counts::default().with(Place::Name, 1).with(Place::Body, 8);
        let lists = round_trip(postings, 3);
        assert_eq!(lists[0], [(0, both), (700_000, Counts::default().with(Place::Doc, 1))]);
        assert_eq!(lists[1], [(0, Counts::ONCE_IN_BODY)]);
        assert_eq!(lists[2], [], "a term nobody has");
    }

    #[test]
    fn large_counts_stop_at_the_largest_that_fits() {
        let counts = Counts::default().with(Place::Text, 1000).with(Place::Text, u32::MAX).with(Place::Name, 9);
        assert_eq!([Place::Text, Place::Name, Place::Body].map(|place| counts.get(place)), [7, 3, 0]);
    }

    #[test]
    fn any_sequence_comes_back_as_a_plain_map_would_hold_it() {
        let mut state = 7u64;
        let mut random = |below: u64| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) % below
        };
        let places = [Place::Name, Place::Container, Place::Signature, Place::Doc, Place::Body, Place::Text];
        let mut plain = vec![BTreeMap::<u32, Counts>::new(); 40];
        let mut postings = Postings::default();
        let mut node = 0;
        for _ in 0..60_000 {
            // Term 0 stands nearly everywhere and fills slices of every size; the last ones stand almost nowhere.
            let term = random(40) * random(40) / 40;
            let (place, count) = (places[random(6) as usize], random(3) as u32 + 1);
            node += if random(3) == 0 { random(200) as u32 } else { 0 };
            postings.add(term as u32, node, place, count);
            let counts = plain[term as usize].entry(node).or_default();
            *counts = counts.with(place, count);
        }
        for (term, list) in round_trip(postings, 40).into_iter().enumerate() {
            assert_eq!(list, plain[term].clone().into_iter().collect::<Vec<_>>(), "term {term}");
        }
    }
}
