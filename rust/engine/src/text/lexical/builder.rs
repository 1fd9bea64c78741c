//! Collects the postings of all files while they stream through, each word taken apart once for each file at most.

use super::{PATHS, SYMBOLS, Weights, length_code};
use crate::snapshot::{SnapshotError, SnapshotWriter};
use crate::syntax::facts::{FileFacts, NO_INDEX, Str, Term};
use crate::text::cache::FileWords;
use crate::text::dictionary::Dictionary;
use crate::text::postings::{Place, Postings};
use crate::text::terms::{Terms, folders_and_stem};

/// 2^18 places, 16 MB: the words that most files of a repository share.
const CACHE_BITS: u32 = 18;

/// Takes files in the order of their nodes and keeps their postings.
pub struct LexicalBuilder {
    words: FileWords,
    splitter: Terms,
    terms: Dictionary,
    postings: Postings,
    /// Length code of each node.
    lengths: Vec<u8>,
    path_terms: Dictionary,
    path_postings: Postings,
    /// First node of each file, and the length of its symbols together.
    files: Vec<u32>,
    file_lengths: Vec<f32>,
    weights: Weights,
}

impl Default for LexicalBuilder {
    fn default() -> Self {
        Self {
            words: FileWords::new(CACHE_BITS),
            splitter: Terms::default(),
            terms: Dictionary::default(),
            postings: Postings::default(),
            lengths: Vec::new(),
            path_terms: Dictionary::default(),
            path_postings: Postings::default(),
            files: Vec::new(),
            file_lengths: Vec::new(),
            weights: Weights::default(),
        }
    }
}

impl LexicalBuilder {
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds the symbols of the next file. Files come in the order of their first nodes, which leave no gap.
    pub fn add_file(&mut self, path: &str, _flags: u32, first_node: u32, facts: &FileFacts) {
        debug_assert_eq!(first_node as usize, self.lengths.len(), "files in order, without a gap");
        let path_length = self.add_path(path, first_node);
        self.words.begin(facts);
        self.postings.begin_file(first_node);
        let mut terms = facts.terms.as_slice();
        let mut file_length = 0.0;
        for index in 0..facts.symbols.len() {
            let own = terms.iter().take_while(|term| term.symbol == index as u32).count();
            let (these, rest) = terms.split_at(own);
            terms = rest;
            let node = first_node + index as u32;
            let length = path_length + self.add_names(facts, index, node) + self.add_terms(facts, these, node);
            self.lengths.push(length_code(length));
            file_length += length;
        }
        self.file_lengths.push(file_length);
    }

    /// Bytes held, near enough.
    pub fn memory(&self) -> usize {
        self.terms.memory() + self.postings.memory() + self.lengths.capacity()
    }

    /// Writes all sections.
    ///
    /// # Errors
    /// [`SnapshotError::Io`] when the file cannot be written.
    pub fn write(&mut self, writer: &mut SnapshotWriter) -> Result<(), SnapshotError> {
        self.terms.write(writer, SYMBOLS)?;
        self.postings.write(writer, SYMBOLS)?;
        writer.section("lexical.lengths", &self.lengths)?;
        self.path_terms.write(writer, PATHS)?;
        self.path_postings.write(writer, PATHS)?;
        writer.section("paths.first_nodes", &self.files)?;
        writer.section("paths.lengths", &self.file_lengths)
    }

    /// The words of a file's path; returns their weighted number.
    fn add_path(&mut self, path: &str, first_node: u32) -> f32 {
        let file = self.files.len() as u32;
        self.files.push(first_node);
        let (folders, stem) = folders_and_stem(path);
        let mut length = 0.0;
        for (text, place, weight) in
            [(folders, Place::Container, self.weights.folder), (stem, Place::Name, self.weights.file)]
        {
            self.splitter.of_text(text, |term| {
                self.path_postings.add(self.path_terms.number(term.as_bytes()), file, place, 1);
                length += weight;
            });
        }
        length
    }

    /// The symbol's own name, and those of what it lies in. The module is left to the path.
    fn add_names(&mut self, facts: &FileFacts, index: usize, node: u32) -> f32 {
        let symbol = &facts.symbols[index];
        let name = self.add(facts, symbol.name, node, Place::Name, 1) as f32 * self.weights.name;
        let mut around = self.add(facts, symbol.container, node, Place::Container, 1);
        let mut outer = symbol.parent;
        while outer != 0 && outer != NO_INDEX {
            let parent = &facts.symbols[outer as usize];
            around += self.add(facts, parent.name, node, Place::Container, 1);
            outer = parent.parent;
        }
        name + around as f32 * self.weights.container
    }

    fn add_terms(&mut self, facts: &FileFacts, terms: &[Term], node: u32) -> f32 {
        let weights = [self.weights.signature, self.weights.doc, self.weights.body, self.weights.text];
        let mut length = 0.0;
        for term in terms {
            let field = (term.field & 3) as usize;
            let place = [Place::Signature, Place::Doc, Place::Body, Place::Text][field];
            let numbers = self.add(facts, term.text, node, place, term.count);
            length += numbers as f32 * term.count as f32 * weights[field];
        }
        length
    }

    /// Counts the terms of a text of the file; returns how many it has.
    fn add(&mut self, facts: &FileFacts, text: Str, node: u32, place: Place, count: u32) -> usize {
        let numbers = self.words.of(facts, text, |text, out| {
            self.splitter.of_text(text, |term| out.push(self.terms.number(term.as_bytes())));
        });
        for &number in numbers {
            self.postings.add(number, node, place, count);
        }
        numbers.len()
    }
}
