//! Words and token counts for Python.

use leindex_engine::text;
use pyo3::prelude::*;

use crate::detached;

/// The lower-cased words of an identifier: `getHTTPResponse2` gives get, http, response, 2.
#[pyfunction]
pub fn split_identifier(text: &str) -> Vec<String> {
    text::split::split_identifier(text)
}

/// The distinct index terms of a text, stemmed as the index has them, in order of appearance.
#[pyfunction]
#[pyo3(signature = (text, *, stop_words = true))]
pub fn terms(text: &str, stop_words: bool) -> Vec<String> {
    text::terms::terms(text, stop_words)
}

/// Tokens of a text in the encoding cl100k_base.
#[pyfunction]
pub fn count_tokens(py: Python<'_>, text: &str) -> usize {
    detached(py, || text::tokens::count_tokens(text))
}
