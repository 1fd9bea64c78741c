//! Every node of a tree once, parents before children, as rows that are read without a call (see `native/walk.c`).
//!
//! Tree-sitter's own cursor costs about a sixth of the time that parsing takes, this about two thirds of that.

use std::ffi::c_void;
use std::marker::PhantomData;
use std::mem::MaybeUninit;
use std::ops::Range;

use tree_sitter::{Node, Tree, ffi};

/// Nodes fetched at a time: few enough to stay in the nearest cache.
const ROWS: usize = 128;

/// A node, and what the walk knows of it.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct Step<'t> {
    node: ffi::TSNode,
    pub end_byte: u32,
    /// 0 at the root.
    pub depth: u32,
    /// The kind's number; `u16::MAX` for what could not be parsed.
    pub kind: u16,
    /// The field of its parent in which it stands, or 0.
    pub field: u16,
    pub child_count: u32,
    flags: u32,
    tree: PhantomData<&'t Tree>,
}

const NAMED: u32 = 1;
const MISSING: u32 = 2;

impl<'t> Step<'t> {
    pub fn node(&self) -> Node<'t> {
        // SAFETY: the row was written for a node of the tree that `'t` borrows.
        unsafe { Node::from_raw(self.node) }
    }

    pub fn start_byte(&self) -> u32 {
        self.node.context[0]
    }

    pub fn bytes(&self) -> Range<usize> {
        self.start_byte() as usize..self.end_byte as usize
    }

    pub fn is_named(&self) -> bool {
        self.flags & NAMED != 0
    }

    pub fn is_missing(&self) -> bool {
        self.flags & MISSING != 0
    }
}

unsafe extern "C" {
    fn leindex_walk_new(tree: *const c_void) -> *mut c_void;
    fn leindex_walk_delete(walk: *mut c_void);
    fn leindex_walk_root(walk: *mut c_void, root: *mut c_void);
    fn leindex_walk_next(walk: *mut c_void, steps: *mut c_void, capacity: u32) -> u32;
}

/// A walk over one tree: parents before children.
pub struct Steps<'t> {
    native: *mut c_void,
    rows: Box<[MaybeUninit<Step<'t>>; ROWS]>,
    filled: usize,
    next: usize,
}

impl<'t> Steps<'t> {
    pub fn new(tree: &'t Tree) -> Self {
        let mut rows = Box::new([const { MaybeUninit::uninit() }; ROWS]);
        let of_tree: *const c_void = tree.root_node().into_raw().tree.cast();
        // SAFETY: the pointer is that of a tree which `'t` keeps, and `Step` has the layout of the row in C.
        let native = unsafe {
            let native = leindex_walk_new(of_tree);
            leindex_walk_root(native, rows.as_mut_ptr().cast());
            native
        };
        Self { native, rows, filled: 1, next: 0 }
    }
}

impl<'t> Iterator for Steps<'t> {
    type Item = Step<'t>;

    #[inline]
    fn next(&mut self) -> Option<Step<'t>> {
        if self.next == self.filled {
            // SAFETY: there is room for as many rows as are asked for, and the tree is still borrowed.
            self.filled =
                unsafe { leindex_walk_next(self.native, self.rows.as_mut_ptr().cast(), ROWS as u32) } as usize;
            self.next = 0;
            if self.filled == 0 {
                return None;
            }
        }
        // SAFETY: rows below `filled` were written.
        let step = unsafe { self.rows[self.next].assume_init() };
        self.next += 1;
        Some(step)
    }
}

impl Drop for Steps<'_> {
    fn drop(&mut self) {
        // SAFETY: made by `leindex_walk_new`, and freed once.
        unsafe { leindex_walk_delete(self.native) }
    }
}

#[cfg(test)]
mod tests {
    use tree_sitter::{Language, Parser};

    use super::*;

    type Row = (u32, u16, u16, std::ops::Range<usize>, bool, bool, u32);

    fn by_cursor(tree: &Tree) -> Vec<Row> {
        let (mut rows, mut cursor) = (Vec::new(), tree.walk());
        loop {
            let (node, field) = (cursor.node(), cursor.field_id().map_or(0, |field| field.get()));
            let row = (cursor.depth(), node.kind_id(), field, node.byte_range());
            rows.push((row.0, row.1, row.2, row.3, node.is_named(), node.is_missing(), node.child_count()));
            if cursor.goto_first_child() {
                continue;
            }
            while !cursor.goto_next_sibling() {
                if !cursor.goto_parent() {
                    return rows;
                }
            }
        }
    }

    fn by_walk(tree: &Tree) -> Vec<Row> {
        let row = |step: Step| {
            assert_eq!((step.kind, step.bytes()), (step.node().kind_id(), step.node().byte_range()));
            let said = (step.depth, step.kind, step.field, step.bytes());
            (said.0, said.1, said.2, said.3, step.is_named(), step.is_missing(), step.child_count)
        };
        Steps::new(tree).map(row).collect()
    }

    /// Whole sources, and what is left of them when they are cut somewhere.
    fn check(language: &Language, source: &str) {
        let mut parser = Parser::new();
        parser.set_language(language).expect("the grammar fits this tree-sitter");
        for end in (0..=source.len()).step_by(37).chain([source.len()]) {
            let tree = parser.parse(&source.as_bytes()[..end], None).expect("nothing stops the parser");
            assert_eq!(by_walk(&tree), by_cursor(&tree), "{}", &source[..end]);
        }
    }

    const FIXTURES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/fixtures/languages/");

    fn fixture(path: &str) -> String {
        std::fs::read_to_string(format!("{FIXTURES}{path}")).expect("the fixture is there")
    }

    #[test]
    fn it_visits_what_the_cursor_visits_whatever_is_broken() {
        check(&tree_sitter_javascript::LANGUAGE.into(), &fixture("javascript/lib/pool.js"));
        check(&tree_sitter_ruby::LANGUAGE.into(), &fixture("ruby/lib/shop/cart.rb"));
    }

    #[test]
    fn a_tree_of_one_node_has_one_step() {
        let mut parser = Parser::new();
        parser.set_language(&tree_sitter_ruby::LANGUAGE.into()).expect("the grammar fits this tree-sitter");
        let tree = parser.parse(b"", None).expect("nothing stops the parser");
        assert_eq!(by_walk(&tree).len(), 1);
    }
}
