//! Indexes in memory across the border: numbers and values go in and out as columns of bytes.

use std::path::PathBuf;
use std::sync::{RwLock, RwLockReadGuard, RwLockWriteGuard};

use bytemuck::{Pod, cast_slice, try_cast_slice};
use leindex_engine::memory::file::{self, Arrays};
use leindex_engine::memory::{self, Among, Direction, Edge, Request, Step};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedBytes;
use pyo3::types::{PyByteArray, PyBytes};

use crate::detached;
use crate::errors::IntoPy;

type Way = Vec<(u32, Option<u32>, u16, bool)>;

fn column<T: Pod>(bytes: &[u8]) -> PyResult<&[T]> {
    try_cast_slice(bytes).map_err(|error| PyValueError::new_err(format!("not a column of values: {error}")))
}

fn direction(name: &str) -> PyResult<Direction> {
    match name {
        "out" => Ok(Direction::Out),
        "in" => Ok(Direction::In),
        "both" => Ok(Direction::Both),
        _ => Err(PyValueError::new_err(format!("no direction: {name}"))),
    }
}

fn read<T>(lock: &RwLock<T>) -> RwLockReadGuard<'_, T> {
    lock.read().unwrap_or_else(std::sync::PoisonError::into_inner)
}

fn write<T>(lock: &RwLock<T>) -> RwLockWriteGuard<'_, T> {
    lock.write().unwrap_or_else(std::sync::PoisonError::into_inner)
}

fn step(step: &Step) -> (u32, Option<u32>, u16, bool) {
    (step.node, numbered(step.edge), step.kind, step.forward)
}

fn numbered(edge: u32) -> Option<u32> {
    (edge != memory::graph::UNNUMBERED).then_some(edge)
}

/// Writes columns (bytes) into a new file that is known by its label, and does not wait for the disk.
#[pyfunction]
pub fn write_columns(py: Python<'_>, path: PathBuf, label: &str, columns: Vec<PyBackedBytes>) -> PyResult<()> {
    let columns: Vec<&[u8]> = columns.iter().map(|column| &column[..]).collect();
    detached(py, || file::write(&path, label, &columns)).map(drop).map_err(IntoPy::into_py)
}

/// The columns that were written. Raises OSError if the file is not whole, damaged, or has another label.
#[pyfunction]
pub fn read_columns<'py>(py: Python<'py>, path: PathBuf, label: &str) -> PyResult<Vec<Bound<'py, PyByteArray>>> {
    let mut arrays = Arrays::open(&path, label).map_err(IntoPy::into_py)?;
    let mut columns = Vec::with_capacity(arrays.left());
    while arrays.left() > 0 {
        let length = arrays.length();
        let read = |bytes: &mut [u8]| arrays.take_into(bytes).map_err(IntoPy::into_py);
        columns.push(PyByteArray::new_with(py, length, read)?);
    }
    Ok(columns)
}

/// The vectors of one model by the numbers of their nodes.
#[pyclass(frozen, module = "leindex_rust._engine")]
pub struct VectorIndex {
    index: RwLock<memory::VectorIndex>,
    dimensions: usize,
}

impl VectorIndex {
    fn checked<'a>(&self, vectors: &'a [u8], count: usize) -> PyResult<&'a [f32]> {
        let values: &[f32] = column(vectors)?;
        if values.len() != count * self.dimensions {
            let problem = format!("{} values are not {count} vectors of {}", values.len(), self.dimensions);
            return Err(PyValueError::new_err(problem));
        }
        Ok(values)
    }
}

#[pymethods]
impl VectorIndex {
    #[new]
    fn new(dimensions: usize) -> Self {
        Self { index: RwLock::new(memory::VectorIndex::new(dimensions)), dimensions }
    }

    #[getter]
    fn dimensions(&self) -> usize {
        self.dimensions
    }

    fn __len__(&self, py: Python<'_>) -> usize {
        detached(py, || read(&self.index).len())
    }

    /// Makes room for so many vectors more.
    fn reserve(&self, py: Python<'_>, count: usize) {
        detached(py, || write(&self.index).reserve(count));
    }

    /// Writes the vectors into a new file that is known by its label, and does not wait for the disk.
    fn write(&self, py: Python<'_>, path: PathBuf, label: &str) -> PyResult<()> {
        detached(py, || read(&self.index).write(&path, label)).map(drop).map_err(IntoPy::into_py)
    }

    /// The vectors that were written. Raises OSError if the file is not whole, damaged, or has another label.
    #[staticmethod]
    fn read(py: Python<'_>, path: PathBuf, label: &str) -> PyResult<Self> {
        let read = || memory::VectorIndex::read(&mut Arrays::open(&path, label)?);
        let index = detached(py, read).map_err(IntoPy::into_py)?;
        Ok(Self { dimensions: index.dimensions(), index: RwLock::new(index) })
    }

    /// Stores vectors (float32, row after row) of nodes (uint32), in place of those they have.
    fn put(&self, py: Python<'_>, numbers: PyBackedBytes, vectors: PyBackedBytes) -> PyResult<()> {
        let numbers: &[u32] = column(&numbers)?;
        let vectors = self.checked(&vectors, numbers.len())?;
        detached(py, || write(&self.index).put(numbers, vectors));
        Ok(())
    }

    /// Takes out the vectors of nodes (uint32).
    fn remove(&self, py: Python<'_>, numbers: PyBackedBytes) -> PyResult<()> {
        let numbers: &[u32] = column(&numbers)?;
        detached(py, || {
            let mut index = write(&self.index);
            numbers.iter().for_each(|&number| index.remove(number));
        });
        Ok(())
    }

    /// The best (number, score, cosine) in order, and how many vectors were scored in full. `query` is at unit length.
    #[pyo3(signature = (query, limit, *, numbers=None, mask=None, bonus=None, weight=1.0, floor=-2.0, after=None, except_=None, least=f32::NEG_INFINITY))]
    #[expect(clippy::too_many_arguments, reason = "named in Python")]
    #[expect(clippy::type_complexity, reason = "what Python sees")]
    fn search(
        &self,
        py: Python<'_>,
        query: PyBackedBytes,
        limit: usize,
        numbers: Option<PyBackedBytes>,
        mask: Option<PyBackedBytes>,
        bonus: Option<PyBackedBytes>,
        weight: f32,
        floor: f32,
        after: Option<(f32, u32)>,
        except_: Option<PyBackedBytes>,
        least: f32,
    ) -> PyResult<(Vec<(u32, f32, f32)>, usize)> {
        let query = self.checked(&query, 1)?;
        let among = match (&numbers, &mask) {
            (Some(numbers), None) => Among::Numbers(column(numbers)?),
            (None, Some(mask)) => Among::Mask(mask),
            (None, None) => Among::All,
            _ => return Err(PyValueError::new_err("numbers or a mask, not both")),
        };
        let bonus = bonus.as_deref().map(column).transpose()?;
        let except = except_.as_deref().map(column).transpose()?.unwrap_or_default();
        let request = Request { limit, among, bonus, weight, floor, after, except, least };
        let (hits, scored) = detached(py, || read(&self.index).search(query, &request));
        Ok((hits.into_iter().map(|hit| (hit.number, hit.score, hit.cosine)).collect(), scored))
    }

    /// For each query (float32, row after row, at unit length) the best (number, cosine) in order, none below `floor`:
    /// what `search` finds for one after the other.
    fn nearest(
        &self,
        py: Python<'_>,
        queries: PyBackedBytes,
        limit: usize,
        floor: f32,
    ) -> PyResult<Vec<Vec<(u32, f32)>>> {
        let queries = self.checked(&queries, queries.len() / size_of::<f32>() / self.dimensions.max(1))?;
        let found = detached(py, || read(&self.index).nearest(queries, limit, floor));
        Ok(found.iter().map(|hits| hits.iter().map(|hit| (hit.number, hit.cosine)).collect()).collect())
    }

    /// Cosine with the vector of each node (uint32), as float32; not a number for a node without a vector.
    fn similarity<'py>(
        &self,
        py: Python<'py>,
        query: PyBackedBytes,
        numbers: PyBackedBytes,
    ) -> PyResult<Bound<'py, PyBytes>> {
        let (query, numbers) = (self.checked(&query, 1)?, column(&numbers)?);
        let cosines = detached(py, || read(&self.index).similarity(query, numbers));
        Ok(PyBytes::new(py, cast_slice(&cosines)))
    }
}

/// The edges of a database by the numbers of nodes and edges, in both directions.
#[pyclass(frozen, module = "leindex_rust._engine")]
pub struct GraphIndex {
    index: RwLock<memory::GraphIndex>,
}

#[pymethods]
impl GraphIndex {
    #[new]
    fn new() -> Self {
        Self { index: RwLock::new(memory::GraphIndex::default()) }
    }

    fn __len__(&self, py: Python<'_>) -> usize {
        detached(py, || read(&self.index).len())
    }

    /// Writes the edges and a note into a new file that is known by its label, and does not wait for the disk.
    fn write(&self, py: Python<'_>, path: PathBuf, label: &str, note: PyBackedBytes) -> PyResult<()> {
        detached(py, || read(&self.index).write(&path, label, &note)).map(drop).map_err(IntoPy::into_py)
    }

    /// The edges that were written, and the note. Raises OSError if the file is not whole, damaged, or has another label.
    #[staticmethod]
    fn read(py: Python<'_>, path: PathBuf, label: &str) -> PyResult<(Self, Vec<u8>)> {
        let read = || memory::GraphIndex::read(&mut Arrays::open(&path, label)?);
        let (index, note) = detached(py, read).map_err(IntoPy::into_py)?;
        Ok((Self { index: RwLock::new(index) }, note))
    }

    /// Adds edges: columns of their numbers, sources, targets and kinds (uint32), and weights (float32).
    fn put(
        &self,
        py: Python<'_>,
        numbers: PyBackedBytes,
        sources: PyBackedBytes,
        targets: PyBackedBytes,
        kinds: PyBackedBytes,
        weights: PyBackedBytes,
    ) -> PyResult<()> {
        let (numbers, kinds): (&[u32], &[u32]) = (column(&numbers)?, column(&kinds)?);
        let (sources, targets): (&[u32], &[u32]) = (column(&sources)?, column(&targets)?);
        let weights: &[f32] = column(&weights)?;
        if [sources.len(), targets.len(), kinds.len(), weights.len()] != [numbers.len(); 4] {
            return Err(PyValueError::new_err("columns of different lengths"));
        }
        detached(py, || {
            let mut index = write(&self.index);
            for (at, &number) in numbers.iter().enumerate() {
                let (source, target, kind) = (sources[at], targets[at], kinds[at] as u16);
                index.put(Edge { number, source, target, kind, weight: weights[at] });
            }
        });
        Ok(())
    }

    /// Says in which node each node is (columns of uint32, the largest number for none), by an edge of this kind.
    fn place(&self, py: Python<'_>, numbers: PyBackedBytes, within: PyBackedBytes, kind: u16) -> PyResult<()> {
        let (numbers, within): (&[u32], &[u32]) = (column(&numbers)?, column(&within)?);
        detached(py, || {
            let mut index = write(&self.index);
            for (&node, &within) in numbers.iter().zip(within) {
                index.place(node, (within != u32::MAX).then_some(within), kind);
            }
        });
        Ok(())
    }

    /// Takes out edges by their numbers (uint32).
    fn remove(&self, py: Python<'_>, numbers: PyBackedBytes) -> PyResult<()> {
        let numbers: &[u32] = column(&numbers)?;
        detached(py, || {
            let mut index = write(&self.index);
            numbers.iter().for_each(|&number| index.remove(number));
        });
        Ok(())
    }

    /// Takes out all edges of nodes (uint32).
    fn isolate(&self, py: Python<'_>, nodes: PyBackedBytes) -> PyResult<()> {
        let nodes: &[u32] = column(&nodes)?;
        detached(py, || {
            let mut index = write(&self.index);
            nodes.iter().for_each(|&node| index.isolate(node));
        });
        Ok(())
    }

    /// All nodes at most `depth` edges away; direction is out, in or both.
    #[pyo3(signature = (starts, *, direction, depth, kinds=None))]
    #[pyo3(name = "reach")]
    fn reached(
        &self,
        py: Python<'_>,
        starts: Vec<u32>,
        direction: &str,
        depth: u32,
        kinds: Option<Vec<u16>>,
    ) -> PyResult<Reach> {
        let direction = self::direction(direction)?;
        Ok(Reach { reach: detached(py, || read(&self.index).reach(&starts, direction, kinds.as_deref(), depth)) })
    }

    /// The shortest way by weight: its length, and (node, edge, kind, whether along the edge) for each step.
    #[pyo3(signature = (start, end, *, direction, kinds=None))]
    fn shortest(
        &self,
        py: Python<'_>,
        start: u32,
        end: u32,
        direction: &str,
        kinds: Option<Vec<u16>>,
    ) -> PyResult<Option<(f64, Way)>> {
        let direction = self::direction(direction)?;
        let path = detached(py, || read(&self.index).shortest(start, end, direction, kinds.as_deref()));
        Ok(path.map(|path| {
            let steps = path.steps.iter().map(|(arc, forward)| (arc.node, numbered(arc.edge), arc.kind, *forward));
            (path.length, steps.collect())
        }))
    }
}

/// What a search in breadth came to, nearest first.
#[pyclass(frozen, module = "leindex_rust._engine")]
pub struct Reach {
    reach: memory::Reach,
}

#[pymethods]
impl Reach {
    fn __len__(&self) -> usize {
        self.reach.found().len()
    }

    /// Numbers of the nodes (uint32).
    fn numbers<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        let numbers: Vec<u32> = self.reach.found().iter().map(|step| step.node).collect();
        PyBytes::new(py, cast_slice(&numbers))
    }

    /// How many edges each is away (uint32).
    fn hops<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        let hops: Vec<u32> = self.reach.found().iter().map(|step| step.hops).collect();
        PyBytes::new(py, cast_slice(&hops))
    }

    /// For each of the nodes that was reached: where the way begins, and (node, edge, kind, along the edge) by step.
    fn paths(&self, wanted: Vec<u32>) -> Vec<(u32, Way)> {
        let told = |(start, steps): (u32, Vec<Step>)| (start, steps.iter().map(step).collect());
        self.reach.paths(&wanted).into_iter().map(told).collect()
    }
}
