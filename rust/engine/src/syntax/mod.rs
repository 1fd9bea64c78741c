//! From the bytes of one file to its facts: compiled language tables, the one-pass extractor, many files at once.
//!
//! A language is data ([`rules`]); the extractor knows roles and never a language. Broken code is a result: an ERROR
//! node is stepped through like any other, and counted.

mod calls;
mod clauses;
mod comments;
mod declarators;
mod definitions;
pub mod diagnostics;
mod extract;
pub mod facts;
mod headings;
mod imports;
mod leads;
mod merge;
pub mod names;
pub mod parse;
mod readable;
mod references;
pub mod rules;
pub mod sections;
mod terms;
mod values;
