//! Base types: what a type extends, implements, embeds or mixes in.

use tree_sitter::Node;

use super::names::MAX_NESTING;
use crate::syntax::extract::{Extractor, Scope};
use crate::syntax::facts::{ReferenceKind, Str, SymbolKind};
use crate::syntax::rules::{Role, Rule, mark};

impl Extractor<'_> {
    /// References from a type to what it extends.
    pub fn bases(&mut self, node: Node, rule: &Rule, symbol: u32) {
        for base in self.base_nodes(node, rule) {
            if let Some((name, receiver)) = self.named(base) {
                self.push_reference(symbol, name, receiver, base, ReferenceKind::Inherit);
            }
        }
    }

    pub fn embedded_base(&mut self, node: Node, rule: &Rule) {
        let Scope { symbol, kind, depth, .. } = *self.scope();
        if symbol == 0 || !(kind.is_type() || kind == SymbolKind::Module) || depth + 3 < self.depth {
            return;
        }
        let inside = rule.type_part.of(node).unwrap_or(node);
        let mut found = Vec::new();
        self.collect_bases(inside, &mut found, 0);
        for base in found {
            if let Some((name, receiver)) = self.named(base) {
                self.push_reference(symbol, name, receiver, base, ReferenceKind::Inherit);
            }
        }
    }

    pub fn base_nodes<'t>(&self, node: Node<'t>, rule: &Rule) -> Vec<Node<'t>> {
        let mut found = Vec::new();
        for holder in rule.bases.all(node) {
            self.collect_bases(holder, &mut found, 0);
        }
        found
    }

    /// The names in a list of bases, without type arguments and keyword arguments.
    fn collect_bases<'t>(&self, node: Node<'t>, found: &mut Vec<Node<'t>>, nesting: usize) {
        if nesting > MAX_NESTING {
            return;
        }
        let role = self.role(node);
        let names_one = self.table.marks(node.kind_id()) & mark::IDENTIFIER != 0
            || matches!(role, Some(Role::Member | Role::MemberType));
        let inner = self.rule_of(node).filter(|rule| rule.role == Role::Transparent);
        if names_one && role != Some(Role::Mention) {
            found.extend(Some(node).filter(|node| !self.qualifies(*node)));
        } else if let Some(value) = inner.and_then(|rule| rule.value.of(node)) {
            self.collect_bases(value, found, nesting + 1); // `Generic[T]` has one base
        } else if names_one {
            // A name of code (a variable of a type) is no base.
        } else if role != Some(Role::Skip) && role != Some(Role::Lambda) {
            let mut cursor = node.walk();
            for child in node.named_children(&mut cursor) {
                self.collect_bases(child, found, nesting + 1);
            }
        }
    }

    /// The first name in a type: `Server` of `Server<T>`.
    pub fn base_name(&mut self, node: Node) -> Option<Str> {
        let mut found = Vec::new();
        self.collect_bases(node, &mut found, 0);
        let first = found.first().copied()?;
        self.named(first).map(|(name, _)| name)
    }
}
