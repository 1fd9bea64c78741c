//! Snapshots across the border: small questions to mapped columns, answered in small tuples.

use std::collections::HashMap;
use std::path::PathBuf;

use leindex_engine::graph::edges::{EdgeKind, Unresolved};
use leindex_engine::graph::gravity::Gravity;
use leindex_engine::graph::names::Name;
use leindex_engine::graph::program_graph::{Graph, Neighbour};
use leindex_engine::snapshot::Snapshot as Opened;
use leindex_engine::text::lexical::{Lexical, Match, Weights};
use leindex_engine::vectors::Vectors;
use pyo3::exceptions::{PyIndexError, PyValueError};
use pyo3::prelude::*;

use crate::detached;
use crate::errors::IntoPy;
use crate::graph::rounded;

/// Node, relevance, distance, hops, reached from, via.
type PulledRow = (u32, f32, f32, u32, u32, &'static str);

/// A snapshot opened for questions.
#[pyclass(frozen, module = "leindex_rust._engine")]
pub struct Snapshot {
    opened: Opened,
}

impl Snapshot {
    fn graph(&self) -> PyResult<Graph<'_>> {
        Graph::open(&self.opened).map_err(IntoPy::into_py)
    }

    fn vectors(&self) -> PyResult<Vectors<'_>> {
        Vectors::open(&self.opened).map_err(IntoPy::into_py)
    }

    fn ranked(
        &self,
        py: Python<'_>,
        search: impl FnOnce(&Lexical) -> Vec<Match> + Send,
    ) -> PyResult<Vec<(u32, f32, u32)>> {
        let lexical = Lexical::open(&self.opened).map_err(IntoPy::into_py)?;
        let found = detached(py, || search(&lexical));
        Ok(found.into_iter().map(|it| (it.node, it.score, it.terms)).collect())
    }
}

#[pymethods]
impl Snapshot {
    #[staticmethod]
    fn open(path: PathBuf) -> PyResult<Self> {
        let opened = Opened::open(&path).map_err(IntoPy::into_py)?;
        let snapshot = Self { opened };
        snapshot.graph()?;
        snapshot.vectors()?;
        Lexical::open(&snapshot.opened).map_err(IntoPy::into_py)?;
        Ok(snapshot)
    }

    #[getter]
    fn generation(&self) -> u64 {
        self.opened.generation()
    }

    #[getter]
    fn node_count(&self) -> PyResult<usize> {
        Ok(self.graph()?.node_count())
    }

    #[getter]
    fn edge_count(&self) -> PyResult<usize> {
        Ok(self.graph()?.edge_count())
    }

    /// Symbols by BM25 of weighted terms, best first: (node, score, bit i set where term i occurs).
    fn lexical(&self, py: Python<'_>, terms: Vec<(String, f32)>, limit: usize) -> PyResult<Vec<(u32, f32, u32)>> {
        self.ranked(py, |lexical| lexical.search(&terms, limit, &Weights::default()))
    }

    /// The same for files, each one document; a file is named by the node of its module.
    fn lexical_files(&self, py: Python<'_>, terms: Vec<(String, f32)>, limit: usize) -> PyResult<Vec<(u32, f32, u32)>> {
        self.ranked(py, |lexical| lexical.search_files(&terms, limit, &Weights::default()))
    }

    /// Symbols that have a term.
    fn document_frequency(&self, term: &str) -> PyResult<u32> {
        Ok(Lexical::open(&self.opened).map_err(IntoPy::into_py)?.document_frequency(term))
    }

    /// Name of the model that made the vectors; empty if there are none.
    #[getter]
    fn embedder(&self) -> PyResult<String> {
        Ok(self.vectors()?.model().to_string())
    }

    /// Length of every vector; 0 if there are none.
    #[getter]
    fn dimensions(&self) -> PyResult<usize> {
        Ok(self.vectors()?.dimensions())
    }

    /// Nodes by cosine with a unit vector (float32 bytes), best first.
    fn nearest(&self, py: Python<'_>, vector: &[u8], limit: usize) -> PyResult<Vec<(u32, f32)>> {
        let vectors = self.vectors()?;
        let query = query(vector, vectors.dimensions())?;
        Ok(detached(py, || vectors.nearest(&query, limit)))
    }

    /// Cosine of a unit vector with each of these nodes.
    fn similarity(&self, py: Python<'_>, vector: &[u8], nodes: Vec<u32>) -> PyResult<Vec<f32>> {
        let vectors = self.vectors()?;
        let query = query(vector, vectors.dimensions())?;
        Ok(detached(py, || vectors.similarity(&query, &nodes)))
    }

    /// Edges of a node, `out` or `in`: (other node, kind, confidence, line).
    fn edges(&self, node: u32, direction: &str) -> PyResult<Vec<(u32, &'static str, f64, u32)>> {
        let graph = self.graph()?;
        known(&graph, node)?;
        let row = |edge: Neighbour| (edge.node, edge.kind.name(), rounded(edge.confidence), edge.line);
        match direction {
            "out" => Ok(graph.outgoing(node).map(row).collect()),
            "in" => Ok(graph.incoming(node).map(row).collect()),
            _ => Err(PyValueError::new_err(format!("direction is 'out' or 'in', not {direction:?}"))),
        }
    }

    /// Names that a node refers to without an edge: (name, edge kind, candidates in the project, line).
    fn unresolved(&self, node: u32) -> PyResult<Vec<(String, &'static str, u32, u32)>> {
        let graph = self.graph()?;
        known(&graph, node)?;
        let row = |entry: &Unresolved| {
            let name = graph.name(Name(entry.name));
            let kind = EdgeKind::from_code(entry.kind as u8).name();
            (String::from_utf8_lossy(name).into_owned(), kind, entry.candidates, entry.line)
        };
        Ok(graph.unresolved(node).iter().map(row).collect())
    }

    /// Symbols in a node, and methods that belong to it from elsewhere.
    fn members(&self, node: u32) -> PyResult<Vec<u32>> {
        let graph = self.graph()?;
        known(&graph, node)?;
        Ok(graph.members(node).to_vec())
    }

    /// The nodes around the entries, most relevant first: (node, relevance, distance, hops, reached from, via). The
    /// semantic score of a node is its own of `scores`, else its cosine with `vector`, else `otherwise`.
    #[pyo3(signature = (entries, *, limit, most_hops, scores, otherwise, vector=None))]
    #[allow(clippy::too_many_arguments, reason = "keyword arguments in Python")]
    fn gravity(
        &self,
        py: Python<'_>,
        entries: Vec<(u32, f32)>,
        limit: usize,
        most_hops: u32,
        scores: HashMap<u32, f32>,
        otherwise: f32,
        vector: Option<&[u8]>,
    ) -> PyResult<Vec<PulledRow>> {
        let graph = self.graph()?;
        for &(node, _) in &entries {
            known(&graph, node)?;
        }
        let vectors = self.vectors()?;
        let vector = vector.map(|vector| query(vector, vectors.dimensions())).transpose()?;
        let cosine = |node: u32| vector.as_ref().map(|vector| vectors.similarity(vector, &[node])[0]);
        let semantic = |node: u32| scores.get(&node).copied().or_else(|| cosine(node)).unwrap_or(otherwise);
        Ok(detached(py, || {
            let pulled = Gravity::new(&graph, &entries, semantic, most_hops).take(limit);
            pulled.map(|it| (it.node, it.relevance, it.distance, it.hops, it.from, it.via.name())).collect()
        }))
    }
}

fn known(graph: &Graph, node: u32) -> PyResult<()> {
    if (node as usize) < graph.node_count() {
        return Ok(());
    }
    let count = graph.node_count();
    Err(PyIndexError::new_err(format!("node {node} of a graph of {count} nodes; nodes are numbers of one generation")))
}

/// The floats of a query vector, which has as many as the vectors of the snapshot.
fn query(bytes: &[u8], dimensions: usize) -> PyResult<Vec<f32>> {
    if bytes.len() != dimensions * 4 {
        let message = format!("a vector of {} bytes; those of this snapshot have {dimensions} float32", bytes.len());
        return Err(PyValueError::new_err(message));
    }
    Ok(bytes.chunks_exact(4).map(|float| f32::from_ne_bytes([float[0], float[1], float[2], float[3]])).collect())
}
