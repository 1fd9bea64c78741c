//! Meaning: a static table of subword vectors, mean-pooled per symbol, scanned exactly.
//!
//! [`wordpiece`] cuts words into the pieces that the table knows, [`model`] is the table, [`pool`] makes a vector of
//! what the facts say of a symbol, [`scan`] finds the nearest of a million vectors by looking at every one. A vector is
//! 256 small integers and one scale; exact looking costs milliseconds, so there is nothing approximate to build or tune.

pub mod kernels;
pub mod model;
pub mod pool;
pub mod scan;
pub mod wordpiece;

pub use model::{ModelError, StaticModel};
pub use pool::VectorBuilder;
pub use scan::Vectors;
