//! Names by themselves: references in languages that call without parentheses, unless something local has them.

use tree_sitter::Node;

use crate::syntax::extract::Extractor;
use crate::syntax::facts::{NO_INDEX, Reference, ReferenceKind, Str, flag};
use crate::syntax::rules::{Role, Rule, mark};

impl Extractor<'_> {
    /// A name by itself, where code is.
    pub fn mention(&mut self, node: Node) {
        let scope = self.scope();
        let (owner, start) = (scope.symbol, node.start_byte() as u32);
        let declared = self.facts.symbols[owner as usize].has(flag::DECLARATION);
        if scope.kind.is_callable()
            && !declared
            && start != scope.name_start
            && start >= self.seen.taken.max(self.seen.unmentioned)
        {
            let name = self.strings.intern(self.text(node));
            self.push_reference(owner, name, Str::NONE, node, ReferenceKind::Call);
        }
    }

    /// A name that stands alone: a call, unless it is a part of one or something local.
    pub fn bare_call(&mut self, node: Node, field: u16) {
        let (start, symbol) = (node.start_byte() as u32, self.scope().symbol);
        let name = self.strings.intern(self.text(node));
        let known = self.table.is_name_field(field) || start == self.scope().name_start || start < self.seen.taken;
        if start < self.seen.bound {
            self.local_names.insert((symbol, name));
        } else if !known && !self.local_names.contains(&(symbol, name)) {
            self.push_reference(symbol, name, Str::NONE, node, ReferenceKind::Call);
        }
    }

    pub fn bound_names(&mut self, node: Node, rule: &Rule) {
        let name = rule.name.of(node);
        for pattern in name.into_iter().chain(rule.parameters.all(node)) {
            self.bound_in(pattern);
        }
    }

    /// The names in a pattern are of the symbol around it, and mean nothing outside.
    pub fn bound_in(&mut self, pattern: Node) {
        let symbol = self.scope().symbol;
        let mut open = vec![pattern];
        while let Some(node) = open.pop() {
            if self.role(node) == Some(Role::Mention) {
                let name = self.strings.intern(self.text(node));
                self.local_names.insert((symbol, name));
            }
            let mut cursor = node.walk();
            open.extend(node.named_children(&mut cursor));
        }
    }

    /// At the end: what is called by a name that a pattern around it binds is nothing of the project.
    pub fn forget_bound_names(&mut self) {
        if !self.table.mentions || self.local_names.is_empty() {
            return;
        }
        let (symbols, bound) = (&self.facts.symbols, &self.local_names);
        let is_bound = |reference: &Reference| {
            let around = std::iter::successors(Some(reference.owner), |&symbol| {
                Some(symbols[symbol as usize].parent).filter(|&parent| parent != NO_INDEX)
            });
            reference.receiver.is_none() && around.into_iter().any(|symbol| bound.contains(&(symbol, reference.name)))
        };
        self.facts.references.retain(|reference| reference.kind != ReferenceKind::Call as u32 || !is_bound(reference));
    }

    /// The name of what is assigned to mentions no type and, from here on, calls nothing.
    pub fn bind_local(&mut self, target: Node) {
        let marks = self.table.marks(target.kind_id());
        if marks & mark::TYPE != 0 {
            self.seen.taken = self.seen.taken.max(target.end_byte() as u32);
        }
        if marks & mark::BARE_CALL != 0 {
            let name = self.strings.intern(self.text(target));
            self.local_names.insert((self.scope().symbol, name));
        }
    }
}
