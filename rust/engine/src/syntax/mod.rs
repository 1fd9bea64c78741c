//! From the bytes of one file to its facts: grammar handles, compiled language tables, the one-pass extractor.

pub mod facts;
