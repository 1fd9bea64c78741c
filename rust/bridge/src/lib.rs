//! PyO3 glue: argument in, engine call with the interpreter released, result out. Nothing is decided here.

use pyo3::prelude::*;

mod allocator;
mod analyzer;
mod context;
mod errors;
mod flow;
mod graph;
mod memory;
mod snapshot;
mod source;
mod syntax;
mod text;
mod vectors;

/// The native module of LeIndex; `leindex_rust` is its door.
#[pymodule(gil_used = false)]
mod _engine {
    use pyo3::prelude::*;

    #[pymodule_export]
    use crate::allocator::use_system_allocator;
    #[pymodule_export]
    use crate::analyzer::RustAnalyzer;
    #[pymodule_export]
    use crate::context::FittedContext;
    #[pymodule_export]
    use crate::context::FittedPiece;
    #[pymodule_export]
    use crate::context::build_weighted_context;
    #[pymodule_export]
    use crate::errors::EngineError;
    #[pymodule_export]
    use crate::errors::SnapshotUnusable;
    #[pymodule_export]
    use crate::flow::Flow;
    #[pymodule_export]
    use crate::graph::{NodeRows, Program, ProgramBuilder};
    #[pymodule_export]
    use crate::memory::{GraphIndex, Reach, VectorIndex, read_columns, write_columns};
    #[pymodule_export]
    use crate::snapshot::Snapshot;
    #[pymodule_export]
    use crate::source::{WalkSkip, WalkedFile, hash_bytes, hash_files, sniff_files, walk};
    #[pymodule_export]
    use crate::syntax::{Language, ParsedFile, describe_facts, parse_files, parse_only, parse_source};
    #[pymodule_export]
    use crate::text::count_tokens;
    #[pymodule_export]
    use crate::text::split_identifier;
    #[pymodule_export]
    use crate::text::terms;
    #[pymodule_export]
    use crate::vectors::StaticModel;

    #[pymodule_init]
    fn init(_module: &Bound<'_, PyModule>) -> PyResult<()> {
        crate::allocator::set_up();
        Ok(())
    }
}

/// Runs engine work without the interpreter lock. Every call that touches more than a few bytes goes through here.
fn detached<T, F>(py: Python<'_>, work: F) -> T
where
    F: Send + FnOnce() -> T,
    T: Send,
{
    py.detach(work)
}
