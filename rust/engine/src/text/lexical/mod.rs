//! Which symbols speak of these words? BM25 over symbols, their fields weighted (BM25F, Robertson and Zaragoza 2004).
//!
//! A symbol's document is what the facts say of it: its name, the names around it, its signature, documentation, the
//! identifiers of its body and the words in it. How often a term stands in each field is kept apart, and a posting names
//! one of the few thousand combinations of counts that occur; so a query brings its own weights, which cost it one small
//! table. The path of a file belongs to all its symbols, as if they had it, and is indexed once per file. Everything is read in the
//! snapshot where it lies.

use serde::Deserialize;

pub use builder::LexicalBuilder;
pub use reader::{Lexical, Match};

mod builder;
mod occurrences;
mod reader;
#[cfg(test)]
mod tests;

const SYMBOLS: &str = "lexical";
const PATHS: &str = "paths";
/// Steps of the logarithmic length code for each doubling of the length.
const LENGTH_STEPS: f32 = 16.0;

/// How much a field counts, and the two constants of BM25, for symbols and for whole files. The defaults are those that
/// found most of what questions about code were after.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Weights {
    pub name: f32,
    /// Names of the symbols around it.
    pub container: f32,
    /// File name without extension, and the folders above it.
    pub file: f32,
    pub folder: f32,
    pub signature: f32,
    pub doc: f32,
    pub body: f32,
    pub text: f32,
    /// How soon more of the same term stops mattering.
    pub k1: f32,
    /// How much a long symbol is discounted: 0 not at all, 1 in full proportion.
    pub b: f32,
    pub file_k1: f32,
    pub file_b: f32,
}

impl Default for Weights {
    fn default() -> Self {
        Self {
            name: 5.0,
            container: 1.5,
            file: 1.5,
            folder: 1.5,
            signature: 2.0,
            doc: 1.5,
            body: 1.0,
            text: 0.8,
            k1: 1.2,
            b: 0.5,
            file_k1: 2.0,
            file_b: 0.1,
        }
    }
}

/// A length is measured in weighted terms, by the default weights, because it is fixed before a query can bring its own.
fn length_code(length: f32) -> u8 {
    ((length + 1.0).log2() * LENGTH_STEPS).round().min(255.0) as u8
}

fn length_of(code: u8) -> f32 {
    (f32::from(code) / LENGTH_STEPS).exp2() - 1.0
}
