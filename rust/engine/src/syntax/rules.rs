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
    /// The file's own clause, too; without one its symbols bear no prefix (PHP).
    Namespace,
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
    /// A modifier says so; without one a member is private, and anything else package-private.
    ModifierOrPrivate,
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

/// Stands in `value` for the last child.
pub const LAST: &str = "<last>";
/// The field of [`LAST`].
const LAST_FIELD: u16 = u16::MAX;

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
    /// A method wherever it stands: in a type, an object, an anonymous class. With `type` it is a property, and what it
    /// holds is remembered.
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
    /// Without `name` its names are the declarators in it.
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
    /// A word that says who may use what follows it, to the end of the node around it: Ruby's `private`.
    #[serde(rename = "visibility")]
    Visibility,
    /// What the file gives to who imports it, where it stands at module level: Lua's `return M`.
    #[serde(rename = "module-value")]
    ModuleValue,
    /// Goes before a definition: decorator, attribute, annotation.
    #[serde(rename = "decorator")]
    Decorator,
    /// The clause that names the file's package, and may have a `list` of what the file offers; with a `body` what
    /// stands in it, and a second one is a module.
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
    /// `type` is named as a value: `Foo::class`, `x instanceof Foo`.
    #[serde(rename = "reference.type")]
    TypeName,
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

/// One row of `[nodes]` in `language.toml`: a role, and where its parts stand: in a field of the grammar, in the first child
/// of a kind, `after =`, which is the named child that follows that token, or `first child`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct NodeSpec {
    role: Role,
    name: Option<String>,
    /// Fields or kinds of child: of a definition without `name` the expression whose callee is defined, of a
    /// construction without `type` what is constructed.
    #[serde(default)]
    head: Several,
    /// Fields or kinds of child.
    #[serde(default)]
    parameters: Several,
    returns: Option<String>,
    /// Fields or kinds of child: the signature ends before it.
    #[serde(default)]
    body: Several,
    /// [`LAST`] for what stands behind the name, where the grammar gives it no field.
    value: Option<String>,
    #[serde(rename = "type")]
    type_field: Option<String>,
    object: Option<String>,
    property: Option<String>,
    callee: Option<String>,
    receiver: Option<String>,
    path: Option<String>,
    alias: Option<String>,
    list: Option<String>,
    /// Fields or child kinds that hold base types.
    #[serde(default)]
    bases: Vec<String>,
    /// The symbol kind by the kind of the child in `type`.
    #[serde(default)]
    kinds: BTreeMap<String, String>,
    /// Only with this field, or kind of child, present.
    requires: Option<String>,
    /// Only with this field, or kind of child, absent.
    unless: Option<String>,
    /// Only directly inside nodes of these kinds.
    #[serde(default)]
    inside: Vec<String>,
    /// The role of nodes that `requires`, `unless` or `inside` turn down.
    otherwise: Option<Role>,
    /// The names of callees that import (JavaScript's `require`, the shell's `source`).
    #[serde(default)]
    imports: Vec<String>,
    /// Of a call: names under which a type is called to make one of it (Ruby's `new`).
    #[serde(default)]
    constructs: Vec<String>,
    /// Of a call: names of callees whose arguments become bases of the type around it (Ruby's `include`).
    #[serde(default)]
    inherits: Vec<String>,
    /// Of a call: callees whose value is a definition, called as what holds it (Ruby's `Class.new`, `lambda`).
    #[serde(default)]
    defines: BTreeMap<String, String>,
    /// Of a call: names of callees that define a method for each name they are given (Ruby's `attr_reader`).
    #[serde(default)]
    methods: Vec<String>,
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
    /// The names of callees that call what they are given first (the shell's `command`, `trap`).
    #[serde(default)]
    runs: Vec<String>,
    /// Called as its whole head is written, so that no call means it: `test "adds"`.
    #[serde(default)]
    heading: bool,
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

/// One name or several.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(untagged)]
enum Several {
    #[default]
    None,
    One(String),
    Many(Vec<String>),
}

impl Several {
    fn names(&self) -> &[String] {
        match self {
            Self::None => &[],
            Self::One(name) => std::slice::from_ref(name),
            Self::Many(names) => names,
        }
    }
}

/// The part of `language.toml` that the engine reads.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rules {
    pub separator: String,
    /// Between a type and its member, where that is another one (PHP's `::`).
    pub member_separator: Option<String>,
    /// The file that stands for its folder, where names of modules are dotted.
    #[serde(default = "init")]
    pub index_name: String,
    #[serde(default)]
    pub modules: ModuleNames,
    #[serde(default)]
    pub visibility: VisibilityRule,
    /// The first string of a body is its documentation.
    #[serde(default)]
    pub docstrings: bool,
    /// A definition without a body is empty, not declared for another place.
    #[serde(default)]
    pub empty_bodies: bool,
    /// Indentation is syntax: the token stream of a body hash keeps its block structure.
    #[serde(default)]
    pub layout: bool,
    /// Beginnings of comments that document; empty: any comment directly above a definition does.
    #[serde(default)]
    pub doc_comments: Vec<String>,
    /// Beginnings of comments at the top of a file that speak to tools, not to readers.
    #[serde(default)]
    pub magic_comments: Vec<String>,
    #[serde(default)]
    pub import_binding: ImportBinding,
    /// Declared types that leave the type to the value (`var`).
    #[serde(default)]
    pub inferred_types: Vec<String>,
    /// What functions return that make types: one in which a type without a name stands is that type (Zig's `type`).
    #[serde(default)]
    pub type_makers: Vec<String>,
    /// Words that open a block with a heading, which the grammar does not know (`@test "adds" {`), and the head that it
    /// reads instead; such a block is called as its head is written.
    #[serde(default)]
    pub heads: BTreeMap<String, String>,
    /// Names of constructors (`__init__`, `constructor`); [`TYPE_NAME`] is that of their type.
    #[serde(default)]
    pub constructors: Vec<String>,
    /// Keywords of definitions before which, and between which and a name, words in capitals are macros of which the
    /// grammar shall see nothing: `SHOP_EXPORT template`, `class SHOP_API Cart {`.
    #[serde(default)]
    pub macros_around: Vec<String>,
    /// The grammar's scanner reads beyond its tables when it meets anything but ASCII, and is shown letters instead.
    #[serde(default)]
    pub ascii: bool,
    /// The file is a text in which code of the language stands; the text around it is cut into sections.
    pub embedded: Option<super::readable::Embedded>,
    /// Leaf kinds that are names.
    #[serde(default)]
    pub identifiers: Vec<String>,
    /// Leaf kinds that are names of types.
    #[serde(default)]
    pub types: Vec<String>,
    /// Names of types look like all others: they are told by standing in the `type` or `returns` part of a node.
    #[serde(default)]
    pub types_by_place: bool,
    /// Fields and kinds whose inside is in type position, where a type's name looks like any other.
    #[serde(default)]
    pub type_positions: Vec<String>,
    #[serde(default)]
    pub strings: Vec<String>,
    #[serde(default)]
    pub comments: Vec<String>,
    /// Leaf kinds that are calls where they stand alone and nothing local has their name (Ruby's `items`).
    #[serde(default)]
    pub bare_calls: Vec<String>,
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

fn init() -> String {
    "__init__".into()
}

#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum RulesError {
    #[error("the rules of {language} are not valid: {message}")]
    Invalid { language: String, message: String },
    #[error("the grammar of {language} has no node kind {kind:?}; correct [nodes] or mark it `optional = true`")]
    UnknownKind { language: String, kind: String },
    #[error("the grammar of {language} has no field {field:?}, named by {kind:?}")]
    UnknownField { language: String, kind: String, field: String },
    #[error("{language} maps {kind:?} to {value:?}, which is no kind of symbol")]
    UnknownSymbolKind { language: String, kind: String, value: String },
}

/// Where a part stands: in a field, or in children of a kind.
#[derive(Clone, Copy, Debug)]
pub enum Selector {
    Field(u16),
    Kind(u16),
}

/// A compiled [`NodeSpec`]: numbers for [`part_at`]; 0 is "no such part" (field ids start at 1).
#[derive(Clone, Debug)]
pub struct Rule {
    pub role: Role,
    pub name: u16,
    pub head: Vec<Selector>,
    pub parameters: Vec<Selector>,
    pub returns: u16,
    pub value: u16,
    pub type_field: u16,
    pub object: u16,
    pub property: u16,
    pub callee: u16,
    pub receiver: u16,
    pub path: u16,
    pub alias: u16,
    pub list: u16,
    pub body: Vec<Selector>,
    pub requires: Vec<Selector>,
    pub unless: Vec<Selector>,
    pub inside: Vec<u16>,
    pub otherwise: Option<Role>,
    pub constructor: bool,
    pub heading: bool,
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
    pub constructs: Vec<String>,
    pub inherits: Vec<String>,
    pub defines: Vec<(String, SymbolKind)>,
    pub methods: Vec<String>,
    pub exports: Vec<String>,
    pub runs: Vec<String>,
    pub capitalised: bool,
}

/// Marks the number of a part that is a kind of child, or what follows a token; others are fields.
const KIND: u16 = 0x8000;
const AFTER: u16 = 0x4000;

/// The part of a node that a rule names by `number`; None for 0.
pub fn part_at<'t>(node: Node<'t>, number: u16) -> Option<Node<'t>> {
    // Most parts are fields, and many are not there: neither costs a cursor, which has to be allocated.
    if number & (KIND | AFTER) == 0 {
        return if number == 0 { None } else { node.child_by_field_id(number) };
    }
    let kind = number & !(KIND | AFTER);
    let mut cursor = node.walk();
    if number & KIND != 0 {
        return node.children(&mut cursor).find(|child| child.kind_id() == kind);
    }
    let after = node.children(&mut cursor).skip_while(|child| kind != 0 && child.kind_id() != kind);
    after.skip(usize::from(kind != 0)).find(Node::is_named)
}

/// All parts of a node that a rule names by `number`; only a field may hold several.
pub fn parts_at(node: Node<'_>, number: u16) -> Vec<Node<'_>> {
    match std::num::NonZeroU16::new(number) {
        Some(field) if number & (KIND | AFTER) == 0 => node.children_by_field_id(field, &mut node.walk()).collect(),
        _ => part_at(node, number).into_iter().collect(),
    }
}

/// The first part of a node that one of the selectors finds.
pub fn part<'t>(node: Node<'t>, selectors: &[Selector]) -> Option<Node<'t>> {
    selectors.iter().find_map(|selector| match *selector {
        Selector::Field(id) => node.child_by_field_id(id),
        Selector::Kind(id) => node.children(&mut node.walk()).find(|child| child.kind_id() == id),
    })
}

/// All parts of a node that the selectors find.
pub fn parts<'t>(node: Node<'t>, selectors: &[Selector]) -> Vec<Node<'t>> {
    let mut found = Vec::new();
    for selector in selectors {
        let mut cursor = node.walk();
        match *selector {
            Selector::Field(id) => {
                let id = std::num::NonZeroU16::new(id).unwrap_or(std::num::NonZeroU16::MAX);
                found.extend(node.children_by_field_id(id, &mut cursor));
            }
            Selector::Kind(id) => found.extend(node.children(&mut cursor).filter(|child| child.kind_id() == id)),
        }
    }
    found
}

impl Rule {
    /// The value of what has a name.
    pub fn value_of<'t>(&self, node: Node<'t>) -> Option<Node<'t>> {
        if self.value != LAST_FIELD {
            return part_at(node, self.value);
        }
        let name = part_at(node, self.name)?;
        let last = node.named_child(node.named_child_count().checked_sub(1)? as u32)?;
        (last.start_byte() >= name.end_byte()).then_some(last)
    }

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
    pub const BARE_CALL: u8 = 64;
    pub const TYPE_POSITION: u8 = 128;
}

/// A language ready for the extractor: look-ups by node-kind id, no strings compared on the way.
pub struct Table {
    pub name: String,
    pub rules: Rules,
    /// None for text without a grammar.
    pub grammar: Option<Language>,
    /// Fields in which types stand.
    pub type_fields: Vec<u16>,
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
            type_fields: Vec::new(),
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
            (mark::BARE_CALL, self.rules.bare_calls.clone()),
        ];
        for position in self.rules.type_positions.clone() {
            for selector in self.selectors(grammar, &position)? {
                match selector {
                    Selector::Field(id) => self.type_fields.push(id),
                    Selector::Kind(id) => self.marks[id as usize] |= mark::TYPE_POSITION,
                }
            }
        }
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
        let field = |name: &Option<String>| -> Result<u16, RulesError> {
            let Some(name) = name else { return Ok(0) };
            if name == LAST {
                return Ok(LAST_FIELD);
            }
            let first = |kind: &str| self.kind_ids(grammar, kind).ok().and_then(|ids| ids.first().copied());
            let field = grammar.field_id_for_name(name).map(std::num::NonZeroU16::get);
            let found = match name.strip_prefix("after ") {
                Some(token) => first(token).map(|id| id | AFTER),
                None if name == "first child" => Some(AFTER),
                None => field.or_else(|| first(name).map(|id| id | KIND)),
            };
            found.ok_or_else(|| RulesError::UnknownField {
                language: self.name.clone(),
                kind: kind.into(),
                field: name.clone(),
            })
        };
        let mut bases = Vec::new();
        for base in &spec.bases {
            bases.extend(self.selectors(grammar, base)?);
        }
        let part = |name: &Option<String>| name.as_ref().map_or(Ok(Vec::new()), |name| self.selectors(grammar, name));
        let several = |names: &Several| -> Result<Vec<Selector>, RulesError> {
            let each = names.names().iter().map(|name| self.selectors(grammar, name));
            Ok(each.collect::<Result<Vec<_>, _>>()?.concat())
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
        let symbol_kind = |value: &String| {
            SymbolKind::from_name(value).ok_or_else(|| RulesError::UnknownSymbolKind {
                language: self.name.clone(),
                kind: kind.into(),
                value: value.clone(),
            })
        };
        let defines = spec.defines.iter().map(|(callee, value)| Ok((callee.clone(), symbol_kind(value)?)));
        let mut kinds = Vec::new();
        for (child, value) in &spec.kinds {
            let symbol = symbol_kind(value)?;
            kinds.extend(self.kind_ids(grammar, child)?.into_iter().map(|id| (id, symbol)));
        }
        Ok(Rule {
            role: spec.role,
            name: field(&spec.name)?,
            head: several(&spec.head)?,
            parameters: several(&spec.parameters)?,
            returns: field(&spec.returns)?,
            value: field(&spec.value)?,
            type_field: field(&spec.type_field)?,
            object: field(&spec.object)?,
            property: field(&spec.property)?,
            callee: field(&spec.callee)?,
            receiver: field(&spec.receiver)?,
            path: field(&spec.path)?,
            alias: field(&spec.alias)?,
            list: field(&spec.list)?,
            body: several(&spec.body)?,
            requires: part(&spec.requires)?,
            unless: part(&spec.unless)?,
            inside,
            otherwise: spec.otherwise,
            constructor: spec.constructor,
            heading: spec.heading,
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
            constructs: spec.constructs.clone(),
            inherits: spec.inherits.clone(),
            defines: defines.collect::<Result<_, RulesError>>()?,
            methods: spec.methods.clone(),
            exports: spec.exports.clone(),
            runs: spec.runs.clone(),
            capitalised: spec.capitalised,
        })
    }

    /// A field of that name, or else the kinds of that name.
    fn selectors(&self, grammar: &Language, name: &str) -> Result<Vec<Selector>, RulesError> {
        match grammar.field_id_for_name(name) {
            Some(id) => Ok(vec![Selector::Field(id.get())]),
            None => Ok(self.kind_ids(grammar, name)?.into_iter().map(Selector::Kind).collect()),
        }
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

    pub fn bare_calls(&self) -> bool {
        !self.rules.bare_calls.is_empty()
    }

    /// Whether what stands in a field is the name of a call or definition.
    pub fn is_name_field(&self, field: u16) -> bool {
        let names = |role: Role| role == Role::Call || role.defines().is_some_and(|kind| kind != SymbolKind::Variable);
        field != 0 && self.compiled.iter().any(|rule| rule.name == field && names(rule.role))
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
        let callee = part_at(node, if rule.callee == 0 { rule.name } else { rule.callee });
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
