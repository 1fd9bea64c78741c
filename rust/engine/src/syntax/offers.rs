//! What a file offers to those who import it: exports, lists of names, the object that it returns.
//!
//! What it offers under another name than its own is an import of the file from itself: a resolver that follows re-exports
//! needs to know nothing more.

use tree_sitter::Node;

use super::extract::Extractor;
use super::facts::{Import, Str, Symbol, SymbolKind};
use super::rules::{Role, Rule};
use super::values::Target;

/// The name under which a file offers what has no name of its own.
pub(super) const DEFAULT: &[u8] = b"default";

impl Extractor<'_> {
    /// What the file offers: `name` of its own (or that it imports) as `alias`.
    pub(super) fn offer(&mut self, name: &[u8], alias: &[u8], at: Node) {
        let name_text = self.strings.intern(name);
        self.offers.names.push(name_text);
        if name != alias {
            let file = self.path.rsplit('/').next().unwrap_or(self.path);
            let path = self.strings.intern(format!("./{file}").as_bytes());
            let alias = self.strings.intern(alias);
            let line = at.start_position().row as u32 + 1;
            self.facts.imports.push(Import { owner: 0, path, name: name_text, alias, level: 0, line });
        }
    }

    /// `export { a, b as c }`: names of this file.
    pub(super) fn offered_list(&mut self, list: Node) {
        let mut cursor = list.walk();
        let items: Vec<Node> = list.named_children(&mut cursor).collect();
        for item in items {
            let Some(rule) = self.rule_of(item) else { continue };
            let Some(name) = rule.name.of(item) else { continue };
            let alias = rule.alias.of(item).unwrap_or(name);
            self.offer(self.text(name), self.text(alias), item);
        }
    }

    /// The list of what the file offers, in the clause that names it; without one it offers everything.
    pub(super) fn offered_names(&mut self, node: Node, rule: &Rule) {
        let Some(list) = rule.list.of(node) else { return };
        self.offers.listed = true;
        let mut cursor = list.walk();
        for item in list.named_children(&mut cursor) {
            let mut name = item;
            while let Some(inner) = name.named_child(0).filter(|_| !self.is_name(name)) {
                name = inner;
            }
            let text = self.strings.intern(self.text(name));
            self.offers.names.push(text);
        }
    }

    /// At the end: the variable that stands for the file is marked, and symbols of the module that the file offers by
    /// name are public.
    pub(super) fn mark_offered(&mut self) {
        if let Some(value) = self.offers.value {
            let strings = &self.strings.table;
            let is_it = |symbol: &&mut Symbol| {
                symbol.parent == 0 && symbol.kind() == SymbolKind::Variable && strings.get(symbol.name) == value
            };
            if let Some(symbol) = self.facts.symbols.iter_mut().find(is_it) {
                symbol.flags |= super::facts::flag::EXPORTED;
            }
        }
        let listed = self.offers.listed;
        let offered: rustc_hash::FxHashSet<Str> = self.offers.names.drain(..).collect();
        if offered.is_empty() && !listed {
            return;
        }
        for symbol in self.facts.symbols.iter_mut().skip(1) {
            if symbol.parent == 0 && symbol.container.is_none() && offered.contains(&symbol.name) {
                symbol.flags |= super::facts::flag::EXPORTED;
                symbol.visibility = super::facts::Visibility::Public as u8;
            } else if listed && symbol.parent == 0 && symbol.container.is_none() {
                symbol.visibility = super::facts::Visibility::Private as u8;
            }
        }
    }

    /// `const app = module.exports = …` offers `app`.
    pub(super) fn offered_by_chain(&mut self, node: Node, rule: &Rule) {
        let name = rule.name.of(node).filter(|name| self.is_name(*name));
        let mut value = rule.value.of(node);
        while let Some(assignment) = value.filter(|value| self.role(*value) == Some(Role::Assignment)) {
            let Some(inner) = self.rule_of(assignment) else { return };
            let whole = self.target(assignment, inner).is_some_and(|target| target.whole);
            if let Some(name) = name.filter(|_| whole) {
                return self.offer(self.text(name), DEFAULT, node);
            }
            value = inner.value.of(assignment);
        }
    }

    /// `export default function () {…}`: nothing names it but the word.
    pub(super) fn default_definition(&mut self, node: Node, rule: &Rule) {
        let Some(value) = rule.value.of(node) else { return };
        let (value, steps) = self.innermost_value(value);
        let target = Target { node, name: DEFAULT, container: None, holder: None, exported: true, whole: true };
        if self.is_name(value) {
            self.offer(self.text(value), DEFAULT, node);
        } else if self.role(value) == Some(Role::Record) {
            self.open_record(&target, steps);
        } else if let Some(kind) = self.function_value(value) {
            let rule_of_value = self.rule_of(value);
            let named = rule_of_value.and_then(|rule| rule.name.of(value));
            if named.is_none() || self.role(value) == Some(Role::Lambda) {
                self.define_value(node, rule, value, kind, &target);
            }
        }
    }

    /// `return M`, or an object that is written out, where a file gives it to those who import it.
    pub(super) fn module_value(&mut self, node: Node) {
        if self.depth > 1 {
            return;
        }
        let Some(given) = node.named_child(0) else { return };
        let value = self.first_of_list(given);
        let steps = u32::from(value != given);
        let target = Target { node, name: DEFAULT, container: None, holder: None, exported: true, whole: true };
        if self.role(value) == Some(Role::Record) {
            self.open_record(&target, steps);
        }
    }

    /// Whether `M` of `M.open` is what the file gives to others.
    pub(super) fn in_module_value(&self, object: &str) -> bool {
        self.offers.value == Some(object.as_bytes())
    }

    /// `a.b` of `M.a.b`, where `M` is what the file gives to others.
    pub(super) fn without_module_value<'t>(&self, object: &'t str) -> &'t str {
        let whole = self.offers.value.and_then(|whole| std::str::from_utf8(whole).ok());
        let rest = whole.and_then(|whole| object.strip_prefix(whole));
        rest.filter(|rest| rest.is_empty() || rest.starts_with('.')).map_or(object, |rest| rest.trim_start_matches('.'))
    }

    /// The name at the end of the file under which it gives itself to others.
    pub(super) fn find_module_value(&mut self, root: Node) {
        let mut cursor = root.walk();
        let last = root.named_children(&mut cursor).filter(|child| self.role(*child) == Some(Role::ModuleValue)).last();
        let value = last.and_then(|last| last.named_child(0)).map(|given| self.first_of_list(given));
        self.offers.value = value.filter(|value| self.is_name(*value)).map(|value| self.text(value));
    }
}
