//! The answer: chosen symbols fitted to a token budget, from full body down to one line.
//!
//! What is shown is a set of lines per file ([`page`], [`sheet`]), so overlapping and nested symbols merge by themselves: a method
//! inside a class that is shown whole costs nothing more. Every line of the text starts with something other than white
//! space and ends with a newline, and the cl100k tokeniser never joins across such a border; so the tokens of the text
//! are the sum of the tokens of its lines, prices are exact while planning ([`plan`]), and the budget is kept to the
//! token. Sources are read when they are asked for; a file that changed since it was indexed lends only signatures that
//! are still found in their place ([`source`]).

use std::path::Path;

use rustc_hash::FxHashMap;

mod excerpt;
mod page;
mod plan;
mod sheet;
mod source;
#[cfg(test)]
mod tests;

/// A symbol that may be shown: its place in the file as the index knows it.
#[derive(Clone, Debug, Default)]
pub struct Span {
    /// Relative to the root, `/` between the parts.
    pub file: String,
    pub qualified_name: String,
    pub kind: String,
    /// As stored: white space folded. Shown where the source cannot be trusted.
    pub signature: String,
    pub summary: String,
    pub start_line: u32,
    pub end_line: u32,
    pub start_byte: u32,
    pub end_byte: u32,
    pub signature_start: u32,
    pub signature_end: u32,
    pub doc_start: u32,
    pub doc_end: u32,
}

#[derive(Clone, Debug, Default)]
pub struct Candidate {
    pub span: Span,
    pub relevance: f32,
    /// Edges from the nearest entry point; 0 for an entry point.
    pub hops: u32,
}

/// What the index knows of a file; tells whether its spans still hold.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stamp {
    pub size: u64,
    pub mtime_ns: i64,
    /// BLAKE3 of the content; asked only when size or time differ.
    pub content_hash: Vec<u8>,
}

#[derive(Clone, Debug, Default)]
pub struct Question<'a> {
    /// Best first.
    pub candidates: &'a [Candidate],
    /// Enclosing symbols that are no candidates: one line of each is shown above what it encloses.
    pub frames: &'a [Span],
    pub stamps: FxHashMap<String, Stamp>,
    /// Lower-case words of the question; they choose the part of a body that is too long to show.
    pub terms: &'a [String],
    /// cl100k tokens.
    pub budget: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Detail {
    Line,
    Signature,
    Full,
}

impl Detail {
    pub fn name(self) -> &'static str {
        match self {
            Self::Line => "line",
            Self::Signature => "signature",
            Self::Full => "full",
        }
    }
}

/// One candidate in the answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Piece {
    /// Which of the candidates.
    pub candidate: usize,
    pub detail: Detail,
    /// Its lines as they stand in the text, without those that belong to another piece inside it.
    pub text: String,
    pub start_line: u32,
    pub end_line: u32,
    pub tokens: usize,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fitted {
    pub text: String,
    /// Exact cl100k tokens of `text`; never more than the budget.
    pub tokens: usize,
    /// In the order of the text. A candidate shown as part of another has no piece of its own.
    pub pieces: Vec<Piece>,
    /// Candidates of which nothing is shown.
    pub omitted: usize,
    /// Shown files whose content is not what was indexed, sorted.
    pub changed: Vec<String>,
    /// Shown files that cannot be read any more, sorted.
    pub missing: Vec<String>,
}

/// Fits the candidates to the budget. Never fails: what cannot be read is shown from the index, what does not fit is
/// left out and counted.
pub fn build_weighted_context(root: &Path, question: &Question) -> Fitted {
    let mut sheet = sheet::Sheet::new(root, question);
    plan::spend(&mut sheet, question);
    sheet.render(question)
}
