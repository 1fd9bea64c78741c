//! The one pass: a cursor visits every node of the tree once and facts come out.
//!
//! The loop knows marks and roles, never a language. Identifiers, strings and comments become terms of the innermost
//! open symbol; leaves go into a token stream over which bodies are hashed; nodes with a role go to the modules beside
//! this one (`definitions`, `references`, `imports`). Nothing here recurses, so nesting costs no stack.

use std::time::Instant;

use rustc_hash::FxHashSet;
use tree_sitter::{Node, Tree};

use super::comments::{Comment, Comments};
use super::facts::{FileFacts, Header, Interner, NO_INDEX, ReferenceKind, Str, Symbol, SymbolKind, Visibility};
use super::leads::Lead;
use super::names;
use super::rules::{Role, Rule, Table, mark, part_at, parts_at};
use super::terms::{Occurrences, WORD_LIMIT};
use super::values::Held;

/// Nothing that people write is nested deeper; below, only errors and names are noted. To find the parent of a node takes
/// as many steps as it lies deep, so that a hundred thousand brackets would take minutes.
const DEEPEST: u32 = 2000;
/// Nodes between two looks at the clock.
const TELL_TIME: u32 = 1024;

/// Facts of a parsed file; None if that takes longer than until `deadline`. `path` is relative to the project, with `/`
/// between the parts.
pub fn extract(
    path: &str,
    source: &[u8],
    tree: &Tree,
    table: &Table,
    flags: u32,
    deadline: Instant,
) -> Option<FileFacts> {
    let mut extractor = Extractor::new(path, source, table);
    extractor.open_module(tree.root_node());
    extractor.walk(tree, deadline).then(|| extractor.finish(flags))
}

/// An open definition on the way down the tree.
pub(super) struct Scope {
    pub symbol: u32,
    /// Depth of its node; it closes when the cursor leaves that depth.
    pub depth: u32,
    /// Where its tokens begin in [`Extractor::tokens`].
    pub tokens: usize,
    pub name_start: u32,
    pub kind: SymbolKind,
    /// Who may use the members that follow, where a line of the body said so.
    pub access: Option<Visibility>,
}

/// Members that stand outside their type (Rust `impl`), or in an object that is written out.
pub(super) struct Container {
    pub name: Str,
    /// The type's symbol, if it is in this file.
    pub symbol: Option<u32>,
    /// It implements bases: its members are as public as theirs.
    pub implements: bool,
    pub depth: u32,
    /// Depth of an object's members; 0 for members of a type, which may stand anywhere inside.
    pub members: u32,
    /// The file offers the members to others.
    pub exports: bool,
}

pub(super) struct Extractor<'a> {
    pub path: &'a str,
    pub source: &'a [u8],
    pub table: &'a Table,
    pub strings: Interner,
    pub facts: FileFacts,
    pub scopes: Vec<Scope>,
    pub containers: Vec<Container>,
    pub comments: Comments,
    pub occurrences: Occurrences,
    pub lead: Option<Lead>,
    /// (parent, name) of every variable that is a symbol.
    pub variables: FxHashSet<(u32, Str)>,
    /// The variable of the module whose value is being read.
    pub held: Held,
    /// Node and name of the last value that was defined by what holds it.
    pub defined: (usize, Str),
    /// Byte up to which code stands in a function without a name.
    pub anonymous_until: u32,
    /// Names that the file offers to others.
    pub exports: Vec<Str>,
    /// The file says what it offers; the rest is its own.
    pub offers_a_list: bool,
    /// Names that stand for types, each with the depth of the definition that has them.
    pub type_parameters: Vec<(u32, Str)>,
    /// Where a name stands that defines without opening a scope.
    pub alias_start: u32,
    /// Words of visibility and their depths; each holds until the node around it ends.
    pub visibilities: Vec<(u32, Visibility)>,
    /// The name under which the file gives itself to others.
    pub module_value: Option<&'a [u8]>,
    /// Names that are bound in a symbol: where they stand alone they are no calls.
    pub locals: FxHashSet<(u32, Str)>,
    /// Byte up to which names are those of parameters or targets.
    pub bound_until: u32,
    /// Byte up to which a call that imports was already taken.
    pub imported_until: u32,
    /// Byte up to which names stand in type position.
    pub type_until: u32,
    /// Parts still ahead in which names stand in type position, the next one last.
    types_ahead: Vec<(u32, u32)>,
    /// Byte up to which names were already taken as one reference.
    pub taken_until: u32,
    /// Where the clause begins that names the file's package, and where it ends if all of the package stands in it.
    pub package: (u32, u32),
    /// Where the last declarator begins.
    declarator_start: u32,
    pub depth: u32,
    pub(super) tokens: Vec<u8>,
    /// Where a sign before a call begins, and where the call does.
    pub prefix: (u32, u32),
    /// The call whose callee is defined by what stands around it.
    pub head: usize,
    /// Documentation of the definition that follows, and byte up to which strings are taken as such.
    pub documentation: Option<(u32, u32)>,
    pub documented_until: u32,
    /// Byte up to which calls are types.
    pub type_calls_until: u32,
    /// Byte up to which names by themselves are no references.
    pub unmentioned_until: u32,
    /// Names that patterns bind, with the symbol in which they do.
    pub bound: FxHashSet<(u32, Str)>,
    /// Types whose variables are symbols.
    pub holders: Vec<u32>,
    syntax_errors: u32,
}

impl<'a> Extractor<'a> {
    fn new(path: &'a str, source: &'a [u8], table: &'a Table) -> Self {
        Self {
            path,
            source,
            table,
            strings: Interner::for_source(source.len()),
            facts: FileFacts::default(),
            scopes: Vec::new(),
            containers: Vec::new(),
            comments: Comments::default(),
            occurrences: Occurrences::default(),
            lead: None,
            variables: FxHashSet::default(),
            held: Held { symbol: 0, name_start: u32::MAX, end_byte: 0 },
            defined: (0, Str::NONE),
            anonymous_until: 0,
            exports: Vec::new(),
            offers_a_list: false,
            type_parameters: Vec::new(),
            alias_start: u32::MAX,
            visibilities: Vec::new(),
            module_value: None,
            locals: FxHashSet::default(),
            bound_until: 0,
            imported_until: 0,
            type_until: 0,
            types_ahead: Vec::new(),
            taken_until: 0,
            package: (0, 0),
            declarator_start: u32::MAX,
            depth: 0,
            tokens: Vec::with_capacity(source.len()),
            prefix: (0, u32::MAX),
            head: 0,
            documentation: None,
            documented_until: 0,
            type_calls_until: 0,
            unmentioned_until: 0,
            bound: FxHashSet::default(),
            holders: Vec::new(),
            syntax_errors: 0,
        }
    }

    fn open_module(&mut self, root: Node) {
        let declared = self.declared_package(root);
        let name = names::module_name(&self.table.rules, self.path, declared.as_deref());
        let last = name.rsplit(['.', '/', ':', '\\']).next().unwrap_or(&name);
        let (name, last) = (self.strings.intern(name.as_bytes()), self.strings.intern(last.as_bytes()));
        let mut module: Symbol = bytemuck::Zeroable::zeroed();
        module.name = last;
        module.qualified = name;
        (module.container, module.returns, module.parent) = (Str::NONE, Str::NONE, NO_INDEX);
        module.signature = Str::NONE;
        module.summary = Str::NONE;
        module.kind = SymbolKind::Module as u8;
        module.end_byte = self.source.len() as u32;
        (module.start_line, module.complexity) = (1, 1);
        self.facts.symbols.push(module);
        self.scopes.push(Scope {
            symbol: 0,
            depth: 0,
            tokens: 0,
            name_start: u32::MAX,
            kind: SymbolKind::Module,
            access: None,
        });
        self.find_module_value(root);
        if self.table.rules.docstrings {
            self.take_docstring(root, 0);
        }
    }

    /// The package named by clauses at the top of the file, one inside the other; looked for among the first children
    /// of the root.
    fn declared_package(&mut self, root: Node) -> Option<String> {
        let mut cursor = root.walk();
        let mut parts: Vec<String> = Vec::new();
        for child in root.children(&mut cursor).take(64) {
            let rule = self.rule_of(child).filter(|rule| rule.role_of(child) == Some(Role::Package));
            let Some(rule) = rule else { continue };
            if !rule.body.is_empty() && !parts.is_empty() {
                continue; // a second one with a body is a module of its own
            }
            let last = || child.named_child(child.named_child_count().checked_sub(1)? as u32);
            let Some(name) = part_at(child, rule.name).or_else(last) else { continue };
            if parts.is_empty() {
                let end = if rule.body.is_empty() { 0 } else { child.end_byte() as u32 };
                self.package = (child.start_byte() as u32, end);
            }
            parts.push(names::without_space(self.text(name)));
        }
        (!parts.is_empty()).then(|| parts.join(&self.table.rules.separator))
    }

    /// Visits every node; false if the time was over before.
    fn walk(&mut self, tree: &Tree, deadline: Instant) -> bool {
        let mut cursor = tree.walk();
        let mut visited = 0u32;
        loop {
            visited = visited.wrapping_add(1);
            if visited.is_multiple_of(TELL_TIME) && Instant::now() > deadline {
                return false;
            }
            let node = cursor.node();
            let in_type = !self.table.type_fields.is_empty()
                && cursor.field_id().is_some_and(|field| self.table.type_fields.contains(&field.get()));
            if in_type {
                self.type_until = self.type_until.max(node.end_byte() as u32);
            }
            let field = if self.table.bare_calls() { cursor.field_id() } else { None };
            let descend = self.enter(node, field.map_or(0, std::num::NonZeroU16::get));
            if descend && cursor.goto_first_child() {
                self.depth += 1;
                continue;
            }
            loop {
                self.leave();
                if cursor.goto_next_sibling() {
                    break;
                }
                if !cursor.goto_parent() {
                    return true;
                }
                self.depth -= 1;
            }
        }
    }

    /// Visits a node on the way down; false when its children have nothing more to say.
    fn enter(&mut self, node: Node, field: u16) -> bool {
        let kind = node.kind_id();
        let marks = self.table.marks(kind);
        if marks & mark::COMMENT != 0 {
            let owner = self.scope().symbol;
            self.comments.push(Comment::new(node, owner), self.source);
            return false;
        }
        if kind == u16::MAX {
            self.syntax_errors += 1;
        }
        if self.depth > DEEPEST {
            return self.enter_deep(node, marks);
        }
        if marks & mark::BRANCH != 0 {
            self.count_branch(node);
        }
        if marks & (mark::RULE | mark::IDENTIFIER) != 0 && self.table.rules.types_by_place {
            let table = self.table;
            self.note_types(node, table.rule(kind));
        }
        if marks & mark::RULE != 0
            && let Some(rule) = self.rule_of(node)
        {
            self.enter_rule(node, rule);
        }
        if marks & mark::TYPE_POSITION != 0 {
            self.type_until = self.type_until.max(node.end_byte() as u32);
        }
        if marks & mark::STRING != 0 {
            self.string(node);
        }
        if node.child_count() == 0 {
            if marks & mark::BARE_CALL != 0 {
                self.bare_call(node, field);
            }
            self.leaf(node, marks);
            return false;
        }
        if self.table.rules.layout && node.is_named() {
            self.tokens.push(1);
        }
        true
    }

    /// What is nested too deeply to be understood is stepped through.
    fn enter_deep(&mut self, node: Node, marks: u8) -> bool {
        let descend = node.child_count() > 0;
        if !descend {
            self.leaf(node, marks);
        }
        descend
    }

    /// Opens the type positions that begin here, and notes those that the rule of a node says are ahead.
    fn note_types(&mut self, node: Node, rule: Option<&Rule>) {
        let start = node.start_byte() as u32;
        while let Some((_, end)) = self.types_ahead.pop_if(|(first, _)| *first <= start) {
            self.type_until = self.type_until.max(end);
        }
        let Some(rule) = rule else { return };
        let types = [rule.returns, rule.type_field].map(|part| part_at(node, part));
        let mut ahead: Vec<_> =
            types.iter().flatten().map(|part| (part.start_byte() as u32, part.end_byte() as u32)).collect();
        ahead.sort_unstable_by_key(|(first, _)| std::cmp::Reverse(*first));
        self.types_ahead.append(&mut ahead);
    }

    /// A type that is written out in the place of one: what stands in it has places of its own.
    pub(super) fn interrupt_types(&mut self, node: Node) {
        let (start, end) = (node.start_byte() as u32, node.end_byte() as u32);
        if self.table.rules.types_by_place && start < self.type_until {
            self.types_ahead.push((end, self.type_until));
            self.type_until = start;
        }
    }

    fn leave(&mut self) {
        while self.scopes.last().is_some_and(|scope| scope.depth == self.depth && self.scopes.len() > 1) {
            self.close_scope();
        }
        if self.containers.last().is_some_and(|container| container.depth == self.depth) {
            self.containers.pop();
        }
        while self.visibilities.last().is_some_and(|(depth, _)| *depth == self.depth + 1) {
            self.visibilities.pop();
        }
        while self.type_parameters.last().is_some_and(|(depth, _)| *depth == self.depth) {
            self.type_parameters.pop();
        }
        if self.table.rules.layout {
            self.tokens.push(2);
        }
    }

    fn enter_rule(&mut self, node: Node, rule: &Rule) {
        let Some(role) = rule.role_of(node) else { return };
        match role {
            Role::Wrapper | Role::KeywordWrapper | Role::Decorator => self.enter_lead(node, rule),
            Role::Container => self.open_container(node, rule),
            Role::Call => self.call(node, rule),
            Role::Mention => self.mention(node),
            Role::Binds => self.bound_names(node, rule),
            Role::Pattern if self.table.mentions => self.bound_in(node),
            Role::Branch => self.branch(),
            Role::Prefix => self.sign(node),
            Role::Documentation | Role::DocumentationAround => self.documentation(node, role),
            Role::TypeSignature => self.said_type(node),
            Role::Construct => self.construct(node, rule),
            Role::TypeName => self.type_name(node, rule),
            Role::Visibility => self.visibility_word(node),
            Role::ModuleValue => self.module_value(node),
            Role::Pattern => self.bound_until = self.bound_until.max(node.end_byte() as u32),
            Role::Member if self.table.mentions => self.qualified_name(node, rule),
            Role::MemberType => self.member_type(node, rule),
            Role::Member if (node.start_byte() as u32) < self.type_until => self.member_type(node, rule),
            Role::Member if rule.type_field != 0 && self.names_type(node) => self.member_type(node, rule),
            Role::Declarator | Role::Skip => self.declarator_start = node.start_byte() as u32,
            Role::Package if rule.list != 0 => self.offered_names(node, rule),
            Role::Package => self.further_package(node, rule),
            Role::Access => self.access(node),
            Role::TypeContext => self.type_context(node),
            Role::TypeParameter => self.type_parameter(node, rule),
            Role::Base => self.embedded_base(node, rule),
            Role::Binding => self.binding(node, rule),
            Role::Assignment => self.assignment(node, rule),
            Role::Field => self.field(node, rule),
            Role::RecordMember => self.record_member(node, rule),
            Role::Lambda => self.anonymous(node),
            Role::Import if rule.of_call => self.called_import(node, rule),
            Role::Import if !rule.qualified.is_empty() => self.qualified_import(node, rule),
            Role::Import => self.import(node, rule),
            Role::ImportNamespace => self.module_import(node, rule),
            Role::Tokens => self.token_calls(node),
            Role::DefineDetached => self.detached_body(node, rule),
            Role::Parameter => self.parameter_binding(node, rule),
            role => {
                if let Some(kind) = role.defines() {
                    self.definition(node, rule, kind);
                }
            }
        }
    }

    /// `public:` in the body of a type; before the body it speaks of a base.
    fn access(&mut self, node: Node) {
        let said = names::Modifiers::of(self.text(node)).visibility;
        let body = self.facts.symbols[self.scope().symbol as usize].signature_end;
        if let Some(scope) = self.scopes.last_mut().filter(|_| node.start_byte() as u32 > body) {
            scope.access = said;
        }
    }

    /// Everything inside is in type position; a type in quotes is a type, too.
    fn type_context(&mut self, node: Node) {
        self.type_until = self.type_until.max(node.end_byte() as u32);
        let text = String::from_utf8_lossy(self.text(node));
        let name = super::definitions::unquoted(&text);
        if name.len() < text.len() && name.chars().all(|c| c.is_alphanumeric() || c == '_' || c == '.') {
            let (receiver, last) = name
                .rsplit_once('.')
                .map_or((Str::NONE, name), |(receiver, last)| (self.strings.intern(receiver.as_bytes()), last));
            let last = self.strings.intern(last.as_bytes());
            self.type_reference(node, last, receiver);
        }
    }

    fn type_parameter(&mut self, node: Node, rule: &Rule) {
        let mut parameters = parts_at(node, rule.name);
        if parameters.is_empty() {
            parameters.extend(node.named_child(0));
        }
        // It holds in the definition around it; what opens no scope (Rust's `impl`) is two nodes above.
        let (callable, scope) = (self.scope().kind.is_callable(), self.scope());
        let depth = if scope.kind == SymbolKind::Module { self.depth.saturating_sub(2) } else { scope.depth };
        let mut texts = Vec::with_capacity(parameters.len());
        for name in parameters {
            let text = self.strings.intern(self.text(name));
            self.type_parameters.push((depth, text));
            texts.push(text);
        }
        // The type that is returned may stand before them: `List<K> Pick<K>()`.
        if callable {
            let owner = self.scope().symbol;
            let of_owner = self.facts.references.iter().rev().take_while(|reference| reference.owner == owner).count();
            let kept = self.facts.references.len() - of_owner;
            for reference in self.facts.references.split_off(kept) {
                if !texts.contains(&reference.name) {
                    self.facts.references.push(reference);
                }
            }
        }
    }

    fn leaf(&mut self, node: Node, marks: u8) {
        let text = &self.source[node.byte_range()];
        self.tokens.extend_from_slice(text);
        self.tokens.push(0);
        if text.is_empty() {
            self.syntax_errors += u32::from(node.is_missing());
            return;
        }
        if marks & mark::IDENTIFIER == 0 {
            return;
        }
        let start = node.start_byte() as u32;
        if start == self.scope().name_start || start == self.alias_start {
            return;
        }
        let name = self.strings.intern(text);
        self.occurrences.name(self.scope().symbol, self.in_signature(start), name);
        let defined = start == self.held.name_start;
        let in_type = !defined && marks & mark::TYPE != 0 || start < self.type_until;
        let inferred = || self.table.rules.inferred_types.iter().any(|known| known.as_bytes() == text);
        let declared = || self.type_parameters.iter().any(|(_, known)| *known == name) || inferred();
        if in_type && start >= self.taken_until && !declared() {
            self.type_reference(node, name, Str::NONE);
        }
    }

    /// A name that stands alone: a call, unless it is a part of one or something local.
    fn bare_call(&mut self, node: Node, field: u16) {
        let (start, symbol) = (node.start_byte() as u32, self.scope().symbol);
        let name = self.strings.intern(self.text(node));
        let known = self.table.is_name_field(field) || start == self.scope().name_start || start < self.taken_until;
        if start < self.bound_until {
            self.locals.insert((symbol, name));
        } else if !known && !self.locals.contains(&(symbol, name)) {
            self.push_reference(symbol, name, Str::NONE, node, ReferenceKind::Call);
        }
    }

    fn string(&mut self, node: Node) {
        let symbol = self.scope().symbol;
        let start = node.start_byte() as u32;
        if start < self.documented_until {
            return; // its words are the documentation's
        }
        let facts = &self.facts.symbols[symbol as usize];
        let is_doc = facts.doc_start <= start && start < facts.doc_end;
        let text = &self.source[node.byte_range()];
        let limit = if is_doc { text.len() } else { text.len().min(WORD_LIMIT) };
        self.occurrences.words(symbol, is_doc, &text[..limit], &mut self.strings);
    }

    fn in_signature(&self, byte: u32) -> bool {
        let scope = self.scope();
        scope.kind != SymbolKind::Module && byte < self.facts.symbols[scope.symbol as usize].signature_end
    }

    pub fn scope(&self) -> &Scope {
        self.scopes.last().expect("the module's scope stays open to the end")
    }

    pub fn text(&self, node: Node) -> &'a [u8] {
        let source: &'a [u8] = self.source;
        &source[node.byte_range()]
    }

    pub fn push_scope(&mut self, symbol: u32, name_start: u32, kind: SymbolKind) {
        self.scopes.push(Scope {
            symbol,
            depth: self.depth,
            tokens: self.tokens.len(),
            name_start,
            kind,
            access: None,
        });
    }

    fn count_branch(&mut self, node: Node) {
        if node.start_byte() as u32 == self.declarator_start {
            return; // no `and`, but a reference to a value that moves: `Item&& item`
        }
        // The keyword that opens a branch is a token inside the branch's node: only one of them is in the rules.
        if node.is_named() || node.child_count() == 0 {
            self.branch();
        }
    }

    fn branch(&mut self) {
        let symbol = self.scope().symbol as usize;
        self.facts.symbols[symbol].complexity += 1;
    }

    /// The rule of a node, or of what it calls.
    pub fn rule_of(&self, node: Node) -> Option<&'a Rule> {
        let prefix = (node.start_byte() as u32 == self.prefix.1).then_some(self.prefix.0);
        self.table.rule_in(node, self.source, prefix)
    }

    fn close_scope(&mut self) {
        let Some(scope) = self.scopes.pop() else { return };
        let hash = blake3::hash(&self.tokens[scope.tokens..]);
        let hash = &hash.as_bytes()[..16];
        self.facts.symbols[scope.symbol as usize].body_hash.copy_from_slice(hash);
        // For what stands around, the hash stands for the tokens, so that none is hashed twice.
        self.tokens.truncate(scope.tokens);
        self.tokens.extend_from_slice(hash);
    }

    fn finish(mut self, flags: u32) -> FileFacts {
        while !self.scopes.is_empty() {
            self.close_scope();
        }
        self.attach_comments();
        self.mark_offered();
        self.forget_bound_names();
        let lines = names::line_count(self.source);
        self.facts.symbols[0].end_line = lines.max(1);
        let module = self.facts.symbols[0].qualified;
        let hash = names::short_hash(&[self.strings.table.get(module), &[SymbolKind::Module as u8]]);
        self.facts.symbols[0].interface_hash = hash;
        self.facts.header = Header { lines, syntax_errors: self.syntax_errors, flags, pad: 0 };
        self.facts.terms = self.occurrences.into_terms(&self.facts.symbols);
        self.facts.strings = self.strings.table;
        super::references::dedupe(&mut self.facts);
        self.facts
    }
}
