//! Where terms stand: per term a list of (node, counts by field) that grows while files stream through.
//!
//! In memory all lists share one pool of bytes. A list is a chain of slices, each twice as long as the one before, the
//! last four bytes of a full slice being the place of the next: five million lists, most of them with one entry, cost
//! neither an allocation nor a header each. An entry is a varint of the step to its node, doubled, plus one if the
//! counts are not the commonest (once in the body); then, for those, a varint naming the counts.
//!
//! On disk the slices of a list lie together behind a header: the number of its entries and of the files they are in.
//! Every 128th entry of a long list has a mark, so that a reader who only wants some nodes need not decode the rest.

use bytemuck::{Pod, Zeroable};

pub use lists::Postings;
pub use view::{Entries, PostingsView};

mod lists;
#[cfg(test)]
mod tests;
mod view;

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

/// Entries from one mark to the next; a list has marks when it has at least twice as many.
const MARKED: u32 = 128;

/// Where the 128th, 256th, … entry of a list begins.
#[derive(Clone, Copy, Debug, Pod, Zeroable)]
#[repr(C)]
struct Mark {
    /// Node of the entry before.
    node: u32,
    /// Bytes from the first entry.
    offset: u32,
}
