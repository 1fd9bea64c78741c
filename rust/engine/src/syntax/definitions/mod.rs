//! Definitions: from a node with a `definition.*` role to a symbol. What is defined, and by which shape of node, is
//! decided here; where it stands ([`place`]), what it is called and said to be ([`symbol`], [`signature`]), what it takes
//! ([`parameters`]) and how it is documented ([`documentation`]) beside it.

mod documentation;
mod parameters;
mod place;
mod signature;
mod symbol;

pub use place::Place;
pub use signature::last_line;

use std::borrow::Cow;

use tree_sitter::Node;

use crate::syntax::extract::Extractor;
use crate::syntax::facts::{ReferenceKind, Str, SymbolKind};
use crate::syntax::names;
use crate::syntax::rules::{NamedBy, Role, Rule};

impl Extractor<'_> {
    pub fn definition(&mut self, node: Node, rule: &Rule, kind: SymbolKind) {
        if rule.of_call {
            return self.called_definition(node, rule, kind);
        }
        if rule.headless {
            self.lead = Some(self.beginning_lead(node));
        }
        if kind == SymbolKind::Variable {
            return self.variables(node, rule);
        }
        // A variable with code of its own also holds something.
        if rule.otherwise == Some(Role::DefineVariable) {
            self.binding(node, rule);
        }
        if rule.role == Role::DefineMethod && rule.type_part.is_some() {
            self.binding(node, rule);
        }
        if self.defined.0 == node.id() {
            return; // by the variable that holds it
        }
        let unknown_head = || self.table.rules.heads.keys().any(|word| self.text(node).starts_with(word.as_bytes()));
        if rule.named_by == Some(NamedBy::Heading) || unknown_head() {
            return self.define_headed(node, rule, kind);
        }
        if let Some(head) = rule.head.of(node) {
            return self.define_head(node, head, rule, kind);
        }
        if rule.named_by == Some(NamedBy::Words) {
            return self.define_by_words(node, rule, kind);
        }
        let name = self.name_node(node, &rule.name).filter(|name| !self.is_blank(self.text(*name)));
        let Some(name) = name else {
            if kind.is_type() {
                self.interrupt_types(node);
                if self.makes_type(kind) {
                    return;
                }
            }
            if kind.is_callable() || kind == SymbolKind::Class {
                self.anonymous(node);
            }
            return;
        };
        // A signature inside a function belongs to a type without a name: Go's `x.(interface{ Close() })`.
        let bodiless = || rule.body.is_some() && rule.body.of(node).is_none();
        if kind == SymbolKind::Function && self.scope().kind.is_callable() && bodiless() {
            self.seen.unmentioned = node.end_byte() as u32;
            return;
        }
        if kind == SymbolKind::Function && self.behind_declarators(node, rule) {
            return self.declared_function(node, name, rule);
        }
        let Some((inner, inner_kind)) = self.kind_by_child(node, rule) else {
            return self.define(node, name, rule, kind, node);
        };
        match self.rule_of(inner).and_then(|inner_rule| self.name_node(inner, &inner_rule.name)) {
            Some(inner_name) => self.alias(node, name, rule, kind, inner_name),
            None => self.define(node, name, rule, inner_kind, node),
        }
    }

    /// A package with a body that is not the file's own: one in another, or a second one beside it.
    pub fn further_package(&mut self, node: Node, rule: &Rule) {
        if rule.body.is_some() && node.start_byte() as u32 != self.package.0 {
            self.definition(node, rule, SymbolKind::Module);
        }
    }

    /// `kinds` of the rule: the kind of symbol by the kind of node in its `type` field, if that is a whole type.
    fn kind_by_child<'t>(&self, node: Node<'t>, rule: &Rule) -> Option<(Node<'t>, SymbolKind)> {
        let child = rule.type_part.of(node).filter(|_| !rule.kinds.is_empty())?;
        let (_, kind) = rule.kinds.iter().find(|(id, _)| *id == child.kind_id())?;
        self.rule_of(child).is_none_or(|rule| rule.role_of(child).is_some()).then_some((child, *kind))
    }

    /// `typedef struct point {…} point_t`: the struct is defined inside, and this is a name for it.
    fn alias(&mut self, node: Node, name: Node, rule: &Rule, kind: SymbolKind, inner_name: Node) {
        let place = self.place(node, name, kind, node);
        let symbol = self.push_symbol(&place, rule);
        self.seen.alias = name.start_byte() as u32;
        let inner = self.strings.intern(self.text(inner_name));
        self.push_reference(symbol, inner, Str::NONE, inner_name, ReferenceKind::Type);
        self.hash_text(symbol, node);
        self.hash_interface(symbol);
    }

    pub fn define(&mut self, node: Node, name: Node, rule: &Rule, kind: SymbolKind, callable: Node) {
        let mut place = self.place(node, name, kind, callable);
        // A module's name is as long as it is written: `namespace a.b`.
        place.called = (kind == SymbolKind::Module).then(|| Cow::Borrowed(self.text(name)));
        let source: &[u8] = self.source;
        if kind == SymbolKind::Method && name.start_byte() > node.start_byte() && source[name.start_byte() - 1] == b'~'
        {
            place.called = source.get(name.start_byte() - 1..name.end_byte()).map(Cow::Borrowed); // a destructor
        }
        if let Some(receiver) = self.receiver_type(node, rule) {
            place.container = receiver;
            place.parent = self.symbol_of_type(receiver).unwrap_or(place.parent);
        } else if kind != SymbolKind::Module {
            let by_parts = self.member_rule(place.name).is_none_or(|rule| rule.type_part.is_some());
            if by_parts { self.place_by_name(&mut place) } else { self.place_in_object(&mut place) }
        }
        self.finish_definition(place, rule);
    }

    /// What is called as its head is written: see `heading` and `heads` in [`super::rules`].
    fn define_headed(&mut self, node: Node, rule: &Rule, kind: SymbolKind) {
        let (Some(first), Some(body)) = (node.child(0), rule.body.of(node)) else { return };
        let head = names::folded(&self.source[node.start_byte()..body.start_byte()]);
        let mut place = self.place(node, first, kind, node);
        place.called = Some(Cow::Owned(head.into_bytes()));
        self.finish_definition(place, rule);
    }

    /// What is called by all words from its name to its parameters: `implicit operator decimal`. Parameters in brackets
    /// belong to the name, too: `this[]`.
    fn define_by_words(&mut self, node: Node, rule: &Rule, kind: SymbolKind) {
        let (Some(first), Some(parameters)) = (rule.name.of(node), rule.parameters.of(node)) else { return };
        let mut cursor = node.walk();
        let words: Vec<&[u8]> = node
            .children(&mut cursor)
            .filter(|child| first.start_byte() <= child.start_byte() && child.end_byte() <= parameters.start_byte())
            .map(|child| self.text(child))
            .collect();
        let mut called = words.join(&b' ');
        if self.text(parameters).starts_with(b"[") {
            called.extend_from_slice(b"[]");
        }
        let mut place = self.place(node, first, kind, node);
        place.called = Some(Cow::Owned(called));
        self.finish_definition(place, rule);
    }

    pub fn is_blank(&self, name: &[u8]) -> bool {
        self.table.rules.blank_names.iter().any(|blank| blank.as_bytes() == name)
    }

    pub fn finish_definition(&mut self, mut place: Place, rule: &Rule) {
        let inside = self.facts.symbols[place.parent as usize].kind().is_type();
        if place.kind == SymbolKind::Function && (inside || !place.container.is_none()) {
            place.kind = SymbolKind::Method;
        }
        if let Some(clause) = self.earlier_clause(&place, rule) {
            return self.another_clause(clause, &place, rule);
        }
        let symbol = self.push_symbol(&place, rule);
        self.push_scope(symbol, place.name.start_byte() as u32, place.kind);
        self.hold_open(&place, rule);
        if rule.variables {
            self.holders.push(symbol);
        }
        let of_value = self.rule_of(place.callable).filter(|_| place.callable != place.node);
        self.bases(place.callable, of_value.unwrap_or(rule), symbol);
        self.hash_interface(symbol);
        if place.lead.is_some_and(|lead| lead.default && self.depth == lead.depth + 1) {
            let name = self.definition_name(place.name).to_vec();
            self.offer(&name, b"default", place.node);
        }
    }

    /// The body of what has no scope: its text.
    pub fn hash_text(&mut self, symbol: u32, node: Node) {
        let hash = blake3::hash(self.text(node));
        self.facts.symbols[symbol as usize].body_hash.copy_from_slice(&hash.as_bytes()[..16]);
    }

    pub fn hash_interface(&mut self, symbol: u32) {
        let facts = &self.facts.symbols[symbol as usize];
        let strings = &self.strings.table;
        let mut parts =
            vec![strings.get(facts.qualified), std::slice::from_ref(&facts.kind), strings.get(facts.signature)];
        parts.extend(
            self.facts
                .references
                .iter()
                .rev()
                .take_while(|reference| reference.owner == symbol)
                .map(|reference| strings.get(reference.name)),
        );
        let hash = names::short_hash(&parts);
        self.facts.symbols[symbol as usize].interface_hash = hash;
    }

    pub fn role(&self, node: Node) -> Option<Role> {
        self.rule_of(node)?.role_of(node)
    }

    /// A body that stands beside the definition, or beside the node around it, belongs to its scope.
    fn hold_open(&mut self, place: &Place, rule: &Rule) {
        if !rule.body.is_beside() {
            return;
        }
        let outside = self.body(place, rule).filter(|body| body.start_byte() >= place.node.end_byte());
        let Some((body, scope)) = outside.zip(self.scopes.last_mut()) else { return };
        scope.depth -= u32::from(body.parent() != place.node.parent());
        scope.until = body.end_byte() as u32;
    }
}
