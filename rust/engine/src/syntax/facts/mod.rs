//! What one file says: its symbols, references, imports, bindings and terms, as plain columns of `Copy` records.
//!
//! Facts are the only thing that survives parsing. They are stored as one blob per file, so an unchanged file is never
//! parsed again, and they hold everything the later stages need, so no later stage reads the source to resolve or rank.
//! Text appears once per file in a [`StringTable`]; records hold [`Str`] numbers into it. Symbols are byte ranges into
//! the source; strings are only those that outlive it (names, signatures, first lines of documentation).
//!
//! `records` are the columns, `strings` the text they speak of, `blob` is how both are stored.

mod blob;
mod records;
mod strings;

pub use records::*;
pub use strings::{Interner, Str, StringTable};

/// Bumped whenever the encoding or the meaning of a record changes; facts of another version are parsed again.
pub const FACTS_VERSION: u32 = 6;

/// Everything known of one file.
#[derive(Clone, Debug, Default)]
pub struct FileFacts {
    pub header: Header,
    pub strings: StringTable,
    pub symbols: Vec<Symbol>,
    pub parameters: Vec<Parameter>,
    pub references: Vec<Reference>,
    pub imports: Vec<Import>,
    pub bindings: Vec<Binding>,
    pub members: Vec<Member>,
    pub details: Vec<Detail>,
    /// Sorted by symbol, then field.
    pub terms: Vec<Term>,
}

#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum FactsError {
    #[error("facts of version {found}, this engine reads version {FACTS_VERSION}; index again")]
    Version { found: u32 },
    #[error("facts are damaged ({0}); index again")]
    Damaged(&'static str),
}

impl FileFacts {
    pub fn text(&self, text: Str) -> &[u8] {
        self.strings.get(text)
    }

    /// The memory of facts that nobody needs any more, for those of another file.
    pub fn emptied(mut self) -> Self {
        self.strings.clear();
        self.symbols.clear();
        self.parameters.clear();
        self.references.clear();
        self.imports.clear();
        self.bindings.clear();
        self.members.clear();
        self.details.clear();
        self.terms.clear();
        self
    }
}
