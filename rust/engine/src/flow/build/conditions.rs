//! What decides a branch: a condition, or several that must all hold, and what they bind.

use tree_sitter::Node;

use super::super::blocks::EdgeKind;
use super::super::rules::{Part, Role, Rule};
use super::Builder;

impl<'t> Builder<'t> {
    /// Jumps to `holds` if all conditions of a row hold, which commas part, and binds its targets on the way: what stands
    /// before a `=` where that holds, anything else at the end, before the guard.
    pub(super) fn conditions(&mut self, node: Node<'t>, rule: &'t Rule, holds: u32, fails: u32) {
        let mut targets = rule.all(Part::Target, node);
        let guard = rule.one(Part::Guard, node);
        let said = rule.all(Part::Condition, node);
        let groups: Vec<&[Node]> = said.split(|one| !one.is_named() && self.text(*one) == b",").collect();
        for (place, group) in groups.iter().enumerate() {
            let last = place + 1 == groups.len();
            let bound: Vec<Node> = targets.extract_if(.., |target| group.contains(target)).collect();
            let next = if last && guard.is_none() { holds } else { self.block() };
            self.together(group, &bound, next, fails, rule.options.negated);
            self.stand(next);
            self.bind_all(bound, "declare");
        }
        self.bind_all(targets, "declare");
        if guard.is_some() {
            self.condition(guard, holds, fails, false);
        }
    }

    /// One condition, which may stand as several nodes in a row.
    pub(super) fn together(&mut self, group: &[Node<'t>], bound: &[Node<'t>], holds: u32, fails: u32, negated: bool) {
        let runs = |node: &&Node<'t>| {
            node.is_named() && !bound.contains(node) && self.table.role(**node, self.source) != Some(Role::Skip)
        };
        let equals = group.iter().position(|one| !one.is_named() && self.text(*one) == b"=");
        let mut values: Vec<Node> = group[equals.unwrap_or(0)..].iter().filter(runs).copied().collect();
        let (Some(first), Some(last)) = (group.first(), group.last()) else {
            return self.condition(None, holds, fails, negated);
        };
        if let ([only], []) = (values.as_slice(), bound) {
            return self.condition(Some(*only), holds, fails, negated);
        }
        // `if let x` takes its value from what has this name outside.
        if values.is_empty() {
            values = bound.to_vec();
        }
        self.unit_between(*first, last.end_byte());
        self.statement = self.blocks[self.current as usize].units.last().copied();
        self.expressions(values);
        self.statement = None;
        let (yes, no) = if negated { (fails, holds) } else { (holds, fails) };
        self.edge(self.current, yes, EdgeKind::True);
        self.edge(self.current, no, EdgeKind::False);
    }
}
