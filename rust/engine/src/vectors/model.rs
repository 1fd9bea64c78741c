//! The static model: one row of small integers per subword; a text's vector is the sum of its rows, at unit length.
//!
//! A folder holds `model.safetensors` (`rows`: int8, one row a token; `scales`: float32, what one unit of a row is
//! worth, the weight by frequency included) and `vocab.txt` (the tokens, in the order of the rows). The rows are mapped,
//! not read: a process that embeds one query touches a few pages of them.

use std::fs::File;
use std::io;
use std::ops::Range;
use std::path::{Path, PathBuf};

use memmap2::Mmap;
use rayon::prelude::*;
use serde_json::Value;

use crate::vectors::kernels::add_scaled;
use crate::vectors::wordpiece::WordPiece;

/// Texts that one thread embeds at a stretch; fewer are not worth a second thread.
const TEXTS_PER_TASK: usize = 256;

#[derive(Debug, thiserror::Error)]
pub enum ModelError {
    #[error("cannot read the model file {path}: {source}")]
    Io { path: PathBuf, source: io::Error },
    #[error("{path} is not a static model: {problem}")]
    Unusable { path: PathBuf, problem: String },
}

pub struct StaticModel {
    map: Mmap,
    rows: Range<usize>,
    scales: Vec<f32>,
    dimensions: usize,
    name: String,
    pub pieces: WordPiece,
}

impl StaticModel {
    /// # Errors
    /// [`ModelError::Io`] when a file cannot be read, [`ModelError::Unusable`] when it is not what it should be.
    pub fn open(folder: &Path) -> Result<Self, ModelError> {
        let path = folder.join("model.safetensors");
        let failed = |path: &Path, source| ModelError::Io { path: path.into(), source };
        let file = File::open(&path).map_err(|source| failed(&path, source))?;
        // SAFETY: the model is an installed file that nobody changes while the package is in use.
        let map = unsafe { Mmap::map(&file) }.map_err(|source| failed(&path, source))?;
        let layout = Layout::read(&map).map_err(|problem| ModelError::Unusable { path: path.clone(), problem })?;
        let vocabulary = folder.join("vocab.txt");
        let tokens = std::fs::read_to_string(&vocabulary).map_err(|source| failed(&vocabulary, source))?;
        if tokens.lines().count() != layout.count {
            let problem = format!("it does not have the {} tokens of the model beside it", layout.count);
            return Err(ModelError::Unusable { path: vocabulary, problem });
        }
        Ok(Self {
            scales: bytemuck::pod_collect_to_vec(&map[layout.scales]),
            rows: layout.rows,
            dimensions: layout.dimensions,
            name: layout.name,
            pieces: WordPiece::new(tokens.lines()),
            map,
        })
    }

    pub fn name(&self) -> &str {
        &self.name
    }

    pub fn dimensions(&self) -> usize {
        self.dimensions
    }

    /// Rows, which is the number of pieces.
    pub fn len(&self) -> usize {
        self.scales.len()
    }

    pub fn is_empty(&self) -> bool {
        self.scales.is_empty()
    }

    /// Length of a piece's row: how much it has to say.
    pub fn weight(&self, piece: u32) -> f32 {
        let squares: i32 = self.row(piece).iter().map(|&value| i32::from(value) * i32::from(value)).sum();
        (squares as f32).sqrt() * self.scales[piece as usize]
    }

    /// Adds `weight` times the row of a piece to `sum`.
    #[inline]
    pub fn add(&self, piece: u32, weight: f32, sum: &mut [f32]) {
        add_scaled(sum, self.row(piece), weight * self.scales[piece as usize]);
    }

    /// Unit vectors of texts, one after the other; zeros for a text without a known word.
    pub fn embed<T: AsRef<str> + Sync>(&self, texts: &[T]) -> Vec<f32> {
        let mut vectors = vec![0f32; texts.len() * self.dimensions];
        vectors
            .par_chunks_mut(self.dimensions * TEXTS_PER_TASK)
            .zip(texts.par_chunks(TEXTS_PER_TASK))
            .for_each(|(vectors, texts)| self.embed_into(texts, vectors));
        vectors
    }

    fn embed_into<T: AsRef<str>>(&self, texts: &[T], vectors: &mut [f32]) {
        let mut pieces = Vec::new();
        for (text, vector) in texts.iter().zip(vectors.chunks_mut(self.dimensions)) {
            pieces.clear();
            self.pieces.of_text(text.as_ref(), &mut pieces);
            pieces.iter().for_each(|&piece| self.add(piece, 1.0, vector));
            to_unit_length(vector);
        }
    }

    fn row(&self, piece: u32) -> &[i8] {
        let start = self.rows.start + piece as usize * self.dimensions;
        bytemuck::cast_slice(&self.map[start..start + self.dimensions])
    }
}

/// Scales a vector to length 1; leaves one of no length as it is.
pub fn to_unit_length(vector: &mut [f32]) {
    let length = vector.iter().map(|value| value * value).sum::<f32>().sqrt();
    if length > 0.0 {
        vector.iter_mut().for_each(|value| *value /= length);
    }
}

/// Where things are in a `.safetensors` file: a JSON header behind its length, then the tensors.
struct Layout {
    rows: Range<usize>,
    scales: Range<usize>,
    count: usize,
    dimensions: usize,
    name: String,
}

impl Layout {
    fn read(bytes: &[u8]) -> Result<Layout, String> {
        let (length, rest) = bytes.split_at_checked(8).ok_or("too short")?;
        let length = usize::try_from(bytemuck::pod_read_unaligned::<u64>(length)).map_err(|_| "too short")?;
        let header = rest.get(..length).ok_or("too short")?;
        let header: Value = serde_json::from_slice(header).map_err(|error| format!("its header says {error}"))?;
        let (rows, shape) = Self::tensor(&header, "rows", "I8", 8 + length, bytes.len())?;
        let (scales, _) = Self::tensor(&header, "scales", "F32", 8 + length, bytes.len())?;
        let [count, dimensions] = shape[..] else { return Err("rows are not a table".into()) };
        if count == 0 || dimensions == 0 || rows.len() != count * dimensions || scales.len() != count * 4 {
            return Err("rows and scales do not fit together".into());
        }
        let name = header["__metadata__"]["name"].as_str().ok_or("without a name")?.to_owned();
        Ok(Layout { rows, scales, count, dimensions, name })
    }

    fn tensor(
        header: &Value,
        name: &str,
        kind: &str,
        base: usize,
        end: usize,
    ) -> Result<(Range<usize>, Vec<usize>), String> {
        let numbers = |value: &Value| -> Option<Vec<usize>> {
            value.as_array()?.iter().map(|number| usize::try_from(number.as_u64()?).ok()).collect()
        };
        let tensor = &header[name];
        let offsets = numbers(&tensor["data_offsets"]).ok_or_else(|| format!("without the tensor {name}"))?;
        let shape = numbers(&tensor["shape"]).ok_or_else(|| format!("without the shape of {name}"))?;
        if tensor["dtype"] != kind {
            return Err(format!("{name} is not of type {kind}"));
        }
        match offsets[..] {
            [from, to] if from <= to && to <= end - base => Ok((base + from..base + to, shape)),
            _ => Err(format!("truncated in {name}")),
        }
    }
}

#[cfg(test)]
pub mod tests {
    use super::*;

    /// A model of few tokens in `dimensions` dimensions: token `i` points along axis `i`, a little.
    pub fn small(folder: &Path, tokens: &[&str], dimensions: usize) -> StaticModel {
        let mut bytes = Vec::new();
        for token in 0..tokens.len() {
            bytes.extend_from_slice(&(0.01 + 0.01 * token as f32).to_le_bytes());
        }
        for token in 0..tokens.len() {
            bytes.extend((0..dimensions).map(|axis| if axis == token { 100u8 } else { 1 }));
        }
        let header = format!(
            r#"{{"__metadata__":{{"name":"small"}},
                "scales":{{"dtype":"F32","shape":[{0}],"data_offsets":[0,{1}]}},
                "rows":{{"dtype":"I8","shape":[{0},{dimensions}],"data_offsets":[{1},{2}]}}}}"#,
            tokens.len(),
            tokens.len() * 4,
            bytes.len()
        );
        let file = [&(header.len() as u64).to_le_bytes()[..], header.as_bytes(), &bytes].concat();
        std::fs::write(folder.join("model.safetensors"), file).expect("model");
        std::fs::write(folder.join("vocab.txt"), tokens.join("\n")).expect("vocabulary");
        StaticModel::open(folder).expect("open")
    }

    #[test]
    fn a_text_is_the_sum_of_its_rows_at_unit_length() {
        let folder = tempfile::tempdir().expect("folder");
        let model = small(folder.path(), &["pool", "socket", "##s"], 4);
        assert_eq!((model.name(), model.dimensions(), model.len()), ("small", 4, 3));
        let vectors = model.embed(&["pool sockets", "nothing known", ""]);
        let expected = [1.0 + 0.02 + 0.03, 0.01 + 2.0 + 0.03, 0.01 + 0.02 + 3.0, 0.01 + 0.02 + 0.03];
        let length = expected.iter().map(|value| value * value).sum::<f32>().sqrt();
        for (found, expected) in vectors[..4].iter().zip(expected) {
            assert!((found - expected / length).abs() < 1e-6, "{vectors:?}");
        }
        assert_eq!(vectors[4..], [0.0; 8]);
    }

    #[test]
    fn many_texts_give_what_each_gives_alone() {
        let folder = tempfile::tempdir().expect("folder");
        let model = small(folder.path(), &["pool", "socket", "retry"], 16);
        let texts: Vec<String> =
            (0..1000).map(|number| ["pool", "socket pool", "retry", "x"][number % 4].repeat(1 + number % 3)).collect();
        let together = model.embed(&texts);
        for (text, vector) in texts.iter().zip(together.chunks(16)) {
            assert_eq!(model.embed(&[text]), vector, "{text}");
        }
    }

    #[test]
    fn what_is_no_model_says_why() {
        let folder = tempfile::tempdir().expect("folder");
        assert!(matches!(StaticModel::open(folder.path()), Err(ModelError::Io { .. })), "no file at all");
        small(folder.path(), &["pool", "socket"], 4);
        let model = folder.path().join("model.safetensors");
        let whole = std::fs::read(&model).expect("read");
        for length in [0, 5, 60, whole.len() - 1] {
            std::fs::write(&model, &whole[..length]).expect("truncate");
            assert!(StaticModel::open(folder.path()).is_err(), "{length} bytes");
        }
        std::fs::write(&model, &whole).expect("restore");
        std::fs::write(folder.path().join("vocab.txt"), "pool\n").expect("short vocabulary");
        assert!(matches!(StaticModel::open(folder.path()), Err(ModelError::Unusable { .. })));
    }
}
