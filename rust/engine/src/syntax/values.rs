//! What names get as values: functions, objects, exports, plain values.
//!
//! A function that is a value is called what holds it: a variable (`const f = () => …`), a member of an object that
//! exists (`app.use = function …`), of one that is written out (`{ run() {…} }`), or the file itself
//! (`module.exports = …`). Where the object has no symbol of its own its text becomes the `container` of the method.

use std::borrow::Cow;

use tree_sitter::Node;

use super::definitions::Place;
use super::extract::Extractor;
use super::facts::{Str, SymbolKind};
use super::names;
use super::offers::DEFAULT;
use super::rules::{NamedBy, Role, Rule, mark};

/// Objects and patterns nested deeper than this name nothing.
const MAX_NESTING: usize = 16;

/// What an assignment gives a value to.
pub(super) struct Target<'t> {
    pub node: Node<'t>,
    pub name: &'t [u8],
    /// The object, where it is a name: `app` of `app.use`, `Foo` of `Foo.prototype.bar`.
    pub container: Option<String>,
    /// The type, where the object is the one that the method around works on (`this.x`).
    pub holder: Option<u32>,
    pub exported: bool,
    /// The whole of what the file offers (`module.exports`), not a member of it.
    pub whole: bool,
}

/// A variable of the module whose value is open.
#[derive(Clone, Copy)]
pub(super) struct Held {
    pub symbol: u32,
    pub name_start: u32,
    pub end_byte: u32,
}

impl<'a> Extractor<'a> {
    /// Variables of a statement: functions they hold are functions, those of a module are variables, all are bindings.
    pub(super) fn variables(&mut self, node: Node, rule: &Rule) {
        if self.holds_definition(node, rule) {
            return;
        }
        let function = |name: Node| rule.parameters.is_some() && self.declares_function(name, &rule.parameters);
        let declares = rule.name.of(node).is_some_and(function);
        if (rule.type_part.is_some() || rule.value.is_some()) && !declares {
            self.binding(node, rule);
            self.offered_by_chain(node, rule);
        }
        // What the parser had to complete is no declaration, but the beginning of something it could not read.
        let completed = || node.child(node.child_count().saturating_sub(1)).is_some_and(|last| last.is_missing());
        let anonymous = (node.start_byte() as u32) < self.seen.anonymous;
        let among_members = self.holders.contains(&self.scope().symbol) && self.depth == self.scope().depth + 2;
        // In the body of a type only functions are declared; what else stands there are fields.
        let in_type = self.scope().kind.is_type() && rule.parameters.is_some();
        let in_module = self.scope().kind == SymbolKind::Module;
        if !in_module && !among_members && !in_type || anonymous || completed() {
            return;
        }
        for declared in rule.name.all(node) {
            let declared = self.unmasked(node, declared);
            if matches!(self.role(declared), Some(Role::Pattern | Role::List)) {
                let mut names = Vec::new();
                self.names_in(declared, &mut names, 0);
                names.into_iter().for_each(|name| self.variable(node, name, rule));
                continue;
            }
            let Some(name) = self.innermost_name(declared).filter(|name| self.role(*name) != Some(Role::Member)) else {
                continue;
            };
            if in_type && self.is_macro_in_type(node, name, rule) {
                continue;
            }
            if rule.parameters.is_some() && self.declares_function(declared, &rule.parameters) {
                return self.define(node, name, rule, SymbolKind::Function, node);
            }
            if in_type {
                continue;
            }
            self.variable(node, name, rule);
        }
    }

    /// In the body of a type only constructors and the like need no type: `MOCK_METHOD(int, f, ())` is none of them.
    fn is_macro_in_type(&self, node: Node, name: Node, rule: &Rule) -> bool {
        let holder = &self.facts.symbols[self.scope().symbol as usize];
        rule.type_part.of(node).is_none()
            && self.role(name) != Some(Role::Name)
            && self.text(name) != self.strings.table.get(holder.name)
    }

    /// An assignment to what exists; it makes a variable only where that is offered to other files.
    pub(super) fn assignment(&mut self, node: Node, rule: &Rule) {
        if self.holds_definition(node, rule) {
            return;
        }
        self.binding(node, rule);
        let Some(target) = self.target(node, rule).filter(|target| target.exported) else { return };
        let value = rule.value.of(node).map(|value| self.text(value));
        let value_names = rule.value.of(node).is_some_and(|value| self.is_name(value));
        if let Some(value) = value.filter(|_| value_names) {
            self.offer(value, target.name, node);
        } else if !target.whole && self.scope().kind == SymbolKind::Module {
            let known = self.facts.symbols.len();
            self.variable(node, target.node, rule);
            if self.facts.symbols.len() > known {
                self.offer(target.name, target.name, node);
            }
        }
    }

    /// A field of the type around it.
    pub(super) fn field(&mut self, node: Node, rule: &Rule) {
        let kind = self.scope().kind;
        let near = self.depth <= self.scope().depth + 3 && (kind.is_type() || kind == SymbolKind::Type);
        if near && !self.holds_definition(node, rule) {
            self.binding(node, rule);
        }
    }

    /// Whether the value is a definition, or an object with definitions in it, or imported; then it is dealt with.
    pub(super) fn holds_definition(&mut self, node: Node, rule: &Rule) -> bool {
        let value = rule.value.of(node).or_else(|| self.declarators_value(node, rule));
        let Some(given) = value else { return false };
        let value = self.first_of_list(given);
        if self.import_call(node, rule, value) {
            return true;
        }
        if self.goes_on(value) {
            return false;
        }
        let in_list = u32::from(value != given);
        let (value, steps) = self.innermost_value(value);
        let steps = steps + in_list;
        let mut kind = self.function_value(value);
        if kind == Some(SymbolKind::Class) && self.rule_of(value).is_some_and(|rule| rule.of_call) {
            // A class that only a local holds has no name.
            let name = rule.name.of(node).and_then(|name| self.innermost_name(name));
            kind = kind.filter(|_| name.is_some_and(|name| self.table.marks(name.kind_id()) & mark::TYPE != 0));
        }
        if kind.is_none() && self.role(value) != Some(Role::Record) {
            return false;
        }
        let Some(mut target) = self.target(node, rule) else { return false };
        if self.is_blank(target.name) {
            return false;
        }
        let Some(kind) = kind else {
            self.open_record(&target, steps);
            return false;
        };
        if self.defined.0 == value.id() {
            // `exports.a = exports.b = function …`: one function, two names.
            if target.exported {
                let name = self.strings.table.get(self.defined.1).to_vec();
                self.offer(&name, target.name, node);
            }
            return true;
        }
        let own_name = self.rule_of(value).and_then(|rule| rule.name.of(value));
        if let (true, Some(own)) = (target.whole, own_name.filter(|_| self.role(value) != Some(Role::Lambda))) {
            self.offer(self.text(own), DEFAULT, node);
            target.name = self.text(own);
        }
        self.define_value(node, rule, value, kind, &target);
        true
    }

    /// The value beside the name, inside a declarator: `auto f = [] {…}`.
    fn declarators_value<'t>(&self, node: Node<'t>, rule: &Rule) -> Option<Node<'t>> {
        let declarator = rule.name.of(node)?;
        let rule = self.table.rule(declarator.kind_id()).filter(|rule| rule.role == Role::Declarator)?;
        rule.value.of(declarator)
    }

    pub(super) fn define_value(&mut self, node: Node, rule: &Rule, value: Node, kind: SymbolKind, target: &Target) {
        let mut place = self.place(node, target.node, kind, value);
        place.called = Some(Cow::Borrowed(target.name));
        place.exported |= target.exported;
        if let Some(holder) = target.holder {
            (place.parent, place.container) = (holder, Str::NONE);
        } else if let Some(container) = &target.container {
            place.container = self.strings.intern(container.as_bytes());
        }
        self.defined = (value.id(), self.strings.intern(target.name));
        self.finish_definition(place, rule);
    }

    /// Through `await`, parentheses and chained assignments to the value; how many nodes deeper that is.
    pub(super) fn innermost_value<'t>(&self, mut value: Node<'t>) -> (Node<'t>, u32) {
        for steps in 0..MAX_NESTING as u32 {
            let Some(rule) = self.rule_of(value) else { return (value, steps) };
            let inner = match rule.role {
                Role::Transparent if rule.value.is_none() => value.named_child(0),
                Role::Assignment => rule.value.of(value),
                _ => None,
            };
            let Some(inner) = inner else { return (value, steps) };
            value = inner;
        }
        (value, 0)
    }

    /// What a value defines: a function, or a type.
    pub(super) fn function_value(&self, value: Node) -> Option<SymbolKind> {
        let rule = self.rule_of(value)?;
        if rule.role == Role::Lambda {
            return Some(SymbolKind::Function);
        }
        let held = !rule.of_call || rule.named_by == Some(NamedBy::Holder);
        rule.role.defines().filter(|kind| held && (kind.is_callable() || kind.is_type()))
    }

    /// `attr_reader :items, :owner` defines a method for each name, and `define_method(:run) { … }` one with a body.
    pub(super) fn define_each(&mut self, node: Node, rule: &Rule) {
        let Some(arguments) = self.arguments(node) else { return };
        let has_body = rule.body.is_in(node);
        let mut cursor = arguments.walk();
        for name in arguments.named_children(&mut cursor).take(if has_body { 1 } else { usize::MAX }) {
            let Some(text) = self.text(name).strip_prefix(b":") else { break };
            for pattern in &rule.each {
                let called = pattern.replace('*', &String::from_utf8_lossy(text));
                let mut place = self.place(node, name, SymbolKind::Method, node);
                place.called = Some(Cow::Owned(called.into_bytes()));
                let symbol = self.push_symbol(&place, rule);
                if has_body {
                    self.push_scope(symbol, name.start_byte() as u32, SymbolKind::Method);
                } else {
                    self.hash_text(symbol, node);
                }
                self.hash_interface(symbol);
            }
        }
    }

    /// What the left side of an assignment names; None for an index or a pattern.
    pub(super) fn target<'t>(&self, node: Node<'t>, rule: &Rule) -> Option<Target<'t>>
    where
        'a: 't,
    {
        let left = self.first_of_list(rule.name.of(node)?);
        let name = self.innermost_name(left)?;
        let mut target =
            Target { node: name, name: self.text(name), container: None, holder: None, exported: false, whole: false };
        let known = |text: &[u8]| rule.exports.iter().any(|known| known.as_bytes() == text);
        let value = rule.value.of(node).map(|value| self.first_of_list(value));
        let is_record = value.is_some_and(|value| self.role(value) == Some(Role::Record));
        if known(target.name) || is_record && self.offers.value == Some(target.name) {
            (target.name, target.exported, target.whole) = (DEFAULT, true, true);
            return Some(target);
        }
        let Some(member) = self.rule_of(name).filter(|rule| rule.role == Role::Member) else {
            return Some(target);
        };
        let (object, property) = (member.object.of(name)?, member.property.of(name)?);
        target.name = self.text(property);
        let text = names::without_space(self.text(object));
        if known(text.as_bytes()) {
            target.exported = true;
        } else if self.is_receiver(object) {
            target.holder = self.enclosing_type();
        } else {
            let text = text.strip_suffix(".prototype").unwrap_or(&text);
            target.exported = self.in_module_value(text);
            target.container = Some(self.without_module_value(text)).filter(|it| !it.is_empty()).map(String::from);
        }
        Some(target)
    }

    /// Whether this is the object that the method around works on: a keyword, or the method's first parameter.
    pub(super) fn is_receiver(&self, object: Node) -> bool {
        if object.named_child_count() == 0 && self.table.marks(object.kind_id()) & mark::IDENTIFIER == 0 {
            return true;
        }
        let around = &self.facts.symbols[self.scope().symbol as usize];
        let first = self.facts.parameters.get(around.first_parameter as usize).filter(|_| around.parameter_count > 0);
        around.kind() == SymbolKind::Method
            && first.is_some_and(|first| self.strings.table.get(first.name) == self.text(object))
    }

    pub(super) fn is_name(&self, node: Node) -> bool {
        node.child_count() == 0 && self.table.marks(node.kind_id()) & mark::IDENTIFIER != 0
    }

    /// The names in a pattern or list, without keys and default values.
    fn names_in<'t>(&self, node: Node<'t>, found: &mut Vec<Node<'t>>, nesting: usize) {
        if nesting > MAX_NESTING {
            return;
        }
        if self.is_name(node) {
            let is_type = self.table.marks(node.kind_id()) & mark::TYPE != 0;
            return if is_type {
            } else {
                found.push(node)
            };
        }
        let Some(rule) = self.rule_of(node) else { return };
        match rule.role_of(node).unwrap_or(Role::Skip) {
            Role::Pattern | Role::List | Role::ParameterVariadic => {
                let mut cursor = node.walk();
                for child in node.named_children(&mut cursor) {
                    self.names_in(child, found, nesting + 1);
                }
            }
            Role::Parameter | Role::Declarator => {
                if let Some(inner) = rule.name.of(node) {
                    self.names_in(inner, found, nesting + 1);
                }
            }
            _ => {}
        }
    }

    fn variable(&mut self, node: Node, name: Node, rule: &Rule) {
        let text = self.definition_name(name);
        // Names that are assigned again, and those that only the machine reads, add nothing.
        if text.len() < 2 && !text.iter().all(u8::is_ascii_uppercase) {
            return;
        }
        let place: Place = self.place(node, name, SymbolKind::Variable, node);
        let known = self.strings.intern(text);
        if !self.variables.insert((place.parent, known)) {
            return;
        }
        let symbol = self.push_symbol(&place, rule);
        self.facts.symbols[symbol as usize].complexity = 0;
        self.hash_text(symbol, node);
        self.held = Held { symbol, name_start: name.start_byte() as u32, end_byte: node.end_byte() as u32 };
    }

    /// A function without a name: what it declares is local to it. In the value of a module's variable it is that
    /// variable's code.
    pub(super) fn anonymous(&mut self, node: Node) {
        if self.defined.0 == node.id() {
            return;
        }
        let start = node.start_byte() as u32;
        self.seen.anonymous = self.seen.anonymous.max(node.end_byte() as u32);
        if self.scope().kind == SymbolKind::Module && start < self.held.end_byte {
            self.push_scope(self.held.symbol, self.held.name_start, SymbolKind::Variable);
        }
    }
}
