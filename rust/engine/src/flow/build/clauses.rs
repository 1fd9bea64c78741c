//! What is tried in turn inside of one pattern or for one function: guards, guarded alternatives, and the clauses of a
//! function that is written several times.

use tree_sitter::Node;

use super::super::blocks::EdgeKind;
use super::super::rules::{Part, Role, Rule, unwrapped};
use super::Builder;
use super::switches::is_irrefutable;

impl<'t> Builder<'t> {
    pub(super) fn is_guarded(&self, function: Node<'t>) -> bool {
        self.function_rule(function).is_some_and(|rule| rule.one(Part::Guard, function).is_some())
    }

    pub(super) fn function_body(&mut self, node: Node<'t>, rule: &'t Rule) {
        self.statements(rule.all(Part::Body, node));
        let cases = rule.all(Part::Cases, node);
        if !cases.is_empty() {
            let after = self.block();
            self.alternatives(cases, None, after);
            self.stand(after);
        }
    }

    /// Functions of one name, tried in their order; what none takes is an exception.
    pub(super) fn clauses(&mut self, nodes: &[Node<'t>]) {
        let after = self.block();
        for (place, node) in nodes.iter().enumerate() {
            if let Some(rule) = self.function_rule(*node) {
                self.names.open();
                let sure = rule.options.exhaustive && place + 1 == nodes.len();
                self.clause(*node, rule, sure, after);
                self.names.close();
            }
        }
        if self.entered[self.current as usize] {
            self.raise();
        }
        self.stand(after);
    }

    /// One clause; stands where it does not fit.
    fn clause(&mut self, node: Node<'t>, rule: &'t Rule, sure: bool, after: u32) {
        let lists = rule.all(Part::Parameters, node);
        let parameters: Vec<Node> = lists.into_iter().flat_map(|list| self.each_parameter(list)).collect();
        let guards = rule.all(Part::Guard, node);
        let any = |parameter: &Node| is_irrefutable(self.table, self.source, *parameter);
        let fits_all = (sure && guards.is_empty()) || parameters.iter().all(any);
        let (fits, body, rest) = (self.block(), self.block(), self.block());
        if fits_all {
            self.edge(self.current, fits, EdgeKind::Next);
        } else {
            let inside = rule.one(Part::Body, node).or_else(|| rule.one(Part::Cases, node));
            self.head(node, inside);
            self.edge(self.current, fits, EdgeKind::Case);
            self.edge(self.current, rest, EdgeKind::False);
        }
        self.stand(fits);
        self.bind_all(parameters, "parameter");
        self.guards(guards, body, rest, false);
        self.stand(body);
        self.statements(rule.all(Part::Body, node));
        let cases = rule.all(Part::Cases, node);
        if !cases.is_empty() {
            self.alternatives(cases, Some(rest), after);
        } else {
            self.edge(self.current, after, EdgeKind::Next);
        }
        self.stand(rest);
    }

    /// Guarded bodies; where no guard holds, control goes to `fails`, or an exception is thrown.
    pub(super) fn alternatives(&mut self, cases: Vec<Node<'t>>, fails: Option<u32>, after: u32) {
        for case in cases {
            let Some(rule) = self.table.rule(case, self.source) else { continue };
            let (holds, next) = (self.block(), self.block());
            self.names.open();
            self.guards(rule.all(Part::Guard, case), holds, next, rule.options.negated);
            self.stand(holds);
            self.statements(rule.all(Part::Body, case));
            self.edge(self.current, after, EdgeKind::Next);
            self.names.close();
            self.stand(next);
        }
        match fails {
            _ if !self.entered[self.current as usize] => {}
            Some(fails) => self.edge(self.current, fails, EdgeKind::Next),
            None => self.raise(),
        }
    }

    /// Conditions and patterns that must hold one after another.
    pub(super) fn guards(&mut self, guards: Vec<Node<'t>>, holds: u32, fails: u32, negated: bool) {
        for guard in guards {
            let next = self.block();
            let rule = self.table.rule(guard, self.source);
            match rule.map(|rule| (rule.role, rule)) {
                Some((Role::Guard, rule)) => {
                    self.unit(guard);
                    self.expressions(rule.all(Part::Condition, guard));
                    self.edge(self.current, next, EdgeKind::True);
                    self.edge(self.current, fails, EdgeKind::False);
                    self.stand(next);
                    self.bind_all(rule.all(Part::Target, guard), "pattern");
                }
                Some((Role::Filter, rule)) => self.condition(rule.one(Part::Condition, guard), next, fails, negated),
                Some((Role::Declare, _)) => {
                    self.statement(guard);
                    self.edge(self.current, next, EdgeKind::Next);
                }
                _ => self.condition(Some(guard), next, fails, negated),
            }
            self.stand(next);
        }
        self.edge(self.current, holds, EdgeKind::Next);
    }

    /// `clauses` that must all match, then `body`; the first that does not match goes to the cases.
    pub(super) fn matching(&mut self, node: Node<'t>, rule: &'t Rule) {
        let (fails, after) = (self.block(), self.block());
        self.scope(|builder| {
            for clause in rule.all(Part::Clauses, node) {
                let own = builder.table.rule(clause, builder.source);
                match own.filter(|own| own.role == Role::ForEach) {
                    Some(own) => builder.must_match(clause, own, fails),
                    None => builder.statement(clause),
                }
            }
            builder.statements(rule.all(Part::Body, node));
            builder.edge(builder.current, after, EdgeKind::Next);
        });
        self.stand(fails);
        let cases = rule.all(Part::Cases, node);
        if cases.is_empty() || !self.entered[fails as usize] {
            self.edge(self.current, after, EdgeKind::Next);
        } else {
            self.try_each(cases, rule, after);
        }
        self.stand(after);
    }

    fn must_match(&mut self, clause: Node<'t>, rule: &'t Rule, fails: u32) {
        self.unit(clause);
        self.expressions(rule.all(Part::Iterable, clause));
        let targets = rule.all(Part::Target, clause);
        if !targets.iter().all(|target| is_irrefutable(self.table, self.source, *target)) {
            let next = self.block();
            self.edge(self.current, next, EdgeKind::True);
            self.edge(self.current, fails, EdgeKind::False);
            self.stand(next);
        }
        self.bind_all(targets, "pattern");
    }

    /// A condition that a case stands for (`cond do`), without what only wraps it.
    pub(super) fn case_condition(&mut self, patterns: Vec<Node<'t>>, body: u32, fails: u32) {
        let last = patterns.len().saturating_sub(1);
        for (place, pattern) in patterns.into_iter().enumerate() {
            let next = if place == last { fails } else { self.block() };
            let condition = unwrapped(pattern, self.table, self.source);
            self.condition(Some(condition), body, next, false);
            self.stand(next);
        }
    }
}
