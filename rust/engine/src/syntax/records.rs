//! Objects that are written out: their members are named after what holds them.

use tree_sitter::Node;

use super::extract::{Container, Extractor};
use super::facts::Str;
use super::rules::Rule;
use super::values::Target;

impl Extractor<'_> {
    /// A member of an object that is written out.
    pub(super) fn record_member(&mut self, node: Node, rule: &Rule) {
        let offered = self.record().is_some_and(|record| record.exports);
        let Some(name) = rule.name.of(node) else {
            if offered {
                self.offer(self.text(node), self.text(node), node);
            }
            return;
        };
        let value = rule.value.of(node);
        if let Some(value) = value.filter(|value| offered && self.is_name(*value)) {
            self.offer(self.text(value), self.text(name), node);
        } else {
            self.holds_definition(node, rule);
        }
    }

    /// The members of an object are named after what holds it.
    pub(super) fn open_record(&mut self, target: &Target, steps: u32) {
        let outer = self.record().filter(|_| target.container.is_none() && !target.exported).map(|record| record.name);
        let mut name = Vec::new();
        if let Some(outer) = outer.filter(|outer| !outer.is_none()) {
            name.extend_from_slice(self.strings.table.get(outer));
            name.push(b'.');
        } else if let Some(container) = target.container.as_ref().filter(|_| target.name != b"prototype") {
            name.extend_from_slice(container.as_bytes());
            name.push(b'.');
        }
        match &target.container {
            Some(container) if target.name == b"prototype" => name.extend_from_slice(container.as_bytes()),
            _ if target.whole => {}
            _ => name.extend_from_slice(target.name),
        }
        let name = if name.is_empty() { Str::NONE } else { self.strings.intern(&name) };
        let members = self.depth + steps + 2;
        let exports = target.whole && target.exported;
        self.containers.push(Container { name, symbol: None, implements: false, depth: self.depth, members, exports });
    }

    /// The object whose members stand at this depth.
    pub(super) fn record(&self) -> Option<&Container> {
        self.containers.last().filter(|container| container.members == self.depth)
    }
}
