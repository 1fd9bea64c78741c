//! `build_weighted_context`: symbols of the store in, the fitted text out.

use std::collections::HashMap;
use std::path::PathBuf;

use leindex_engine::context::{self, Candidate, Fitted, Piece, Question, Span, Stamp};
use pyo3::prelude::*;

/// Anything with the attributes of `leindex.types.Symbol`.
#[derive(FromPyObject)]
pub struct SymbolLike {
    file: String,
    qualified_name: String,
    kind: String,
    signature: String,
    summary: String,
    start_line: u32,
    end_line: u32,
    start_byte: u32,
    end_byte: u32,
    signature_start: u32,
    signature_end: u32,
    doc_start: u32,
    doc_end: u32,
}

impl From<SymbolLike> for Span {
    fn from(symbol: SymbolLike) -> Self {
        Self {
            file: symbol.file,
            qualified_name: symbol.qualified_name,
            kind: symbol.kind,
            signature: symbol.signature,
            summary: symbol.summary,
            start_line: symbol.start_line,
            end_line: symbol.end_line,
            start_byte: symbol.start_byte,
            end_byte: symbol.end_byte,
            signature_start: symbol.signature_start,
            signature_end: symbol.signature_end,
            doc_start: symbol.doc_start,
            doc_end: symbol.doc_end,
        }
    }
}

/// One candidate in the answer; `candidate` is its place in the list that was asked.
#[pyclass(frozen, get_all, module = "leindex_rust")]
pub struct FittedPiece {
    candidate: usize,
    detail: &'static str,
    text: String,
    start_line: u32,
    end_line: u32,
    tokens: usize,
}

impl From<Piece> for FittedPiece {
    fn from(piece: Piece) -> Self {
        Self {
            candidate: piece.candidate,
            detail: piece.detail.name(),
            text: piece.text,
            start_line: piece.start_line,
            end_line: piece.end_line,
            tokens: piece.tokens,
        }
    }
}

/// Symbols fitted to a budget; `tokens` counts `text` exactly and never exceeds it.
#[pyclass(frozen, get_all, module = "leindex_rust")]
pub struct FittedContext {
    text: String,
    tokens: usize,
    pieces: Vec<Py<FittedPiece>>,
    omitted: usize,
    changed: Vec<String>,
    missing: Vec<String>,
}

/// Fits symbols, best first as (symbol, relevance, hops), to a budget of cl100k tokens. `frames` are symbols around them
/// of which one line is shown, `stamps` says what the index knows of the files (size, mtime_ns, content hash), `terms`
/// are the words that choose the shown part of a body too long to show.
#[pyfunction]
#[pyo3(signature = (root, candidates, budget, *, frames = vec![], stamps = HashMap::new(), terms = vec![]))]
pub fn build_weighted_context(
    py: Python<'_>,
    root: PathBuf,
    candidates: Vec<(SymbolLike, f32, u32)>,
    budget: usize,
    frames: Vec<SymbolLike>,
    stamps: HashMap<String, (u64, i64, Vec<u8>)>,
    terms: Vec<String>,
) -> PyResult<FittedContext> {
    let fitted = crate::detached(py, || {
        let candidates: Vec<Candidate> = candidates
            .into_iter()
            .map(|(symbol, relevance, hops)| Candidate { span: symbol.into(), relevance, hops })
            .collect();
        let frames: Vec<Span> = frames.into_iter().map(Span::from).collect();
        let stamps = stamps
            .into_iter()
            .map(|(file, (size, mtime_ns, content_hash))| (file, Stamp { size, mtime_ns, content_hash }))
            .collect();
        let terms: Vec<String> = terms.iter().map(|term| term.to_lowercase()).collect();
        let question = Question { candidates: &candidates, frames: &frames, stamps, terms: &terms, budget };
        context::build_weighted_context(&root, &question)
    });
    let Fitted { text, tokens, pieces, omitted, changed, missing } = fitted;
    let pieces: PyResult<Vec<_>> = pieces.into_iter().map(|piece| Py::new(py, FittedPiece::from(piece))).collect();
    Ok(FittedContext { text, tokens, pieces: pieces?, omitted, changed, missing })
}
