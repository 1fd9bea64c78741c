//! Words: identifiers split into terms, a BM25 index over symbols, exact token counts.
