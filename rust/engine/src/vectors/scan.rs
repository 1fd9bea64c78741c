//! Finds the nearest symbols by looking at all of them, and says how near given ones are.

use rayon::prelude::*;

use crate::snapshot::{Snapshot, SnapshotError};
use crate::top::Top;
use crate::vectors::kernels::{products, quantised_query};

/// Rows that one task scans: 2 MB of 256 dimensions.
const ROWS_PER_TASK: usize = 8192;

/// The vectors in a snapshot. Opening them reads nothing: open them for each query.
pub struct Vectors<'a> {
    rows: &'a [i8],
    scales: &'a [f32],
    dimensions: usize,
    model: &'a str,
}

impl<'a> Vectors<'a> {
    /// # Errors
    /// [`SnapshotError::Unusable`] when a section is missing or damaged.
    pub fn open(snapshot: &'a Snapshot) -> Result<Self, SnapshotError> {
        let damaged = || snapshot.unusable("damaged in its vectors".into());
        let dimensions = snapshot.section::<u64>("vectors.dimensions")?.first().copied().ok_or_else(damaged)? as usize;
        let scales: &[f32] = snapshot.section("vectors.scales")?;
        let rows: &[i8] = snapshot.section("vectors.rows")?;
        if scales.len().checked_mul(dimensions) != Some(rows.len()) {
            return Err(damaged());
        }
        let model = std::str::from_utf8(snapshot.section("vectors.model")?).map_err(|_| damaged())?;
        Ok(Self { rows, scales, dimensions, model })
    }

    /// Length of every vector; 0 when the generation has none.
    pub fn dimensions(&self) -> usize {
        self.dimensions
    }

    /// Name of the model that made them; empty when the generation has none.
    pub fn model(&self) -> &'a str {
        self.model
    }

    /// The `limit` symbols of greatest cosine with a unit vector, best first; only those above 0.
    ///
    /// # Panics
    /// When the query is not of [`Vectors::dimensions`].
    pub fn nearest(&self, query: &[f32], limit: usize) -> Vec<(u32, f32)> {
        assert_eq!(query.len(), self.dimensions, "dimensions of the query");
        if self.dimensions == 0 {
            return Vec::new();
        }
        let (query, unit) = quantised_query(query);
        let scan = |(task, (rows, scales)): (usize, (&[i8], &[f32]))| {
            let mut top = Top::new(limit, 0.0);
            let mut found = vec![0i32; scales.len()];
            products(&query, rows, &mut found);
            for (at, (&product, &scale)) in found.iter().zip(scales).enumerate() {
                top.offer((task * ROWS_PER_TASK + at) as u32, product as f32 * (scale * unit));
            }
            top
        };
        self.rows
            .par_chunks(ROWS_PER_TASK * self.dimensions)
            .zip(self.scales.par_chunks(ROWS_PER_TASK))
            .enumerate()
            .map(scan)
            .reduce(|| Top::new(limit, 0.0), Top::merge)
            .ranked()
    }

    /// Cosine of a unit vector with each of the nodes; 0 for a node that does not exist.
    ///
    /// # Panics
    /// When the query is not of [`Vectors::dimensions`].
    pub fn similarity(&self, query: &[f32], nodes: &[u32]) -> Vec<f32> {
        assert_eq!(query.len(), self.dimensions, "dimensions of the query");
        let (query, unit) = quantised_query(query);
        let of = |&node: &u32| {
            let (Some(&scale), start) = (self.scales.get(node as usize), node as usize * self.dimensions) else {
                return 0.0;
            };
            let mut product = [0i32];
            if self.dimensions > 0 {
                products(&query, &self.rows[start..start + self.dimensions], &mut product);
            }
            product[0] as f32 * (scale * unit)
        };
        nodes.iter().map(of).collect()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::snapshot::SnapshotWriter;
    use crate::syntax::facts::{Field, FileFacts};
    use crate::testing::{Sketch, facts};
    use crate::vectors::model::tests::small;
    use crate::vectors::pool::{VectorBuilder, write_without_vectors};

    const TOKENS: [&str; 8] = ["pool", "socket", "retry", "json", "##s", "client", "the", "wait"];

    fn with_vectors(files: &[(&str, FileFacts)], check: impl FnOnce(&Vectors, &dyn Fn(&str) -> Vec<f32>)) {
        let folder = tempfile::tempdir().expect("folder");
        let model = Arc::new(small(folder.path(), &TOKENS, 20));
        let mut builder = VectorBuilder::new(model.clone());
        let mut first = 0;
        for (path, facts) in files {
            builder.add_file(path, 0, first, facts);
            first += facts.symbols.len() as u32;
        }
        let path = folder.path().join("snapshot");
        let mut writer = SnapshotWriter::create(&path, 1).expect("create");
        builder.write(&mut writer).expect("write");
        writer.publish().expect("publish");
        let snapshot = Snapshot::open(&path).expect("open");
        check(&Vectors::open(&snapshot).expect("vectors"), &|text| model.embed(&[text]));
    }

    fn module(name: &str) -> Sketch<'_> {
        Sketch { name, parent: 0, terms: vec![] }
    }

    #[test]
    fn a_symbol_is_near_to_what_it_is_about() {
        let file = facts(&[
            module("x"),
            Sketch { name: "Pool", parent: 0, terms: vec![(Field::Doc, "sockets", 1)] },
            Sketch { name: "retryClient", parent: 0, terms: vec![(Field::Body, "wait", 3)] },
            Sketch { name: "unknown", parent: 0, terms: vec![] },
        ]);
        with_vectors(&[("x/y.py", file)], |vectors, embed| {
            assert_eq!((vectors.dimensions(), vectors.model()), (20, "small"));
            assert_eq!(vectors.nearest(&embed("pool of sockets"), 1)[0].0, 1);
            assert_eq!(vectors.nearest(&embed("client waits"), 1)[0].0, 2);
            let near = vectors.nearest(&embed("pool"), 10);
            assert_eq!(near.len(), 2, "symbols without a known word are near to nothing: {near:?}");
            let alike = vectors.similarity(&embed("pool"), &[1, 2, 3, 99]);
            assert!(alike[0] > alike[1] && alike[2] == 0.0 && alike[3] == 0.0, "{alike:?}");
        });
    }

    #[test]
    fn the_scan_finds_what_a_plain_loop_over_floats_finds() {
        let words = ["pool", "socket", "retry", "json", "client", "the", "wait"];
        let names: Vec<String> = (0..20_000u32)
            .map(|node| {
                let pick = |salt: u32| words[(node.wrapping_mul(2_654_435_761).rotate_left(salt) % 7) as usize];
                format!("{}_{}_{}", pick(3), pick(11), pick(19))
            })
            .collect();
        let symbols: Vec<Sketch> = names.iter().map(|name| module(name)).collect();
        with_vectors(&[("a.py", facts(&symbols))], |vectors, embed| {
            let query = embed("retry the json client");
            let plain = |node: u32| -> f32 {
                let row = &vectors.rows[node as usize * 20..(node as usize + 1) * 20];
                let scale = vectors.scales[node as usize];
                query.iter().zip(row).map(|(&left, &right)| left * f32::from(right) * scale).sum()
            };
            let found = vectors.nearest(&query, 100);
            let mut expected: Vec<f32> = (0..names.len() as u32).map(plain).collect();
            assert!(found.iter().all(|&(node, score)| (score - expected[node as usize]).abs() < 1e-4));
            expected.sort_by(|left, right| right.total_cmp(left));
            assert!(found.iter().zip(&expected).all(|(hit, score)| (hit.1 - score).abs() < 1e-4), "same best scores");
            let nodes: Vec<u32> = found.iter().map(|hit| hit.0).collect();
            let scores: Vec<f32> = found.iter().map(|hit| hit.1).collect();
            assert_eq!(vectors.similarity(&query, &nodes), scores, "one by one as in the scan");
        });
    }

    #[test]
    fn a_long_body_is_about_its_most_telling_words() {
        let mut terms = vec![(Field::Body, "json", 9)];
        let others: Vec<String> = (0..200).map(|number| format!("the{}", "_the".repeat(number % 3))).collect();
        terms.extend(others.iter().map(|text| (Field::Body, text.as_str(), 1)));
        let file = facts(&[module("x"), Sketch { name: "f", parent: 0, terms }]);
        with_vectors(&[("x.py", file)], |vectors, embed| {
            assert!(vectors.similarity(&embed("json"), &[1])[0] > 0.05, "not lost among the others");
        });
    }

    #[test]
    fn a_generation_without_vectors_has_nothing_near() {
        let folder = tempfile::tempdir().expect("folder");
        let path = folder.path().join("snapshot");
        let mut writer = SnapshotWriter::create(&path, 1).expect("create");
        write_without_vectors(&mut writer).expect("write");
        writer.publish().expect("publish");
        let snapshot = Snapshot::open(&path).expect("open");
        let vectors = Vectors::open(&snapshot).expect("vectors");
        assert_eq!((vectors.dimensions(), vectors.model()), (0, ""));
        assert_eq!(vectors.nearest(&[], 5), []);
        assert_eq!(vectors.similarity(&[], &[0, 1]), [0.0, 0.0]);
    }
}
