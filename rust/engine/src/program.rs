//! One generation of a project: facts of all files in, everything that is stored or asked out.
//!
//! [`ProgramBuilder`] decodes each file's facts once and feeds the builders side by side; [`Program`] is what came of
//! it, ready to be written to the store row by row and to a snapshot whole. Nodes are numbered by position: files in
//! the order of their paths, symbols in their order inside the file.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use rayon::prelude::*;

use crate::graph::builder::{GraphBuilder, NO_NODE, Node};
use crate::graph::edges::{Edge, Unresolved};
use crate::graph::node_rows::{FileRows, Ranges};
use crate::graph::policy::Policy;
use crate::graph::program_graph::{container_of, write_graph};
use crate::graph::resolve::{Resolved, resolve};
use crate::graph::text::type_head;
use crate::snapshot::{SnapshotError, SnapshotWriter};
use crate::syntax::facts::{FactsError, FileFacts, Visibility};
use crate::text::lexical::LexicalBuilder;
use crate::vectors::pool::write_without_vectors;
use crate::vectors::{StaticModel, VectorBuilder};

/// A file as it comes from the store.
pub struct StoredFile<'a> {
    pub path: &'a str,
    pub language: &'a str,
    /// Bits of [`crate::syntax::facts::file_flag`].
    pub flags: u32,
    pub facts: &'a [u8],
}

#[derive(Debug, thiserror::Error)]
pub enum ProgramError {
    #[error("{path}: {source}")]
    Facts { path: String, source: FactsError },
    #[error("{path} comes after {before}, but files are added in the order of their paths")]
    Order { path: String, before: String },
    #[error("the project has more symbols than 32 bits can number")]
    TooLarge,
}

/// Takes the files in batches, sorted by path.
pub struct ProgramBuilder {
    graph: GraphBuilder,
    rows: Vec<FileRows>,
    lexical: LexicalBuilder,
    vectors: Option<VectorBuilder>,
    next_node: u32,
    last_path: String,
}

impl ProgramBuilder {
    /// Without a model the generation has no vectors.
    pub fn new(policy: Policy, model: Option<Arc<StaticModel>>) -> Self {
        Self {
            graph: GraphBuilder::new(policy),
            rows: Vec::new(),
            lexical: LexicalBuilder::new(),
            vectors: model.map(VectorBuilder::new),
            next_node: 0,
            last_path: String::new(),
        }
    }

    /// Adds a batch; memory grows by what is kept of it, not by its facts.
    ///
    /// # Errors
    /// [`ProgramError::Facts`] names the file whose facts must be made again; nothing of the batch was added then.
    pub fn add(&mut self, files: &[StoredFile]) -> Result<(), ProgramError> {
        let decoded: Vec<FileFacts> = files
            .par_iter()
            .map(|file| {
                FileFacts::decode(file.facts).map_err(|source| ProgramError::Facts { path: file.path.into(), source })
            })
            .collect::<Result<_, _>>()?;
        let mut first_nodes = Vec::with_capacity(files.len());
        let mut next = self.next_node;
        for (file, facts) in files.iter().zip(&decoded) {
            if !self.last_path.is_empty() && self.last_path.as_str() >= file.path {
                return Err(ProgramError::Order { path: file.path.into(), before: self.last_path.clone() });
            }
            self.last_path = file.path.into();
            first_nodes.push(next);
            let count = u32::try_from(facts.symbols.len()).map_err(|_| ProgramError::TooLarge)?;
            next = next.checked_add(count).filter(|&next| next != NO_NODE).ok_or(ProgramError::TooLarge)?;
        }
        self.next_node = next;
        let each = || files.iter().zip(&decoded).zip(&first_nodes).map(|((file, facts), &first)| (file, facts, first));
        let Self { graph, rows, lexical, vectors, .. } = self;
        let add_graph = || {
            each().for_each(|(file, facts, first)| graph.add_file(file.path, file.language, file.flags, first, facts));
            rows.extend(decoded.iter().map(FileRows::new));
        };
        let add_lexical =
            || each().for_each(|(file, facts, first)| lexical.add_file(file.path, file.flags, first, facts));
        let add_vectors = || {
            if let Some(vectors) = vectors {
                each().for_each(|(file, facts, first)| vectors.add_file(file.path, file.flags, first, facts));
            }
        };
        rayon::join(add_lexical, || rayon::join(add_vectors, add_graph));
        Ok(())
    }

    /// Resolves all names.
    pub fn build(self) -> Program {
        Program {
            resolved: resolve(self.graph.finish()),
            rows: self.rows,
            lexical: Mutex::new(self.lexical),
            vectors: self.vectors,
        }
    }
}

/// Everything of one generation, in memory.
pub struct Program {
    resolved: Resolved,
    rows: Vec<FileRows>,
    /// Writing completes the index, so one thread at a time.
    lexical: Mutex<LexicalBuilder>,
    vectors: Option<VectorBuilder>,
}

/// A symbol as the store keeps it.
pub struct NodeRow<'a> {
    pub node: u32,
    pub record: &'a Node,
    pub path: &'a [u8],
    pub name: &'a [u8],
    pub qualified: &'a [u8],
    pub signature: &'a [u8],
    pub summary: &'a [u8],
    pub parent: Option<u32>,
    pub ranges: &'a Ranges,
}

impl NodeRow<'_> {
    pub fn visibility(&self) -> &'static str {
        Visibility::from_code(self.record.visibility).unwrap_or(Visibility::Public).name()
    }
}

impl Program {
    pub fn node_count(&self) -> usize {
        self.resolved.collected.nodes.len()
    }

    pub fn edges(&self) -> &[Edge] {
        &self.resolved.edges
    }

    pub fn unresolved(&self) -> &[Unresolved] {
        &self.resolved.unresolved
    }

    /// The row of a node.
    pub fn node_row(&self, node: u32) -> NodeRow<'_> {
        let collected = &self.resolved.collected;
        let record = &collected.nodes[node as usize];
        let file = &collected.files[record.file as usize];
        let rows = &self.rows[record.file as usize];
        let index = (node - file.first_node) as usize;
        NodeRow {
            node,
            record,
            path: collected.names.get(file.path),
            name: collected.names.get(record.name),
            qualified: rows.qualified(index),
            signature: rows.signature(index),
            summary: rows.summary(index),
            parent: Some(container_of(record)).filter(|&parent| parent != NO_NODE),
            ranges: &rows.ranges[index],
        }
    }

    /// `path::Outer.name`, the identity that outlasts an index run; `~2` marks a second symbol of that name.
    pub fn identity(&self, node: u32) -> Vec<u8> {
        let collected = &self.resolved.collected;
        let file = &collected.files[collected.nodes[node as usize].file as usize];
        let separator = collected.policy.traits(file.language).separator.as_bytes();
        let rows = &self.rows[collected.nodes[node as usize].file as usize];
        let mut parts: Vec<Vec<u8>> = Vec::new();
        let mut at = node;
        while collected.nodes[at as usize].parent != NO_NODE {
            let record = &collected.nodes[at as usize];
            let mut part = collected.names.get(record.name).to_vec();
            let ordinal = rows.ordinals[(at - file.first_node) as usize];
            if ordinal > 1 {
                part.extend_from_slice(format!("~{ordinal}").as_bytes());
            }
            parts.push(part);
            let container = collected.containers[at as usize];
            // A method outside its type stands in it by name, unless the type is its parent anyway.
            let named = record.parent != NO_NODE && collected.nodes[record.parent as usize].kind().is_type();
            if !container.is_none() && !named {
                parts.push(type_name(collected.names.get(container)).to_vec());
            }
            at = record.parent;
        }
        parts.reverse();
        let mut identity = collected.names.get(file.path).to_vec();
        if !parts.is_empty() {
            identity.extend_from_slice(b"::");
            identity.extend_from_slice(&parts.join(separator));
        }
        identity
    }

    /// Text of a name that an [`Unresolved`] entry holds.
    pub fn name(&self, number: u32) -> &[u8] {
        self.resolved.collected.names.get(crate::graph::names::Name(number))
    }

    /// Writes the snapshot of a generation; it appears under `path` whole or not at all.
    pub fn save(&self, path: &Path, generation: u64) -> Result<(), SnapshotError> {
        let mut writer = SnapshotWriter::create(path, generation)?;
        write_graph(&mut writer, &self.resolved.collected, &self.resolved.edges, &self.resolved.unresolved)?;
        self.lexical.lock().unwrap_or_else(PoisonError::into_inner).write(&mut writer)?;
        match &self.vectors {
            Some(vectors) => vectors.write(&mut writer)?,
            None => write_without_vectors(&mut writer)?,
        }
        writer.publish()
    }
}

/// `Store` of the receiver `*Store<T>`.
fn type_name(container: &[u8]) -> &[u8] {
    type_head(container, &[]).unwrap_or(container)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::program_graph::Graph;
    use crate::graph::testing::{Sample, policy};
    use crate::snapshot::Snapshot;
    use crate::text::lexical::{Lexical, Weights};
    use crate::vectors::Vectors;

    fn build(sample: &Sample, batch: usize) -> Program {
        let blobs: Vec<Vec<u8>> = sample.files.iter().map(|(_, _, facts)| facts.encode()).collect();
        let files: Vec<StoredFile> = sample
            .files
            .iter()
            .zip(&blobs)
            .map(|((path, language, _), facts)| StoredFile { path, language, flags: 0, facts })
            .collect();
        let mut builder = ProgramBuilder::new(policy(), None);
        for files in files.chunks(batch) {
            builder.add(files).expect("sound facts");
        }
        builder.build()
    }

    const SHOP: &str = "
== a.py
function run()
function run()
  function inner()
== b.go
struct Store
method Get of *Store
== c.py
from a import run
function go()
  call run
";

    #[test]
    fn identities_name_places_and_count_namesakes() {
        let program = build(&Sample::read(SHOP), 10);
        let identities: Vec<String> = (0..program.node_count() as u32)
            .map(|node| String::from_utf8(program.identity(node)).expect("text"))
            .collect();
        assert_eq!(
            identities,
            [
                "a.py",
                "a.py::run",
                "a.py::run~2",
                "a.py::run~2.inner",
                "b.go",
                "b.go::Store",
                "b.go::Store.Get",
                "c.py",
                "c.py::go"
            ]
        );
    }

    #[test]
    fn batches_make_no_difference() {
        let sample = Sample::read(SHOP);
        let (whole, pieces) = (build(&sample, 10), build(&sample, 1));
        assert_eq!(whole.edges(), pieces.edges());
        assert_eq!(whole.edges().len(), 2, "two functions called run share the call");
        let row = whole.node_row(6);
        assert_eq!((row.name, row.parent, row.path), (&b"Get"[..], Some(5), &b"b.go"[..]));
    }

    #[test]
    fn a_snapshot_holds_the_graph_and_the_text_index_of_one_generation() {
        let folder = tempfile::tempdir().expect("folder");
        let path = folder.path().join("snapshot.bin");
        build(&Sample::read(SHOP), 10).save(&path, 3).expect("save");
        let snapshot = Snapshot::open(&path).expect("open");
        assert_eq!(snapshot.generation(), 3);
        assert_eq!(Graph::open(&snapshot).expect("graph").node_count(), 9);
        let lexical = Lexical::open(&snapshot).expect("lexical");
        let found = lexical.search(&[("inner".into(), 1.0)], 5, &Weights::default());
        assert_eq!(found[0].node, 3);
        assert_eq!(Vectors::open(&snapshot).expect("vectors").dimensions(), 0);
    }

    #[test]
    fn damaged_facts_name_their_file_and_disorder_is_refused() {
        let mut builder = ProgramBuilder::new(policy(), None);
        let file = |path, facts| StoredFile { path, language: "python", flags: 0, facts };
        let error = builder.add(&[file("a.py", b"junk and more")]).expect_err("damaged");
        assert!(error.to_string().starts_with("a.py: facts"), "{error}");
        let sound = FileFacts::default().encode();
        let error = builder.add(&[file("b.py", &sound), file("a.py", &sound)]).expect_err("disorder");
        assert!(matches!(error, ProgramError::Order { .. }));
    }
}
