//! The static embedding model for Python; [`StaticModel::shared`] hands it to the builder of a program.

use std::path::PathBuf;
use std::sync::Arc;

use leindex_engine::vectors::{ModelError, StaticModel as Model};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedStr;
use pyo3::types::PyBytes;

use crate::detached;
use crate::errors::IntoPy;

impl IntoPy for ModelError {
    fn into_py(self) -> PyErr {
        match self {
            ModelError::Io { path, source } => match source.raw_os_error() {
                Some(code) => pyo3::exceptions::PyOSError::new_err((code, source.to_string(), path)),
                None => source.into_py(),
            },
            ModelError::Unusable { .. } => PyValueError::new_err(self.to_string()),
        }
    }
}

/// A table of subword vectors, mapped from a folder.
#[pyclass(frozen, module = "leindex_rust._engine")]
pub struct StaticModel {
    model: Arc<Model>,
}

impl StaticModel {
    /// The model itself, for pooling at index time.
    pub fn shared(&self) -> Arc<Model> {
        self.model.clone()
    }
}

#[pymethods]
impl StaticModel {
    #[staticmethod]
    fn open(py: Python<'_>, folder: PathBuf) -> PyResult<Self> {
        let model = detached(py, || Model::open(&folder)).map_err(IntoPy::into_py)?;
        Ok(Self { model: Arc::new(model) })
    }

    #[getter]
    fn name(&self) -> &str {
        self.model.name()
    }

    #[getter]
    fn dimensions(&self) -> usize {
        self.model.dimensions()
    }

    /// Unit vectors of texts as float32, row after row; zeros for a text without a known word.
    fn embed<'py>(&self, py: Python<'py>, texts: Vec<PyBackedStr>) -> Bound<'py, PyBytes> {
        let vectors = detached(py, || self.model.embed(&texts));
        let bytes: Vec<u8> = vectors.iter().flat_map(|value| value.to_ne_bytes()).collect();
        PyBytes::new(py, &bytes)
    }
}
