//! What `embedded_db` holds in memory: vectors that come and go, and a graph that changes.
//!
//! Both are caches of a database file, known by the numbers of its nodes, and both are exact. [`vectors`] keeps every
//! vector twice, as a sketch of four bits a dimension and with sixteen; [`search`] reads all sketches that a filter
//! leaves over, and then those vectors in full that the sketch cannot rule out; [`nearest`] does so for many queries at
//! once. [`graph`] keeps who is beside whom in both directions; [`paths`] finds the shortest way between two nodes.
//! [`file`] is how either lies on the disk, so that a large one need not be made again from rows.

pub mod candidates;
pub mod file;
pub mod graph;
pub mod nearest;
pub mod paths;
pub mod search;
pub mod sketch;
pub mod tile;
pub mod vectors;

pub use candidates::{Among, Request};
pub use graph::{Arc, Direction, Edge, GraphIndex, Reach, Step};
pub use search::Hit;
pub use vectors::VectorIndex;
