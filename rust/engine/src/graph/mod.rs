//! The program graph: facts of all files put together, names resolved to symbols, neighbours ranked by gravity.
//!
//! [`builder`] collects, [`resolve`] finds out what names mean, [`program_graph`] packs the edges into rows that a
//! snapshot holds and reads in place, [`gravity`] expands from entry points. How languages find names and how sure each
//! way is comes from outside ([`policy`]).

pub mod builder;
pub mod edges;
pub mod gravity;
mod locals;
pub mod names;
pub mod node_rows;
pub mod policy;
pub mod program_graph;
pub mod resolve;
pub mod rows;
pub(crate) mod text;

#[cfg(test)]
pub mod testing;
