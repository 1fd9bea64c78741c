//! References: calls, types and bases by name and receiver; and bindings, which tell what a receiver holds.

use rustc_hash::FxHashSet;
use tree_sitter::Node;

use super::extract::{Extractor, Scope};
use super::facts::{Binding, BindingKind, FileFacts, NO_INDEX, Reference, ReferenceKind, Str, SymbolKind, flag};
use super::names;
use super::rules::{Role, Rule, mark};

/// How deep names are looked for inside a base or a receiver; deeper ones are not plain names.
const MAX_NESTING: usize = 32;
/// A receiver longer than this is an expression, not a name.
const MAX_RECEIVER: usize = 120;

/// What a raw token is to a call.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    Name,
    Separator,
    Arguments,
}

struct Token<'t> {
    part: Part,
    node: Node<'t>,
}

impl Extractor<'_> {
    pub(super) fn push_reference(&mut self, owner: u32, name: Str, receiver: Str, at: Node, kind: ReferenceKind) {
        let line = at.start_position().row as u32 + 1;
        self.facts.references.push(Reference { owner, name, receiver, line, kind: kind as u32 });
    }

    pub(super) fn type_reference(&mut self, node: Node, name: Str, receiver: Str) {
        let owner = self.scope().symbol;
        self.push_reference(owner, name, receiver, node, ReferenceKind::Type);
    }

    /// `callee(…)`, or `receiver.name(…)` where the grammar keeps them apart (Java). Without either field the last
    /// named child is the name and the first the receiver (`Item::getName`).
    pub(super) fn call(&mut self, node: Node, rule: &Rule) {
        let named = if rule.callee.is_some() {
            rule.callee.of(node).and_then(|callee| self.named(callee))
        } else {
            let (receiver, name) = if rule.name.is_none() {
                member_parts(node, rule)
            } else {
                (rule.receiver.of(node), rule.name.of(node))
            };
            name.and_then(|name| self.named(name)).map(|(name, _)| {
                let receiver = receiver.map_or(Str::NONE, |receiver| self.receiver(receiver));
                (name, receiver)
            })
        };
        if node.id() == self.head {
            return; // it is being defined
        }
        let small = |name| !self.strings.table.get(name).first().is_some_and(u8::is_ascii_uppercase);
        let named = named.filter(|(name, receiver)| !(rule.capitalised && receiver.is_none() && small(*name)));
        if let Some((name, receiver)) = named {
            let owner = self.scope().symbol;
            let is_type = (node.start_byte() as u32) < self.type_calls_until;
            let kind = if is_type { ReferenceKind::Type } else { ReferenceKind::Call };
            self.push_reference(owner, name, receiver, node, kind);
        }
    }

    /// `trap cleanup EXIT` calls `cleanup`, too.
    pub(super) fn call_with_its_argument(&mut self, node: Node) {
        if let Some(base) = self.table.rule(node.kind_id()) {
            self.call(node, base);
        }
        let is_name = |argument: &Node| self.table.marks(argument.kind_id()) & mark::IDENTIFIER != 0;
        let mut cursor = node.walk();
        let mut arguments = node.named_children(&mut cursor).skip(1);
        let is_option = |argument: Node| {
            let text = self.text(argument);
            let quoted = matches!(text.first(), Some(b'"' | b'\''));
            text.len() > 1 && (text.starts_with(b"-") || !quoted && text.contains(&b'='))
        };
        let first = arguments.find(|argument| !is_option(*argument)).filter(is_name);
        let first = first.filter(|argument| self.text(*argument) != b"-");
        if let Some((name, _)) = first.and_then(|argument| self.named(argument)) {
            let owner = self.scope().symbol;
            self.push_reference(owner, name, Str::NONE, node, ReferenceKind::Call);
        }
    }

    /// `x instanceof Foo`: a type where a value could stand.
    pub(super) fn type_name(&mut self, node: Node, rule: &Rule) {
        let Some(child) = rule.type_part.of(node) else { return };
        if let Some((name, receiver)) = self.named(child) {
            self.type_reference(child, name, receiver);
            self.taken_until = self.taken_until.max(child.end_byte() as u32);
        }
    }

    /// A name by itself, where code is.
    pub(super) fn mention(&mut self, node: Node) {
        let scope = self.scope();
        let (owner, start) = (scope.symbol, node.start_byte() as u32);
        let declared = self.facts.symbols[owner as usize].has(flag::DECLARATION);
        if scope.kind.is_callable()
            && !declared
            && start != scope.name_start
            && start >= self.taken_until.max(self.unmentioned_until)
        {
            let name = self.strings.intern(self.text(node));
            self.push_reference(owner, name, Str::NONE, node, ReferenceKind::Call);
        }
    }

    /// A name behind that of a module (`Map.lookup`), where names by themselves are references.
    pub(super) fn qualified_name(&mut self, node: Node, rule: &Rule) {
        let (start, owner) = (node.start_byte() as u32, self.scope().symbol);
        let (object, property) = member_parts(node, rule);
        let (Some(object), Some(property)) = (object, property.filter(|_| start >= self.taken_until)) else { return };
        let receiver = self.receiver(object);
        let name = self.strings.intern(self.text(property));
        let marks = self.table.marks(property.kind_id());
        let kind = if marks & mark::TYPE != 0 { ReferenceKind::Type } else { ReferenceKind::Call };
        self.push_reference(owner, name, receiver, node, kind);
        self.taken_until = node.end_byte() as u32;
    }

    pub(super) fn bound_names(&mut self, node: Node, rule: &Rule) {
        let name = rule.name.of(node);
        for pattern in name.into_iter().chain(rule.parameters.all(node)) {
            self.bound_in(pattern);
        }
    }

    /// The names in a pattern are of the symbol around it, and mean nothing outside.
    pub(super) fn bound_in(&mut self, pattern: Node) {
        let symbol = self.scope().symbol;
        let mut open = vec![pattern];
        while let Some(node) = open.pop() {
            if self.role(node) == Some(Role::Mention) {
                let name = self.strings.intern(self.text(node));
                self.bound.insert((symbol, name));
            }
            let mut cursor = node.walk();
            open.extend(node.named_children(&mut cursor));
        }
    }

    /// At the end: what is called by a name that a pattern around it binds is nothing of the project.
    pub(super) fn forget_bound_names(&mut self) {
        if self.bound.is_empty() {
            return;
        }
        let (symbols, bound) = (&self.facts.symbols, &self.bound);
        let is_bound = |reference: &Reference| {
            let around = std::iter::successors(Some(reference.owner), |&symbol| {
                Some(symbols[symbol as usize].parent).filter(|&parent| parent != NO_INDEX)
            });
            reference.receiver.is_none() && around.into_iter().any(|symbol| bound.contains(&(symbol, reference.name)))
        };
        self.facts.references.retain(|reference| reference.kind != ReferenceKind::Call as u32 || !is_bound(reference));
    }

    pub(super) fn construct(&mut self, node: Node, rule: &Rule) {
        let constructed = constructed(node, rule);
        let named = constructed.and_then(|constructed| self.named(constructed));
        if let Some((name, receiver)) = named {
            // Said once: not as a type again.
            let end = constructed.map_or(0, |constructed| self.last_name(constructed).end_byte() as u32);
            self.taken_until = self.taken_until.max(end);
            let owner = self.scope().symbol;
            self.push_reference(owner, name, receiver, node, ReferenceKind::Call);
        }
    }

    pub(super) fn member_type(&mut self, node: Node, rule: &Rule) {
        let start = node.start_byte() as u32;
        let (object, property) = member_parts(node, rule);
        let Some(property) = property.filter(|_| start >= self.taken_until) else { return };
        let last = self.last_name(property);
        let (name, receiver) = if last == property {
            let receiver = object.map_or(Str::NONE, |object| self.receiver(object));
            (self.strings.intern(self.text(property)), receiver)
        } else if let Some(named) = self.named(node) {
            named
        } else {
            return;
        };
        self.type_reference(node, name, receiver);
        self.taken_until = last.end_byte() as u32;
    }

    /// Whether the last name of a member is one of a type: `std::vector<int>`.
    pub(super) fn names_type(&self, node: Node) -> bool {
        self.table.marks(self.last_name(node).kind_id()) & mark::TYPE != 0
    }

    /// The node of the last name in `a::b<c>`, which may be nested in either direction.
    fn last_name<'t>(&self, mut node: Node<'t>) -> Node<'t> {
        for _ in 0..MAX_NESTING {
            let Some(rule) = self.table.rule(node.kind_id()) else { break };
            let inner = match rule.role {
                Role::Member | Role::MemberType => member_parts(node, rule).1,
                Role::Transparent => rule.value.of(node).or_else(|| node.child(0)),
                _ => None,
            };
            let Some(inner) = inner else { break };
            node = inner;
        }
        node
    }

    /// Calls among raw tokens, with as much of their receivers as is names and calls: `self.pool.get(…)`.
    pub(super) fn token_calls(&mut self, node: Node) {
        let mut cursor = node.walk();
        let mut before: Vec<Token> = Vec::new();
        for token in node.children(&mut cursor) {
            let text = self.text(token);
            let part = if self.table.marks(token.kind_id()) & mark::IDENTIFIER != 0 {
                Part::Name
            } else if token.kind_id() == node.kind_id() && text.starts_with(b"(") {
                Part::Arguments
            } else if matches!(text, b"." | b"::") {
                Part::Separator
            } else {
                before.clear();
                continue;
            };
            if let (Part::Arguments, Some((name, rest))) = (part, before.split_last())
                && name.part == Part::Name
            {
                let receiver = self.token_receiver(rest);
                let (owner, called) = (self.scope().symbol, self.strings.intern(self.text(name.node)));
                self.push_reference(owner, called, receiver, name.node, ReferenceKind::Call);
            }
            before.push(Token { part, node: token });
        }
    }

    /// The receiver that ends with the last of these tokens, which is the separator before the name.
    fn token_receiver(&mut self, tokens: &[Token]) -> Str {
        let mut start = tokens.len();
        let mut expected = Part::Separator;
        while let Some(token) = start.checked_sub(1).map(|last| &tokens[last])
            && (token.part == expected || token.part == Part::Arguments && expected == Part::Name)
        {
            start -= 1;
            expected = if token.part == Part::Name { Part::Separator } else { Part::Name };
        }
        let Some((_, receiver)) = tokens[start..].split_last() else { return Str::NONE };
        let mut text = String::new();
        for token in receiver {
            match token.part {
                Part::Arguments => text.push_str("()"),
                _ => text.push_str(&String::from_utf8_lossy(self.text(token.node))),
            }
        }
        let plain = receiver.first().is_some_and(|first| first.part == Part::Name) && text.len() <= MAX_RECEIVER;
        self.strings.intern(if plain { text.as_bytes() } else { b"?" })
    }

    /// Name and receiver of an expression that names something; None for any other expression.
    pub(super) fn named(&mut self, mut node: Node) -> Option<(Str, Str)> {
        for _ in 0..MAX_NESTING {
            if self.table.marks(node.kind_id()) & mark::IDENTIFIER != 0 {
                return Some((self.strings.intern(self.text(node)), Str::NONE));
            }
            let rule = self.rule_of(node)?;
            match rule.role {
                Role::Member | Role::MemberType => {
                    let (object, property) = member_parts(node, rule);
                    let property = property?;
                    let receiver = object.map_or(Str::NONE, |object| self.receiver(object));
                    if self.table.marks(property.kind_id()) & mark::IDENTIFIER == 0 {
                        let (name, inner) = self.named(property)?;
                        return Some((name, self.joined(receiver, inner)));
                    }
                    return Some((self.strings.intern(self.text(property)), receiver));
                }
                Role::Transparent => {
                    node = rule.value.of(node).or_else(|| node.named_child(0))?;
                }
                Role::Name => {
                    let name = self.definition_name(node).to_vec();
                    return Some((self.strings.intern(&name), Str::NONE));
                }
                _ => return None,
            }
        }
        None
    }

    /// `a` and `b` of `a::b::c`, where the grammar nests them to the right.
    fn joined(&mut self, outer: Str, inner: Str) -> Str {
        if outer.is_none() || inner.is_none() {
            return if outer.is_none() { inner } else { outer };
        }
        let (outer, inner) = (self.strings.table.get(outer), self.strings.table.get(inner));
        let text = [outer, self.table.rules.separator.as_bytes(), inner].concat();
        self.strings.intern(&text)
    }

    /// A receiver as facts keep it: names and members as written, a call with empty parentheses, `?` for the rest.
    pub(super) fn receiver(&mut self, node: Node) -> Str {
        let mut text = String::new();
        if !self.write_receiver(node, &mut text, 0) || text.len() > MAX_RECEIVER {
            text.replace_range(.., "?");
        }
        // A module's name may have its separator with it (Haskell's `M.`).
        text.truncate(text.trim_end_matches('.').len());
        self.strings.intern(text.as_bytes())
    }

    pub(super) fn write_receiver(&self, node: Node, out: &mut String, nesting: usize) -> bool {
        if nesting > MAX_NESTING {
            return false;
        }
        let rule = self.rule_of(node);
        match rule.map(|rule| (rule.role, rule)) {
            Some((Role::Member | Role::MemberType, rule)) => {
                let (object, property) = member_parts(node, rule);
                let Some(property) = property else { return false };
                if let Some(object) = object {
                    if !self.write_receiver(object, out, nesting + 1) {
                        return false;
                    }
                    // The separator as written: `.`, `::`, `->`, `?.`.
                    let between = &self.source[object.end_byte()..property.start_byte()];
                    let between = names::without_space(between);
                    out.push_str(if between == "?" { "?." } else { &between });
                }
                // A name with nothing but a sign (PHP's `self::$store`) is written as it stands.
                let is_identifier = |name: Node| self.table.marks(name.kind_id()) & mark::IDENTIFIER != 0;
                let signed = property.named_child_count() == 1 && property.named_child(0).is_some_and(is_identifier);
                let role = self.role(property);
                if role == Some(Role::Member) || role == Some(Role::Transparent) && !signed {
                    return self.write_receiver(property, out, nesting + 1);
                }
                out.push_str(&names::without_space(self.text(property)));
                true
            }
            Some((Role::Import, rule)) if rule.of_call && self.path_given(node).is_some() => {
                let path = self.path_given(node).map_or(&b""[..], |path| self.text(path));
                out.push_str(String::from_utf8_lossy(path).trim_matches(['"', '\'', '`'].as_slice()));
                true
            }
            Some((Role::Call | Role::Import, rule)) => {
                let rule = self.table.rule(node.kind_id()).unwrap_or(rule);
                let parts = [&rule.receiver, &rule.callee, &rule.name];
                let mut first = true;
                for child in parts.iter().filter_map(|part| part.of(node)) {
                    if !first {
                        let rules = &self.table.rules;
                        out.push_str(rules.member_separator.as_ref().unwrap_or(&rules.separator));
                    }
                    if !self.write_receiver(child, out, nesting + 1) {
                        return false;
                    }
                    first = false;
                }
                out.push_str("()");
                !first
            }
            Some((Role::Construct | Role::Cast, rule)) => {
                let Some(child) = constructed(node, rule) else { return false };
                let written = self.write_receiver(child, out, nesting + 1);
                out.push_str("()");
                written
            }
            Some((Role::Transparent, rule)) => {
                let inner = rule.value.of(node).or_else(|| node.named_child(0));
                inner.is_some_and(|inner| self.write_receiver(inner, out, nesting + 1))
            }
            _ if (node.named_child_count() == 0 || self.table.marks(node.kind_id()) & mark::IDENTIFIER != 0)
                && node.end_byte() - node.start_byte() <= MAX_RECEIVER =>
            {
                let text = String::from_utf8_lossy(self.text(node));
                let named = self.table.marks(node.kind_id()) & mark::IDENTIFIER != 0;
                let plain = text.chars().all(|c| {
                    c.is_alphanumeric() || matches!(c, '_' | '$' | '@') || named && matches!(c, '.' | '?' | '!')
                });
                out.push_str(&text);
                plain && !text.is_empty() && !text.starts_with(|c: char| c.is_ascii_digit())
            }
            _ => false,
        }
    }

    /// Remembers what variables hold: a declared type, or what was called to make the value.
    pub(super) fn binding(&mut self, node: Node, rule: &Rule) {
        let value = rule.value.of(node);
        if let Some(value) = value
            && self.import_call(node, rule, value)
        {
            return;
        }
        let declared = self.type_text(node, &rule.type_part);
        let mut targets = rule.name.all(node);
        if rule.name.is_none() {
            let mut cursor = node.walk();
            let children = node.named_children(&mut cursor);
            targets.extend(children.filter(|child| self.role(*child) == Some(Role::Declarator)));
        }
        for target in targets {
            let (target, value) = self.first_of_lists(target, value);
            self.bind_local(target);
            // The value may stand beside the name, inside a declarator.
            let inner = || self.rule_of(target).and_then(|rule| rule.value.of(target));
            let value = value.or_else(inner);
            let Some(name) = self.binding_name(target) else { continue };
            let held = if declared.is_none() { value.and_then(|value| self.held(value)) } else { None };
            let (type_name, kind) = held.unwrap_or((declared, BindingKind::Annotated));
            if !type_name.is_none() {
                let owner = self.scope().symbol;
                self.facts.bindings.push(Binding { owner, name, type_name, kind: kind as u32 });
            }
        }
    }

    /// The name of what is assigned to mentions no type and, from here on, calls nothing.
    fn bind_local(&mut self, target: Node) {
        let marks = self.table.marks(target.kind_id());
        if marks & mark::TYPE != 0 {
            self.taken_until = self.taken_until.max(target.end_byte() as u32);
        }
        if marks & mark::BARE_CALL != 0 {
            let name = self.strings.intern(self.text(target));
            self.locals.insert((self.scope().symbol, name));
        }
    }

    /// `a, err := f()` binds `a`: of lists on both sides the first ones belong together.
    fn first_of_lists<'t>(&self, target: Node<'t>, value: Option<Node<'t>>) -> (Node<'t>, Option<Node<'t>>) {
        (self.first_of_list(target), value.map(|value| self.first_of_list(value)))
    }

    pub(super) fn first_of_list<'t>(&self, node: Node<'t>) -> Node<'t> {
        let list = self.role(node) == Some(Role::List);
        if list { node.named_child(0).unwrap_or(node) } else { node }
    }

    fn binding_name(&mut self, target: Node) -> Option<Str> {
        if self.role(target) == Some(Role::Member) {
            let mut text = String::new();
            if !self.write_receiver(target, &mut text, 0) {
                text = names::without_space(self.text(target));
            }
            return (text.len() < MAX_RECEIVER).then(|| self.strings.intern(text.as_bytes()));
        }
        let name = self.innermost_name(target)?;
        Some(self.strings.intern(self.text(name)))
    }

    /// What a value says of its type.
    fn held(&mut self, value: Node) -> Option<(Str, BindingKind)> {
        let mut node = value;
        for _ in 0..MAX_NESTING {
            let rule = self.rule_of(node)?;
            match rule.role {
                Role::Call | Role::Import => {
                    let text = self.receiver(node);
                    let text = self.strings.table.get(text).strip_suffix(b"()")?.to_vec();
                    return Some((self.strings.intern(&text), BindingKind::Called));
                }
                Role::Construct | Role::Cast => {
                    let (name, receiver) = constructed(node, rule).and_then(|node| self.named(node))?;
                    return Some((self.whole_name(name, receiver), BindingKind::Annotated));
                }
                Role::Transparent => node = rule.value.of(node).or_else(|| node.named_child(0))?,
                Role::Assignment | Role::DefineVariable => node = rule.value.of(node)?,
                _ => return None,
            }
        }
        None
    }

    fn whole_name(&mut self, name: Str, receiver: Str) -> Str {
        let mut text = self.strings.table.get(receiver).to_vec();
        if !text.is_empty() {
            text.extend_from_slice(self.table.rules.separator.as_bytes());
        }
        text.extend_from_slice(self.strings.table.get(name));
        self.strings.intern(&text)
    }

    /// References from a type to what it extends.
    pub(super) fn bases(&mut self, node: Node, rule: &Rule, symbol: u32) {
        for base in self.base_nodes(node, rule) {
            if let Some((name, receiver)) = self.named(base) {
                self.push_reference(symbol, name, receiver, base, ReferenceKind::Inherit);
            }
        }
    }

    pub(super) fn embedded_base(&mut self, node: Node, rule: &Rule) {
        let Scope { symbol, kind, depth, .. } = *self.scope();
        if symbol == 0 || !(kind.is_type() || kind == SymbolKind::Module) || depth + 3 < self.depth {
            return;
        }
        let inside = rule.type_part.of(node).unwrap_or(node);
        let mut found = Vec::new();
        self.collect_bases(inside, &mut found, 0);
        for base in found {
            if let Some((name, receiver)) = self.named(base) {
                self.push_reference(symbol, name, receiver, base, ReferenceKind::Inherit);
            }
        }
    }

    pub(super) fn base_nodes<'t>(&self, node: Node<'t>, rule: &Rule) -> Vec<Node<'t>> {
        let mut found = Vec::new();
        for holder in rule.bases.all(node) {
            self.collect_bases(holder, &mut found, 0);
        }
        found
    }

    /// The names in a list of bases, without type arguments and keyword arguments.
    fn collect_bases<'t>(&self, node: Node<'t>, found: &mut Vec<Node<'t>>, nesting: usize) {
        if nesting > MAX_NESTING {
            return;
        }
        let role = self.role(node);
        let names_one = self.table.marks(node.kind_id()) & mark::IDENTIFIER != 0
            || matches!(role, Some(Role::Member | Role::MemberType));
        let inner = self.rule_of(node).filter(|rule| rule.role == Role::Transparent);
        if names_one && role != Some(Role::Mention) {
            found.push(node);
        } else if let Some(value) = inner.and_then(|rule| rule.value.of(node)) {
            self.collect_bases(value, found, nesting + 1); // `Generic[T]` has one base
        } else if names_one {
            // A name of code (a variable of a type) is no base.
        } else if role != Some(Role::Skip) && role != Some(Role::Lambda) {
            let mut cursor = node.walk();
            for child in node.named_children(&mut cursor) {
                self.collect_bases(child, found, nesting + 1);
            }
        }
    }

    /// The first name in a type: `Server` of `Server<T>`.
    pub(super) fn base_name(&mut self, node: Node) -> Option<Str> {
        let mut found = Vec::new();
        self.collect_bases(node, &mut found, 0);
        let first = found.first().copied()?;
        self.named(first).map(|(name, _)| name)
    }
}

/// What an expression constructs.
fn constructed<'t>(node: Node<'t>, rule: &Rule) -> Option<Node<'t>> {
    rule.type_part.of(node).or_else(|| rule.head.of(node))
}

/// Object and property of a member; without fields in the grammar the first and the last named child.
fn member_parts<'t>(node: Node<'t>, rule: &Rule) -> (Option<Node<'t>>, Option<Node<'t>>) {
    if rule.property.is_some() || rule.object.is_some() {
        return (rule.object.of(node), rule.property.of(node));
    }
    let last = node.named_child_count().saturating_sub(1);
    (node.named_child(0).filter(|_| last > 0), node.named_child(last as u32))
}

/// One reference per owner, name, receiver and kind: the first; and no type reference where a base says the same.
pub(super) fn dedupe(facts: &mut FileFacts) {
    let mut seen = FxHashSet::default();
    let inherited: FxHashSet<(u32, Str)> = facts
        .references
        .iter()
        .filter(|reference| reference.kind == ReferenceKind::Inherit as u32)
        .map(|reference| (reference.owner, reference.name))
        .collect();
    let symbols = &facts.symbols;
    facts.references.retain(|reference| {
        let is_type = reference.kind == ReferenceKind::Type as u32;
        let own_name = is_type
            && symbols[reference.owner as usize].name == reference.name
            && symbols[reference.owner as usize].kind() != SymbolKind::Variable;
        let repeated = !seen.insert((reference.owner, reference.name, reference.receiver, reference.kind));
        !(repeated || own_name || is_type && inherited.contains(&(reference.owner, reference.name)))
    });
    let mut bound = FxHashSet::default();
    facts.bindings.retain(|binding| bound.insert((binding.owner, binding.name, binding.type_name, binding.kind)));
}
