//! What must run before what, and what decides whether something runs.
//!
//! Dominators are computed as Cooper, Harvey and Kennedy do ("A Simple, Fast Dominance Algorithm", 2001), on flat vectors.
//! Post-dominators are those of the reversed graph; a block from which no path leads to the exit (an endless loop) gets a
//! virtual edge to it, so that every block has one. Control dependence is the dominance frontier of the reversed graph.

use super::blocks::{ENTRY, EXIT, Graph, Rows};

/// Has no dominator: the root, or not reached.
pub const NONE: u32 = u32::MAX;

pub struct Dominance {
    /// The nearest other block on every path from the entry.
    pub dominators: Vec<u32>,
    /// The nearest other block on every path to the exit.
    pub post_dominators: Vec<u32>,
    /// Pairs: whether the first runs is decided at the end of the second.
    pub control_dependence: Vec<(u32, u32)>,
    /// Blocks that no path from the entry reaches.
    pub unreachable: Vec<u32>,
}

pub fn dominance(graph: &Graph) -> Dominance {
    let forward = graph.rows(true);
    let backward = graph.rows(false);
    let count = graph.blocks.len();
    let order = postorder(count, ENTRY, &forward);
    let reached = marked(count, &order);
    let unreachable = (0..count as u32).filter(|&block| block > EXIT && !reached[block as usize]).collect();
    let dominators = immediate(count, ENTRY, &order, &backward);
    // The reversed graph, of what is reached, with virtual edges out of endless loops.
    let mut edges: Vec<(u32, u32)> =
        graph.edges.iter().filter(|edge| reached[edge.from as usize]).map(|edge| (edge.from, edge.to)).collect();
    let mut ends = marked(count, &postorder(count, EXIT, &backward));
    for &block in &order {
        if !ends[block as usize] {
            edges.push((block, EXIT));
            mark_before(block, &backward, &mut ends);
        }
    }
    let ahead = super::blocks::rows(count, edges.iter().copied());
    let behind = super::blocks::rows(count, edges.iter().map(|&(from, to)| (to, from)));
    let post_dominators = immediate(count, EXIT, &postorder(count, EXIT, &behind), &ahead);
    let control_dependence = frontier(&edges, &post_dominators);
    Dominance { dominators, post_dominators, control_dependence, unreachable }
}

fn marked(count: usize, blocks: &[u32]) -> Vec<bool> {
    let mut marks = vec![false; count];
    blocks.iter().for_each(|block| marks[*block as usize] = true);
    marks
}

fn mark_before(block: u32, backward: &Rows, marks: &mut [bool]) {
    let mut waiting = vec![block];
    while let Some(block) = waiting.pop() {
        if !std::mem::replace(&mut marks[block as usize], true) {
            waiting.extend(backward.of(block));
        }
    }
}

/// Blocks reached from `root`, each after those that follow it.
fn postorder(count: usize, root: u32, next: &Rows) -> Vec<u32> {
    let mut order = Vec::with_capacity(count);
    let mut seen = vec![false; count];
    let mut path = vec![(root, 0usize)];
    seen[root as usize] = true;
    while let Some((block, place)) = path.last_mut() {
        match next.of(*block).get(*place) {
            Some(&to) => {
                *place += 1;
                if !std::mem::replace(&mut seen[to as usize], true) {
                    path.push((to, 0));
                }
            }
            None => {
                order.push(*block);
                path.pop();
            }
        }
    }
    order
}

fn immediate(count: usize, root: u32, order: &[u32], before: &Rows) -> Vec<u32> {
    let mut rank = vec![NONE; count];
    for (place, block) in order.iter().enumerate() {
        rank[*block as usize] = place as u32;
    }
    let mut idom = vec![NONE; count];
    idom[root as usize] = root;
    let mut changed = true;
    while changed {
        changed = false;
        for &block in order.iter().rev().filter(|block| **block != root) {
            let known = before.of(block).iter().filter(|from| idom[**from as usize] != NONE);
            let nearest = known.copied().reduce(|one, other| common(one, other, &idom, &rank));
            if let Some(nearest) = nearest.filter(|nearest| idom[block as usize] != *nearest) {
                idom[block as usize] = nearest;
                changed = true;
            }
        }
    }
    idom[root as usize] = NONE;
    idom
}

fn common(mut one: u32, mut other: u32, idom: &[u32], rank: &[u32]) -> u32 {
    while one != other {
        while rank[one as usize] < rank[other as usize] {
            one = idom[one as usize];
        }
        while rank[other as usize] < rank[one as usize] {
            other = idom[other as usize];
        }
    }
    one
}

/// For each edge from a branch: what post-dominates its target, up to what post-dominates the branch.
fn frontier(edges: &[(u32, u32)], post_dominators: &[u32]) -> Vec<(u32, u32)> {
    let mut dependent = Vec::new();
    for &(from, to) in edges {
        let until = post_dominators[from as usize];
        let mut at = to;
        while at != until && at != NONE && at != EXIT {
            dependent.push((at, from));
            at = post_dominators[at as usize];
        }
    }
    dependent.sort_unstable();
    dependent.dedup();
    dependent
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::flow::blocks::{Block, Edge, EdgeKind};

    fn graph(count: usize, edges: &[(u32, u32)]) -> Graph {
        let edges = edges.iter().map(|&(from, to)| Edge { from, to, kind: EdgeKind::Next }).collect();
        Graph { blocks: vec![Block::default(); count], edges, ..Graph::default() }
    }

    /// Whether every path from `from` to `to` passes `through`, tried by taking it away.
    fn must_pass(graph: &Graph, from: u32, to: u32, through: u32) -> bool {
        let mut seen = vec![false; graph.blocks.len()];
        let mut waiting = vec![from];
        while let Some(block) = waiting.pop() {
            if block != through && !std::mem::replace(&mut seen[block as usize], true) {
                waiting.extend(graph.edges.iter().filter(|edge| edge.from == block).map(|edge| edge.to));
            }
        }
        !seen[to as usize]
    }

    /// Graphs from a linear congruential generator; the exit is reached from everywhere.
    fn random(seed: u64) -> Graph {
        let mut state = seed;
        let mut next = |below: u32| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) as u32 % below
        };
        let count = 3 + next(12);
        let mut edges = vec![(ENTRY, 2)];
        for block in 2..count {
            edges.push((block, if block + 1 == count { EXIT } else { block + 1 }));
            edges.push((block, 1 + next(count - 1)));
        }
        graph(count as usize, &edges)
    }

    #[test]
    fn immediate_dominators_are_those_that_taking_blocks_away_finds() {
        for seed in 0..300 {
            let graph = random(seed);
            let found = dominance(&graph);
            for block in 1..graph.blocks.len() as u32 {
                let all: Vec<u32> = (0..graph.blocks.len() as u32)
                    .filter(|&other| other != block && must_pass(&graph, ENTRY, block, other))
                    .collect();
                let mut chain = Vec::new();
                let mut at = found.dominators[block as usize];
                while at != NONE {
                    chain.push(at);
                    at = found.dominators[at as usize];
                }
                chain.sort_unstable();
                assert_eq!(chain, all, "block {block} of graph {seed}");
            }
        }
    }

    #[test]
    fn a_block_depends_on_a_branch_that_one_of_its_ways_makes_sure_of_it_and_another_does_not() {
        for seed in 0..300 {
            let graph = random(seed);
            let found = dominance(&graph);
            let after = |block: u32, target: u32| block == target || must_pass(&graph, block, EXIT, target);
            for block in 2..graph.blocks.len() as u32 {
                for branch in 2..graph.blocks.len() as u32 {
                    let mut ways = graph.edges.iter().filter(|edge| edge.from == branch).map(|edge| edge.to);
                    let sure = ways.any(|to| after(to, block)) && (branch == block || !after(branch, block));
                    let strict = sure
                        && !(branch == block
                            && graph.edges.iter().filter(|edge| edge.from == branch).all(|edge| after(edge.to, block)));
                    assert_eq!(
                        found.control_dependence.contains(&(block, branch)),
                        strict,
                        "{block} on {branch}, graph {seed}"
                    );
                }
            }
        }
    }

    #[test]
    fn an_endless_loop_has_post_dominators_too() {
        let found = dominance(&graph(5, &[(ENTRY, 2), (2, 3), (3, 2), (2, 4), (4, 4)]));
        assert!((2..5).all(|block| found.post_dominators[block] != NONE));
        assert!(found.control_dependence.contains(&(4, 2)));
    }
}
