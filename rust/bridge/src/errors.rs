//! Engine errors as Python exceptions: files as OSError, snapshots that must be rebuilt as SnapshotUnusable.

use leindex_engine::snapshot::SnapshotError;
use leindex_engine::syntax::facts::FactsError;
use pyo3::PyErr;
use pyo3::exceptions::{PyOSError, PyRuntimeError};

pyo3::create_exception!(_engine, EngineError, PyRuntimeError, "Damaged facts, or a state the engine cannot work with.");
pyo3::create_exception!(
    _engine,
    SnapshotUnusable,
    EngineError,
    "A snapshot that is missing, truncated or of another version; it is rebuilt from the store."
);

/// Converts where `From` cannot be implemented: both sides are foreign to this crate.
pub trait IntoPy {
    fn into_py(self) -> PyErr;
}

impl IntoPy for std::io::Error {
    fn into_py(self) -> PyErr {
        match self.raw_os_error() {
            // The two-argument form makes Python choose the subclass (FileNotFoundError, PermissionError, …).
            Some(code) => PyOSError::new_err((code, self.to_string())),
            None => PyOSError::new_err(self.to_string()),
        }
    }
}

impl IntoPy for SnapshotError {
    fn into_py(self) -> PyErr {
        match self {
            SnapshotError::Io { ref source, .. } if source.kind() != std::io::ErrorKind::NotFound => {
                match source.raw_os_error() {
                    Some(code) => PyOSError::new_err((code, self.to_string())),
                    None => PyOSError::new_err(self.to_string()),
                }
            }
            _ => SnapshotUnusable::new_err(self.to_string()),
        }
    }
}

impl IntoPy for FactsError {
    fn into_py(self) -> PyErr {
        EngineError::new_err(self.to_string())
    }
}
