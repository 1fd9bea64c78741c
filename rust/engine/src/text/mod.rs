//! Words: identifiers split into terms, a BM25 index over symbols, exact token counts.
//!
//! [`split`] takes an identifier apart, [`terms`] turns words of code, comments and questions into the same index terms,
//! [`dictionary`] numbers the distinct terms of a repository, [`postings`] collects where they stand, and [`lexical`]
//! writes both into a snapshot and ranks symbols by them. [`tokens`] counts what a language model will read.

pub mod cache;
pub mod dictionary;
pub mod lexical;
pub mod postings;
pub mod split;
pub mod terms;
pub mod tokens;
