//! Loops and comprehensions: a head that is tested or asked for the next item, a body, and the way back.

use tree_sitter::Node;

use super::super::blocks::EdgeKind;
use super::super::rules::{Part, Role, Rule};
use super::Builder;
use super::labels::bare;
use super::leaving::Frame;

impl<'t> Builder<'t> {
    pub(super) fn looping(&mut self, node: Node<'t>, rule: &'t Rule, mut labels: Vec<Vec<u8>>) {
        labels.extend(rule.all(Part::Label, node).into_iter().map(|label| bare(self.text(label)).to_vec()));
        self.scope(|builder| match rule.role {
            Role::ForEach => builder.for_each(node, rule, labels),
            Role::DoWhile => builder.do_while(node, rule, labels),
            _ => builder.while_or_for(node, rule, labels),
        });
    }

    /// The body, which `redo` begins again.
    fn body(&mut self, node: Node<'t>, rule: &'t Rule, labels: Vec<Vec<u8>>, after: u32, again: u32) {
        let begin = self.block();
        self.go(begin, EdgeKind::Next);
        self.frames.push(Frame::Loop { labels, after, again, begin });
        self.statements(rule.all(Part::Body, node));
        self.frames.pop();
    }

    /// What runs when the loop ends by itself, and not after a `break`.
    fn finish(&mut self, node: Node<'t>, rule: &'t Rule, done: u32, after: u32) {
        self.stand(done);
        self.statements(rule.all(Part::Else, node));
        self.go(after, EdgeKind::Next);
    }

    fn while_or_for(&mut self, node: Node<'t>, rule: &'t Rule, labels: Vec<Vec<u8>>) {
        self.statements(rule.all(Part::Init, node));
        let (head, body, done, after) = (self.block(), self.block(), self.block(), self.block());
        let again = if rule.has(Part::Update) { self.block() } else { head };
        self.go(head, EdgeKind::Next);
        self.conditions(node, rule, body, done);
        self.stand(body);
        self.body(node, rule, labels, after, again);
        if again == head {
            self.edge(self.current, head, EdgeKind::LoopBack);
        } else {
            self.go(again, EdgeKind::Next);
            self.statements(rule.all(Part::Update, node));
            self.edge(self.current, head, EdgeKind::LoopBack);
        }
        self.finish(node, rule, done, after);
    }

    fn do_while(&mut self, node: Node<'t>, rule: &'t Rule, labels: Vec<Vec<u8>>) {
        let (body, test, back, after) = (self.block(), self.block(), self.block(), self.block());
        self.go(body, EdgeKind::Next);
        self.body(node, rule, labels, after, test);
        self.go(test, EdgeKind::Next);
        self.condition(rule.one(Part::Condition, node), back, after, rule.options.negated);
        self.edge(back, body, EdgeKind::LoopBack);
        self.stand(after);
    }

    fn for_each(&mut self, node: Node<'t>, rule: &'t Rule, labels: Vec<Vec<u8>>) {
        let (head, body, done, after) = (self.block(), self.block(), self.block(), self.block());
        self.statements(rule.all(Part::Init, node));
        self.iterate(node, rule, head, (body, done), self.table.function_scope());
        if let Some(guard) = rule.one(Part::Guard, node) {
            let taken = self.block();
            self.condition(Some(guard), taken, head, false);
            self.stand(taken);
        }
        self.body(node, rule, labels, after, head);
        self.edge(self.current, head, EdgeKind::LoopBack);
        self.finish(node, rule, done, after);
    }

    /// The head of a for-each; stands in the body, with the item bound.
    fn iterate(&mut self, node: Node<'t>, rule: &'t Rule, head: u32, (body, done): (u32, u32), hoisted: bool) {
        self.expressions(rule.all(Part::Iterable, node));
        self.go(head, EdgeKind::Next);
        self.head(node, rule.one(Part::Body, node));
        self.edge(self.current, body, EdgeKind::True);
        self.edge(self.current, done, EdgeKind::False);
        self.stand(body);
        for target in rule.all(Part::Target, node) {
            self.bind(target, "loop", Some(hoisted));
        }
    }

    pub(super) fn comprehension(&mut self, node: Node<'t>, rule: &'t Rule) {
        let after = self.block();
        self.scope(|builder| {
            // Where an item that is not taken goes, and where the loop that ends goes.
            let (mut next, mut ended) = (after, after);
            for clause in rule.all(Part::Clauses, node) {
                let body = builder.block();
                let Some(own) = builder.table.rule(clause, builder.source) else {
                    // An expression among generators is a filter (Elixir).
                    builder.condition(Some(clause), body, next, false);
                    builder.stand(body);
                    continue;
                };
                match own.role {
                    Role::ForEach => {
                        let head = builder.block();
                        builder.iterate(clause, own, head, (body, ended), false);
                        (next, ended) = (head, head);
                    }
                    Role::Filter => builder.condition(own.one(Part::Condition, clause), body, next, false),
                    Role::Declare => {
                        builder.statement(clause);
                        builder.go(body, EdgeKind::Next);
                    }
                    _ => builder.condition(Some(clause), body, next, false),
                }
                builder.stand(body);
            }
            builder.statements(rule.all(Part::Body, node));
            builder.edge(builder.current, next, EdgeKind::LoopBack);
        });
        self.stand(after);
    }
}
