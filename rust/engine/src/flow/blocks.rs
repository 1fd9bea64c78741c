//! The graph of one function: blocks of statements that run together, and labelled edges between them.
//!
//! While it grows, a block may be empty and a join may have one way in; [`Graph::tidied`] drops the former and merges the
//! latter, so that a finished block ends where control really may go elsewhere.

/// Why control goes along an edge.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EdgeKind {
    Next,
    True,
    False,
    Case,
    Default,
    Exception,
    Finally,
    Return,
    Break,
    Continue,
    Goto,
    LoopBack,
    Exit,
}

impl EdgeKind {
    pub const NAMES: [&str; 13] = [
        "next",
        "true",
        "false",
        "case",
        "default",
        "exception",
        "finally",
        "return",
        "break",
        "continue",
        "goto",
        "loop-back",
        "exit",
    ];

    pub fn name(self) -> &'static str {
        Self::NAMES[self as usize]
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Edge {
    pub from: u32,
    pub to: u32,
    pub kind: EdgeKind,
}

/// A statement, or the part of one that runs in a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unit {
    pub start_byte: u32,
    pub end_byte: u32,
    pub start_line: u32,
    pub end_line: u32,
}

/// What happens to a variable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Touch {
    Use,
    /// Gives it a value, and takes the former one away.
    Define,
    /// May give it a value, in a function written inside.
    MayDefine,
}

#[derive(Clone, Copy, Debug)]
pub struct Access {
    pub variable: u32,
    pub touch: Touch,
    /// `parameter`, `assign`, … of a definition; `read` or `capture` of a use.
    pub how: &'static str,
    pub line: u32,
    pub byte: u32,
}

#[derive(Clone, Debug, Default)]
pub struct Block {
    pub units: Vec<Unit>,
    pub accesses: Vec<Access>,
}

pub const ENTRY: u32 = 0;
pub const EXIT: u32 = 1;

/// Blocks and edges; the entry is block 0, the exit block 1.
#[derive(Clone, Debug, Default)]
pub struct Graph {
    pub blocks: Vec<Block>,
    pub edges: Vec<Edge>,
    pub variables: Vec<String>,
    /// Levels deeper than the builder follows were taken for one statement.
    pub too_deep: bool,
}

impl Graph {
    /// Neighbours as compressed rows: edges leaving each block, or entering it.
    pub fn rows(&self, forward: bool) -> Rows {
        rows(
            self.blocks.len(),
            self.edges.iter().map(|edge| if forward { (edge.from, edge.to) } else { (edge.to, edge.from) }),
        )
    }

    /// The same graph without empty blocks, and with straight chains merged.
    pub fn tidied(mut self) -> Self {
        self.drop_empty();
        self.merge_chains();
        self.renumber()
    }

    fn drop_empty(&mut self) {
        let count = self.blocks.len();
        let mut only: Vec<Option<Edge>> = vec![None; count];
        let mut leaving = vec![0u32; count];
        for edge in &self.edges {
            leaving[edge.from as usize] += 1;
            only[edge.from as usize] = Some(*edge);
        }
        let passes = |block: u32| {
            let held = &self.blocks[block as usize];
            let empty = block > EXIT && held.units.is_empty() && held.accesses.is_empty();
            only[block as usize].filter(|_| empty && leaving[block as usize] == 1)
        };
        let mut edges = Vec::with_capacity(self.edges.len());
        for edge in &self.edges {
            let mut edge = *edge;
            // An empty cycle has no end; more steps than blocks are one.
            for _ in 0..count {
                let Some(through) = passes(edge.to) else { break };
                edge.to = through.to;
                if edge.kind == EdgeKind::Next || through.kind == EdgeKind::Exception {
                    edge.kind = through.kind;
                }
            }
            edges.push(edge);
        }
        let dropped: Vec<bool> =
            (0..count as u32).map(|block| passes(block).is_some_and(|edge| edge.to != block)).collect();
        edges.retain(|edge| !dropped[edge.from as usize]);
        edges.dedup();
        self.edges = edges;
    }

    fn merge_chains(&mut self) {
        let count = self.blocks.len();
        let (mut leaving, mut entering) = (vec![0u32; count], vec![0u32; count]);
        for edge in &self.edges {
            leaving[edge.from as usize] += 1;
            entering[edge.to as usize] += 1;
        }
        let joins = |edge: &Edge| {
            edge.kind == EdgeKind::Next
                && edge.from > EXIT
                && edge.to > EXIT
                && edge.from != edge.to
                && leaving[edge.from as usize] == 1
                && entering[edge.to as usize] == 1
        };
        let mut following = vec![0u32; count];
        let mut followed = vec![false; count];
        for edge in self.edges.iter().filter(|edge| joins(edge)) {
            following[edge.from as usize] = edge.to;
            followed[edge.to as usize] = true;
        }
        let mut head: Vec<u32> = (0..count as u32).collect();
        for first in 0..count as u32 {
            if followed[first as usize] {
                continue;
            }
            let mut at = following[first as usize];
            while at != 0 {
                let taken = std::mem::take(&mut self.blocks[at as usize]);
                let whole = &mut self.blocks[first as usize];
                whole.accesses.extend(taken.accesses);
                for unit in taken.units {
                    if whole.units.last() != Some(&unit) {
                        whole.units.push(unit);
                    }
                }
                head[at as usize] = first;
                at = following[at as usize];
            }
        }
        let merged: Vec<bool> = self.edges.iter().map(joins).collect();
        let mut index = 0;
        self.edges.retain(|_| {
            index += 1;
            !merged[index - 1]
        });
        for edge in &mut self.edges {
            edge.from = head[edge.from as usize];
        }
    }

    /// Drops blocks that hold nothing and lead nowhere, and numbers the others by where they stand.
    fn renumber(self) -> Self {
        let mut used = vec![false; self.blocks.len()];
        for edge in &self.edges {
            used[edge.from as usize] =
                !self.blocks[edge.from as usize].units.is_empty() || edge.from <= EXIT || used[edge.from as usize];
            used[edge.to as usize] = true;
        }
        let keep = |block: u32| {
            let held = &self.blocks[block as usize];
            block <= EXIT || used[block as usize] || !held.units.is_empty() || !held.accesses.is_empty()
        };
        let mut order: Vec<u32> = (0..self.blocks.len() as u32).filter(|block| keep(*block)).collect();
        order.sort_by_key(|&block| {
            let first = self.blocks[block as usize].units.first().map_or(u32::MAX, |unit| unit.start_byte);
            (if block <= EXIT { 0 } else { 1 }, if block <= EXIT { block } else { first }, block)
        });
        let mut number = vec![u32::MAX; self.blocks.len()];
        for (index, block) in order.iter().enumerate() {
            number[*block as usize] = index as u32;
        }
        let mut old = self.blocks;
        let blocks = order.iter().map(|block| std::mem::take(&mut old[*block as usize])).collect();
        let kept = |edge: &Edge| number[edge.from as usize] != u32::MAX && number[edge.to as usize] != u32::MAX;
        let mut edges: Vec<Edge> = self
            .edges
            .iter()
            .filter(|edge| kept(edge))
            .map(|edge| Edge { from: number[edge.from as usize], to: number[edge.to as usize], ..*edge })
            .collect();
        edges.sort_by_key(|edge| (edge.from, edge.to, edge.kind as u8));
        edges.dedup();
        Self { blocks, edges, variables: self.variables, too_deep: self.too_deep }
    }
}

/// Compressed rows of 32-bit numbers.
#[derive(Clone, Debug)]
pub struct Rows {
    starts: Vec<u32>,
    targets: Vec<u32>,
}

impl Rows {
    pub fn of(&self, row: u32) -> &[u32] {
        &self.targets[self.starts[row as usize] as usize..self.starts[row as usize + 1] as usize]
    }
}

/// Puts pairs into rows, each in the order given.
pub fn rows(count: usize, pairs: impl Iterator<Item = (u32, u32)> + Clone) -> Rows {
    let mut starts = vec![0u32; count + 1];
    for (from, _) in pairs.clone() {
        starts[from as usize + 1] += 1;
    }
    for row in 0..count {
        starts[row + 1] += starts[row];
    }
    let mut next = starts.clone();
    let mut targets = vec![0u32; starts[count] as usize];
    for (from, to) in pairs {
        targets[next[from as usize] as usize] = to;
        next[from as usize] += 1;
    }
    Rows { starts, targets }
}
