//! Expansion from entry points by gravity: `Relevance(N) = SemanticScore(N) · Complexity(N) / Distance(Entry, N)²`.
//!
//! A binary heap gives the most relevant node that has been reached; its neighbours are reached through it, each at the
//! shortest distance known so far. Only what is taken is expanded, so the cost follows the answer, not the graph.
//!
//! How the terms of the formula are read here:
//! - *Distance.* An entry has distance 1; a hop adds `1 / confidence` of its edge, so a guess is far away. Lying inside
//!   a symbol, or around it, is a hop of length 1. Relevance is final when a node is taken.
//! - *Complexity* is damped, `1 + log2(max(1, cyclomatic))`, so that a giant function does not swallow the answer.
//! - *SemanticScore* of entries comes with them; of other nodes from the caller, never under [`SEMANTIC_FLOOR`], so
//!   that what a question does not name but what it is about calls can still be found.
//! - *Hubs.* What half the program calls (logging, assertions) says little about one question: beyond [`HUB_DEGREE`]
//!   incoming edges relevance falls with the root of their number, and the callers of a hub are not followed.

use std::cmp::Ordering;
use std::collections::BinaryHeap;

use rustc_hash::FxHashMap;

use super::program_graph::Graph;

pub const SEMANTIC_FLOOR: f32 = 0.05;
pub const HUB_DEGREE: usize = 64;

/// How a node was reached from the node before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Via {
    Entry,
    Callee,
    Caller,
    Base,
    Derived,
    Used,
    User,
    Container,
    Member,
}

impl Via {
    pub fn name(self) -> &'static str {
        match self {
            Self::Entry => "entry",
            Self::Callee => "callee",
            Self::Caller => "caller",
            Self::Base => "base",
            Self::Derived => "derived",
            Self::Used => "used",
            Self::User => "user",
            Self::Container => "container",
            Self::Member => "member",
        }
    }
}

/// A node that expansion has taken.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Pulled {
    pub node: u32,
    pub relevance: f32,
    pub distance: f32,
    pub hops: u32,
    /// The node through which it was reached; itself for an entry.
    pub from: u32,
    pub via: Via,
}

/// Most relevant first; equal relevance by node, so that the order is always the same.
#[derive(Clone, Copy, PartialEq)]
struct Reached(Pulled);

impl Eq for Reached {}

impl Ord for Reached {
    fn cmp(&self, other: &Self) -> Ordering {
        let (a, b) = (&self.0, &other.0);
        a.relevance.total_cmp(&b.relevance).then(b.node.cmp(&a.node)).then(b.distance.total_cmp(&a.distance))
    }
}

impl PartialOrd for Reached {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// Damped complexity of a node.
pub fn mass(cyclomatic: u32) -> f32 {
    1.0 + (cyclomatic.max(1) as f32).log2()
}

/// What is left of the relevance of a node with so many incoming edges.
pub fn hub_damping(in_degree: usize) -> f32 {
    if in_degree <= HUB_DEGREE { 1.0 } else { (HUB_DEGREE as f32 / in_degree as f32).sqrt() }
}

/// Takes nodes one by one, most relevant first, as an iterator: the caller stops when its budget is spent.
pub struct Gravity<'g, S> {
    graph: &'g Graph<'g>,
    semantic: S,
    most_hops: u32,
    heap: BinaryHeap<Reached>,
    /// Shortest distance at which a node was reached, and whether it was taken.
    known: FxHashMap<u32, (f32, bool)>,
}

impl<'g, S: Fn(u32) -> f32> Gravity<'g, S> {
    /// `entries` are nodes with their semantic scores; nodes more than `most_hops` away are not reached.
    pub fn new(graph: &'g Graph<'g>, entries: &[(u32, f32)], semantic: S, most_hops: u32) -> Self {
        let mut gravity = Self { graph, semantic, most_hops, heap: BinaryHeap::new(), known: FxHashMap::default() };
        for &(node, score) in entries.iter().filter(|entry| (entry.0 as usize) < graph.node_count()) {
            let relevance = score.max(SEMANTIC_FLOOR) * mass(graph.nodes[node as usize].complexity);
            gravity.known.insert(node, (1.0, false));
            gravity.heap.push(Reached(Pulled { node, relevance, distance: 1.0, hops: 0, from: node, via: Via::Entry }));
        }
        gravity
    }

    fn reach(&mut self, from: &Pulled, node: u32, length: f32, via: Via) {
        if node as usize >= self.graph.node_count() {
            return;
        }
        let distance = from.distance + length;
        let entry = self.known.entry(node).or_insert((f32::INFINITY, false));
        if entry.1 || entry.0 <= distance {
            return;
        }
        entry.0 = distance;
        let score = (self.semantic)(node).max(SEMANTIC_FLOOR);
        let pull = score * mass(self.graph.nodes[node as usize].complexity) * hub_damping(self.graph.in_degree(node));
        let relevance = pull / (distance * distance);
        self.heap.push(Reached(Pulled { node, relevance, distance, hops: from.hops + 1, from: from.node, via }));
    }

    fn expand(&mut self, from: &Pulled) {
        if from.hops >= self.most_hops {
            return;
        }
        let graph = self.graph;
        for next in graph.outgoing(from.node) {
            let via = [Via::Callee, Via::Base, Via::Used][next.kind as usize];
            self.reach(from, next.node, 1.0 / next.confidence, via);
        }
        if graph.in_degree(from.node) <= HUB_DEGREE * 4 {
            for next in graph.incoming(from.node) {
                let via = [Via::Caller, Via::Derived, Via::User][next.kind as usize];
                self.reach(from, next.node, 1.0 / next.confidence, via);
            }
        }
        if let Some(container) = graph.container(from.node) {
            self.reach(from, container, 1.0, Via::Container);
        }
        for &member in graph.members(from.node) {
            self.reach(from, member, 1.0, Via::Member);
        }
    }
}

impl<S: Fn(u32) -> f32> Iterator for Gravity<'_, S> {
    type Item = Pulled;

    fn next(&mut self) -> Option<Pulled> {
        loop {
            let Reached(best) = self.heap.pop()?;
            let known = self.known.get_mut(&best.node)?;
            // A node that was reached again by a shorter way lies in the heap twice; the longer way is stale.
            if known.1 || known.0 < best.distance {
                continue;
            }
            known.1 = true;
            self.expand(&best);
            return Some(best);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::builder::{Collected, GraphBuilder};
    use crate::graph::edges::{Edge, EdgeKind, merge_edges, pack_confidence};
    use crate::graph::program_graph::write_graph;
    use crate::graph::testing::policy;
    use crate::snapshot::{Snapshot, SnapshotWriter};
    use crate::syntax::facts::{FileFacts, Interner, NO_INDEX, Symbol};
    use bytemuck::Zeroable;

    /// A flat file whose symbol `i` (0 is the module) has the complexity `complexities[i]`.
    fn nodes(complexities: &[u32]) -> Collected {
        let mut interner = Interner::default();
        let symbols = complexities.iter().enumerate().map(|(index, &complexity)| {
            let mut symbol = Symbol::zeroed();
            symbol.name = interner.intern(format!("n{index}").as_bytes());
            symbol.qualified = symbol.name;
            symbol.parent = if index == 0 { NO_INDEX } else { 0 };
            symbol.kind = if index == 0 { 0 } else { 7 };
            symbol.complexity = complexity;
            symbol
        });
        let facts = FileFacts { symbols: symbols.collect(), strings: interner.table, ..FileFacts::default() };
        let mut builder = GraphBuilder::new(policy());
        builder.add_file("a.py", "python", 0, 0, &facts);
        builder.finish()
    }

    fn edge(source: u32, target: u32, confidence: f32) -> Edge {
        let confidence = pack_confidence(confidence);
        Edge { source, target, line: 1, kind: EdgeKind::Call as u8, confidence, pad: 0 }
    }

    fn with_graph(collected: &Collected, mut edges: Vec<Edge>, test: impl FnOnce(&Graph)) {
        merge_edges(&mut edges);
        let folder = tempfile::tempdir().expect("folder");
        let path = folder.path().join("graph.bin");
        let mut writer = SnapshotWriter::create(&path, 1).expect("create");
        write_graph(&mut writer, collected, &edges, &[]).expect("write");
        writer.publish().expect("publish");
        let snapshot = Snapshot::open(&path).expect("open");
        test(&Graph::open(&snapshot).expect("graph"));
    }

    #[test]
    fn the_formula_holds_by_hand() {
        // 1 calls 2 surely and 3 at one half; 2 calls 4. Complexities 1, 8, 8, 2.
        let collected = nodes(&[0, 1, 8, 8, 2]);
        with_graph(&collected, vec![edge(1, 2, 1.0), edge(1, 3, 0.5), edge(2, 4, 1.0)], |graph| {
            let semantic = |node| [0.0, 1.0, 0.5, 0.5, 0.9][node as usize];
            let taken: Vec<Pulled> = Gravity::new(graph, &[(1, 0.8)], semantic, 5).collect();
            let find = |node| *taken.iter().find(|pulled| pulled.node == node).expect("taken");
            assert_eq!(taken[0], Pulled { node: 1, relevance: 0.8, distance: 1.0, hops: 0, from: 1, via: Via::Entry });
            assert_eq!(
                taken[1],
                Pulled { node: 2, relevance: 0.5 * 4.0 / 4.0, distance: 2.0, hops: 1, from: 1, via: Via::Callee }
            );
            // 3 is nearer over the module that holds both (1 + 1 + 1) than over the uncertain call (1 + 2): equally far.
            assert_eq!(find(3).distance, 3.0);
            assert_eq!(find(3).relevance, 0.5 * 4.0 / 9.0);
            assert_eq!(find(4).relevance, 0.9 * 2.0 / 9.0);
            assert_eq!((find(0).via, find(0).relevance), (Via::Container, SEMANTIC_FLOOR / 4.0));
        });
    }

    #[test]
    fn the_heap_takes_what_a_search_through_all_reached_nodes_would_take() {
        let mut state = 7u64;
        let mut random = move |below: u64| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) % below
        };
        for _ in 0..30 {
            let count = 40;
            let complexities: Vec<u32> = (0..count).map(|_| random(30) as u32).collect();
            let edges =
                (0..90).map(|_| edge(random(count) as u32, random(count) as u32, (1 + random(20)) as f32 / 20.0));
            let edges: Vec<Edge> = edges.collect();
            let scores: Vec<f32> = (0..count).map(|_| random(100) as f32 / 100.0).collect();
            let entries = [(random(count) as u32, 0.9), (random(count) as u32, 0.4)];
            with_graph(&nodes(&complexities), edges, |graph| {
                let fast: Vec<u32> =
                    Gravity::new(graph, &entries, |node| scores[node as usize], 4).map(|pulled| pulled.node).collect();
                assert_eq!(fast, naive(graph, &entries, &scores, 4));
            });
        }
    }

    /// The same by definition: look through everything reached, take the most relevant, reach its neighbours.
    fn naive(graph: &Graph, entries: &[(u32, f32)], scores: &[f32], most_hops: u32) -> Vec<u32> {
        let mut reached: Vec<Option<(f32, f32, u32)>> = vec![None; graph.node_count()];
        let mut taken = Vec::new();
        let pull = |node: u32| mass(graph.nodes[node as usize].complexity) * hub_damping(graph.in_degree(node));
        for &(node, score) in entries {
            let mass = mass(graph.nodes[node as usize].complexity);
            reached[node as usize] = Some((score.max(SEMANTIC_FLOOR) * mass, 1.0, 0));
        }
        loop {
            let open = (0..reached.len()).filter(|node| !taken.contains(&(*node as u32)));
            let best = open.filter_map(|node| reached[node].map(|known| (node as u32, known)));
            let Some((node, (_, distance, hops))) = best.max_by(|a, b| a.1.0.total_cmp(&b.1.0).then(b.0.cmp(&a.0)))
            else {
                return taken;
            };
            taken.push(node);
            if hops == most_hops {
                continue;
            }
            let mut next: Vec<(u32, f32)> =
                graph.outgoing(node).map(|edge| (edge.node, 1.0 / edge.confidence)).collect();
            next.extend(graph.incoming(node).map(|edge| (edge.node, 1.0 / edge.confidence)));
            next.extend(graph.container(node).map(|container| (container, 1.0)));
            next.extend(graph.members(node).iter().map(|&member| (member, 1.0)));
            for (to, length) in next {
                let (new, old) = (distance + length, reached[to as usize].map_or(f32::INFINITY, |known| known.1));
                if new < old && !taken.contains(&to) {
                    let score = scores[to as usize].max(SEMANTIC_FLOOR);
                    reached[to as usize] = Some((score * pull(to) / (new * new), new, hops + 1));
                }
            }
        }
    }

    #[test]
    fn what_a_question_is_about_comes_before_what_merely_lies_near() {
        // 1 calls the helpers 2 to 9 and the worker 10, which calls 11, the node that the question is about.
        let complexities = [0, 4, 1, 1, 1, 1, 1, 1, 1, 1, 6, 12];
        let mut edges: Vec<Edge> = (2..=10).map(|helper| edge(1, helper, 0.9)).collect();
        edges.push(edge(10, 11, 0.95));
        with_graph(&nodes(&complexities), edges, |graph| {
            let semantic = |node| if node >= 10 { 0.7 } else { 0.1 };
            let order: Vec<u32> = Gravity::new(graph, &[(1, 0.9)], semantic, 5).map(|pulled| pulled.node).collect();
            assert_eq!(order[..3], [1, 10, 11], "breadth first would take eight helpers before 11");
        });
    }

    #[test]
    fn a_hub_is_damped_and_its_callers_are_not_followed() {
        let count = 2 + HUB_DEGREE as u32 * 5;
        let edges: Vec<Edge> = (2..count).map(|caller| edge(caller, 1, 1.0)).collect();
        let mut collected = nodes(&vec![1; count as usize]);
        for node in &mut collected.nodes {
            node.parent = u32::MAX; // without the module around them the callers hang together by the hub alone
        }
        with_graph(&collected, edges, |graph| {
            let order: Vec<Pulled> = Gravity::new(graph, &[(2, 1.0)], |_| 1.0, 5).collect();
            assert_eq!(order.iter().map(|pulled| pulled.node).collect::<Vec<_>>(), [2, 1]);
            assert!(order[1].relevance < 0.25 * 0.5, "{}", order[1].relevance);
        });
    }

    #[test]
    fn hops_and_unknown_entries_are_limits_not_errors() {
        let edges = (1..9).map(|node| edge(node, node + 1, 1.0)).collect();
        let mut collected = nodes(&[1; 10]);
        for node in &mut collected.nodes {
            node.parent = u32::MAX;
        }
        with_graph(&collected, edges, |graph| {
            let reached = |entries: &[(u32, f32)], hops| Gravity::new(graph, entries, |_| 1.0, hops).count();
            assert_eq!(reached(&[(1, 1.0)], 0), 1);
            assert_eq!(reached(&[(1, 1.0)], 3), 4);
            assert_eq!(reached(&[(5000, 1.0)], 3), 0);
            assert_eq!(reached(&[], 3), 0);
        });
    }
}
