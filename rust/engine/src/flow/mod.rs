//! Inside functions: how control may go, where values come from, and how hard all this is to follow.
//!
//! One stage per module, each a function of what the one before made: [`rules`] compiles a language's `flow.toml`,
//! [`build`] turns the tree of a function into a [`blocks::Graph`], [`dominance`] and [`reaching`] read that graph,
//! [`complexity`] measures the tree. Nothing here is stored: a question about a function parses its file.

pub mod blocks;
pub mod build;
pub mod complexity;
pub mod dominance;
pub mod parts;
pub mod reaching;
pub mod report;
pub mod rules;
mod vocabulary;
