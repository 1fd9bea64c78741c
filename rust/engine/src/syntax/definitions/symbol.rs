//! The symbol of a definition: its qualified name, kind and flags, and who may use it.

use tree_sitter::Node;

use super::{Place, last_line};
use crate::syntax::extract::Extractor;
use crate::syntax::facts::{Str, Symbol, SymbolKind, Visibility, flag};
use crate::syntax::names::{self, Modifiers};
use crate::syntax::rules::{ModuleNames, Role, Rule, TYPE_NAME, VisibilityRule};
use crate::syntax::steps::children;

impl Extractor<'_> {
    pub fn push_symbol(&mut self, place: &Place, rule: &Rule) -> u32 {
        let node = place.node;
        let number = self.facts.symbols.len() as u32;
        let called = place.called.as_deref();
        let name_text = called.unwrap_or_else(|| self.definition_name(place.name));
        let name = self.strings.intern(name_text);
        let body = self.body(place, rule);
        let signature_end = body.map_or(node.end_byte(), |body| body.start_byte()) as u32;
        let of_value = self.rule_of(place.callable).filter(|_| place.callable != node);
        let of_callable = of_value.unwrap_or(rule);
        let mut modifiers = self.modifiers(place.callable, place.name, of_callable);
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
        modifiers.flags |= if place.exported { flag::EXPORTED } else { 0 } | self.late_modifiers(place, body);
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
        // A constructor may be all in its parameters: `Point(this.x, this.y);`.
        let whole = rule.headless && rule.constructor;
        let property = rule.role == Role::DefineMethod && rule.type_part.is_some();
        let bodiless = rule.body.is_some() && body.is_none() && !whole && !property && !self.table.rules.empty_bodies;
        let declares =
            bodiless && (place.kind.is_callable() || modifiers.declared && place.kind == SymbolKind::Variable);
        let mut symbol: Symbol = bytemuck::Zeroable::zeroed();
        symbol.name = name;
        symbol.qualified = self.qualified(place, name_text);
        symbol.container = place.container;
        symbol.summary = Str::NONE;
        symbol.returns = self.returns_behind(place, of_callable);
        if symbol.returns.is_none() {
            symbol.returns = self.type_text(place.callable, &of_callable.returns);
        }
        if symbol.returns.is_none() && of_callable.returns.is_some() {
            let behind = self.through_declarators(place.callable, &of_callable.returns);
            symbol.returns = behind.first().map_or(Str::NONE, |found| self.text_of_type(*found, &of_callable.returns));
        }
        symbol.parent = place.parent;
        let last = self.end_of_code(node);
        let end = body.filter(|body| body.end_byte() > node.end_byte()).unwrap_or(last);
        (symbol.start_byte, symbol.end_byte) = (start_byte, end.end_byte() as u32);
        (symbol.start_line, symbol.end_line) = (start_row + 1, last_line(end));
        (symbol.signature_start, symbol.signature_end) = (signature_start, signature_end);
        symbol.signature = self.signature(place, signature_start, signature_end);
        symbol.complexity = u32::from(place.kind.is_callable());
        symbol.kind = place.kind as u8;
        symbol.visibility = names::visibility(self.table.rules.visibility, name_text, modifiers, member) as u8;
        // A function or type that is `final` keeps no value.
        let meant = if place.kind == SymbolKind::Variable { u8::MAX } else { !flag::CONSTANT };
        symbol.flags = modifiers.flags & meant
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
        self.take_details(number);
        number
    }

    /// What the last word of visibility said that holds here, inside the innermost definition.
    fn said_visibility(&self) -> Option<Visibility> {
        let (depth, visibility) = self.visibilities.last()?;
        (*depth > self.scope().depth).then_some(*visibility)
    }

    /// A word that says who may use what follows, to the end of the node around it.
    pub fn visibility_word(&mut self, node: Node) {
        let mut word = Modifiers::default();
        word.word(self.text(node));
        if let Some(visibility) = word.visibility.filter(|_| !self.scope().kind.is_callable()) {
            self.visibilities.push((self.depth, visibility));
            self.seen.taken = self.seen.taken.max(node.end_byte() as u32);
        }
    }

    /// Who may use a member by the section of the type's body in which it is declared.
    fn section(&self, place: &Place, name: Str) -> Option<Visibility> {
        let scope = self.scope();
        if scope.symbol != place.parent {
            let same = |symbol: &&Symbol| symbol.parent == place.parent && symbol.name == name;
            return self.facts.symbols.iter().rfind(same).map(Symbol::visibility);
        }
        self.section_access(place.parent)
    }

    /// Who may use what the section declares that is open in a type.
    pub fn section_access(&self, owner: u32) -> Option<Visibility> {
        let private = self.facts.symbols[owner as usize].kind() == SymbolKind::Class;
        self.scope().access.or(Some(if private { Visibility::Private } else { Visibility::Public }))
    }

    /// `public:` in the body of a type; before the body it speaks of a base.
    pub fn access(&mut self, node: Node) {
        let said = names::Modifiers::of(self.text(node)).visibility;
        let body = self.facts.symbols[self.scope().symbol as usize].signature_end;
        if let Some(scope) = self.scopes.last_mut().filter(|_| node.start_byte() as u32 > body) {
            scope.access = said;
        }
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

    /// Modifier words stand before the name: as tokens, or together in one node (Java's `modifiers`).
    pub fn modifiers(&self, node: Node, name: Node, rule: &Rule) -> Modifiers {
        let mut modifiers = Modifiers::default();
        let body = rule.body.of(node);
        let inside = node.start_byte() <= name.start_byte();
        for child in children(node) {
            let bytes = child.bytes();
            let reached = inside && bytes.start >= name.start_byte() && bytes.end >= name.end_byte();
            if reached || body == Some(child.node()) {
                break;
            }
            modifiers.word(&self.source[bytes.clone()]);
            if child.child_count > 0 && bytes.len() < 200 {
                children(child.node()).for_each(|word| modifiers.word(&self.source[word.bytes()]));
            }
        }
        modifiers
    }

    /// What is said of a function between its name and its body, or as the first word of a body beside it.
    fn late_modifiers(&self, place: &Place, body: Option<Node>) -> u8 {
        let mut modifiers = Modifiers::default();
        let Some(body) = body.filter(|_| place.kind.is_callable() && self.table.rules.late_modifiers) else { return 0 };
        let mut before = body.prev_sibling();
        while let Some(word) = before.filter(|word| word.start_byte() > place.name.start_byte()) {
            modifiers.word(self.text(word));
            before = word.prev_sibling();
        }
        if body.start_byte() >= place.node.end_byte() {
            modifiers.word(body.child(0).map_or(b"", |word| self.text(word)));
        }
        modifiers.flags & flag::ASYNC
    }
}
