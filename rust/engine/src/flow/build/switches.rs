//! Choices between many: cases that run into each other are jumped to; all others, and those with a guard, are tried one
//! after another.

use tree_sitter::Node;

use super::super::blocks::EdgeKind;
use super::super::rules::{FlowTable, Part, Role, Rule, unwrapped};
use super::leaving::Frame;
use super::{Builder, bare};

impl<'t> Builder<'t> {
    pub(super) fn switch(&mut self, node: Node<'t>, rule: &'t Rule, mut labels: Vec<Vec<u8>>) {
        labels.extend(rule.all(Part::Label, node).into_iter().map(|label| bare(self.text(label)).to_vec()));
        self.scope(|builder| {
            builder.statements(rule.all(Part::Init, node));
            for subject in rule.all(Part::Subject, node) {
                builder.unit(subject);
                builder.expression(subject);
            }
            let after = builder.block();
            let cases = rule.all(Part::Cases, node);
            let row = |case: &Node<'t>| builder.table.rule(*case, builder.source);
            let rows: Vec<&Rule> = cases.iter().filter_map(row).filter(|row| row.role == Role::Case).collect();
            let jumps = rows.iter().any(|row| row.falls_through) && !rows.iter().any(|row| row.has(Part::Guard));
            builder.frames.push(Frame::Breakable { labels, to: after, plain: rule.breakable });
            if jumps {
                builder.jump_to(cases, rule, after)
            } else {
                builder.try_each(cases, rule, after)
            }
            builder.frames.pop();
            builder.stand(after);
        });
    }

    /// C's `switch`: straight to the case that fits, and from its end into the next one.
    fn jump_to(&mut self, cases: Vec<Node<'t>>, rule: &'t Rule, after: u32) {
        let dispatch = self.current;
        self.frames.push(Frame::Dispatch { from: dispatch, has_default: false });
        self.stop();
        self.statements(cases);
        let has_default = matches!(self.frames.pop(), Some(Frame::Dispatch { has_default: true, .. }));
        self.edge(self.current, after, EdgeKind::Next);
        if !has_default && !rule.exhaustive {
            self.edge(dispatch, after, EdgeKind::Default);
        }
    }

    /// A case met among the statements of a switch, however deep it lies.
    pub(super) fn case_in_passing(&mut self, node: Node<'t>, rule: &'t Rule) {
        let innermost = self.frames.iter_mut().rev().find_map(|frame| match frame {
            Frame::Dispatch { from, has_default } => Some((from, has_default)),
            _ => None,
        });
        let is_default = is_default(self.table, self.source, node, rule);
        if let Some((from, has_default)) = innermost {
            let from = *from;
            *has_default |= is_default;
            let start = self.block();
            if rule.falls_through {
                self.edge(self.current, start, EdgeKind::Next);
            }
            let kind = if is_default { EdgeKind::Default } else { EdgeKind::Case };
            self.edge(from, start, kind);
            self.marked(node, rule, start);
            self.stand(start);
        }
        let patterns = rule.all(Part::Patterns, node);
        self.expressions(patterns);
        self.statements(rule.all(Part::Body, node));
        if !rule.falls_through {
            let to = self.frames.iter().rev().find_map(|frame| match frame {
                Frame::Breakable { to, .. } => Some(*to),
                _ => None,
            });
            to.into_iter().for_each(|to| self.edge(self.current, to, EdgeKind::Next));
            self.stop();
        }
    }

    /// Patterns one after another; the default last, wherever it stands.
    fn try_each(&mut self, cases: Vec<Node<'t>>, rule: &'t Rule, after: u32) {
        let table = self.table;
        let source = self.source;
        let mut default = None;
        let with_rules = cases
            .into_iter()
            .map(|case| unwrapped(case, table, source))
            .filter_map(|case| Some((case, table.rule(case, source)?)));
        let cases: Vec<(Node, &Rule, u32)> = with_rules
            .filter(|(_, rule)| rule.role == Role::Case)
            .map(|(case, rule)| (case, rule, self.block()))
            .collect();
        for (place, (case, row, body)) in cases.iter().enumerate() {
            if default.is_none() && is_default(table, source, *case, row) {
                default = Some(*body);
            } else {
                self.test(*case, row, *body);
            }
            let next = cases.get(place + 1).map(|(_, _, body)| *body);
            let (tested, sealed) = (self.current, self.sealed);
            self.case_body(*case, row, *body, next, after);
            (self.current, self.sealed) = (tested, sealed);
        }
        match default {
            Some(body) => self.edge(self.current, body, EdgeKind::Default),
            None if !rule.exhaustive => self.edge(self.current, after, EdgeKind::False),
            None => match self.edges.iter().rposition(|edge| edge.to == self.current && edge.kind == EdgeKind::False) {
                // The last pattern fits if no other did.
                Some(last) if cases.last().is_some_and(|(case, row, _)| row.one(Part::Guard, *case).is_none()) => {
                    self.edges.remove(last);
                }
                _ => {}
            },
        }
    }

    /// The patterns and the guard of one case; stands where they do not fit.
    fn test(&mut self, case: Node<'t>, row: &'t Rule, body: u32) {
        let fails = self.block();
        let fits = if row.has(Part::Guard) { self.block() } else { body };
        self.head(case, row.one(Part::Guard, case).or_else(|| row.one(Part::Body, case)));
        if !row.binds {
            self.expressions(row.all(Part::Patterns, case));
        }
        self.edge(self.current, fits, EdgeKind::Case);
        self.edge(self.current, fails, EdgeKind::False);
        if fits != body {
            self.stand(fits);
            self.names.open();
            self.bind_patterns(case, row);
            self.condition(row.one(Part::Guard, case), body, fails, false);
            self.names.close();
        }
        self.stand(fails);
    }

    fn case_body(&mut self, case: Node<'t>, row: &'t Rule, body: u32, next: Option<u32>, after: u32) {
        self.marked(case, row, body);
        self.stand(body);
        self.frames.push(Frame::Case { next });
        self.scope(|builder| {
            builder.bind_patterns(case, row);
            builder.statements(row.all(Part::Body, case));
        });
        self.frames.pop();
        self.edge(self.current, next.filter(|_| row.falls_through).unwrap_or(after), EdgeKind::Next);
    }

    /// A case may be what a `goto` names.
    fn marked(&mut self, case: Node<'t>, row: &'t Rule, body: u32) {
        for label in row.all(Part::Label, case) {
            let mark = self.mark(bare(self.text(label)));
            self.edge(mark, body, EdgeKind::Next);
        }
    }

    fn bind_patterns(&mut self, case: Node<'t>, row: &'t Rule) {
        if row.binds {
            for pattern in row.all(Part::Patterns, case) {
                self.bind(pattern, "pattern", Some(false));
            }
        }
    }
}

/// Whether a case takes whatever comes: it has no pattern, or one that matches everything, and no guard.
pub(in super::super) fn is_default(table: &FlowTable, source: &[u8], case: Node, rule: &Rule) -> bool {
    let patterns = rule.all(Part::Patterns, case);
    let text = |node: &Node| source.get(node.byte_range()).unwrap_or_default();
    let open = patterns.is_empty() || patterns.iter().any(|pattern| table.is_wildcard(text(pattern)));
    rule.default || (open && rule.one(Part::Guard, case).is_none())
}
