//! The edges of the program graph, as resolving makes them and the store takes them.

use bytemuck::{Pod, Zeroable};

/// What an edge says of its source and target. The names are the `edge_type` of the store.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum EdgeKind {
    Call = 0,
    Inheritance = 1,
    DataDependency = 2,
}

impl EdgeKind {
    pub const ALL: [EdgeKind; 3] = [Self::Call, Self::Inheritance, Self::DataDependency];

    pub fn name(self) -> &'static str {
        ["call", "inheritance", "data_dependency"][self as usize]
    }

    pub fn from_code(code: u8) -> Self {
        Self::ALL[(code as usize).min(2)]
    }
}

/// A confidence in steps of 1/200, so that one byte holds 0.95 and 1/8 exactly.
pub fn pack_confidence(confidence: f32) -> u8 {
    (confidence * 200.0).round().clamp(1.0, 200.0) as u8
}

pub fn unpack_confidence(packed: u8) -> f32 {
    f32::from(packed) / 200.0
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Pod, Zeroable)]
#[repr(C)]
pub struct Edge {
    pub source: u32,
    pub target: u32,
    /// Where the source refers to the target first; 0 if that is not known.
    pub line: u32,
    /// An [`EdgeKind`].
    pub kind: u8,
    /// See [`unpack_confidence`].
    pub confidence: u8,
    pub pad: u16,
}

impl Edge {
    pub fn kind(&self) -> EdgeKind {
        EdgeKind::from_code(self.kind)
    }

    pub fn confidence(&self) -> f32 {
        unpack_confidence(self.confidence)
    }
}

/// A name that makes no edge because too many symbols bear it, or too little speaks for them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Pod, Zeroable)]
#[repr(C)]
pub struct Unresolved {
    pub owner: u32,
    /// A name of the graph.
    pub name: u32,
    /// An [`EdgeKind`].
    pub kind: u32,
    /// Symbols of the project that bear the name.
    pub candidates: u32,
    pub line: u32,
}

/// Of edges with the same ends and kind, one stays: the surest, with the first known line of all.
pub fn merge_edges(edges: &mut Vec<Edge>) {
    edges.sort_unstable_by_key(|edge| (edge.source, edge.target, edge.kind, 200 - edge.confidence, edge.line));
    edges.dedup_by(|later, kept| {
        let same = (later.source, later.target, later.kind) == (kept.source, kept.target, kept.kind);
        if same && later.line != 0 {
            kept.line = if kept.line == 0 { later.line } else { kept.line.min(later.line) };
        }
        same
    });
}

pub fn merge_unresolved(unresolved: &mut Vec<Unresolved>) {
    unresolved.sort_unstable();
    unresolved.dedup_by_key(|entry| (entry.owner, entry.name, entry.kind));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_parallel_edges_the_surest_stays_with_the_first_line() {
        let edge = |confidence, line| Edge { source: 1, target: 2, line, kind: 0, confidence, pad: 0 };
        let mut edges = vec![edge(50, 7), edge(190, 30), edge(50, 0)];
        merge_edges(&mut edges);
        assert_eq!(edges, [edge(190, 7)]);
    }

    #[test]
    fn a_confidence_survives_its_byte() {
        for confidence in [1.0, 0.95, 0.5, 0.25, 0.125, 0.9, 0.85] {
            assert_eq!(unpack_confidence(pack_confidence(confidence)), confidence);
        }
        assert_eq!(pack_confidence(0.0), 1, "an edge that exists is never impossible");
    }
}
