//! Walking and hashing for Python: names and limits in, columns of plain values out.

use std::path::PathBuf;

use leindex_engine::source::hash;
use leindex_engine::source::sniff::{self, Signs};
use leindex_engine::source::walk::{self as engine, WalkOptions};
use pyo3::prelude::*;
use pyo3::types::PyBytes;

use crate::detached;
use crate::errors::IntoPy;

/// A regular file of the project.
#[pyclass(frozen, get_all, module = "leindex_rust")]
pub struct WalkedFile {
    /// Relative to the root, `/` between the parts.
    path: String,
    size: u64,
    mtime_ns: i64,
    vendored: bool,
}

/// A file or folder that was left out, and why.
#[pyclass(frozen, get_all, module = "leindex_rust")]
pub struct WalkSkip {
    path: String,
    reason: &'static str,
    detail: String,
}

/// Regular files below `root` and what was left out, both sorted by the bytes of their paths.
#[pyfunction]
#[pyo3(signature = (root, *, max_file_bytes, hidden, vendored, vendored_names, vendored_markers, ignore_file, excluded,
    threads = 0))]
#[allow(clippy::too_many_arguments)] // Keyword arguments of Python; a struct would only name them twice.
pub fn walk(
    py: Python<'_>,
    root: PathBuf,
    max_file_bytes: u64,
    hidden: bool,
    vendored: bool,
    vendored_names: Vec<String>,
    vendored_markers: Vec<String>,
    ignore_file: String,
    excluded: Vec<String>,
    threads: usize,
) -> PyResult<(Vec<WalkedFile>, Vec<WalkSkip>)> {
    let options = WalkOptions {
        max_file_bytes,
        hidden,
        vendored,
        vendored_names: vendored_names.into_iter().collect(),
        vendored_markers,
        ignore_file,
        excluded: excluded.into_iter().collect(),
        threads,
    };
    let walked = detached(py, || engine::walk(&root, &options)).map_err(IntoPy::into_py)?;
    let file = |file: engine::WalkedFile| WalkedFile {
        path: file.path,
        size: file.size,
        mtime_ns: file.mtime_ns,
        vendored: file.vendored,
    };
    let skip = |skip: engine::WalkSkip| WalkSkip { path: skip.path, reason: skip.reason, detail: skip.detail };
    Ok((walked.files.into_iter().map(file).collect(), walked.skipped.into_iter().map(skip).collect()))
}

/// BLAKE3 of some bytes.
#[pyfunction]
pub fn hash_bytes<'py>(py: Python<'py>, data: &[u8]) -> Bound<'py, PyBytes> {
    PyBytes::new(py, &detached(py, || hash::hash(data)))
}

/// BLAKE3 of each file below `root`, in the order asked; None for one that cannot be read or is larger than the limit.
#[pyfunction]
#[pyo3(signature = (root, paths, *, max_file_bytes))]
pub fn hash_files<'py>(
    py: Python<'py>,
    root: PathBuf,
    paths: Vec<String>,
    max_file_bytes: u64,
) -> Vec<Option<Bound<'py, PyBytes>>> {
    let hashes = detached(py, || hash::hash_files(&root, &paths, max_file_bytes));
    hashes.into_iter().map(|hash| hash.map(|hash| PyBytes::new(py, &hash))).collect()
}

/// Which files below `root` have a line near their start that begins with one of `signs`, in the order asked; not in a
/// comment between `comment`'s two.
#[pyfunction]
pub fn sniff_files(
    py: Python<'_>,
    root: PathBuf,
    paths: Vec<String>,
    signs: Vec<String>,
    comment: (String, String),
) -> Vec<bool> {
    let lines = signs.into_iter().map(String::into_bytes).collect();
    let signs = Signs { lines, comment: (comment.0.into_bytes(), comment.1.into_bytes()) };
    detached(py, || sniff::sniff_files(&root, &paths, &signs))
}
