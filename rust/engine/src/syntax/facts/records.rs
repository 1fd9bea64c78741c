//! The records of a file, column by column, with the kinds and flags that they hold as numbers.

use bytemuck::{Pod, Zeroable};

use super::Str;

/// "No such record": parent of a module, owner of nothing.
pub const NO_INDEX: u32 = u32::MAX;

/// What a symbol is. The names (`SymbolKind::name`) are the `node_type` of the store.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum SymbolKind {
    Module = 0,
    Class = 1,
    Struct = 2,
    Interface = 3,
    Trait = 4,
    Enum = 5,
    /// A type alias (`type`, `typedef`).
    Type = 6,
    Function = 7,
    Method = 8,
    /// A module-level variable or constant.
    Variable = 9,
    /// A block of a text file, or of code in a language without a grammar.
    Section = 10,
}

impl SymbolKind {
    pub const ALL: [SymbolKind; 11] = [
        Self::Module,
        Self::Class,
        Self::Struct,
        Self::Interface,
        Self::Trait,
        Self::Enum,
        Self::Type,
        Self::Function,
        Self::Method,
        Self::Variable,
        Self::Section,
    ];

    pub fn name(self) -> &'static str {
        match self {
            Self::Module => "module",
            Self::Class => "class",
            Self::Struct => "struct",
            Self::Interface => "interface",
            Self::Trait => "trait",
            Self::Enum => "enum",
            Self::Type => "type",
            Self::Function => "function",
            Self::Method => "method",
            Self::Variable => "variable",
            Self::Section => "section",
        }
    }

    pub fn from_code(code: u8) -> Option<Self> {
        Self::ALL.get(code as usize).copied()
    }

    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// Class, struct, interface, trait or enum: something with members that others can extend.
    pub fn is_type(self) -> bool {
        matches!(self, Self::Class | Self::Struct | Self::Interface | Self::Trait | Self::Enum)
    }

    pub fn is_callable(self) -> bool {
        matches!(self, Self::Function | Self::Method)
    }
}

/// Who may use a symbol, in the language's own terms mapped to four words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Visibility {
    Public = 0,
    Protected = 1,
    Internal = 2,
    Private = 3,
}

impl Visibility {
    pub const ALL: [Visibility; 4] = [Self::Public, Self::Protected, Self::Internal, Self::Private];

    pub fn name(self) -> &'static str {
        ["public", "protected", "internal", "private"][self as usize]
    }

    pub fn from_code(code: u8) -> Option<Self> {
        Self::ALL.get(code as usize).copied()
    }
}

/// Bits of [`Symbol::flags`].
pub mod flag {
    pub const ASYNC: u8 = 1;
    pub const STATIC: u8 = 2;
    pub const ABSTRACT: u8 = 4;
    /// A declaration without a body (a C prototype, an interface method); its definition may be elsewhere.
    pub const DECLARATION: u8 = 8;
    /// Constructor of its parent (`__init__`, Java constructors, …).
    pub const CONSTRUCTOR: u8 = 16;
    /// Starts the program (`main`), or is exported by the file's own list.
    pub const EXPORTED: u8 = 32;
    /// Keeps its value.
    pub const CONSTANT: u8 = 64;

    /// The words for the bits, lowest first.
    pub const NAMES: [&str; 7] = ["async", "static", "abstract", "declaration", "constructor", "exported", "constant"];
}

/// A named piece of the file. Symbol 0 is always the module (the whole file); parents come before their children.
#[derive(Clone, Copy, Debug, Pod, Zeroable)]
#[repr(C)]
pub struct Symbol {
    /// Last part of the name: `get`. Of the module: the last part of its dotted name.
    pub name: Str,
    /// The whole name as the language's people write it, module included: `requests.sessions.Session.get`.
    pub qualified: Str,
    /// Receiver type of a method that stands outside its type (Go receiver, Rust `impl`), else NONE.
    pub container: Str,
    /// Source text from the start of the definition to its body, white space folded: `def get(self, url, **kwargs)`.
    pub signature: Str,
    /// First line of the docstring or leading doc comment, markers removed.
    pub summary: Str,
    /// Declared return type (functions), declared type (variables), or NONE.
    pub returns: Str,
    /// Index of the enclosing symbol; NO_INDEX for the module.
    pub parent: u32,
    /// Byte range of the whole definition, decorators included, doc comment excluded.
    pub start_byte: u32,
    pub end_byte: u32,
    /// First and last line, counted from 1.
    pub start_line: u32,
    pub end_line: u32,
    /// Where the signature starts (after decorators) and where it ends (the body begins).
    pub signature_start: u32,
    pub signature_end: u32,
    /// Byte range of the docstring or leading doc comment; equal when there is none.
    pub doc_start: u32,
    pub doc_end: u32,
    /// Range in [`FileFacts::parameters`].
    pub first_parameter: u32,
    pub parameter_count: u32,
    /// Cyclomatic complexity; 1 for straight code, 0 for what has no code.
    pub complexity: u32,
    pub kind: u8,
    pub visibility: u8,
    pub flags: u8,
    pub pad: u8,
    /// BLAKE3 (first 16 bytes) of the normalised token stream: white space and comments do not count.
    pub body_hash: [u8; 16],
    /// BLAKE3 (first 16 bytes) of name, kind, signature and bases.
    pub interface_hash: [u8; 16],
}

impl Symbol {
    pub fn kind(&self) -> SymbolKind {
        SymbolKind::from_code(self.kind).unwrap_or(SymbolKind::Section)
    }

    pub fn visibility(&self) -> Visibility {
        Visibility::from_code(self.visibility).unwrap_or(Visibility::Public)
    }

    pub fn has(&self, flag: u8) -> bool {
        self.flags & flag != 0
    }
}

/// How an argument reaches a parameter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum ParameterKind {
    Positional = 0,
    /// `*args`, `...rest`, `T... xs`.
    Variadic = 1,
    /// `**kwargs`.
    KeywordVariadic = 2,
    KeywordOnly = 3,
    PositionalOnly = 4,
}

impl ParameterKind {
    pub const NAMES: [&'static str; 5] =
        ["positional", "variadic", "keyword-variadic", "keyword-only", "positional-only"];
}

#[derive(Clone, Copy, Debug, Pod, Zeroable)]
#[repr(C)]
pub struct Parameter {
    pub name: Str,
    pub type_name: Str,
    pub default: Str,
    /// A [`ParameterKind`].
    pub kind: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u32)]
pub enum ReferenceKind {
    /// `name(…)`, `receiver.name(…)`, `new Name(…)`, a decorator.
    Call = 0,
    /// A name in type position: annotation, parameter type, field type, cast, generic argument.
    Type = 1,
    /// A base class, implemented interface or trait; the owner is the type that inherits.
    Inherit = 2,
    /// A member that is not called: `self.count`, `Config.DEFAULT`, `Color::Red`.
    Read = 3,
    /// Such a member that is given a value.
    Write = 4,
}

impl ReferenceKind {
    pub const NAMES: [&'static str; 5] = ["call", "type", "inherit", "read", "write"];
}

/// A name used somewhere in the file, to be resolved to a symbol when all files are known.
#[derive(Clone, Copy, Debug, Pod, Zeroable)]
#[repr(C)]
pub struct Reference {
    /// Innermost symbol (function, class, module) in which it stands.
    pub owner: u32,
    /// Last part: `get` of `self.session.get(…)`.
    pub name: Str,
    /// Source text before the last separator (`self.session`), white space removed. A receiver that is itself a call
    /// keeps its parentheses empty: `Session()` for `Session(1).get`; NONE for a bare name; `?` for anything else.
    pub receiver: Str,
    pub line: u32,
    /// A [`ReferenceKind`].
    pub kind: u32,
}

/// A name brought into scope. `from a.b import c as d` is path `a.b`, name `c`, alias `d`.
#[derive(Clone, Copy, Debug, Pod, Zeroable)]
#[repr(C)]
pub struct Import {
    /// Symbol in whose scope it is bound (0, the module, for most).
    pub owner: u32,
    /// Where from, as written, without quotes or leading dots: `a.b`, `./router`, `java.util`, `crate::io`, `linux/fs.h`.
    pub path: Str,
    /// The member imported; NONE when the module itself is bound (`import a.b`, `import * as ns`); `*` for a wildcard.
    pub name: Str,
    /// The local name if it differs (`as d`), else NONE.
    pub alias: Str,
    /// Leading dots of a relative import (Python), else 0.
    pub level: u32,
    pub line: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum BindingKind {
    /// `x: Foo`, `Foo x`, `let x: Foo`, a typed parameter or field: `type_name` is the type as written.
    Annotated = 0,
    /// `x = Foo(…)`, `x := NewFoo()`, `x = new Foo()`: `type_name` is what was called, `receiver.name` included.
    Called = 1,
}

/// What a local variable, parameter or field is known to hold; for receivers.
#[derive(Clone, Copy, Debug, Pod, Zeroable)]
#[repr(C)]
pub struct Binding {
    /// The function or class in which it holds; for `self.x` the method that assigns it.
    pub owner: u32,
    /// `x`, or `self.x`.
    pub name: Str,
    pub type_name: Str,
    /// A [`BindingKind`].
    pub kind: u32,
}

/// What a data member of a type is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum MemberKind {
    Field = 0,
    /// Said to keep its value: `const`, `final`, `readonly`, `val`, `let`.
    Constant = 1,
    /// One of the values of an enumeration, with what it may hold.
    EnumMember = 2,
}

impl MemberKind {
    pub const NAMES: [&'static str; 3] = ["field", "constant", "enum-member"];
}

/// A field or constant of a type: told to people, and no symbol of its own.
#[derive(Clone, Copy, Debug, Pod, Zeroable)]
#[repr(C)]
pub struct Member {
    /// The type.
    pub owner: u32,
    pub name: Str,
    /// Declared type, or NONE.
    pub type_name: Str,
    /// What it gets, if that is short, or NONE.
    pub value: Str,
    pub line: u32,
    /// A [`MemberKind`].
    pub kind: u8,
    pub visibility: u8,
    /// Bits of [`flag`].
    pub flags: u8,
    pub pad: u8,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum DetailKind {
    /// `T: Ord` of `fn max<T: Ord>()`.
    TypeParameter = 0,
    /// `@route("/")`, `#[test]`, `@Override`.
    Decorator = 1,
}

/// What else stands in or before a signature, as text.
#[derive(Clone, Copy, Debug, Pod, Zeroable)]
#[repr(C)]
pub struct Detail {
    pub owner: u32,
    pub text: Str,
    /// A [`DetailKind`].
    pub kind: u32,
}

/// Where in a symbol a term stands; a symbol's name and path are not terms, they are known from the symbol.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum Field {
    Signature = 0,
    Doc = 1,
    /// An identifier in the body.
    Body = 2,
    /// A word of a comment or string in the body.
    Text = 3,
}

impl Field {
    pub fn from_code(code: u32) -> Self {
        [Self::Signature, Self::Doc, Self::Body, Self::Text][(code & 3) as usize]
    }
}

/// `count` times `text` (a whole identifier, not yet split; or a word) in one field of one symbol's own text: what lies
/// inside a nested symbol belongs to that symbol alone, except that a type counts the names of its members.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Pod, Zeroable)]
#[repr(C)]
pub struct Term {
    pub symbol: u32,
    pub text: Str,
    /// A [`Field`].
    pub field: u32,
    pub count: u32,
}

/// Bits of [`Header::flags`].
pub mod file_flag {
    /// Says of itself that a program wrote it ("DO NOT EDIT", "@generated").
    pub const GENERATED: u32 = 1;
    /// A test by its path or name.
    pub const TEST: u32 = 2;
    /// In a folder of other people's code (`vendor/`, `third_party/`, …), indexed because the user asked.
    pub const VENDORED: u32 = 4;
    /// Example, demo, benchmark or documentation code by its path.
    pub const EXAMPLE: u32 = 8;
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Pod, Zeroable)]
#[repr(C)]
pub struct Header {
    /// Lines in the file.
    pub lines: u32,
    /// ERROR and MISSING nodes of the parse tree.
    pub syntax_errors: u32,
    /// Bits of [`file_flag`].
    pub flags: u32,
    pub pad: u32,
}
