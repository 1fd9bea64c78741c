//! A whole project in memory, without a store: parse it, look at its symbols, build the context of one of them.
//!
//! For programs that embed the engine and keep their own state (specification, FR-5.1). It is the same journey as the
//! product's: walk, parse, resolve, gravity, fit to the budget; only nothing is kept.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustc_hash::FxHashMap;
use serde::Serialize;

use crate::context::{Candidate, Question, Span, Stamp, build_weighted_context};
use crate::graph::gravity::Gravity;
use crate::graph::node_rows::NodeRows;
use crate::graph::policy::Policy;
use crate::graph::program_graph::Graph;
use crate::program::{ProgramBuilder, ProgramError, StoredFile};
use crate::snapshot::{Snapshot, SnapshotError};
use crate::source::walk::{WalkOptions, walk};
use crate::syntax::facts::{FactsError, FileFacts, ParameterKind, Str, Symbol};
use crate::syntax::parse::{Job, Limits, parse_files, parse_source};
use crate::syntax::rules::Table;

/// Symbols considered for one context; the budget ends long before.
const MOST_CANDIDATES: usize = 200;
const MOST_HOPS: u32 = 4;
/// Semantic score of everything that is not the entry: no question was asked, so all are alike.
const NEUTRAL_SCORE: f32 = 0.5;

#[derive(Debug, thiserror::Error)]
pub enum AnalyzerError {
    #[error("{path}: {source}")]
    Read { path: PathBuf, source: std::io::Error },
    #[error("no language is registered for {0}; pass one whose suffixes match")]
    UnknownLanguage(PathBuf),
    #[error("initialize() has not been called: there is no project yet")]
    NotInitialized,
    #[error("node {node} of a project of {count} nodes")]
    UnknownNode { node: u32, count: usize },
    #[error(transparent)]
    Program(#[from] ProgramError),
    #[error(transparent)]
    Facts(#[from] FactsError),
    #[error(transparent)]
    Snapshot(#[from] SnapshotError),
}

/// A language and the ends of the file names that are written in it.
pub struct Suffixed {
    pub table: Arc<Table>,
    pub suffixes: Vec<String>,
}

pub struct Analyzer {
    languages: Vec<Suffixed>,
    policy: Policy,
    project: Option<Project>,
}

struct Project {
    root: PathBuf,
    rows: NodeRows,
    /// Types of methods that are written outside them.
    adopted: FxHashMap<u32, u32>,
    snapshot: Snapshot,
    stamps: FxHashMap<String, Stamp>,
}

/// A parameter of a signature.
#[derive(Debug, Serialize)]
pub struct ParameterInfo {
    pub name: String,
    #[serde(rename = "type")]
    pub type_name: Option<String>,
    pub default: Option<String>,
    pub kind: &'static str,
}

/// A symbol of one file (specification, FR-1.3 `SignatureInfo`).
#[derive(Debug, Serialize)]
pub struct SignatureInfo {
    pub name: String,
    pub qualified_name: String,
    pub kind: &'static str,
    pub signature: String,
    pub parameters: Vec<ParameterInfo>,
    pub returns: Option<String>,
    pub summary: Option<String>,
    pub visibility: &'static str,
    pub start_line: u32,
    pub end_line: u32,
    pub complexity: u32,
}

/// A symbol of the project.
#[derive(Debug, Serialize)]
pub struct NodeInfo {
    pub node: u32,
    pub id: String,
    pub file: String,
    pub name: String,
    pub qualified_name: String,
    pub kind: &'static str,
    pub signature: String,
    pub summary: String,
    pub visibility: &'static str,
    pub complexity: u32,
    pub start_line: u32,
    pub end_line: u32,
    pub parent: Option<u32>,
}

impl Analyzer {
    pub fn new(languages: Vec<Suffixed>, policy: Policy) -> Self {
        Self { languages, policy, project: None }
    }

    /// Walks, parses and resolves the project under `root`; the number of its nodes.
    ///
    /// # Errors
    /// [`AnalyzerError::Read`] when the folder cannot be walked; files that cannot be parsed are left out.
    pub fn initialize(&mut self, root: &Path, options: &WalkOptions) -> Result<usize, AnalyzerError> {
        let read = |source| AnalyzerError::Read { path: root.into(), source };
        let walked = walk(root, options).map_err(read)?;
        let jobs: Vec<Job> = walked
            .files
            .iter()
            .filter_map(|file| Some(Job { path: &file.path, table: self.language_of(&file.path)?, flags: 0 }))
            .collect();
        let limits = Limits { max_bytes: options.max_file_bytes, ..Limits::default() };
        let parsed = parse_files(root, &jobs, limits, 0);
        let files: Vec<StoredFile> = jobs
            .iter()
            .zip(&parsed)
            .filter(|(_, file)| !file.facts.is_empty())
            .map(|(job, file)| StoredFile {
                path: job.path,
                language: &job.table.name,
                flags: file.flags,
                facts: &file.facts,
            })
            .collect();
        let stamps = jobs.iter().zip(&parsed).map(|(job, file)| {
            let content_hash = file.content_hash.map_or(vec![], Vec::from);
            (job.path.to_string(), Stamp { size: file.size, mtime_ns: 0, content_hash })
        });
        let stamps = stamps.collect();
        let mut builder = ProgramBuilder::new(self.policy.clone(), None);
        let rows = builder.add(&files)?;
        let program = builder.build();
        let folder = tempfile::tempdir().map_err(read)?;
        let path = folder.path().join("snapshot.bin");
        program.save(&path, 1)?;
        // The mapping outlives the file's name.
        let snapshot = Snapshot::open(&path)?;
        let adopted = program.adopted().into_iter().collect();
        self.project = Some(Project { root: root.into(), rows, adopted, snapshot, stamps });
        Ok(program.node_count())
    }

    /// Signatures of one file, which need not belong to the project.
    pub fn parse_file(&self, path: &Path) -> Result<Vec<SignatureInfo>, AnalyzerError> {
        let name = path.to_string_lossy();
        let table = self.language_of(&name).ok_or_else(|| AnalyzerError::UnknownLanguage(path.into()))?;
        let source = std::fs::read(path).map_err(|source| AnalyzerError::Read { path: path.into(), source })?;
        let inside = self.project.as_ref().and_then(|project| path.strip_prefix(&project.root).ok());
        let relative = inside.unwrap_or_else(|| Path::new(path.file_name().unwrap_or_default())).to_string_lossy();
        let facts = FileFacts::decode(&parse_source(&relative, &source, table, 0, Limits::default()).facts)?;
        Ok(facts.symbols.iter().map(|symbol| signature_info(&facts, symbol)).collect())
    }

    pub fn get_node(&self, node: u32) -> Result<NodeInfo, AnalyzerError> {
        let project = self.project(node)?;
        let row = project.rows.row(node);
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        Ok(NodeInfo {
            node,
            id: row.identity(),
            file: row.path.into(),
            name: text(row.name),
            qualified_name: text(row.qualified),
            kind: row.symbol.kind().name(),
            signature: text(row.signature),
            summary: text(row.summary),
            visibility: row.symbol.visibility().name(),
            complexity: row.symbol.complexity,
            start_line: row.symbol.start_line,
            end_line: row.symbol.end_line,
            parent: project.adopted.get(&node).copied().or(row.parent),
        })
    }

    /// A node and what gravity finds around it, within a budget of cl100k tokens.
    pub fn build_context(&self, node: u32, budget: usize) -> Result<String, AnalyzerError> {
        let project = self.project(node)?;
        let graph = Graph::open(&project.snapshot)?;
        let pulled = Gravity::new(&graph, &[(node, 1.0)], |_| NEUTRAL_SCORE, MOST_HOPS);
        let candidates: Vec<Candidate> = pulled
            .take(MOST_CANDIDATES)
            .map(|found| Candidate {
                span: span(&project.rows, found.node),
                relevance: found.relevance,
                hops: found.hops,
            })
            .collect();
        let stamps = project.stamps.clone();
        let question = Question { candidates: &candidates, frames: &[], stamps, terms: &[], budget };
        Ok(build_weighted_context(&project.root, &question).text)
    }

    fn project(&self, node: u32) -> Result<&Project, AnalyzerError> {
        let project = self.project.as_ref().ok_or(AnalyzerError::NotInitialized)?;
        let count = project.rows.nodes().len();
        if (node as usize) < count { Ok(project) } else { Err(AnalyzerError::UnknownNode { node, count }) }
    }

    fn language_of(&self, path: &str) -> Option<&Table> {
        let fits = |language: &&Suffixed| language.suffixes.iter().any(|suffix| path.ends_with(suffix.as_str()));
        self.languages.iter().find(fits).map(|language| &*language.table)
    }
}

fn span(rows: &NodeRows, node: u32) -> Span {
    let row = rows.row(node);
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    Span {
        file: row.path.into(),
        qualified_name: text(row.qualified),
        kind: row.symbol.kind().name().into(),
        signature: text(row.signature),
        summary: text(row.summary),
        start_line: row.symbol.start_line,
        end_line: row.symbol.end_line,
        start_byte: row.symbol.start_byte,
        end_byte: row.symbol.end_byte,
        signature_start: row.symbol.signature_start,
        signature_end: row.symbol.signature_end,
        doc_start: row.symbol.doc_start,
        doc_end: row.symbol.doc_end,
    }
}

fn signature_info(facts: &FileFacts, symbol: &Symbol) -> SignatureInfo {
    let maybe = |text: Str| (!text.is_none()).then(|| String::from_utf8_lossy(facts.text(text)).into_owned());
    let text = |text: Str| maybe(text).unwrap_or_default();
    let first = symbol.first_parameter as usize;
    let parameters = facts.parameters[first..first + symbol.parameter_count as usize].iter();
    SignatureInfo {
        name: text(symbol.name),
        qualified_name: text(symbol.qualified),
        kind: symbol.kind().name(),
        signature: text(symbol.signature),
        parameters: parameters
            .map(|parameter| ParameterInfo {
                name: text(parameter.name),
                type_name: maybe(parameter.type_name),
                default: maybe(parameter.default),
                kind: ParameterKind::NAMES.get(parameter.kind as usize).copied().unwrap_or_default(),
            })
            .collect(),
        returns: maybe(symbol.returns),
        summary: maybe(symbol.summary),
        visibility: symbol.visibility().name(),
        start_line: symbol.start_line,
        end_line: symbol.end_line,
        complexity: symbol.complexity,
    }
}
