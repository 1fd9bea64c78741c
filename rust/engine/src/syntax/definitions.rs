//! Definitions: from a node with a `definition.*` role to a symbol with name, signature, parameters and documentation.

use std::borrow::Cow;

use tree_sitter::Node;

use super::extract::{Container, Extractor};
use super::facts::{
    Binding, BindingKind, Field, Parameter, ParameterKind, ReferenceKind, Str, Symbol, SymbolKind, Visibility, flag,
};
use super::leads::Lead;
use super::names::{self, Modifiers};
use super::rules::{ModuleNames, NamedBy, Part, Role, Rule, TYPE_NAME, VisibilityRule, mark};

/// A symbol for a variable shows its first line up to this many bytes.
const VARIABLE_SIGNATURE: usize = 160;

/// Where a definition stands, before its symbol exists.
pub(super) struct Place<'t> {
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
    pub(super) fn definition(&mut self, node: Node, rule: &Rule, kind: SymbolKind) {
        if rule.of_call {
            return self.called_definition(node, rule, kind);
        }
        if rule.role == Role::DefineVariable {
            return self.variables(node, rule);
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
        let Some(name) = self.name_node(node, &rule.name) else {
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
            self.unmentioned_until = node.end_byte() as u32;
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
    pub(super) fn further_package(&mut self, node: Node, rule: &Rule) {
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
        self.alias_start = name.start_byte() as u32;
        let inner = self.strings.intern(self.text(inner_name));
        self.push_reference(symbol, inner, Str::NONE, inner_name, ReferenceKind::Type);
        self.hash_text(symbol, node);
        self.hash_interface(symbol);
    }

    /// The body of what has no scope: its text.
    pub(super) fn hash_text(&mut self, symbol: u32, node: Node) {
        let hash = blake3::hash(self.text(node));
        self.facts.symbols[symbol as usize].body_hash.copy_from_slice(&hash.as_bytes()[..16]);
    }

    pub(super) fn place<'t>(
        &mut self,
        node: Node<'t>,
        name: Node<'t>,
        kind: SymbolKind,
        callable: Node<'t>,
    ) -> Place<'t> {
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

    pub(super) fn define(&mut self, node: Node, name: Node, rule: &Rule, kind: SymbolKind, callable: Node) {
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

    /// A name with an object before it (`function M.open()`, `class Shop::Cart`) belongs to that object.
    fn place_in_object(&mut self, place: &mut Place) {
        let Some(member) = self.member_rule(place.name) else { return };
        let Some(object) = member.object.of(place.name) else { return };
        let text = names::without_space(self.text(object));
        place.exported = self.in_module_value(&text);
        let container = self.without_module_value(&text);
        place.container = if container.is_empty() { Str::NONE } else { self.strings.intern(container.as_bytes()) };
    }

    fn member_rule(&self, name: Node) -> Option<&Rule> {
        self.table.rule(name.kind_id()).filter(|rule| matches!(rule.role, Role::Member | Role::MemberType))
    }

    /// A function that returns the type without a name in it is known as that type; true if the function around does.
    fn makes_type(&mut self, kind: SymbolKind) -> bool {
        let Some(scope) = self.scopes.last_mut().filter(|scope| scope.kind.is_callable()) else { return false };
        let symbol = &mut self.facts.symbols[scope.symbol as usize];
        let returned = if symbol.returns.is_none() { &b""[..] } else { self.strings.table.get(symbol.returns) };
        let makes = self.table.rules.type_makers.iter().any(|known| known.as_bytes() == returned);
        if makes {
            (symbol.kind, scope.kind) = (kind as u8, kind);
        }
        makes
    }

    /// What is called as its head is written: see `heading` and `heads` in [`super::rules`].
    fn define_headed(&mut self, node: Node, rule: &Rule, kind: SymbolKind) {
        let (Some(first), Some(body)) = (node.child(0), rule.body.of(node)) else { return };
        let head = names::folded(&self.source[node.start_byte()..body.start_byte()]);
        let mut place = self.place(node, first, kind, node);
        place.called = Some(Cow::Owned(head.into_bytes()));
        self.finish_definition(place, rule);
    }

    /// `void shop::Cart::add() {}` belongs to what stands before its last name: a type, or a namespace of this file.
    fn place_by_name(&mut self, place: &mut Place) {
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

    pub(super) fn finish_definition(&mut self, mut place: Place, rule: &Rule) {
        let inside = self.facts.symbols[place.parent as usize].kind().is_type();
        if place.kind == SymbolKind::Function && (inside || !place.container.is_none()) {
            place.kind = SymbolKind::Method;
        }
        if let Some(clause) = self.earlier_clause(&place, rule) {
            return self.another_clause(clause, &place, rule);
        }
        let symbol = self.push_symbol(&place, rule);
        self.push_scope(symbol, place.name.start_byte() as u32, place.kind);
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

    /// A wrapper or run of decorators belongs to the definition that follows it.
    fn take_lead(&mut self, node: Node) -> Option<Lead> {
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

    pub(super) fn push_symbol(&mut self, place: &Place, rule: &Rule) -> u32 {
        let node = place.node;
        let number = self.facts.symbols.len() as u32;
        let called = place.called.as_deref();
        let name_text = called.unwrap_or_else(|| self.definition_name(place.name));
        let name = self.strings.intern(name_text);
        let body = self.body(place, rule);
        let signature_end = body.map_or(node.end_byte(), |body| body.start_byte()) as u32;
        let mut modifiers = self.modifiers(place.callable, place.name, rule);
        if place.callable != node {
            let around = self.modifiers(node, place.name, rule);
            modifiers.flags |= around.flags;
            modifiers.visibility = modifiers.visibility.or(around.visibility);
        }
        // A method of the type itself: `def self.open`.
        if rule.receiver.of(node).is_some() && place.container.is_none() && rule.role.defines().is_some() {
            modifiers.flags |= flag::STATIC;
        } else if place.kind.is_callable() && place.callable == node {
            modifiers.visibility = modifiers.visibility.or(self.said_visibility());
        }
        modifiers.flags |= if place.exported { flag::EXPORTED } else { 0 };
        modifiers.visibility = modifiers.visibility.or(rule.private.then_some(Visibility::Private));
        let signature_start = self.signature_start(place);
        if signature_start < node.start_byte() as u32 {
            let before = &self.source[signature_start as usize..node.start_byte()];
            before.split(u8::is_ascii_whitespace).for_each(|word| modifiers.word(word));
        }
        let (start_byte, start_row) =
            place.lead.map_or((node.start_byte() as u32, node.start_position().row as u32), |lead| {
                (lead.start_byte, lead.start_row)
            });
        let parent = self.facts.symbols[place.parent as usize].kind();
        let member = parent.is_type();
        let promised = matches!(parent, SymbolKind::Trait | SymbolKind::Interface)
            || !place.container.is_none() && self.containers.last().is_some_and(|container| container.implements);
        if promised
            && matches!(
                self.table.rules.visibility,
                VisibilityRule::Pub | VisibilityRule::Modifier | VisibilityRule::ModifierOrPrivate
            )
        {
            modifiers.visibility = modifiers.visibility.or(Some(Visibility::Public));
        }
        if self.table.rules.visibility == VisibilityRule::Section && member {
            modifiers.visibility = self.section(place, name);
        }
        let constructor = rule.constructor
            || self.table.rules.constructors.iter().any(|known| known.as_bytes() == name_text)
            || self.is_named_as_its_type(place, name_text);
        let property = rule.role == Role::DefineMethod && rule.type_part.is_some();
        let bodiless = rule.body.is_some() && body.is_none() && !property && !self.table.rules.empty_bodies;
        let declares =
            bodiless && (place.kind.is_callable() || modifiers.declared && place.kind == SymbolKind::Variable);
        let mut symbol: Symbol = bytemuck::Zeroable::zeroed();
        symbol.name = name;
        symbol.qualified = self.qualified(place, name_text);
        symbol.container = place.container;
        symbol.summary = Str::NONE;
        let of_value = self.rule_of(place.callable).filter(|_| place.callable != node);
        let of_callable = of_value.unwrap_or(rule);
        symbol.returns = self.returns_behind(place, of_callable);
        if symbol.returns.is_none() {
            symbol.returns = self.type_text(place.callable, &of_callable.returns);
        }
        symbol.parent = place.parent;
        let last = self.end_of_code(node);
        (symbol.start_byte, symbol.end_byte) = (start_byte, last.end_byte() as u32);
        (symbol.start_line, symbol.end_line) = (start_row + 1, last_line(last));
        (symbol.signature_start, symbol.signature_end) = (signature_start, signature_end);
        symbol.signature = self.signature(place.kind, signature_start, signature_end);
        symbol.complexity = u32::from(place.kind.is_callable());
        symbol.kind = place.kind as u8;
        symbol.visibility = names::visibility(self.table.rules.visibility, name_text, modifiers, member) as u8;
        symbol.flags = modifiers.flags
            | if declares { flag::DECLARATION } else { 0 }
            | if constructor && (member || !place.container.is_none() && !place.in_record) {
                flag::CONSTRUCTOR
            } else {
                0
            };
        symbol.first_parameter = self.facts.parameters.len() as u32;
        self.facts.symbols.push(symbol);
        self.parameters(place, rule, Some(number));
        self.document(number, body, start_byte, start_row);
        number
    }

    /// What the last word of visibility said that holds here, inside the innermost definition.
    fn said_visibility(&self) -> Option<Visibility> {
        let (depth, visibility) = self.visibilities.last()?;
        (*depth > self.scope().depth).then_some(*visibility)
    }

    /// A word that says who may use what follows, to the end of the node around it.
    pub(super) fn visibility_word(&mut self, node: Node) {
        let mut word = Modifiers::default();
        word.word(self.text(node));
        if let Some(visibility) = word.visibility.filter(|_| !self.scope().kind.is_callable()) {
            self.visibilities.push((self.depth, visibility));
            self.taken_until = self.taken_until.max(node.end_byte() as u32);
        }
    }

    /// Who may use a member by the section of the type's body in which it is declared.
    fn section(&self, place: &Place, name: Str) -> Option<Visibility> {
        let scope = self.scope();
        if scope.symbol != place.parent {
            let same = |symbol: &&Symbol| symbol.parent == place.parent && symbol.name == name;
            return self.facts.symbols.iter().rfind(same).map(Symbol::visibility);
        }
        let private = self.facts.symbols[place.parent as usize].kind() == SymbolKind::Class;
        scope.access.or(Some(if private { Visibility::Private } else { Visibility::Public }))
    }

    fn is_named_as_its_type(&self, place: &Place, name: &[u8]) -> bool {
        if place.kind != SymbolKind::Method || !self.table.rules.constructors.iter().any(|known| known == TYPE_NAME) {
            return false;
        }
        let container = self.strings.table.get(place.container);
        let container = container.rsplit(|&byte| byte == b':' || byte == b'.').next().unwrap_or_default();
        let parent = &self.facts.symbols[place.parent as usize];
        name == if parent.kind().is_type() { self.strings.table.get(parent.name) } else { container }
    }

    /// What stands behind the parameters: `auto f() -> int`.
    fn returns_behind(&mut self, place: &Place, rule: &Rule) -> Str {
        let (mut node, mut rule) = (place.callable, Some(rule).filter(|_| place.kind.is_callable()));
        while let Some(declarator) = rule.and_then(|rule| rule.name.of(node)) {
            let mut cursor = declarator.walk();
            let found = declarator.children(&mut cursor).find(|child| self.role(*child) == Some(Role::Returns));
            if let Some(found) = found {
                return self.type_text_of(found);
            }
            rule = self.table.rule(declarator.kind_id());
            node = declarator;
        }
        Str::NONE
    }

    fn qualified(&mut self, place: &Place, name: &[u8]) -> Str {
        let table = self.table;
        let parent = &self.facts.symbols[place.parent as usize];
        // What stands behind the file's own package is a package by itself.
        let beside = place.kind == SymbolKind::Module && (1..=place.node.start_byte() as u32).contains(&self.package.1);
        let unnamed = || self.strings.table.get(parent.qualified) == self.path.as_bytes();
        let hides_module = match table.rules.modules {
            _ if beside => true,
            ModuleNames::File => true,
            ModuleNames::Namespace => unnamed(),
            _ => false,
        };
        let outside = !place.container.is_none() && (place.in_record || !parent.kind().is_type());
        let prefix = if parent.kind() == SymbolKind::Module && place.parent == 0 && hides_module {
            &b""[..]
        } else {
            self.strings.table.get(parent.qualified)
        };
        let mut qualified = prefix.to_vec();
        let of_type = (outside || parent.kind().is_type()).then_some(table.rules.member_separator.as_ref()).flatten();
        let join = |part: &[u8], whole: &mut Vec<u8>, separator: &str| {
            if !whole.is_empty() {
                whole.extend_from_slice(separator.as_bytes());
            }
            whole.extend_from_slice(part);
        };
        if outside {
            join(self.strings.table.get(place.container), &mut qualified, &table.rules.separator);
        }
        join(name, &mut qualified, of_type.unwrap_or(&table.rules.separator));
        self.strings.intern(&qualified)
    }

    /// Where the signature starts: at the keyword that opens the definition, and after decorators inside it.
    fn signature_start(&self, place: &Place) -> u32 {
        let start = place.node.start_byte() as u32;
        if let Some(keyword) = place.lead.and_then(|lead| lead.keyword) {
            // `const a = 1, b = 2`: only the first follows the keyword.
            let before = self.source.get(keyword as usize..start as usize);
            let alone = before.is_some_and(|text| !text.contains(&b',') && !text.contains(&b'='));
            return if alone { keyword } else { start };
        }
        let before = |node: Node| {
            self.role(node) == Some(Role::Decorator) || self.table.marks(node.kind_id()) & mark::COMMENT != 0
        };
        let mut cursor = place.node.walk();
        for child in place.node.children(&mut cursor) {
            if before(child) {
                continue;
            }
            if child.child(0).is_none_or(|first| !before(first)) {
                return child.start_byte() as u32;
            }
            let mut inner = child.walk();
            let word = child.children(&mut inner).find(|word| !before(*word));
            if let Some(word) = word {
                return word.start_byte() as u32;
            }
        }
        start
    }

    /// The last part of what is defined: `app.use = function` defines `use`.
    pub(super) fn definition_name<'t>(&self, name: Node<'t>) -> &'t [u8]
    where
        Self: 't,
    {
        let mut name = name;
        let mut text = self.text(name);
        while let Some(rule) = self.rule_of(name) {
            let inner = match rule.role {
                Role::Member | Role::MemberType => rule.property.of(name),
                Role::Transparent => rule.name.of(name),
                Role::Name => {
                    let end = rule.body.of(name).map_or(name.end_byte(), |body| body.start_byte());
                    text = self.source[name.start_byte()..end].trim_ascii();
                    None
                }
                _ => None,
            };
            let Some(inner) = inner else { break };
            name = inner;
            text = self.text(name);
        }
        text.strip_prefix(b"\"").and_then(|rest| rest.strip_suffix(b"\"")).unwrap_or(text)
    }

    fn signature(&mut self, kind: SymbolKind, start: u32, end: u32) -> Str {
        let text = &self.source[start as usize..end as usize];
        let text = if kind == SymbolKind::Variable {
            let line = text.split(|&byte| byte == b'\n').next().unwrap_or_default();
            &line[..line.len().min(VARIABLE_SIGNATURE)]
        } else {
            text
        };
        self.strings.intern(names::folded(text).as_bytes())
    }

    pub(super) fn body<'t>(&self, place: &Place<'t>, rule: &Rule) -> Option<Node<'t>> {
        let of_value = self.rule_of(place.callable).filter(|_| place.callable != place.node);
        let body = of_value.map_or(&rule.body, |value| &value.body);
        body.of(place.callable).or_else(|| {
            if rule.of_call {
                return body.of(self.arguments(place.callable)?); // `def f(x), do: x`
            }
            // `type Point struct {…}`: the body is inside the type.
            let inner = rule.type_part.of(place.node).filter(|_| !rule.kinds.is_empty())?;
            let inner_rule = self.rule_of(inner)?;
            inner_rule.body.of(inner)
        })
    }

    /// Modifier words stand before the name: as tokens, or together in one node (Java's `modifiers`).
    fn modifiers(&self, node: Node, name: Node, rule: &Rule) -> Modifiers {
        let mut modifiers = Modifiers::default();
        let body = rule.body.of(node);
        let mut cursor = node.walk();
        for child in node.children(&mut cursor) {
            if child.start_byte() >= name.start_byte()
                && child.end_byte() >= name.end_byte()
                && node.start_byte() <= name.start_byte()
            {
                break;
            }
            if body == Some(child) {
                break;
            }
            modifiers.word(self.text(child));
            if child.child_count() > 0 && child.end_byte() - child.start_byte() < 200 {
                let mut inner = child.walk();
                for word in child.children(&mut inner) {
                    modifiers.word(self.text(word));
                }
            }
        }
        modifiers
    }

    fn document(&mut self, symbol: u32, body: Option<Node>, start_byte: u32, start_row: u32) {
        let prefixes = &self.table.rules.doc_comments;
        let (start, end) = self.comments.claim(symbol, start_byte, start_row, prefixes, self.source);
        if end > 0 {
            self.set_doc(symbol, start, end);
        } else if let Some((start, end)) = self.documentation.take() {
            self.set_doc(symbol, start, end);
            let text = &self.source[start as usize..end as usize];
            self.occurrences.words(symbol, true, text, &mut self.strings);
        } else if let Some(body) = body.filter(|_| self.table.rules.docstrings) {
            self.take_docstring(body, symbol);
        }
    }

    /// The last thing in a definition that is code. Where no mark closes a body, comments behind it lie inside.
    fn end_of_code<'t>(&self, node: Node<'t>) -> Node<'t> {
        let mut last = node;
        let code_in = |node: Node<'t>| {
            let children = (0..node.child_count()).rev().filter_map(|index| node.child(index));
            let mut code = children.filter(|child| self.table.marks(child.kind_id()) & mark::COMMENT == 0);
            code.next().filter(|_| self.table.rules.layout)
        };
        while let Some(child) = code_in(last) {
            last = child;
        }
        last
    }

    /// The first statement of a body, if it is a string.
    pub(super) fn take_docstring(&mut self, body: Node, symbol: u32) {
        let mut cursor = body.walk();
        let first =
            body.named_children(&mut cursor).find(|child| self.table.marks(child.kind_id()) & mark::COMMENT == 0);
        let Some(statement) = first else { return };
        let Some(string) = statement.named_child(0).filter(|it| it.byte_range() == statement.byte_range()) else {
            return;
        };
        let mut inner = string.walk();
        let contents: Vec<Node> =
            string.children(&mut inner).filter(|child| self.table.marks(child.kind_id()) & mark::STRING != 0).collect();
        let (Some(first), Some(last)) = (contents.first(), contents.last()) else { return };
        let opening = &self.source[string.start_byte()..first.start_byte()];
        // Strings of bytes and those with expressions in them are values.
        if !opening.iter().any(|byte| matches!(byte, b'b' | b'B' | b'f' | b'F')) && opening.len() <= 5 {
            self.set_docstring(symbol, first.start_byte() as u32, last.end_byte() as u32);
        }
    }

    /// Adds the parameters of a definition; those of `symbol` are what it has then.
    pub(super) fn parameters(&mut self, place: &Place, rule: &Rule, symbol: Option<u32>) {
        let of_value = self.rule_of(place.callable).filter(|_| place.callable != place.node);
        let of_head = place.head.and_then(|head| self.table.rule(head.kind_id()));
        let wanted = of_head.or(of_value).map_or(&rule.parameters, |rule| &rule.parameters);
        if wanted.is_none() || !place.kind.is_callable() {
            return;
        }
        let lone = of_value.and_then(|value| value.name.of(place.callable));
        let mut lists = self.through_declarators(place.head.unwrap_or(place.callable), wanted);
        lists.extend(lone.filter(|_| lists.is_empty()));
        for list in lists {
            self.parameter_list(list, rule);
        }
        let Some(symbol) = symbol else { return };
        let first = self.facts.symbols[symbol as usize].first_parameter;
        self.facts.symbols[symbol as usize].parameter_count = self.facts.parameters.len() as u32 - first;
    }

    fn parameter_list(&mut self, list: Node, definition: &Rule) {
        let before = self.facts.parameters.len();
        if self.role(list) == Some(Role::TypeParameter) {
            return;
        }
        let mut kind = ParameterKind::Positional;
        if self.table.marks(list.kind_id()) & mark::IDENTIFIER != 0 {
            self.push_parameter(list, None, kind); // `x => x + 1`
        }
        let mut cursor = list.walk();
        for child in list.named_children(&mut cursor) {
            let rule = self.rule_of(child);
            match rule.and_then(|rule| rule.role_of(child)) {
                Some(Role::ParameterKeywordOnlyAfter) => kind = ParameterKind::KeywordOnly,
                Some(Role::ParameterPositionalOnlyBefore) => {
                    for parameter in &mut self.facts.parameters[before..] {
                        parameter.kind = ParameterKind::PositionalOnly as u32;
                    }
                }
                Some(Role::Parameter | Role::ParameterVariadic | Role::ParameterKeywordVariadic | Role::Pattern) => {
                    kind = self.push_parameter(child, rule, kind);
                }
                _ if self.table.marks(child.kind_id()) & mark::IDENTIFIER != 0 => {
                    kind = self.push_parameter(child, None, kind);
                }
                // Any pattern stands for a parameter.
                _ if definition.clauses.is_some() => self.push_pattern(child),
                _ => {}
            }
        }
    }

    /// Adds the parameters of one node (Go's `a, b int` are two); the kind of those that follow.
    fn push_parameter(&mut self, node: Node, rule: Option<&Rule>, kind: ParameterKind) -> ParameterKind {
        let mut type_name = rule.map_or(Str::NONE, |rule| self.type_text(node, &rule.type_part));
        let of_declarator =
            node.named_child_count() > 1 && rule.is_some_and(|rule| rule.role == Role::ParameterVariadic);
        if type_name.is_none() && of_declarator {
            // `Item... rest` without fields: the type stands before the name.
            let before = node.named_child(node.named_child_count() as u32 - 2);
            type_name = before.map_or(Str::NONE, |before| self.strings.intern(self.text(before)));
        }
        let default = rule.and_then(|rule| rule.value.of(node));
        let default = default.map_or(Str::NONE, |value| {
            let text = names::folded(self.text(value));
            self.strings.intern(text.as_bytes())
        });
        let mut nodes = rule.map_or(Vec::new(), |rule| rule.name.all(node));
        if self.role(node) == Some(Role::Pattern) {
            nodes.push(node);
        } else if nodes.is_empty() && rule.is_none_or(|rule| rule.name.is_none()) {
            let itself = || Some(node).filter(|node| node.child_count() == 0); // Lua's `...`
            nodes.extend(self.first_name(node).or_else(itself));
        }
        let variadic = |node: Node| match self.rule_of(node).and_then(|rule| rule.role_of(node)) {
            Some(Role::ParameterVariadic) => Some(ParameterKind::Variadic),
            Some(Role::ParameterKeywordVariadic) => Some(ParameterKind::KeywordVariadic),
            _ => None,
        };
        let own = variadic(node)
            .or_else(|| node.named_child(0).and_then(variadic))
            .or_else(|| nodes.first().copied().and_then(variadic));
        for name in nodes {
            if !name.is_named() && self.text(name) == b"," || self.role(name) == Some(Role::Skip) {
                continue; // between names, or a declarator that names nothing (C's `char *`)
            }
            let name = self.innermost_name(name).unwrap_or(name);
            let text = names::without_space(self.text(name));
            let name = self.strings.intern(text.as_bytes());
            self.facts.parameters.push(Parameter { name, type_name, default, kind: own.unwrap_or(kind) as u32 });
        }
        // What stands after `*args` can be given by keyword only, in the language that has keywords.
        if own == Some(ParameterKind::Variadic) && self.table.rules.layout { ParameterKind::KeywordOnly } else { kind }
    }

    /// A typed parameter is known to hold its type.
    pub(super) fn parameter_binding(&mut self, node: Node, rule: &Rule) {
        let type_name = self.type_text(node, &rule.type_part);
        // The parameters of a type (a record) are its fields.
        let of_type = self.scope().kind.is_type() && self.depth == self.scope().depth + 2;
        if type_name.is_none() || !(self.scope().kind.is_callable() || of_type) {
            return;
        }
        // So is a parameter with a visibility of its own.
        let mut first = Modifiers::default();
        let word = node.child(0).map_or(&b""[..], |child| self.text(child));
        first.word(word);
        let holder = self.enclosing_type().filter(|_| first.visibility.is_some() || word == b"readonly");
        let mut nodes = rule.name.all(node);
        if rule.name.is_none() {
            nodes.extend(self.first_name(node));
        }
        for name in nodes {
            let Some(name) = self.innermost_name(name) else { continue };
            let name = self.strings.intern(self.text(name));
            let owner = self.scope().symbol;
            for owner in [Some(owner), holder].into_iter().flatten() {
                self.facts.bindings.push(Binding { owner, name, type_name, kind: BindingKind::Annotated as u32 });
            }
        }
    }

    /// Opens an `impl`: its functions are methods of the type it names.
    pub(super) fn open_container(&mut self, node: Node, rule: &Rule) {
        let named = rule.type_part.of(node).and_then(|named| self.base_name(named));
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

    fn symbol_of_type(&self, name: Str) -> Option<u32> {
        let found = self.facts.symbols.iter().rposition(|symbol| symbol.kind().is_type() && symbol.name == name);
        found.map(|index| index as u32)
    }

    /// The receiver of a Go method: the type name in the rule's `receiver` field.
    fn receiver_type(&mut self, node: Node, rule: &Rule) -> Option<Str> {
        let receiver = rule.receiver.of(node)?;
        let mut stack = vec![receiver];
        while let Some(node) = stack.pop() {
            if self.table.marks(node.kind_id()) & mark::TYPE != 0 {
                return Some(self.strings.intern(self.text(node)));
            }
            let mut cursor = node.walk();
            let children: Vec<Node> = node.named_children(&mut cursor).collect();
            stack.extend(children.into_iter().rev());
        }
        None
    }

    pub(super) fn hash_interface(&mut self, symbol: u32) {
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

    pub(super) fn role(&self, node: Node) -> Option<Role> {
        self.rule_of(node).map(|rule| rule.role)
    }

    /// Text of a type field without its leading colon or arrow, white space folded.
    pub(super) fn type_text(&mut self, node: Node, part: &Part) -> Str {
        let Some(mut child) = part.of(node) else { return Str::NONE };
        // A type of functions (Haskell's `a -> b`) is known by what they return.
        while let Some(inner) = self.rule_of(child).and_then(|rule| rule.returns.of(child)) {
            child = inner;
        }
        self.type_text_of(child)
    }

    fn type_text_of(&mut self, child: Node) -> Str {
        // A type that is defined on the spot (`struct point {…} origin`) is known by its head.
        let body = self.rule_of(child).and_then(|rule| rule.body.of(child));
        let end = body.map_or(child.end_byte(), |body| body.start_byte());
        let text = names::folded(&self.source[child.start_byte()..end]);
        let text = text.trim_start_matches(":").trim_start_matches("->").trim();
        let text = unquoted(text);
        if text.is_empty() || self.table.rules.inferred_types.iter().any(|known| known == text) {
            Str::NONE
        } else {
            self.strings.intern(text.as_bytes())
        }
    }

    /// Names in a decorator are what the decorated symbol is about, too.
    pub(super) fn decorator(&mut self, node: Node) {
        let Some(inner) = node.named_child(0) else { return };
        if self.role(inner) == Some(Role::Call) {
            return; // met again on the way down
        }
        if let Some((name, receiver)) = self.named(inner) {
            let owner = self.scope().symbol;
            self.push_reference(owner, name, receiver, inner, ReferenceKind::Call);
            self.taken_until = self.taken_until.max(inner.end_byte() as u32);
            self.occurrences.push(owner, Field::Body, name);
        }
    }
}

/// A type in quotes (Python's forward references) without them.
pub(super) fn unquoted(text: &str) -> &str {
    ['"', '\''].iter().find_map(|&mark| text.strip_prefix(mark)?.strip_suffix(mark)).unwrap_or(text)
}

/// The line on which a node ends, counted from 1.
pub(super) fn last_line(node: Node) -> u32 {
    let end = node.end_position();
    let row = if end.column == 0 && end.row > node.start_position().row { end.row - 1 } else { end.row };
    row as u32 + 1
}
