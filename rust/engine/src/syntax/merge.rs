//! Two views of one file as one: the code in a document, and the document around it.

use super::facts::{FileFacts, Interner, Str, Symbol, Term};

impl FileFacts {
    /// Takes over the symbols of `text` with their terms; both are of the same file, and `text` has symbols only. All
    /// symbols stay in the order of the file.
    pub fn join(mut self, text: &FileFacts) -> Self {
        let mut strings = Interner::default();
        for known in self.strings.iter() {
            strings.intern(known); // it gets its own number again
        }
        let mut moved = |from: Str| if from.is_none() { from } else { strings.intern(text.text(from)) };
        let own = self.symbols.len() as u32;
        let symbols: Vec<Symbol> = text
            .symbols
            .iter()
            .skip(1)
            .map(|symbol| {
                let mut symbol = *symbol;
                for name in [
                    &mut symbol.name,
                    &mut symbol.qualified,
                    &mut symbol.container,
                    &mut symbol.signature,
                    &mut symbol.summary,
                    &mut symbol.returns,
                ] {
                    *name = moved(*name);
                }
                symbol.parent = if symbol.parent == 0 { 0 } else { symbol.parent + own - 1 };
                symbol
            })
            .collect();
        let terms: Vec<Term> = text
            .terms
            .iter()
            .map(|term| Term {
                symbol: if term.symbol == 0 { 0 } else { term.symbol + own - 1 },
                text: moved(term.text),
                ..*term
            })
            .collect();
        self.strings = strings.table;
        self.symbols.extend(symbols);
        self.terms.extend(terms);
        self.in_order()
    }

    /// Numbers the symbols anew, by where they begin.
    fn in_order(mut self) -> Self {
        // None goes before what it stands in, wherever that begins.
        let mut starts: Vec<u32> = vec![0];
        for symbol in &self.symbols[1..] {
            starts.push(symbol.start_byte.max(starts[symbol.parent as usize]));
        }
        let mut order: Vec<u32> = (0..self.symbols.len() as u32).collect();
        order[1..].sort_by_key(|&at| starts[at as usize]);
        let mut number = vec![0u32; order.len()];
        for (new, &old) in order.iter().enumerate() {
            number[old as usize] = new as u32;
        }
        self.symbols = order.iter().map(|&old| self.symbols[old as usize]).collect();
        for symbol in &mut self.symbols[1..] {
            symbol.parent = number[symbol.parent as usize];
        }
        let owners = self.references.iter_mut().map(|it| &mut it.owner);
        let owners = owners.chain(self.imports.iter_mut().map(|it| &mut it.owner));
        let owners = owners.chain(self.bindings.iter_mut().map(|it| &mut it.owner));
        let owners = owners.chain(self.members.iter_mut().map(|it| &mut it.owner));
        let owners = owners.chain(self.details.iter_mut().map(|it| &mut it.owner));
        for owner in owners.chain(self.terms.iter_mut().map(|it| &mut it.symbol)) {
            *owner = number[*owner as usize];
        }
        self.terms.sort_by_key(|term| (term.symbol, term.field));
        self
    }
}

#[cfg(test)]
mod tests {
    use super::super::facts::{NO_INDEX, Symbol};
    use super::*;

    /// Symbols as (name, parent, first byte), each with its name as a term.
    fn facts(rows: &[(&str, u32, u32)]) -> FileFacts {
        let mut strings = Interner::default();
        let mut facts = FileFacts::default();
        for (number, (name, parent, start)) in rows.iter().enumerate() {
            let mut symbol: Symbol = bytemuck::Zeroable::zeroed();
            symbol.name = strings.intern(name.as_bytes());
            (symbol.parent, symbol.start_byte) = (*parent, *start);
            facts.symbols.push(symbol);
            facts.terms.push(Term { symbol: number as u32, text: symbol.name, field: 2, count: 1 });
        }
        facts.strings = strings.table;
        facts
    }

    #[test]
    fn symbols_of_both_views_stand_in_the_order_of_the_file_with_their_terms() {
        let code = facts(&[("m", NO_INDEX, 0), ("f", 0, 20), ("g", 1, 25), ("h", 0, 90)]);
        let text = facts(&[("page", NO_INDEX, 0), ("Title", 0, 5), ("Part", 1, 50), ("h", 0, 60)]);
        let joined = code.join(&text);
        let name = |text: Str| String::from_utf8_lossy(joined.text(text)).into_owned();
        let rows: Vec<_> = joined.symbols.iter().map(|it| (name(it.name), it.parent)).collect();
        let expected = [("m", NO_INDEX), ("Title", 0), ("f", 0), ("g", 2), ("Part", 1), ("h", 0), ("h", 0)];
        assert_eq!(rows, expected.map(|(name, parent)| (name.to_string(), parent)));
        let terms: Vec<_> = joined.terms.iter().skip(1).map(|it| (it.symbol, name(it.text))).collect();
        let expected = [(0, "page"), (1, "Title"), (2, "f"), (3, "g"), (4, "Part"), (5, "h"), (6, "h")];
        assert_eq!(terms, expected.map(|(symbol, name)| (symbol, name.to_string())));
        assert!(FileFacts::decode(&joined.encode()).is_ok());
    }
}
