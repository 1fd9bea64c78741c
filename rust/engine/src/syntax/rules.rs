//! What a language folder may say: the closed vocabulary of roles, and its compilation into tables by node-kind id.
//!
//! `language.toml` arrives as JSON. An unknown key, role or node kind is an error that names it: a language that does
//! not fit its grammar must fail when it is loaded, not extract less in silence. Kinds that newer versions of a grammar
//! dropped are written in `optional`.

use std::collections::BTreeMap;

use rustc_hash::FxHashMap;
use serde::Deserialize;
use tree_sitter::{Language, Node};

use super::facts::SymbolKind;

/// How the name of a module follows from its path (and its text).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Default)]
#[serde(rename_all = "kebab-case")]
pub enum ModuleNames {
    /// `a/b/c.py` is `a.b.c`, `a/b/__init__.py` is `a.b`.
    Dotted,
    /// `lib/router/index.js` is `lib/router/index`.
    Path,
    /// All files of a folder are one module: `net/http/client.go` is `net/http`.
    Directory,
    /// The file's own package clause: `java.util`.
    Declared,
    /// `axum/src/routing/mod.rs` is `axum::routing`.
    Crate,
    /// The module is the file, and its symbols bear no prefix.
    #[default]
    File,
}

/// Who may use a symbol, by the custom of the language.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Default)]
#[serde(rename_all = "kebab-case")]
pub enum VisibilityRule {
    /// `_name` is private, `__name__` is not.
    Underscore,
    /// An upper-case first letter is public.
    Capital,
    /// A modifier says so; without one it is package-private.
    Modifier,
    /// A modifier says so; without one it is public.
    ModifierOrPublic,
    /// `pub` or private.
    Pub,
    /// `static` is private to the file.
    Static,
    /// A line in the type's body says so for the members below it; above it a class is private, a struct public.
    /// Outside of types `static` is private to the file.
    Section,
    /// Exported, or internal to its module; members are public unless a modifier says otherwise.
    Export,
    #[default]
    Public,
}

/// Where a statement of import binds what it names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Default)]
#[serde(rename_all = "kebab-case")]
pub enum ImportBinding {
    /// The path is a module, bound under its own name (Python `import a.b`, Go).
    #[default]
    Module,
    /// The last part of the path is the member (Java, Rust `use`).
    Last,
    /// Everything in it becomes visible (C `#include`), unless it gets a name of its own.
    Everything,
}

/// Which definitions that stand side by side are clauses of one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Clauses {
    /// Those of one name: a signature and the equations below it (Haskell).
    Name,
    /// Those of one name and number of parameters (Elixir).
    Arity,
}
/// Stands among [`Rules::constructors`] for the name of the type.
pub const TYPE_NAME: &str = "<type>";

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub enum Role {
    #[serde(rename = "definition.module")]
    DefineModule,
    #[serde(rename = "definition.class")]
    DefineClass,
    #[serde(rename = "definition.struct")]
    DefineStruct,
    #[serde(rename = "definition.interface")]
    DefineInterface,
    #[serde(rename = "definition.trait")]
    DefineTrait,
    #[serde(rename = "definition.enum")]
    DefineEnum,
    #[serde(rename = "definition.type")]
    DefineType,
    #[serde(rename = "definition.function")]
    DefineFunction,
    /// A method wherever it stands: in a type, an object, an anonymous class.
    #[serde(rename = "definition.method")]
    DefineMethod,
    /// A block at module level that belongs to what stands before it: a call of a macro, whose first argument is the
    /// name (`SYSCALL_DEFINE1(close, …) {…}`), or a declaration that the grammar could not read to its end.
    #[serde(rename = "definition.detached-body")]
    DefineDetached,
    /// A variable where it stands at module level (or holds a function); elsewhere only a binding. A function where
    /// the innermost declarator has `parameters` (C's prototypes).
    #[serde(rename = "definition.variable")]
    DefineVariable,
    /// `name` gets `value`: a definition if that is a function, an export if the rule's `exports` say so, and a binding;
    /// never a variable of its own.
    #[serde(rename = "assignment")]
    Assignment,
    /// A local or field: what it holds is remembered for receivers.
    #[serde(rename = "binding")]
    Binding,
    /// A field of the type around it: a method if it holds a function, else a binding.
    #[serde(rename = "field")]
    Field,
    /// An object written out; its members are named after the variable that holds it.
    #[serde(rename = "record")]
    Record,
    /// `name` and `value` in such an object, or a bare name that is both.
    #[serde(rename = "record.member")]
    RecordMember,
    /// Several names at once, taken out of one value: `{ a, b: [c] }`.
    #[serde(rename = "pattern")]
    Pattern,
    /// The name of a type parameter, which is no type of the project.
    #[serde(rename = "type-parameter")]
    TypeParameter,
    /// Members of a type that stand outside it (Rust `impl`): `type`, and `bases` for what is implemented.
    #[serde(rename = "container")]
    Container,
    /// Belongs to the definition inside it (`export …`, Python's decorated definition).
    #[serde(rename = "wrapper")]
    Wrapper,
    /// A keyword and the definition that it opens (Go's `type T …`); nothing, where it opens a group of them.
    #[serde(rename = "wrapper.keyword")]
    KeywordWrapper,
    /// Goes before a definition: decorator, attribute, annotation.
    #[serde(rename = "decorator")]
    Decorator,
    /// The clause that names the file's package, and may have a `list` of what the file offers.
    #[serde(rename = "package")]
    Package,
    #[serde(rename = "parameter")]
    Parameter,
    #[serde(rename = "parameter.variadic")]
    ParameterVariadic,
    #[serde(rename = "parameter.keyword-variadic")]
    ParameterKeywordVariadic,
    /// What follows can be given by keyword only (Python `*`).
    #[serde(rename = "parameter.keyword-only-after")]
    ParameterKeywordOnlyAfter,
    /// What stands before can be given by position only (Python `/`).
    #[serde(rename = "parameter.positional-only-before")]
    ParameterPositionalOnlyBefore,
    /// `callee`, or `name` with `receiver`. What is called may have a role of its own, in `[rules.calls]`.
    #[serde(rename = "reference.call")]
    Call,
    /// A name by itself is a use of what it names, in languages that call without parentheses; names that patterns
    /// bind are not.
    #[serde(rename = "reference.name")]
    Mention,
    /// The names in `name` are bound here.
    #[serde(rename = "binds")]
    Binds,
    /// Adds one to cyclomatic complexity.
    #[serde(rename = "branch")]
    Branch,
    /// A sign that belongs to the name of the call behind it: `@doc "…"`.
    #[serde(rename = "prefix")]
    Prefix,
    /// Its string documents the definition that follows.
    #[serde(rename = "documentation")]
    Documentation,
    /// Its string documents the definition around it.
    #[serde(rename = "documentation.around")]
    DocumentationAround,
    /// A type is said of a name: what is called inside are types, but for the name itself.
    #[serde(rename = "type-signature")]
    TypeSignature,
    /// `type` is constructed: `new Foo(…)`, `Foo{…}`.
    #[serde(rename = "reference.construct")]
    Construct,
    /// A value taken for one of `type`: a cast or assertion.
    #[serde(rename = "cast")]
    Cast,
    /// Goes on from what stands before it, in grammars that write `a.b(c)` flat: a name, or the arguments in `list`.
    #[serde(rename = "postfix")]
    Postfix,
    /// The same, from what stands before all of its kind: `a..b()..c()`.
    #[serde(rename = "postfix.cascade")]
    Cascade,
    /// Raw tokens, as in the arguments of a macro: a name before tokens in parentheses is a call.
    #[serde(rename = "tokens")]
    Tokens,
    /// `object` and `property`; with `type` a type where the last name is one: `std::string`. A definition of that
    /// name belongs to the object: `void Cart::add() {}`.
    #[serde(rename = "member")]
    Member,
    /// A member in type position: `object` and `property`.
    #[serde(rename = "member.type")]
    MemberType,
    /// Everything inside is in type position.
    #[serde(rename = "context.type")]
    TypeContext,
    /// A base type by its mere presence in a type's body (Go embedding), unless the field in `unless` is there.
    #[serde(rename = "base")]
    Base,
    /// A function as a value: the variable that holds it is its name.
    #[serde(rename = "lambda")]
    Lambda,
    /// Stands for what is inside it: `await x`, `(x)`, `f::<T>`.
    #[serde(rename = "transparent")]
    Transparent,
    /// Between a definition and its name: C's pointer and function declarators.
    #[serde(rename = "declarator")]
    Declarator,
    /// A name of several words, which ends before `body`: `operator bool() const`.
    #[serde(rename = "name")]
    Name,
    /// What a function returns, where that stands behind its parameters: `auto f() -> int`.
    #[serde(rename = "returns")]
    Returns,
    /// Who may use the members that follow in the body of the type: `public:`.
    #[serde(rename = "access")]
    Access,
    /// Arguments, which name no base: `class A(B, metaclass=M)`, `List<T>`.
    #[serde(rename = "skip")]
    Skip,
    #[serde(rename = "import")]
    Import,
    /// `name` with an optional `alias` and `path`.
    #[serde(rename = "import.item")]
    ImportItem,
    /// The module itself under a name (`* as ns`).
    #[serde(rename = "import.namespace")]
    ImportNamespace,
    /// Everything, as a node of its own or as a word of the statement (`using namespace std`).
    #[serde(rename = "import.wildcard")]
    ImportWildcard,
    /// `path` goes before all of `list`.
    #[serde(rename = "import.scope")]
    ImportScope,
    /// Names side by side: of an import, or the targets and values of an assignment.
    #[serde(rename = "list", alias = "import.list")]
    List,
    /// A relative module: leading dots, then a path.
    #[serde(rename = "import.relative")]
    ImportRelative,
}

impl Role {
    /// The kind of symbol that a definition makes.
    pub fn defines(self) -> Option<SymbolKind> {
        Some(match self {
            Self::DefineModule => SymbolKind::Module,
            Self::DefineClass => SymbolKind::Class,
            Self::DefineStruct => SymbolKind::Struct,
            Self::DefineInterface => SymbolKind::Interface,
            Self::DefineTrait => SymbolKind::Trait,
            Self::DefineEnum => SymbolKind::Enum,
            Self::DefineType => SymbolKind::Type,
            Self::DefineFunction => SymbolKind::Function,
            Self::DefineMethod => SymbolKind::Method,
            Self::DefineVariable => SymbolKind::Variable,
            _ => return None,
        })
    }
}

/// One name of a part, or several of which the first that is there counts. A name is a field of the grammar, a kind of
/// child, or one of the words that [`Selector`] explains.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(untagged)]
enum Names {
    #[default]
    None,
    One(String),
    Several(Vec<String>),
}

impl Names {
    fn all(&self) -> &[String] {
        match self {
            Self::None => &[],
            Self::One(name) => std::slice::from_ref(name),
            Self::Several(names) => names,
        }
    }
}

/// One row of `[nodes]` in `language.toml`: a role, and the fields of the grammar in which its parts stand.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct NodeSpec {
    role: Role,
    #[serde(default)]
    name: Names,
    /// Of a definition without `name` the expression whose callee is defined, of a construction without `type` what is
    /// constructed.
    #[serde(default)]
    head: Names,
    #[serde(default)]
    parameters: Names,
    #[serde(default)]
    returns: Names,
    /// The signature ends before it.
    #[serde(default)]
    body: Names,
    #[serde(default)]
    value: Names,
    #[serde(rename = "type", default)]
    type_field: Names,
    #[serde(default)]
    object: Names,
    #[serde(default)]
    property: Names,
    #[serde(default)]
    callee: Names,
    #[serde(default)]
    receiver: Names,
    #[serde(default)]
    path: Names,
    #[serde(default)]
    alias: Names,
    #[serde(default)]
    list: Names,
    /// Fields or child kinds that hold base types.
    #[serde(default)]
    bases: Vec<String>,
    /// The symbol kind by the kind of the child in `type`.
    #[serde(default)]
    kinds: BTreeMap<String, String>,
    /// Only with one of these present.
    #[serde(default)]
    requires: Names,
    /// Only with these absent.
    #[serde(default)]
    unless: Names,
    /// Only directly inside nodes of these kinds.
    #[serde(default)]
    inside: Vec<String>,
    /// The role of nodes that `requires`, `unless` or `inside` turn down.
    otherwise: Option<Role>,
    /// The names of callees that import (JavaScript's `require`).
    #[serde(default)]
    imports: Vec<String>,
    /// Objects whose members the file offers to others (`exports`, `module.exports`); they themselves are its default.
    #[serde(default)]
    exports: Vec<String>,
    /// Only names that begin with a capital; the others belong to the language (JSX tags).
    #[serde(default)]
    capitalised: bool,
    /// The kind is absent in some version of the grammar.
    #[serde(default)]
    optional: bool,
    /// A constructor whatever its name (Java).
    #[serde(default)]
    constructor: bool,
    /// No node holds the definition together: it begins with what stands before it in its statement, and its body may
    /// stand beside it.
    #[serde(default)]
    headless: bool,
    /// With arguments in square brackets it is no call but an element: `items[0]`.
    #[serde(default)]
    indexes: bool,
    /// Its neighbours of the same name are one symbol with it.
    clauses: Option<Clauses>,
    /// The variables in a type are symbols, as those of a module are (Scala's `object`).
    #[serde(default)]
    variables: bool,
    /// Visible only where it stands, whatever its name.
    #[serde(default)]
    private: bool,
    /// The word that leaves what is imported behind its qualifier (Haskell).
    qualified: Option<String>,
    /// The word that turns the list of what is imported into one of what is not.
    hiding: Option<String>,
    /// Of a call that imports: how the names are bound, where it differs from `import_binding`.
    binds: Option<ImportBinding>,
    /// Of a call: the keyword argument that gives another name, that lists names, that ends the name.
    alias_word: Option<String>,
    list_word: Option<String>,
    suffix_word: Option<String>,
    /// Of a call without a name: it is named after what stands around it, with this before the name.
    sign: Option<String>,
}

/// The part of `language.toml` that the engine reads.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rules {
    pub separator: String,
    #[serde(default)]
    pub modules: ModuleNames,
    #[serde(default)]
    pub visibility: VisibilityRule,
    /// The first string of a body is its documentation.
    #[serde(default)]
    pub docstrings: bool,
    /// Indentation is syntax: the token stream of a body hash keeps its block structure.
    #[serde(default)]
    pub layout: bool,
    /// Beginnings of comments that document; empty: any comment directly above a definition does.
    #[serde(default)]
    pub doc_comments: Vec<String>,
    #[serde(default)]
    pub import_binding: ImportBinding,
    /// Declared types that leave the type to the value (`var`).
    #[serde(default)]
    pub inferred_types: Vec<String>,
    /// Words before a parameter that takes any number of arguments (`vararg`).
    #[serde(default)]
    pub variadic_words: Vec<String>,
    /// Names of constructors (`__init__`, `constructor`); [`TYPE_NAME`] is that of their type.
    #[serde(default)]
    pub constructors: Vec<String>,
    /// Keywords of definitions before which, and between which and a name, words in capitals are macros of which the
    /// grammar shall see nothing: `SHOP_EXPORT template`, `class SHOP_API Cart {`.
    #[serde(default)]
    pub macros_around: Vec<String>,
    /// Leaf kinds that are names.
    #[serde(default)]
    pub identifiers: Vec<String>,
    /// Leaf kinds that are names of types.
    #[serde(default)]
    pub types: Vec<String>,
    #[serde(default)]
    pub strings: Vec<String>,
    #[serde(default)]
    pub comments: Vec<String>,
    /// Node kinds and tokens that add one to cyclomatic complexity.
    #[serde(default)]
    pub branches: Vec<String>,
    #[serde(default)]
    nodes: BTreeMap<String, NodeSpec>,
    /// Roles of calls by the name of what is called, for languages in which a call defines (`defmodule`), imports
    /// (`require`) or branches (`if`), and an operator may be a branch (`&&`).
    #[serde(default)]
    calls: BTreeMap<String, NodeSpec>,
}

#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum RulesError {
    #[error("the rules of {language} are not valid: {message}")]
    Invalid { language: String, message: String },
    #[error("the grammar of {language} has no node kind {kind:?}; correct [nodes] or mark it `optional = true`")]
    UnknownKind { language: String, kind: String },
    #[error("{language} maps {kind:?} to {value:?}, which is no kind of symbol")]
    UnknownSymbolKind { language: String, kind: String, value: String },
}

/// Where a part stands. Grammars without fields leave it to what stands beside the part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Selector {
    Field(u16),
    /// `x`, or `kind x` where a field has the same name: the first child of the kind.
    Kind(u16),
    /// `last x`: the last child of the kind.
    Last(u16),
    /// `after x`: the named node after the first child of the kind.
    After(u16),
    /// `before x`: the named node before the first child of the kind.
    Before(u16),
    /// `next x`: what follows a sibling of the kind, if that follows the node: the `1` beside `limit: Int` `=` `1`.
    Next(u16),
    /// `beside x`: a later sibling of the kind in the same statement, or the next one of the node around.
    Beside(u16),
    /// `*`: the first named child.
    First,
    /// `itself`: the node.
    Itself,
}

/// A compiled [`NodeSpec`]; a part without selectors is one that the language does not have.
#[derive(Clone, Debug)]
pub struct Rule {
    pub role: Role,
    pub name: Vec<Selector>,
    pub head: Vec<Selector>,
    pub parameters: Vec<Selector>,
    pub returns: Vec<Selector>,
    pub value: Vec<Selector>,
    pub type_field: Vec<Selector>,
    pub object: Vec<Selector>,
    pub property: Vec<Selector>,
    pub callee: Vec<Selector>,
    pub receiver: Vec<Selector>,
    pub path: Vec<Selector>,
    pub alias: Vec<Selector>,
    pub list: Vec<Selector>,
    pub body: Vec<Selector>,
    pub requires: Vec<Selector>,
    pub unless: Vec<Selector>,
    pub inside: Vec<u16>,
    pub otherwise: Option<Role>,
    pub constructor: bool,
    pub headless: bool,
    pub indexes: bool,
    pub clauses: Option<Clauses>,
    pub variables: bool,
    pub private: bool,
    pub qualified: Vec<Selector>,
    pub hiding: Vec<Selector>,
    pub binds: Option<ImportBinding>,
    pub alias_word: Option<String>,
    pub list_word: Option<String>,
    pub suffix_word: Option<String>,
    pub sign: Option<String>,
    /// It comes from `[rules.calls]`: its parts are arguments.
    pub of_call: bool,
    pub bases: Vec<Selector>,
    pub kinds: Vec<(u16, SymbolKind)>,
    pub imports: Vec<String>,
    pub exports: Vec<String>,
    pub capitalised: bool,
}

/// The first part of a node that one of the selectors finds.
pub fn part<'t>(node: Node<'t>, selectors: &[Selector]) -> Option<Node<'t>> {
    selectors.iter().find_map(|&selector| find_part(node, selector))
}

fn find_part<'t>(node: Node<'t>, selector: Selector) -> Option<Node<'t>> {
    let child = |kind: u16| node.children(&mut node.walk()).find(|child| child.kind_id() == kind);
    match selector {
        Selector::Field(id) => node.child_by_field_id(id),
        Selector::Kind(kind) => child(kind),
        Selector::Last(kind) => node.children(&mut node.walk()).filter(|child| child.kind_id() == kind).last(),
        Selector::After(kind) => child(kind)?.next_named_sibling(),
        Selector::Before(kind) => child(kind)?.prev_named_sibling(),
        Selector::Next(kind) => node.next_sibling().filter(|next| next.kind_id() == kind)?.next_named_sibling(),
        Selector::Beside(kind) => beside(node, kind),
        Selector::First => node.named_child(0),
        Selector::Itself => Some(node),
    }
}

fn beside(node: Node, kind: u16) -> Option<Node> {
    let mut next = node.next_sibling();
    while let Some(sibling) = next {
        if sibling.kind_id() == kind {
            return Some(sibling);
        } else if sibling.kind() == ";" {
            return None;
        }
        next = sibling.next_sibling();
    }
    node.parent()?.next_sibling().filter(|next| next.kind_id() == kind)
}

/// All parts of a node that the first fitting selector finds.
pub fn first_parts<'t>(node: Node<'t>, selectors: &[Selector]) -> Vec<Node<'t>> {
    let found = selectors.iter().map(|selector| parts(node, std::slice::from_ref(selector)));
    found.into_iter().find(|found| !found.is_empty()).unwrap_or_default()
}

/// All parts of a node that the selectors find.
pub fn parts<'t>(node: Node<'t>, selectors: &[Selector]) -> Vec<Node<'t>> {
    let mut found = Vec::new();
    for &selector in selectors {
        let mut cursor = node.walk();
        match selector {
            Selector::Field(id) => {
                let Some(id) = std::num::NonZeroU16::new(id) else { continue };
                found.extend(node.children_by_field_id(id, &mut cursor));
            }
            Selector::Kind(id) => found.extend(node.children(&mut cursor).filter(|child| child.kind_id() == id)),
            other => found.extend(find_part(node, other)),
        }
    }
    found
}

impl Rule {
    /// The role of a node, if it has what the rule asks for.
    pub fn role_of(&self, node: Node) -> Option<Role> {
        let elsewhere = || node.parent().is_none_or(|parent| !self.inside.contains(&parent.kind_id()));
        let refused = !self.requires.is_empty() && part(node, &self.requires).is_none()
            || !self.unless.is_empty() && part(node, &self.unless).is_some()
            || !self.inside.is_empty() && elsewhere();
        if refused { self.otherwise } else { Some(self.role) }
    }
}

/// Bits of [`Table::marks`]: what a node kind is apart from its rule.
pub mod mark {
    pub const IDENTIFIER: u8 = 1;
    pub const TYPE: u8 = 2;
    pub const STRING: u8 = 4;
    pub const COMMENT: u8 = 8;
    pub const BRANCH: u8 = 16;
    pub const RULE: u8 = 32;
}

/// A language ready for the extractor: look-ups by node-kind id, no strings compared on the way.
pub struct Table {
    pub name: String,
    pub rules: Rules,
    /// None for text without a grammar.
    pub grammar: Option<Language>,
    marks: Vec<u8>,
    rule_numbers: Vec<u16>,
    compiled: Vec<Rule>,
    calls: FxHashMap<Vec<u8>, Rule>,
    /// Names by themselves are references.
    pub mentions: bool,
}

const NO_RULE: u16 = u16::MAX;

impl Table {
    /// Compiles the rules (JSON) of a language against its grammar.
    ///
    /// # Errors
    /// [`RulesError`] names the key, kind or field that does not fit.
    pub fn compile(name: &str, rules: &str, grammar: Option<Language>) -> Result<Self, RulesError> {
        let rules: Rules = serde_json::from_str(rules)
            .map_err(|error| RulesError::Invalid { language: name.into(), message: error.to_string() })?;
        let kinds = grammar.as_ref().map_or(0, Language::node_kind_count);
        let mut table = Table {
            name: name.into(),
            rules,
            grammar,
            marks: vec![0; kinds],
            rule_numbers: vec![NO_RULE; kinds],
            compiled: Vec::new(),
            calls: FxHashMap::default(),
            mentions: false,
        };
        if let Some(grammar) = table.grammar.clone() {
            table.mark_kinds(&grammar)?;
            table.compile_nodes(&grammar)?;
        }
        Ok(table)
    }

    fn mark_kinds(&mut self, grammar: &Language) -> Result<(), RulesError> {
        let groups = [
            (mark::IDENTIFIER, self.rules.identifiers.clone()),
            (mark::TYPE | mark::IDENTIFIER, self.rules.types.clone()),
            (mark::STRING, self.rules.strings.clone()),
            (mark::COMMENT, self.rules.comments.clone()),
            (mark::BRANCH, self.rules.branches.clone()),
        ];
        for (bits, kinds) in groups {
            for kind in kinds {
                for id in self.kind_ids(grammar, &kind)? {
                    self.marks[id as usize] |= bits;
                }
            }
        }
        Ok(())
    }

    fn compile_nodes(&mut self, grammar: &Language) -> Result<(), RulesError> {
        for (kind, spec) in self.rules.nodes.clone() {
            let ids = match self.kind_ids(grammar, &kind) {
                Err(RulesError::UnknownKind { .. }) if spec.optional => continue,
                found => found?,
            };
            let number = self.compiled.len() as u16;
            let rule = self.compile_node(grammar, &kind, &spec)?;
            self.mentions |= rule.role == Role::Mention;
            self.compiled.push(rule);
            for id in ids {
                self.rule_numbers[id as usize] = number;
                self.marks[id as usize] |= mark::RULE;
            }
        }
        for (callee, spec) in self.rules.calls.clone() {
            let rule = Rule { of_call: true, ..self.compile_node(grammar, &callee, &spec)? };
            self.calls.insert(callee.into_bytes(), rule);
        }
        Ok(())
    }

    fn compile_node(&self, grammar: &Language, kind: &str, spec: &NodeSpec) -> Result<Rule, RulesError> {
        let mut bases = Vec::new();
        for base in &spec.bases {
            bases.extend(self.selectors(grammar, base)?);
        }
        let part = |names: &Names| -> Result<Vec<Selector>, RulesError> {
            let found: Result<Vec<_>, _> = names.all().iter().map(|name| self.selectors(grammar, name)).collect();
            Ok(found?.concat())
        };
        let word = |token: &Option<String>| -> Result<Vec<Selector>, RulesError> {
            let Some(token) = token else { return Ok(Vec::new()) };
            let id = Some(grammar.id_for_node_kind(token, false)).filter(|id| *id != 0);
            let unknown = || RulesError::UnknownKind { language: self.name.clone(), kind: token.clone() };
            Ok(vec![Selector::Kind(id.ok_or_else(unknown)?)])
        };
        let mut inside = Vec::new();
        for around in &spec.inside {
            inside.extend(self.kind_ids(grammar, around)?);
        }
        let mut kinds = Vec::new();
        for (child, value) in &spec.kinds {
            let symbol = SymbolKind::from_name(value).ok_or_else(|| RulesError::UnknownSymbolKind {
                language: self.name.clone(),
                kind: kind.into(),
                value: value.clone(),
            })?;
            kinds.extend(self.kind_ids(grammar, child)?.into_iter().map(|id| (id, symbol)));
        }
        Ok(Rule {
            role: spec.role,
            name: part(&spec.name)?,
            head: part(&spec.head)?,
            parameters: part(&spec.parameters)?,
            returns: part(&spec.returns)?,
            value: part(&spec.value)?,
            type_field: part(&spec.type_field)?,
            object: part(&spec.object)?,
            property: part(&spec.property)?,
            callee: part(&spec.callee)?,
            receiver: part(&spec.receiver)?,
            path: part(&spec.path)?,
            alias: part(&spec.alias)?,
            list: part(&spec.list)?,
            body: part(&spec.body)?,
            requires: part(&spec.requires)?,
            unless: part(&spec.unless)?,
            inside,
            otherwise: spec.otherwise,
            constructor: spec.constructor,
            headless: spec.headless,
            indexes: spec.indexes,
            clauses: spec.clauses,
            variables: spec.variables,
            private: spec.private,
            qualified: word(&spec.qualified)?,
            hiding: word(&spec.hiding)?,
            binds: spec.binds,
            alias_word: spec.alias_word.clone(),
            list_word: spec.list_word.clone(),
            suffix_word: spec.suffix_word.clone(),
            sign: spec.sign.clone(),
            of_call: false,
            bases,
            kinds,
            imports: spec.imports.clone(),
            exports: spec.exports.clone(),
            capitalised: spec.capitalised,
        })
    }

    /// A field of that name, or else the kinds of that name; or what one of the words of [`Selector`] asks for.
    fn selectors(&self, grammar: &Language, name: &str) -> Result<Vec<Selector>, RulesError> {
        if let Some(id) = grammar.field_id_for_name(name) {
            return Ok(vec![Selector::Field(id.get())]);
        }
        let (word, kind) = name.split_once(' ').unwrap_or(("", name));
        let selector = match (word, kind) {
            ("", "*") => return Ok(vec![Selector::First]),
            ("", "itself") => return Ok(vec![Selector::Itself]),
            ("", _) => Selector::Kind,
            ("kind", _) => Selector::Kind,
            ("last", _) => Selector::Last,
            ("after", _) => Selector::After,
            ("before", _) => Selector::Before,
            ("next", _) => Selector::Next,
            ("beside", _) => Selector::Beside,
            _ => return Err(RulesError::UnknownKind { language: self.name.clone(), kind: name.into() }),
        };
        Ok(self.kind_ids(grammar, kind)?.into_iter().map(selector).collect())
    }

    /// All ids of a kind: a grammar may have a name both as a node and as a token, and aliases share names.
    fn kind_ids(&self, grammar: &Language, kind: &str) -> Result<Vec<u16>, RulesError> {
        let named = kind.starts_with(|first: char| first.is_alphabetic() || first == '_');
        let ids: Vec<u16> = (0..grammar.node_kind_count() as u16)
            .filter(|&id| grammar.node_kind_for_id(id) == Some(kind))
            .filter(|&id| !named || grammar.node_kind_is_named(id) || !self.has_named(grammar, kind))
            .collect();
        if ids.is_empty() {
            return Err(RulesError::UnknownKind { language: self.name.clone(), kind: kind.into() });
        }
        Ok(ids)
    }

    fn has_named(&self, grammar: &Language, kind: &str) -> bool {
        grammar.id_for_node_kind(kind, true) != 0
    }

    /// Bits of [`mark`] for a node kind; 0 for the kind of ERROR nodes and any other.
    #[inline]
    pub fn marks(&self, kind: u16) -> u8 {
        self.marks.get(kind as usize).copied().unwrap_or(0)
    }

    #[inline]
    pub fn rule(&self, kind: u16) -> Option<&Rule> {
        let number = self.rule_numbers.get(kind as usize).copied().unwrap_or(NO_RULE);
        self.compiled.get(number as usize)
    }

    /// The rule of a node in its source: that of what it calls, where `[rules.calls]` has one. `prefix` is the byte
    /// where a sign before the call begins.
    pub fn rule_in(&self, node: Node, source: &[u8], prefix: Option<u32>) -> Option<&Rule> {
        let rule = self.rule(node.kind_id())?;
        if self.calls.is_empty() || rule.role != Role::Call {
            return Some(rule);
        }
        let callee = part(node, if rule.callee.is_empty() { &rule.name } else { &rule.callee });
        let of_callee = callee.filter(|callee| callee.child_count() == 0).and_then(|callee| {
            let start = prefix.map_or(callee.start_byte(), |start| start as usize);
            self.calls.get(source.get(start..callee.end_byte())?).or_else(|| {
                // Any other name behind the sign.
                prefix.and_then(|start| {
                    self.calls.get([&source[start as usize..callee.start_byte()], b"*"].concat().as_slice())
                })
            })
        });
        Some(of_callee.unwrap_or(rule))
    }
}
