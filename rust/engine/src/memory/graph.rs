//! Who is beside whom, in both directions, by the numbers of nodes; edges come and go one by one.
//!
//! An edge has a number of its own, a kind (a small number whose name the caller knows) and a weight, which is how long
//! the way over it is. An edge that is no row of its own (a message is in its chat) is called [`UNNUMBERED`].

use std::fs::File;
use std::io;
use std::path::Path;

use bytemuck::{Pod, Zeroable, cast_slice};
use rustc_hash::FxHashSet;

use crate::memory::file::{self, Arrays, unusable};

/// The number of an edge that follows from a property of a node.
pub const UNNUMBERED: u32 = u32::MAX;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    Out,
    In,
    Both,
}

impl Direction {
    pub fn outwards(self) -> bool {
        self != Direction::In
    }

    pub fn inwards(self) -> bool {
        self != Direction::Out
    }
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Edge {
    pub number: u32,
    pub source: u32,
    pub target: u32,
    pub kind: u16,
    pub weight: f32,
}

/// One end of an edge, seen from the other.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Arc {
    pub node: u32,
    pub edge: u32,
    pub kind: u16,
    pub weight: f32,
}

#[derive(Default)]
pub struct GraphIndex {
    out: Vec<Vec<Arc>>,
    into: Vec<Vec<Arc>>,
    /// Source and target by the number of the edge; equal to [`UNNUMBERED`] where there is none.
    ends: Vec<(u32, u32)>,
    count: usize,
}

impl GraphIndex {
    /// Edges, those without a number included.
    pub fn len(&self) -> usize {
        self.count
    }

    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// Adds an edge, in place of one with the same number.
    pub fn put(&mut self, edge: Edge) {
        let Edge { number, source, target, kind, weight } = edge;
        if number != UNNUMBERED {
            self.remove(number);
            if self.ends.len() <= number as usize {
                self.ends.resize(number as usize + 1, (UNNUMBERED, UNNUMBERED));
            }
            self.ends[number as usize] = (source, target);
        }
        let most = source.max(target) as usize + 1;
        if self.out.len() < most {
            self.out.resize_with(most, Vec::new);
            self.into.resize_with(most, Vec::new);
        }
        self.out[source as usize].push(Arc { node: target, edge: number, kind, weight });
        self.into[target as usize].push(Arc { node: source, edge: number, kind, weight });
        self.count += 1;
    }

    /// Takes out an edge by its number, if it is there.
    pub fn remove(&mut self, number: u32) {
        let Some(ends) = self.ends.get_mut(number as usize) else { return };
        let (source, target) = std::mem::replace(ends, (UNNUMBERED, UNNUMBERED));
        if source != UNNUMBERED {
            self.out[source as usize].retain(|arc| arc.edge != number);
            self.into[target as usize].retain(|arc| arc.edge != number);
            self.count -= 1;
        }
    }

    /// Says which node this one is in, by an edge of weight 1 without a number; None takes it out of where it was.
    pub fn place(&mut self, node: u32, within: Option<u32>, kind: u16) {
        let placed = of(&self.into, node).iter().find(|arc| arc.edge == UNNUMBERED).map(|arc| arc.node);
        if placed == within {
            return;
        }
        if let Some(source) = placed {
            self.into[node as usize].retain(|arc| arc.edge != UNNUMBERED);
            self.out[source as usize].retain(|arc| arc.edge != UNNUMBERED || arc.node != node);
            self.count -= 1;
        }
        if let Some(source) = within {
            self.put(Edge { number: UNNUMBERED, source, target: node, kind, weight: 1.0 });
        }
    }

    /// Takes out all edges of a node.
    pub fn isolate(&mut self, node: u32) {
        let numbers: Vec<u32> = self.arcs(node, Direction::Both).map(|(arc, _)| arc.edge).collect();
        numbers.into_iter().filter(|&number| number != UNNUMBERED).for_each(|number| self.remove(number));
        self.place(node, None, 0);
        let Some(arcs) = self.out.get_mut(node as usize) else { return };
        for arc in std::mem::take(arcs) {
            self.into[arc.node as usize].retain(|back| back.edge != UNNUMBERED || back.node != node);
            self.count -= 1;
        }
    }

    /// The edges of a node: the other end, and whether the edge leads there.
    pub fn arcs(&self, node: u32, direction: Direction) -> impl Iterator<Item = (Arc, bool)> {
        let out = if direction.outwards() { of(&self.out, node) } else { &[] };
        let into = if direction.inwards() { of(&self.into, node) } else { &[] };
        out.iter().map(|&arc| (arc, true)).chain(into.iter().map(|&arc| (arc, false)))
    }

    /// All nodes at most `depth` edges from one of the starts, those excluded, in rings; edges of all kinds if none is
    /// named. Among equally short ways the first edge put wins.
    pub fn reach(&self, starts: &[u32], direction: Direction, kinds: Option<&[u16]>, depth: u32) -> Reach {
        let mut reach = Reach { steps: Vec::new(), starts: starts.len() };
        let mut seen = Seen::new(self.out.len());
        for &start in starts {
            seen.insert(start);
            reach.steps.push(Step { node: start, hops: 0, from: 0, edge: UNNUMBERED, kind: 0, forward: true });
        }
        let mut at = 0;
        while let Some(&Step { node, hops, .. }) = reach.steps.get(at) {
            if hops == depth {
                break; // what follows was found from this ring or a later one
            }
            for (arc, forward) in self.arcs(node, direction) {
                if kinds.is_none_or(|kinds| kinds.contains(&arc.kind)) && seen.insert(arc.node) {
                    let Arc { node, edge, kind, .. } = arc;
                    reach.steps.push(Step { node, hops: hops + 1, from: at as u32, edge, kind, forward });
                }
            }
            at += 1;
        }
        reach
    }
}

/// An arc as it lies in a file.
#[derive(Clone, Copy, Pod, Zeroable)]
#[repr(C)]
struct Written {
    node: u32,
    edge: u32,
    kind: u32,
    weight: f32,
}

impl GraphIndex {
    /// Writes the graph into a new file, and a note of the caller.
    pub fn write(&self, path: &Path, label: &str, note: &[u8]) -> io::Result<File> {
        let (out, into) = rayon::join(|| flat(&self.out), || flat(&self.into));
        let arrays = [cast_slice(&out.0), cast_slice(&out.1), cast_slice(&into.0), cast_slice(&into.1), note];
        file::write(path, label, &arrays)
    }

    /// The graph that was written into a file, and the note.
    pub fn read(arrays: &mut Arrays) -> io::Result<(Self, Vec<u8>)> {
        let (lengths, arcs) = (arrays.take()?, arrays.take()?);
        let (lengths_in, arcs_in): (Vec<u32>, Vec<Written>) = (arrays.take()?, arrays.take()?);
        if lengths.len() != lengths_in.len() || arcs.len() != arcs_in.len() {
            return Err(unusable("no graph"));
        }
        let both = || rayon::join(|| deep(&lengths, &arcs), || deep(&lengths_in, &arcs_in));
        let (ends, (out, into)) = rayon::join(|| ends(&lengths, &arcs), both);
        let (Some(out), Some(into)) = (out, into) else { return Err(unusable("no graph")) };
        Ok((Self { out, into, ends, count: arcs.len() }, arrays.take()?))
    }
}

/// How many arcs each node has, and the arcs of all.
fn flat(table: &[Vec<Arc>]) -> (Vec<u32>, Vec<Written>) {
    let written = |&Arc { node, edge, kind, weight }: &Arc| Written { node, edge, kind: u32::from(kind), weight };
    (table.iter().map(|arcs| arcs.len() as u32).collect(), table.iter().flatten().map(written).collect())
}

/// The opposite of [`flat`]; None if the numbers do not fit.
fn deep(lengths: &[u32], arcs: &[Written]) -> Option<Vec<Vec<Arc>>> {
    let read = |&Written { node, edge, kind, weight }: &Written| Arc { node, edge, kind: kind as u16, weight };
    let fits = arcs.iter().all(|arc| (arc.node as usize) < lengths.len());
    let mut rest = arcs;
    let own = |&length: &u32| {
        let (own, others) = rest.split_at_checked(length as usize)?;
        rest = others;
        Some(own.iter().map(read).collect())
    };
    let table: Option<Vec<Vec<Arc>>> = lengths.iter().map(own).collect();
    table.filter(|_| fits && rest.is_empty())
}

/// Source and target by the number of the edge, from the arcs of the sources.
fn ends(lengths: &[u32], arcs: &[Written]) -> Vec<(u32, u32)> {
    let sources =
        lengths.iter().enumerate().flat_map(|(source, &length)| std::iter::repeat_n(source as u32, length as usize));
    let numbered = || arcs.iter().filter(|arc| arc.edge != UNNUMBERED);
    let mut ends = vec![(UNNUMBERED, UNNUMBERED); numbered().map(|arc| arc.edge as usize + 1).max().unwrap_or(0)];
    for (source, arc) in sources.zip(arcs).filter(|(_, arc)| arc.edge != UNNUMBERED) {
        ends[arc.edge as usize] = (source, arc.node);
    }
    ends
}

fn of(table: &[Vec<Arc>], node: u32) -> &[Arc] {
    table.get(node as usize).map_or(&[], Vec::as_slice)
}

/// A set of nodes, one bit each.
struct Seen(Vec<u64>);

impl Seen {
    fn new(nodes: usize) -> Self {
        Self(vec![0; nodes.div_ceil(64)])
    }

    /// Whether the node was not in the set.
    fn insert(&mut self, node: u32) -> bool {
        let (word, bit) = (node as usize / 64, 1u64 << (node % 64));
        if word >= self.0.len() {
            self.0.resize(word + 1, 0);
        }
        let new = self.0[word] & bit == 0;
        self.0[word] |= bit;
        new
    }
}

/// One edge of a way: the node it comes to, over which edge, and whether it goes along the edge or against it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Step {
    pub node: u32,
    pub hops: u32,
    from: u32,
    pub edge: u32,
    pub kind: u16,
    pub forward: bool,
}

/// What a search in breadth came to, nearest first.
pub struct Reach {
    steps: Vec<Step>,
    starts: usize,
}

impl Reach {
    /// All nodes that were reached, without the starts.
    pub fn found(&self) -> &[Step] {
        &self.steps[self.starts..]
    }

    /// The way to each of the wanted nodes that was reached: a start, then steps.
    pub fn paths(&self, wanted: &[u32]) -> Vec<(u32, Vec<Step>)> {
        let wanted: FxHashSet<u32> = wanted.iter().copied().collect();
        let path = |last: &Step| {
            let (mut steps, mut step) = (vec![*last], last);
            while step.hops > 1 {
                step = &self.steps[step.from as usize];
                steps.push(*step);
            }
            steps.reverse();
            (self.steps[step.from as usize].node, steps)
        };
        self.found().iter().filter(|step| wanted.contains(&step.node)).map(path).collect()
    }
}

#[cfg(test)]
pub mod tests {
    use super::*;
    use crate::memory::file::tests::again;

    pub const KNOWS: u16 = 1;
    pub const CITES: u16 = 2;

    pub fn graph(edges: &[(u32, u32, u16, f32)]) -> GraphIndex {
        let mut graph = GraphIndex::default();
        for (number, &(source, target, kind, weight)) in edges.iter().enumerate() {
            graph.put(Edge { number: number as u32, source, target, kind, weight });
        }
        graph
    }

    fn chain() -> GraphIndex {
        graph(&[(1, 2, KNOWS, 1.0), (2, 3, KNOWS, 1.0), (3, 4, CITES, 1.0), (5, 2, KNOWS, 1.0), (4, 1, KNOWS, 1.0)])
    }

    fn rings(
        graph: &GraphIndex,
        starts: &[u32],
        direction: Direction,
        kinds: Option<&[u16]>,
        depth: u32,
    ) -> Vec<(u32, u32)> {
        graph.reach(starts, direction, kinds, depth).found().iter().map(|step| (step.node, step.hops)).collect()
    }

    #[test]
    fn the_last_ring_is_found_as_well() {
        let graph = chain();
        assert_eq!(rings(&graph, &[1], Direction::Out, None, 1), [(2, 1)]);
        assert_eq!(rings(&graph, &[1], Direction::Out, None, 2), [(2, 1), (3, 2)]);
        assert_eq!(rings(&graph, &[1], Direction::Out, None, 3), [(2, 1), (3, 2), (4, 3)]);
        assert_eq!(rings(&graph, &[1], Direction::Out, None, 0), []);
    }

    #[test]
    fn direction_and_kind_are_obeyed() {
        let graph = chain();
        assert_eq!(rings(&graph, &[2], Direction::In, None, 1), [(1, 1), (5, 1)]);
        assert_eq!(rings(&graph, &[2], Direction::Both, None, 1), [(3, 1), (1, 1), (5, 1)]);
        assert_eq!(rings(&graph, &[1], Direction::Out, Some(&[KNOWS]), 9), [(2, 1), (3, 2)]);
        assert_eq!(rings(&graph, &[99], Direction::Both, None, 2), [], "a node without edges");
        assert_eq!(rings(&graph, &[1, 2], Direction::Out, None, 1), [(3, 1)], "a start is not found from another");
    }

    #[test]
    fn each_node_found_says_by_which_way() {
        let reach = chain().reach(&[5], Direction::Both, None, 3);
        let [(start, steps)] = &reach.paths(&[4])[..] else { panic!("one path") };
        let ways: Vec<(u32, u32, bool)> = steps.iter().map(|step| (step.node, step.edge, step.forward)).collect();
        assert_eq!((*start, ways), (5, vec![(2, 3, true), (3, 1, true), (4, 2, true)]));
        assert!(reach.paths(&[5, 77]).is_empty());
    }

    #[test]
    fn what_is_removed_or_put_again_leaves_no_trace() {
        let mut graph = chain();
        graph.remove(1);
        graph.remove(1);
        graph.remove(1000);
        assert_eq!((rings(&graph, &[1], Direction::Out, None, 9), graph.len()), (vec![(2, 1)], 4));
        graph.put(Edge { number: 0, source: 1, target: 3, kind: CITES, weight: 1.0 });
        assert_eq!(rings(&graph, &[1], Direction::Out, None, 1), [(3, 1)]);
        graph.isolate(4);
        assert_eq!((rings(&graph, &[1], Direction::Both, None, 9), graph.len()), (vec![(3, 1)], 2));
        graph.isolate(2000);
    }

    #[test]
    fn a_graph_that_was_written_is_the_same_when_it_is_read() {
        let mut graph = chain();
        graph.place(2, Some(9), 0);
        graph.place(3, Some(9), 0);
        graph.remove(1);
        let (mut read, note) = again(|path| graph.write(path, "label", b"a note"), GraphIndex::read);
        assert_eq!(note, b"a note");
        assert_eq!((&read.out, &read.into, read.count), (&graph.out, &graph.into, graph.count));
        graph.isolate(9);
        read.isolate(9);
        graph.put(Edge { number: 0, source: 4, target: 12, kind: CITES, weight: 0.5 });
        read.put(Edge { number: 0, source: 4, target: 12, kind: CITES, weight: 0.5 });
        read.remove(4);
        graph.remove(4);
        read.remove(4000);
        assert_eq!((&read.out, &read.into, read.count), (&graph.out, &graph.into, graph.count));
        let (none, _) = again(|path| GraphIndex::default().write(path, "label", b""), GraphIndex::read);
        assert!(none.is_empty());
    }

    #[test]
    fn what_is_no_graph_is_refused() {
        let arc = |node| Written { node, edge: 0, kind: 0, weight: 1.0 };
        let read = |lengths: &[u32], arcs: &[Written], lengths_in: &[u32], arcs_in: &[Written]| {
            let arrays = [cast_slice(lengths), cast_slice(arcs), cast_slice(lengths_in), cast_slice(arcs_in), &[]];
            again(|path| file::write(path, "label", &arrays), |arrays| Ok(GraphIndex::read(arrays).is_ok()))
        };
        assert!(read(&[0, 1], &[arc(0)], &[1, 0], &[arc(1)]));
        assert!(!read(&[0, 1], &[arc(2)], &[1, 0], &[arc(1)]), "an arc to a node that is not there");
        assert!(!read(&[0, 2], &[arc(0)], &[1, 0], &[arc(1)]), "fewer arcs than there should be");
        assert!(!read(&[0, 0], &[arc(0)], &[1, 0], &[arc(1)]), "more arcs than there should be");
        assert!(!read(&[0, 1], &[arc(0)], &[1], &[arc(1)]), "other nodes in the other direction");
    }

    #[test]
    fn edges_without_a_number_go_with_their_nodes() {
        let mut graph = GraphIndex::default();
        for node in [1, 2, 3, 1] {
            graph.place(node, Some(0), 0);
        }
        graph.place(2, None, 0);
        assert_eq!(rings(&graph, &[0], Direction::Both, None, 2), [(1, 1), (3, 1)]);
        graph.place(3, Some(1), 0);
        assert_eq!(rings(&graph, &[0], Direction::Both, None, 2), [(1, 1), (3, 2)]);
        graph.isolate(0);
        graph.isolate(1);
        assert!(graph.is_empty() && rings(&graph, &[3], Direction::Both, None, 2).is_empty());
    }
}
