//! The walk: every node is visited once, and nothing here recurses, so nesting costs no stack.

use tree_sitter::{Node, Tree, TreeCursor};

use super::comments::Comment;
use super::extract::Extractor;
use super::rules::mark;
use super::terms::WORD_LIMIT;

impl Extractor<'_> {
    pub(super) fn walk(&mut self, tree: &Tree) {
        let mut cursor = tree.walk();
        loop {
            let node = cursor.node();
            let in_type = !self.table.type_fields.is_empty()
                && cursor.field_id().is_some_and(|field| self.table.type_fields.contains(&field.get()));
            if in_type {
                self.types.until = self.types.until.max(node.end_byte() as u32);
            }
            let field = if self.table.bare_calls { cursor.field_id() } else { None };
            let descend = self.enter(node, field.map_or(0, std::num::NonZeroU16::get));
            if descend && cursor.goto_first_child() {
                self.depth += 1;
                continue;
            }
            loop {
                self.leave(&cursor);
                if cursor.goto_next_sibling() {
                    break;
                }
                if !cursor.goto_parent() {
                    return;
                }
                self.depth -= 1;
            }
        }
    }

    /// Visits a node on the way down; false when its children have nothing more to say.
    fn enter(&mut self, node: Node, field: u16) -> bool {
        let kind = node.kind_id();
        let marks = self.table.marks(kind);
        if marks & mark::COMMENT != 0 {
            let owner = self.scope().symbol;
            self.comments.push(Comment::new(node, owner), self.source);
            return false;
        }
        if kind == u16::MAX {
            self.syntax_errors += 1;
        }
        if marks & mark::BRANCH != 0 {
            self.count_branch(node);
        }
        if marks & (mark::RULE | mark::IDENTIFIER) != 0 && self.table.rules.types_by_place {
            let table = self.table;
            self.note_types(node, table.rule(kind));
        }
        if marks & mark::RULE != 0
            && let Some(rule) = self.table.rule(kind)
        {
            self.enter_rule(node, self.table.by_callee(rule, node, self.source, self.seen.sign));
        }
        if marks & mark::TYPE_POSITION != 0 {
            self.types.until = self.types.until.max(node.end_byte() as u32);
        }
        if marks & mark::STRING != 0 {
            self.string(node);
        }
        if node.child_count() == 0 {
            if marks & mark::BARE_CALL != 0 {
                self.bare_call(node, field);
            }
            self.leaf(node, marks);
            return false;
        }
        if self.table.rules.layout && node.is_named() {
            self.tokens.push(1);
        }
        true
    }

    fn leave(&mut self, cursor: &TreeCursor) {
        let mut open = false;
        while let Some(scope) = self.scopes.last().filter(|scope| scope.depth == self.depth && scope.symbol != 0) {
            open = scope.until > cursor.node().end_byte() as u32;
            if open {
                break;
            }
            self.close_scope();
        }
        if self.containers.last().is_some_and(|container| container.depth == self.depth) {
            self.containers.pop();
        }
        while self.visibilities.last().is_some_and(|(depth, _)| *depth == self.depth + 1) {
            self.visibilities.pop();
        }
        while !open && self.types.parameters.last().is_some_and(|(depth, _)| *depth == self.depth) {
            self.types.parameters.pop();
        }
        if self.table.rules.layout {
            self.tokens.push(2);
        }
    }

    fn leaf(&mut self, node: Node, marks: u8) {
        let text = &self.source[node.byte_range()];
        self.tokens.extend_from_slice(text);
        self.tokens.push(0);
        if text.is_empty() {
            self.syntax_errors += u32::from(node.is_missing());
            return;
        }
        if marks & mark::IDENTIFIER == 0 {
            return;
        }
        let start = node.start_byte() as u32;
        if start == self.scope().name_start || start == self.seen.alias {
            return;
        }
        let name = self.strings.intern(text);
        self.occurrences.name(self.scope().symbol, self.in_signature(start), name);
        let defined = start == self.held.name_start;
        let in_type = !defined && marks & mark::TYPE != 0 || start < self.types.until;
        if in_type && start >= self.seen.taken && !self.qualifies(node) {
            let receiver = self.qualifier(node);
            if !receiver.is_none() || !self.is_declared_type(name) {
                self.type_reference(node, name, receiver);
            }
        }
    }

    fn string(&mut self, node: Node) {
        let symbol = self.scope().symbol;
        let start = node.start_byte() as u32;
        if start < self.seen.documented {
            return; // its words are the documentation's
        }
        let facts = &self.facts.symbols[symbol as usize];
        let is_doc = facts.doc_start <= start && start < facts.doc_end;
        let text = &self.source[node.byte_range()];
        let limit = if is_doc { text.len() } else { text.len().min(WORD_LIMIT) };
        self.occurrences.words(symbol, is_doc, &text[..limit], &mut self.strings);
    }

    fn count_branch(&mut self, node: Node) {
        if node.start_byte() as u32 == self.seen.declarator {
            return; // no `and`, but a reference to a value that moves: `Item&& item`
        }
        // The keyword that opens a branch is a token inside the branch's node: only one of them is in the rules.
        if node.is_named() || node.child_count() == 0 {
            self.branch();
        }
    }

    pub(super) fn branch(&mut self) {
        let symbol = self.scope().symbol as usize;
        self.facts.symbols[symbol].complexity += 1;
    }
}
