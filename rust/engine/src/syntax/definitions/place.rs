//! Where a definition stands: in the scope around it, in a type that it names, or in an object that holds it.

use std::borrow::Cow;

use tree_sitter::Node;

use crate::syntax::extract::{Container, Extractor};
use crate::syntax::facts::{ReferenceKind, Str, Symbol, SymbolKind};
use crate::syntax::leads::Lead;
use crate::syntax::names;
use crate::syntax::rules::{Role, Rule, mark};

/// Where a definition stands, before its symbol exists.
pub struct Place<'t> {
    pub node: Node<'t>,
    pub name: Node<'t>,
    /// The name, where it is not the text of that node.
    pub called: Option<Cow<'t, [u8]>>,
    /// The call whose callee is defined: its arguments are the parameters.
    pub head: Option<Node<'t>>,
    pub kind: SymbolKind,
    pub parent: u32,
    pub container: Str,
    /// The function value of a variable, else the node itself.
    pub callable: Node<'t>,
    pub lead: Option<Lead>,
    pub exported: bool,
    /// A member of an object that is written out: its container is part of its name.
    pub in_record: bool,
}

impl Extractor<'_> {
    pub fn place<'t>(&mut self, node: Node<'t>, name: Node<'t>, kind: SymbolKind, callable: Node<'t>) -> Place<'t> {
        let (scope, depth) = (self.scope(), self.depth);
        let (parent, scope_depth, in_module) = (scope.symbol, scope.depth, scope.kind == SymbolKind::Module);
        let in_module = in_module || self.holders.contains(&parent);
        let lead = self.take_lead(node);
        let exported = lead.is_some_and(|lead| lead.exported);
        let mut place = Place {
            node,
            name,
            called: None,
            head: None,
            kind,
            parent,
            container: Str::NONE,
            callable,
            lead,
            exported,
            in_record: false,
        };
        let applies = |it: &&Container| it.depth > scope_depth && (it.members == 0 || it.members == depth);
        if let Some(container) = self.containers.last().filter(applies) {
            place.container = container.name;
            place.parent = container.symbol.unwrap_or(place.parent);
            place.exported |= container.exports;
            place.in_record = container.members > 0;
        } else if in_module && kind.is_callable() && (node.start_byte() as u32) < self.held.end_byte {
            place.parent = self.held.symbol;
        }
        place
    }

    /// A name with an object before it (`function M.open()`, `class Shop::Cart`) belongs to that object.
    pub fn place_in_object(&mut self, place: &mut Place) {
        let Some(member) = self.member_rule(place.name) else { return };
        let Some(object) = member.object.of(place.name) else { return };
        let text = names::without_space(self.text(object));
        place.exported = self.in_module_value(&text);
        let container = self.without_module_value(&text);
        place.container = if container.is_empty() { Str::NONE } else { self.strings.intern(container.as_bytes()) };
    }

    pub fn member_rule(&self, name: Node) -> Option<&Rule> {
        self.table.rule(name.kind_id()).filter(|rule| matches!(rule.role, Role::Member | Role::MemberType))
    }

    /// `void shop::Cart::add() {}` belongs to what stands before its last name: a type, or a namespace of this file.
    pub fn place_by_name(&mut self, place: &mut Place) {
        let mut owner = String::new();
        let mut name = place.name;
        while let Some(rule) = self.table.rule(name.kind_id()).filter(|rule| rule.role == Role::Member) {
            let Some((object, property)) = rule.object.of(name).zip(rule.property.of(name)) else {
                break;
            };
            owner.push_str(if owner.is_empty() { "" } else { &self.table.rules.separator });
            if !self.write_receiver(object, &mut owner, 0) {
                return;
            }
            name = property;
        }
        if owner.is_empty() {
            return;
        }
        let last = owner.rsplit(self.table.rules.separator.as_str()).next().unwrap_or_default();
        let last = self.strings.intern(last.as_bytes());
        let holds =
            |symbol: &Symbol| symbol.name == last && (symbol.kind().is_type() || symbol.kind() == SymbolKind::Module);
        let known = self.facts.symbols.iter().skip(1).rposition(holds).map(|at| at as u32 + 1);
        place.parent = known.unwrap_or(place.parent);
        if known.is_none_or(|known| self.facts.symbols[known as usize].kind().is_type()) {
            place.container = self.strings.intern(owner.as_bytes());
        }
    }

    /// A wrapper or run of decorators belongs to the definition that follows it.
    pub fn take_lead(&mut self, node: Node) -> Option<Lead> {
        let (start, row) = (node.start_byte() as u32, node.start_position().row as u32);
        let lead = self.lead?;
        let fits = if lead.wrapper {
            // Not what stands deeper: `export const f = memo(() => { const g = … })`.
            let near = lead.scopes == self.scopes.len() && self.depth <= lead.depth + 3;
            let direct = near && self.record().is_none();
            direct && lead.start_byte <= start && start < lead.end_byte
        } else {
            let between = self.source.get(lead.end_byte as usize..start as usize).unwrap_or_default().trim_ascii();
            lead.end_byte <= start && lead.end_row + 1 >= row && matches!(between.first(), None | Some(b'/' | b'#'))
        };
        if (fits && !lead.wrapper) || start >= lead.end_byte {
            self.lead = None;
        }
        fits.then_some(lead)
    }

    /// Opens an `impl`: its functions are methods of the type it names.
    pub fn open_container(&mut self, node: Node, rule: &Rule) {
        // Where `type` tells the kinds of definition apart, the type is in `name`.
        let holder = if rule.kinds.is_empty() { &rule.type_part } else { &rule.name };
        let mut named = holder.of(node);
        while let Some(next) = named.and_then(|named| named.next_named_sibling().filter(|_| self.qualifies(named))) {
            named = Some(next); // `extension on money.Purse`
        }
        let named = named.and_then(|named| self.base_name(named));
        let Some(name) = named.or_else(|| self.receiver_type(node, rule)) else { return };
        let symbol = self.symbol_of_type(name);
        let bases = self.base_nodes(node, rule);
        self.containers.push(Container {
            name,
            symbol,
            implements: !bases.is_empty(),
            depth: self.depth,
            members: 0,
            exports: false,
        });
        // The type may come later in the file or stand in another: then the module owns the reference, and the
        // receiver says which type inherits.
        let owner = symbol.unwrap_or(self.scope().symbol);
        let receiver = if symbol.is_some() { Str::NONE } else { name };
        for base in bases {
            if let Some((base_name, _)) = self.named(base) {
                self.push_reference(owner, base_name, receiver, base, ReferenceKind::Inherit);
            }
        }
    }

    pub fn symbol_of_type(&self, name: Str) -> Option<u32> {
        let found = self.facts.symbols.iter().rposition(|symbol| symbol.kind().is_type() && symbol.name == name);
        found.map(|index| index as u32)
    }

    /// The receiver of a Go method: the type name in the rule's `receiver` field.
    pub fn receiver_type(&mut self, node: Node, rule: &Rule) -> Option<Str> {
        let receiver = rule.receiver.of(node)?;
        let mut stack = vec![receiver];
        while let Some(node) = stack.pop() {
            if self.table.marks(node.kind_id()) & mark::TYPE != 0 {
                return Some(self.strings.intern(self.text(node)));
            }
            if self.role(node) == Some(Role::MemberType) {
                return self.named(node).map(|(name, _)| name);
            }
            let mut cursor = node.walk();
            let children: Vec<Node> = node.named_children(&mut cursor).collect();
            stack.extend(children.into_iter().rev());
        }
        None
    }

    pub fn enclosing_type(&self) -> Option<u32> {
        let mut index = self.scope().symbol;
        while let Some(symbol) = self.facts.symbols.get(index as usize) {
            if symbol.kind().is_type() {
                return Some(index);
            }
            index = symbol.parent;
        }
        None
    }
}
