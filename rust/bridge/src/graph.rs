//! Programs across the border: facts in as blobs, rows out in slices, strings that repeat made once.

use std::collections::HashMap;
use std::path::PathBuf;

use leindex_engine::graph::edges::EdgeKind;
use leindex_engine::graph::node_rows::{NodeRow, NodeRows as Rows};
use leindex_engine::graph::policy::{Policy, PolicyError};
use leindex_engine::program::{Program as Built, ProgramBuilder as Builder, ProgramError, StoredFile};
use leindex_engine::syntax::facts::SymbolKind;
use pyo3::exceptions::{PyRuntimeError, PyValueError};
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedBytes;
use pyo3::types::{PyFloat, PyString, PyTuple};

use crate::detached;
use crate::errors::{EngineError, IntoPy};
use crate::vectors::StaticModel;

const NODE_WIDTH: usize = 20;
const EDGE_WIDTH: usize = 5;

impl IntoPy for PolicyError {
    fn into_py(self) -> PyErr {
        PyValueError::new_err(self.to_string())
    }
}

impl IntoPy for ProgramError {
    fn into_py(self) -> PyErr {
        match self {
            Self::Order { .. } => PyValueError::new_err(self.to_string()),
            Self::Facts { .. } | Self::TooLarge => EngineError::new_err(self.to_string()),
        }
    }
}

/// Takes the facts of all files, sorted by path.
#[pyclass(module = "leindex_rust._engine")]
pub struct ProgramBuilder {
    builder: Option<Builder>,
}

#[pymethods]
impl ProgramBuilder {
    /// `languages` and `ladder` are JSON; `model` makes the vectors, and without one there are none.
    #[new]
    #[pyo3(signature = (languages, ladder, model=None))]
    fn new(languages: &str, ladder: &str, model: Option<&StaticModel>) -> PyResult<Self> {
        let policy = Policy::from_json(languages, ladder).map_err(IntoPy::into_py)?;
        Ok(Self { builder: Some(Builder::new(policy, model.map(StaticModel::shared))) })
    }

    /// Adds a batch of (path, language name, file flags, facts) and returns its rows.
    fn add(&mut self, py: Python<'_>, files: Vec<(String, String, u32, PyBackedBytes)>) -> PyResult<NodeRows> {
        let builder = self.builder.as_mut().ok_or_else(built_already)?;
        let added = detached(py, || {
            let stored = |(path, language, flags, facts)| StoredFile { path, language, flags, facts };
            let batch: Vec<StoredFile> = files
                .iter()
                .map(|(path, language, flags, facts)| stored((path.as_str(), language.as_str(), *flags, &facts[..])))
                .collect();
            builder.add(&batch)
        });
        added.map(|rows| NodeRows { rows }).map_err(IntoPy::into_py)
    }

    /// Resolves all names and ends the builder.
    fn build(&mut self, py: Python<'_>) -> PyResult<Program> {
        let builder = self.builder.take().ok_or_else(built_already)?;
        Ok(Program { built: detached(py, || builder.build()) })
    }
}

fn built_already() -> PyErr {
    PyRuntimeError::new_err("this program was built already; start a new ProgramBuilder")
}

/// Rows of `intel_nodes` of one batch, not yet made.
#[pyclass(frozen, module = "leindex_rust._engine")]
pub struct NodeRows {
    rows: Rows,
}

#[pymethods]
impl NodeRows {
    fn __len__(&self) -> usize {
        self.rows.nodes().len()
    }

    /// Values of some of the rows, one row after the other: node, file, name, kind, signature, complexity, hash of the
    /// body, local name, qualified name, summary, visibility, parent, lines, byte ranges of all, signature and doc.
    fn values<'py>(&self, py: Python<'py>, start: usize, stop: usize) -> PyResult<Bound<'py, PyTuple>> {
        let nodes = self.rows.nodes().take(stop).skip(start);
        let mut values = Vec::with_capacity(nodes.len() * NODE_WIDTH);
        let mut words = Words::new(py);
        for node in nodes {
            values.extend(node_values(&mut words, &self.rows.row(node)));
        }
        PyTuple::new(py, values)
    }
}

/// One generation in memory.
#[pyclass(frozen, module = "leindex_rust._engine")]
pub struct Program {
    built: Built,
}

#[pymethods]
impl Program {
    #[getter]
    fn node_count(&self) -> usize {
        self.built.node_count()
    }

    #[getter]
    fn edge_count(&self) -> usize {
        self.built.edges().len()
    }

    /// Names that made no edge because too many symbols bear them.
    #[getter]
    fn unresolved_count(&self) -> usize {
        self.built.unresolved().len()
    }

    /// Methods written outside their type that have found it, as (type, method).
    fn adopted(&self, py: Python<'_>) -> Vec<(u32, u32)> {
        detached(py, || self.built.adopted().into_iter().map(|(method, holder)| (holder, method)).collect())
    }

    /// Values of some rows of `intel_edges`, one row after the other: source, target, kind, confidence, line.
    fn edge_values<'py>(&self, py: Python<'py>, start: usize, stop: usize) -> PyResult<Bound<'py, PyTuple>> {
        let edges = self.built.edges();
        let stop = stop.min(edges.len());
        let edges = &edges[start.min(stop)..stop];
        let kinds = EdgeKind::ALL.map(|kind| PyString::intern(py, kind.name()).into_any());
        let words = Words::new(py);
        let mut values = Vec::with_capacity(edges.len() * EDGE_WIDTH);
        for edge in edges {
            let confidence = PyFloat::new(py, rounded(edge.confidence())).into_any();
            let (source, target, line) =
                (words.number(edge.source), words.number(edge.target), words.number(edge.line));
            values.extend([source, target, kinds[edge.kind() as usize].clone(), confidence, line]);
        }
        PyTuple::new(py, values)
    }

    /// Writes the snapshot of a generation.
    fn save(&self, py: Python<'_>, path: PathBuf, generation: u64) -> PyResult<()> {
        detached(py, || self.built.save(&path, generation)).map_err(IntoPy::into_py)
    }
}

/// Three decimals, as people write confidences; an f32 widened as it is would read 0.949999988.
pub fn rounded(confidence: f32) -> f64 {
    (f64::from(confidence) * 1000.0).round() / 1000.0
}

/// The strings that most rows share, made once.
struct Words<'py> {
    py: Python<'py>,
    kinds: Vec<Bound<'py, PyString>>,
    visibility: HashMap<&'static str, Bound<'py, PyString>>,
    path: (String, Bound<'py, PyString>),
}

impl<'py> Words<'py> {
    fn new(py: Python<'py>) -> Self {
        Self {
            py,
            kinds: SymbolKind::ALL.iter().map(|kind| PyString::intern(py, kind.name())).collect(),
            visibility: HashMap::new(),
            path: (String::new(), PyString::new(py, "")),
        }
    }

    fn text(&self, bytes: &[u8]) -> Bound<'py, PyAny> {
        PyString::new(self.py, &String::from_utf8_lossy(bytes)).into_any()
    }

    fn path(&mut self, path: &str) -> Bound<'py, PyAny> {
        if self.path.0 != path {
            self.path = (path.into(), PyString::new(self.py, path));
        }
        self.path.1.clone().into_any()
    }

    fn number(&self, number: u32) -> Bound<'py, PyAny> {
        match number.into_pyobject(self.py) {
            Ok(number) => number.into_any(),
            Err(never) => match never {},
        }
    }

    fn hex(&self, hash: &[u8; 16]) -> Bound<'py, PyAny> {
        const DIGITS: &[u8; 16] = b"0123456789abcdef";
        let mut text = [0u8; 32];
        for (pair, byte) in text.chunks_exact_mut(2).zip(hash) {
            pair[0] = DIGITS[(byte >> 4) as usize];
            pair[1] = DIGITS[(byte & 15) as usize];
        }
        self.text(&text)
    }
}

fn node_values<'py>(words: &mut Words<'py>, row: &NodeRow) -> [Bound<'py, PyAny>; NODE_WIDTH] {
    let py = words.py;
    let symbol = row.symbol;
    let visibility = symbol.visibility().name();
    let visibility = words.visibility.entry(visibility).or_insert_with(|| PyString::intern(py, visibility)).clone();
    let path = words.path(row.path);
    [
        words.number(row.node),
        path,
        words.text(row.name),
        words.kinds[symbol.kind() as usize].clone().into_any(),
        words.text(row.signature),
        words.number(symbol.complexity),
        words.hex(&symbol.body_hash),
        words.text(&row.local),
        words.text(row.qualified),
        words.text(row.summary),
        visibility.into_any(),
        row.parent.map_or_else(|| py.None().into_bound(py), |parent| words.number(parent)),
        words.number(symbol.start_line),
        words.number(symbol.end_line),
        words.number(symbol.start_byte),
        words.number(symbol.end_byte),
        words.number(symbol.signature_start),
        words.number(symbol.signature_end),
        words.number(symbol.doc_start),
        words.number(symbol.doc_end),
    ]
}
