//! A vector for every symbol, pooled straight from its facts while files stream through.
//!
//! What is pooled are the pieces of its name, of the names around it and of its file, its signature, its documentation
//! and the most telling of its body: a long function is about a few of its words, and the length of a piece's row (rare
//! pieces have long ones) times how often it stands there says which. A word is cut into pieces once per file.

use std::sync::Arc;

use crate::snapshot::{SnapshotError, SnapshotWriter};
use crate::syntax::facts::{Field, FileFacts, NO_INDEX, Str, Term};
use crate::text::cache::FileWords;
use crate::text::terms::folders_and_stem;
use crate::vectors::kernels::quantise_row;
use crate::vectors::model::{StaticModel, to_unit_length};

/// What a mention counts by where it stands; the counts of a field grow by their logarithm.
const NAME: f32 = 4.0;
const CONTAINER: f32 = 1.0;
const FILE: f32 = 1.5;
const FOLDERS: f32 = 0.5;
const SIGNATURE: f32 = 2.0;
const DOC: f32 = 1.5;
const BODY: f32 = 0.5;
const TEXT: f32 = 1.0;
/// Pieces taken from documentation, signature and body, the most telling first; more change a mean by little.
const MAX_PIECES: usize = 64;
/// 2^18 places, 16 MB.
const CACHE_BITS: u32 = 18;

pub struct VectorBuilder {
    model: Arc<StaticModel>,
    /// How telling each piece is.
    telling: Vec<f32>,
    words: FileWords,
    /// Pieces of the symbol at hand with their weights.
    pieces: Vec<(u32, f32)>,
    rows: Vec<i8>,
    scales: Vec<f32>,
}

impl VectorBuilder {
    pub fn new(model: Arc<StaticModel>) -> Self {
        let telling = (0..model.len() as u32).map(|piece| model.weight(piece)).collect();
        let words = FileWords::new(CACHE_BITS);
        Self { model, telling, words, pieces: Vec::new(), rows: Vec::new(), scales: Vec::new() }
    }

    /// Adds the symbols of the next file. Files come in the order of their first nodes, which leave no gap.
    pub fn add_file(&mut self, path: &str, _flags: u32, first_node: u32, facts: &FileFacts) {
        debug_assert_eq!(first_node as usize, self.scales.len(), "files in order, without a gap");
        self.words.begin(facts);
        let mut file = vec![0f32; self.model.dimensions()];
        self.add_path(path, &mut file);
        let mut vector = file.clone();
        let mut terms = facts.terms.as_slice();
        for index in 0..facts.symbols.len() {
            let own = terms.iter().take_while(|term| term.symbol == index as u32).count();
            let (these, rest) = terms.split_at(own);
            terms = rest;
            vector.copy_from_slice(&file);
            self.add_terms(facts, these, &mut vector);
            self.add_names(facts, index, &mut vector);
            to_unit_length(&mut vector);
            self.scales.push(quantise_row(&vector, &mut self.rows));
        }
    }

    /// Bytes held, near enough.
    pub fn memory(&self) -> usize {
        self.rows.capacity() + self.scales.capacity() * 4
    }

    /// Writes all sections.
    ///
    /// # Errors
    /// [`SnapshotError::Io`] when the file cannot be written.
    pub fn write(&self, writer: &mut SnapshotWriter) -> Result<(), SnapshotError> {
        write_sections(writer, self.model.name(), self.model.dimensions(), &self.rows, &self.scales)
    }

    fn add_path(&self, path: &str, sum: &mut [f32]) {
        let (folders, stem) = folders_and_stem(path);
        for (text, weight) in [(folders, FOLDERS), (stem, FILE)] {
            let mut pieces = Vec::new();
            self.model.pieces.of_text(text, &mut pieces);
            pieces.iter().for_each(|&piece| self.model.add(piece, weight, sum));
        }
    }

    fn add_names(&mut self, facts: &FileFacts, index: usize, sum: &mut [f32]) {
        let symbol = &facts.symbols[index];
        self.add(facts, symbol.name, NAME, sum);
        self.add(facts, symbol.container, CONTAINER, sum);
        let mut outer = symbol.parent;
        while outer != 0 && outer != NO_INDEX {
            let parent = &facts.symbols[outer as usize];
            self.add(facts, parent.name, CONTAINER, sum);
            outer = parent.parent;
        }
    }

    fn add(&mut self, facts: &FileFacts, text: Str, weight: f32, sum: &mut [f32]) {
        let model = &self.model;
        for &piece in self.words.of(facts, text, |word, out| model.pieces.of_text(word, out)) {
            model.add(piece, weight, sum);
        }
    }

    fn add_terms(&mut self, facts: &FileFacts, terms: &[Term], sum: &mut [f32]) {
        let model = &self.model;
        self.pieces.clear();
        for term in terms {
            let field = match Field::from_code(term.field) {
                Field::Signature => SIGNATURE,
                Field::Doc => DOC,
                Field::Body => BODY,
                Field::Text => TEXT,
            };
            let weight = field * GROWTH[(term.count as usize).min(GROWTH.len() - 1)];
            let pieces = self.words.of(facts, term.text, |word, out| model.pieces.of_text(word, out));
            self.pieces.extend(pieces.iter().map(|&piece| (piece, weight)));
        }
        if self.pieces.len() > MAX_PIECES {
            let telling = |&(piece, weight): &(u32, f32)| weight * self.telling[piece as usize];
            self.pieces.select_nth_unstable_by(MAX_PIECES, |left, right| telling(right).total_cmp(&telling(left)));
            self.pieces.truncate(MAX_PIECES);
        }
        self.pieces.iter().for_each(|&(piece, weight)| model.add(piece, weight, sum));
    }
}

/// 1 + ln(count), by count; 0 for none.
const GROWTH: [f32; 16] =
    [0.0, 1.0, 1.693, 2.099, 2.386, 2.609, 2.792, 2.946, 3.079, 3.197, 3.303, 3.398, 3.485, 3.565, 3.639, 3.708];

/// Writes the sections of a generation without vectors, whose reader finds nothing near.
pub fn write_without_vectors(writer: &mut SnapshotWriter) -> Result<(), SnapshotError> {
    write_sections(writer, "", 0, &[], &[])
}

fn write_sections(
    writer: &mut SnapshotWriter,
    model: &str,
    dimensions: usize,
    rows: &[i8],
    scales: &[f32],
) -> Result<(), SnapshotError> {
    writer.section("vectors.model", model.as_bytes())?;
    writer.section("vectors.dimensions", &[dimensions as u64])?;
    writer.section("vectors.scales", scales)?;
    writer.section("vectors.rows", rows)
}
