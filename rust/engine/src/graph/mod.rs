//! The program graph: facts of all files put together, names resolved to symbols, neighbours ranked by gravity.
