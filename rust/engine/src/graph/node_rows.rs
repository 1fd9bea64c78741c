//! What the store wants to know of every symbol and the graph does not: texts, byte ranges, hashes.
//!
//! Kept file by file in exactly the space it takes, between adding the files and writing the rows.

use rustc_hash::FxHashMap;
use std::hash::Hasher;

use crate::syntax::facts::{FileFacts, NO_INDEX, Symbol};

/// The texts of one node: qualified name, signature, summary, back to back in the file's bytes.
#[derive(Clone, Copy, Debug)]
struct Texts {
    start: u32,
    qualified_end: u32,
    signature_end: u32,
    summary_end: u32,
}

#[derive(Clone, Copy, Debug)]
pub struct Ranges {
    pub start_byte: u32,
    pub end_byte: u32,
    pub signature_start: u32,
    pub signature_end: u32,
    pub doc_start: u32,
    pub doc_end: u32,
    pub body_hash: [u8; 16],
    pub interface_hash: [u8; 16],
}

/// The rows of one file.
#[derive(Clone, Debug)]
pub struct FileRows {
    bytes: Box<[u8]>,
    texts: Box<[Texts]>,
    pub ranges: Box<[Ranges]>,
    /// Of several symbols with one name in one place, the second has 2 here; the only or first has 1.
    pub ordinals: Box<[u32]>,
}

impl FileRows {
    pub fn new(facts: &FileFacts) -> Self {
        let mut bytes = Vec::new();
        let mut add = |text: &[u8]| {
            bytes.extend_from_slice(text);
            bytes.len() as u32
        };
        let mut end = 0;
        let mut texts = Vec::with_capacity(facts.symbols.len());
        for symbol in &facts.symbols {
            let start = end;
            let qualified_end = add(facts.text(symbol.qualified));
            let signature_end = add(facts.text(symbol.signature));
            let summary_end = add(facts.text(symbol.summary));
            texts.push(Texts { start, qualified_end, signature_end, summary_end });
            end = summary_end;
        }
        Self {
            bytes: bytes.into_boxed_slice(),
            texts: texts.into_boxed_slice(),
            ranges: facts.symbols.iter().map(ranges).collect(),
            ordinals: ordinals(facts),
        }
    }

    pub fn qualified(&self, index: usize) -> &[u8] {
        let texts = self.texts[index];
        &self.bytes[texts.start as usize..texts.qualified_end as usize]
    }

    pub fn signature(&self, index: usize) -> &[u8] {
        let texts = self.texts[index];
        &self.bytes[texts.qualified_end as usize..texts.signature_end as usize]
    }

    pub fn summary(&self, index: usize) -> &[u8] {
        let texts = self.texts[index];
        &self.bytes[texts.signature_end as usize..texts.summary_end as usize]
    }
}

fn ranges(symbol: &Symbol) -> Ranges {
    Ranges {
        start_byte: symbol.start_byte,
        end_byte: symbol.end_byte,
        signature_start: symbol.signature_start,
        signature_end: symbol.signature_end,
        doc_start: symbol.doc_start,
        doc_end: symbol.doc_end,
        body_hash: symbol.body_hash,
        interface_hash: symbol.interface_hash,
    }
}

/// Counts symbols of equal path inside the file. Paths are compared by hash: should two differ and collide, one of them
/// is called a second, which is still a name of its own.
fn ordinals(facts: &FileFacts) -> Box<[u32]> {
    let mut paths: Vec<u64> = Vec::with_capacity(facts.symbols.len());
    let mut seen: FxHashMap<u64, u32> = FxHashMap::default();
    let mut ordinals = Vec::with_capacity(facts.symbols.len());
    for symbol in &facts.symbols {
        if symbol.parent == NO_INDEX {
            paths.push(0);
            ordinals.push(1);
            continue;
        }
        let mut path = paths[symbol.parent as usize];
        if !symbol.container.is_none() {
            path = longer(path, facts.text(symbol.container));
        }
        path = longer(path, facts.text(symbol.name));
        let count = seen.entry(path).or_insert(0);
        *count += 1;
        ordinals.push(*count);
        paths.push(if *count > 1 { longer(path, &count.to_le_bytes()) } else { path });
    }
    ordinals.into_boxed_slice()
}

fn longer(path: u64, part: &[u8]) -> u64 {
    let mut hasher = rustc_hash::FxHasher::default();
    hasher.write_u64(path);
    hasher.write(part);
    hasher.finish()
}
