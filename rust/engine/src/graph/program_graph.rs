//! The program graph as columns: what a snapshot holds and a query reads in place.
//!
//! Edges lie in compressed sparse rows, once by source with all that is known of them (target, kind, confidence, line:
//! 10 bytes), once by target as numbers of those edges (8 bytes). Members lie in rows by parent. A node is one record
//! of 32 bytes. Names and paths are there so that a snapshot can speak without the store.

use super::builder::{Collected, FileEntry, NO_NODE, Node};
use super::edges::{Edge, EdgeKind, Unresolved, unpack_confidence};
use super::names::Name;
use super::rows::Rows;
use crate::snapshot::{Snapshot, SnapshotError, SnapshotWriter};

/// Writes the sections of the graph. `edges` are sorted by source.
pub fn write_graph(
    writer: &mut SnapshotWriter,
    collected: &Collected,
    edges: &[Edge],
    unresolved: &[Unresolved],
) -> Result<(), SnapshotError> {
    let nodes = &collected.nodes;
    let count = nodes.len();
    writer.section("graph.nodes", nodes)?;
    let paths: Vec<Name> = collected.files.iter().map(|file: &FileEntry| file.path).collect();
    writer.section("graph.files", &paths)?;
    let (bytes, ends) = collected.names.columns();
    writer.section("graph.name_bytes", bytes)?;
    writer.section("graph.name_ends", ends)?;

    let numbers = 0..edges.len() as u32;
    let out = Rows::group(count, numbers.clone(), |edge| Some(edges[edge as usize].source));
    debug_assert!(out.items.iter().enumerate().all(|(at, &edge)| at == edge as usize), "edges are sorted by source");
    writer.section("graph.out_starts", &out.starts)?;
    column(writer, "graph.out_targets", edges, |edge| edge.target)?;
    column(writer, "graph.out_lines", edges, |edge| edge.line)?;
    column(writer, "graph.out_kinds", edges, |edge| edge.kind)?;
    column(writer, "graph.out_confidences", edges, |edge| edge.confidence)?;
    let into = Rows::group(count, numbers, |edge| Some(edges[edge as usize].target));
    writer.section("graph.in_starts", &into.starts)?;
    writer.section("graph.in_edges", &into.items)?;
    column(writer, "graph.in_sources", &into.items, |&edge| edges[edge as usize].source)?;

    let members = Rows::group(count, 0..count as u32, |node| {
        Some(container_of(&nodes[node as usize])).filter(|&parent| parent != NO_NODE)
    });
    writer.section("graph.member_starts", &members.starts)?;
    writer.section("graph.members", &members.items)?;
    writer.section("graph.unresolved", unresolved)
}

/// Writes one field of many records without a second copy of all of them.
fn column<T, F: bytemuck::NoUninit>(
    writer: &mut SnapshotWriter,
    name: &str,
    records: &[T],
    field: impl Fn(&T) -> F,
) -> Result<(), SnapshotError> {
    writer.begin(name)?;
    for chunk in records.chunks(1 << 16) {
        let values: Vec<F> = chunk.iter().map(&field).collect();
        writer.append(&values)?;
    }
    Ok(())
}

/// The type that a method belongs to, else the symbol it is written in.
pub fn container_of(node: &Node) -> u32 {
    if node.holder == NO_NODE { node.parent } else { node.holder }
}

/// The graph of an opened snapshot.
pub struct Graph<'s> {
    pub nodes: &'s [Node],
    files: &'s [Name],
    name_bytes: &'s [u8],
    name_ends: &'s [u32],
    out_starts: &'s [u32],
    out_targets: &'s [u32],
    out_lines: &'s [u32],
    out_kinds: &'s [u8],
    out_confidences: &'s [u8],
    in_starts: &'s [u32],
    in_edges: &'s [u32],
    in_sources: &'s [u32],
    member_starts: &'s [u32],
    members: &'s [u32],
    unresolved: &'s [Unresolved],
}

/// One edge, seen from one of its ends.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Neighbour {
    pub node: u32,
    pub kind: EdgeKind,
    pub confidence: f32,
    pub line: u32,
}

impl<'s> Graph<'s> {
    /// # Errors
    /// [`SnapshotError::Unusable`] when a section is missing or the columns do not fit one another.
    pub fn open(snapshot: &'s Snapshot) -> Result<Self, SnapshotError> {
        let graph = Self {
            nodes: snapshot.section("graph.nodes")?,
            files: snapshot.section("graph.files")?,
            name_bytes: snapshot.section("graph.name_bytes")?,
            name_ends: snapshot.section("graph.name_ends")?,
            out_starts: snapshot.section("graph.out_starts")?,
            out_targets: snapshot.section("graph.out_targets")?,
            out_lines: snapshot.section("graph.out_lines")?,
            out_kinds: snapshot.section("graph.out_kinds")?,
            out_confidences: snapshot.section("graph.out_confidences")?,
            in_starts: snapshot.section("graph.in_starts")?,
            in_edges: snapshot.section("graph.in_edges")?,
            in_sources: snapshot.section("graph.in_sources")?,
            member_starts: snapshot.section("graph.member_starts")?,
            members: snapshot.section("graph.members")?,
            unresolved: snapshot.section("graph.unresolved")?,
        };
        if graph.fits() { Ok(graph) } else { Err(snapshot.unusable("damaged in the graph".into())) }
    }

    fn fits(&self) -> bool {
        let edges = self.out_targets.len();
        let rows = |starts: &[u32], items: usize| {
            starts.len() == self.nodes.len() + 1 && starts.last().is_some_and(|&end| end as usize == items)
        };
        rows(self.out_starts, edges)
            && rows(self.in_starts, edges)
            && rows(self.member_starts, self.members.len())
            && self.out_lines.len() == edges
            && self.out_kinds.len() == edges
            && self.out_confidences.len() == edges
            && self.in_edges.len() == edges
            && self.in_sources.len() == edges
    }

    pub fn node_count(&self) -> usize {
        self.nodes.len()
    }

    pub fn edge_count(&self) -> usize {
        self.out_targets.len()
    }

    pub fn name(&self, name: Name) -> &'s [u8] {
        let index = name.0 as usize;
        let Some(&end) = self.name_ends.get(index) else { return b"" };
        let start = if index == 0 { 0 } else { self.name_ends[index - 1] };
        self.name_bytes.get(start as usize..end as usize).unwrap_or_default()
    }

    /// Path of the file in which a node stands.
    pub fn path(&self, node: u32) -> &'s [u8] {
        let file = self.nodes.get(node as usize).map(|node| node.file);
        file.and_then(|file| self.files.get(file as usize)).map_or(&[], |&path| self.name(path))
    }

    /// Edges from a node, by target.
    pub fn outgoing(&self, node: u32) -> impl Iterator<Item = Neighbour> + use<'s> {
        let (targets, lines) = (self.out_targets, self.out_lines);
        let (kinds, confidences) = (self.out_kinds, self.out_confidences);
        row(self.out_starts, node).filter(move |&edge| edge < targets.len()).map(move |edge| Neighbour {
            node: targets[edge],
            kind: EdgeKind::from_code(kinds[edge]),
            confidence: unpack_confidence(confidences[edge]),
            line: lines[edge],
        })
    }

    /// Edges to a node, by source.
    pub fn incoming(&self, node: u32) -> impl Iterator<Item = Neighbour> + use<'s> {
        let (sources, edges, lines) = (self.in_sources, self.in_edges, self.out_lines);
        let (kinds, confidences) = (self.out_kinds, self.out_confidences);
        let edges = row(self.in_starts, node).filter_map(move |at| Some((*edges.get(at)? as usize, *sources.get(at)?)));
        edges.filter(move |&(edge, _)| edge < lines.len()).map(move |(edge, source)| Neighbour {
            node: source,
            kind: EdgeKind::from_code(kinds[edge]),
            confidence: unpack_confidence(confidences[edge]),
            line: lines[edge],
        })
    }

    /// Edges that lead to a node, by number only.
    pub fn in_degree(&self, node: u32) -> usize {
        row(self.in_starts, node).len()
    }

    /// Symbols written in a node, and methods that belong to it.
    pub fn members(&self, node: u32) -> &'s [u32] {
        self.members.get(row(self.member_starts, node)).unwrap_or_default()
    }

    /// The symbol or type around a node.
    pub fn container(&self, node: u32) -> Option<u32> {
        self.nodes.get(node as usize).map(container_of).filter(|&container| container != NO_NODE)
    }

    /// Names that a node refers to and that no edge stands for.
    pub fn unresolved(&self, node: u32) -> &'s [Unresolved] {
        let start = self.unresolved.partition_point(|entry| entry.owner < node);
        let end = start + self.unresolved[start..].partition_point(|entry| entry.owner == node);
        &self.unresolved[start..end]
    }
}

fn row(starts: &[u32], node: u32) -> std::ops::Range<usize> {
    match starts.get(node as usize..node as usize + 2) {
        Some(&[start, end]) if start <= end => start as usize..end as usize,
        _ => 0..0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::testing::Sample;

    #[test]
    fn a_saved_graph_has_each_edge_from_both_ends() {
        let sample = Sample::read(
            "== a.py\nfrom b import Base\nclass Child(Base)\n  method run(self)\n    call self.stop\n    call x.many\n\
             == b.py\nclass Base\n  method stop(self)\n",
        );
        let resolved = sample.resolve();
        let folder = tempfile::tempdir().expect("folder");
        let path = folder.path().join("graph.bin");
        let mut writer = SnapshotWriter::create(&path, 1).expect("create");
        write_graph(&mut writer, &resolved.collected, &resolved.edges, &resolved.unresolved).expect("write");
        writer.publish().expect("publish");

        let snapshot = Snapshot::open(&path).expect("open");
        let graph = Graph::open(&snapshot).expect("graph");
        let (run, stop) = (sample.node("a.Child.run"), sample.node("b.Base.stop"));
        let forward: Vec<Neighbour> = graph.outgoing(run).collect();
        assert_eq!(forward, [Neighbour { node: stop, kind: EdgeKind::Call, confidence: 0.9, line: 5 }]);
        let backward: Vec<Neighbour> = graph.incoming(stop).collect();
        assert_eq!(backward, [Neighbour { node: run, kind: EdgeKind::Call, confidence: 0.9, line: 5 }]);
        assert_eq!(graph.edge_count(), 2, "the inheritance too");
        assert_eq!(graph.path(run), b"a.py");
        assert_eq!(graph.name(graph.nodes[run as usize].name), b"run");
        assert_eq!(graph.members(sample.node("b.Base")), [stop]);
        assert_eq!(graph.container(stop), Some(sample.node("b.Base")));
        assert_eq!(graph.outgoing(99).count() + graph.incoming(99).count(), 0, "an unknown node has no edges");
    }

    #[test]
    fn a_node_stays_resident_in_32_bytes() {
        assert_eq!(size_of::<Node>(), 32);
    }
}
