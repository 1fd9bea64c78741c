//! Facts made by hand, for the tests of the stages after parsing.

use bytemuck::Zeroable;

use crate::syntax::facts::{Field, FileFacts, Interner, NO_INDEX, Str, Symbol, SymbolKind, Term};

/// A symbol of a test: its name, the index of its parent, and its terms.
pub struct Sketch<'a> {
    pub name: &'a str,
    pub parent: u32,
    pub terms: Vec<(Field, &'a str, u32)>,
}

/// Facts of a file whose first symbol is its module.
pub fn facts(symbols: &[Sketch]) -> FileFacts {
    let mut interner = Interner::default();
    let mut facts = FileFacts::default();
    for (index, sketch) in symbols.iter().enumerate() {
        let mut symbol = Symbol::zeroed();
        symbol.name = interner.intern(sketch.name.as_bytes());
        symbol.qualified = symbol.name;
        (symbol.container, symbol.summary, symbol.returns) = (Str::NONE, Str::NONE, Str::NONE);
        symbol.signature = Str::NONE;
        symbol.parent = if index == 0 { NO_INDEX } else { sketch.parent };
        symbol.kind = if index == 0 { SymbolKind::Module } else { SymbolKind::Function } as u8;
        facts.symbols.push(symbol);
        for &(field, text, count) in &sketch.terms {
            let text = interner.intern(text.as_bytes());
            facts.terms.push(Term { symbol: index as u32, text, field: field as u32, count });
        }
    }
    facts.strings = interner.table;
    facts
}
